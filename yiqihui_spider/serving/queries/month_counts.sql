-- Articles per month
-- How many articles were published in each month, as far as they are archived, and how often they were viewed.
SELECT month, articles, sources, views, mean_views
FROM articles_by_month
ORDER BY month
