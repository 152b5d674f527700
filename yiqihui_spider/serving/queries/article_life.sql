-- An article's life
-- All that happened to the article with this id, in order of time: published, seen, listed, edited, missed; and its views as they were observed. Of a long life, the latest 300 events.
SELECT at, event, views, detail
FROM (SELECT * FROM (
  SELECT published_at AS at, 'published' AS event, NULL AS views, source AS detail, 1 AS step
  FROM articles WHERE id = :id
  UNION ALL
  SELECT seen_at, 'text ' || version, NULL, length(body) || ' characters: ' || coalesce(title, '(no title known)'), 2
  FROM article_versions WHERE article_id = :id
  UNION ALL
  SELECT first_listed_at, 'listed in ' || category, NULL, NULL, 3
  FROM article_categories WHERE article_id = :id
  UNION ALL
  SELECT observed_at, 'viewed', views,
    CASE kind WHEN 'article' THEN 'on its own page' WHEN 'listing' THEN 'in a listing' ELSE kind END
      || coalesce(', printed ' || printed, ''), 4
  FROM view_counts WHERE article_id = :id
  UNION ALL
  SELECT missing_at, 'missing', NULL, 'last seen ' || last_seen_at, 5
  FROM absences WHERE article_id = :id
  UNION ALL
  SELECT gone_at, 'gone', NULL, NULL, 6
  FROM absences WHERE article_id = :id AND gone_at IS NOT NULL
  UNION ALL
  SELECT returned_at, 'returned', NULL, NULL, 7
  FROM absences WHERE article_id = :id AND returned_at IS NOT NULL
)
ORDER BY julianday(at) DESC, step DESC LIMIT 300)
ORDER BY julianday(at), step
