-- A term, month by month
-- How many of each month's articles have this term, and how often it stands in them. Empty until yiqihui analyze has counted terms.
SELECT month, articles, count, share
FROM term_trends
WHERE term = :term
ORDER BY month
