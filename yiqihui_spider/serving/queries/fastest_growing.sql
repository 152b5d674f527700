-- Fastest growing
-- Views gained per day, between the first and the last time an article was seen on one kind of page, where at least a day lies between. An article's own curve: article_life.
SELECT article_id, (SELECT label FROM articles WHERE id = article_id) AS label, published_at, kind, first_views, last_views, gained, days, per_day
FROM view_growth
WHERE per_day IS NOT NULL
ORDER BY per_day DESC
LIMIT 50
