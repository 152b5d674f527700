-- Completeness
-- Per category: what the site declares, what is archived, and when a walk was last proven complete.
SELECT category, declared, archived, lacking, missing, gone, last_walk_certified, reasons,
  last_certified_at, last_certified_full_at, still_to_fetch
FROM completeness
ORDER BY category
