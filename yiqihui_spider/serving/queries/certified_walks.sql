-- Walks, day by day
-- How many walks of each category finished on each day, and how many of them are proven complete.
SELECT substr(finished_at, 1, 10) AS at, category, count(*) AS walks, sum(certified) AS certified
FROM walks
WHERE finished_at IS NOT NULL
GROUP BY at, category
ORDER BY at DESC, category
LIMIT 400
