-- Where an article that was published at :time belongs in the order of publication (search.sql tells why):
-- the time itself in units of 16 seconds, or, where the articles before and after leave no room there, the
-- nearest free number between them; NULL where there is none (search_room makes some). The order is that of
-- published_at as text, so that ORDER BY recency and ORDER BY published_at never disagree.
-- :time stands for the column, or parameter, that holds the time. The article itself has no number yet.
(
  SELECT CASE WHEN later - earlier > 1 THEN max(earlier + 1, min(hint, later - 1)) END
  FROM (SELECT coalesce(CAST(strftime('%s', :time) AS INTEGER), 253402300800) / 16 AS hint,
    coalesce((SELECT o.recency FROM articles AS o WHERE o.published_at <= :time AND o.recency IS NOT NULL
      ORDER BY o.published_at DESC, o.recency DESC LIMIT 1), -2305843009213693952) AS earlier,
    coalesce((SELECT o.recency FROM articles AS o WHERE o.published_at > :time AND o.recency IS NOT NULL
      ORDER BY o.published_at, o.recency LIMIT 1), 2305843009213693951) AS later)
)
