-- Sources
-- Who the articles come from, the most frequent first.
SELECT source, articles, round(100 * share, 2) AS percent, mean_views, first_published_at, last_published_at
FROM source_share
ORDER BY articles DESC
LIMIT 100
