-- Fastest growing
-- Views gained per day, between the first and the last time an article was seen, where at least an hour lies between. An article's own curve: article_life.
SELECT article_id, title, published_at, first_views, last_views, gained, days, per_day
FROM view_growth
WHERE days >= 1.0 / 24
ORDER BY per_day DESC
LIMIT 50
