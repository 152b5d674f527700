-- Disappearances
-- Articles that left the listings, and the bounds of the time they did: after last_seen_at, before missing_at. Proven by certified walks only.
SELECT article_id, title, outcome, last_seen_at, missing_at, gone_at, returned_at, categories, url
FROM disappearances
ORDER BY missing_at DESC
LIMIT 100
