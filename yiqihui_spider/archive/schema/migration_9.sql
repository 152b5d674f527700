-- To schema 9: what pages say of articles each thing once, and the pages of walks and the results of monitors
-- likewise. The old tables are copied piece by piece (said_once.py); views of their names stand in their place.

ALTER TABLE sightings RENAME TO sightings_8;
ALTER TABLE view_counts RENAME TO view_counts_8;
ALTER TABLE walk_pages RENAME TO walk_pages_8;
ALTER TABLE monitor_results RENAME TO monitor_results_8;

-- The capture whose observations are those of this one, too.
ALTER TABLE captures ADD COLUMN repeats INTEGER REFERENCES captures (id);
CREATE INDEX captures_shown ON captures (CAST(coalesce(repeats, id) AS INTEGER));

-- What an entry of a page says of an article, but for its count and its place on the page.
CREATE TABLE entry_facts (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  site_id INTEGER,
  foreign_address TEXT,
  published_at TEXT, -- as the page has it
  title TEXT,
  source TEXT,
  url TEXT,
  content_hash TEXT NOT NULL,
  body_chars INTEGER NOT NULL,
  cut_short INTEGER NOT NULL DEFAULT 0 CHECK (cut_short IN (0, 1)) -- the page itself says so
) STRICT;
CREATE INDEX entry_facts_article_id ON entry_facts (article_id);

-- One row per entry of a page, but for pages that repeat another (captures.repeats).
CREATE TABLE observations (
  capture_id INTEGER NOT NULL REFERENCES captures (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  facts_id INTEGER NOT NULL REFERENCES entry_facts (id) ON DELETE CASCADE,
  views INTEGER,
  views_printed TEXT, -- where the count is not exact
  span_start INTEGER NOT NULL,
  span_end INTEGER NOT NULL,
  excerpt INTEGER NOT NULL DEFAULT 0 CHECK (excerpt IN (0, 1)), -- counted as one
  counted INTEGER NOT NULL DEFAULT 0 CHECK (counted IN (0, 1)), -- its views are the article's count there
  PRIMARY KEY (capture_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX observations_facts_id ON observations (facts_id);

-- What a listing page was to a walk, for all walks that met it so.
CREATE TABLE page_states (
  id INTEGER PRIMARY KEY,
  url TEXT NOT NULL,
  purpose TEXT NOT NULL,
  declared TEXT CHECK (declared IS NULL OR json_valid(declared)),
  article_ids TEXT NOT NULL CHECK (json_valid(article_ids)),
  fresh TEXT NOT NULL CHECK (json_valid(fresh)),
  page_urls TEXT NOT NULL CHECK (json_valid(page_urls)),
  next_url TEXT,
  residue_chars INTEGER NOT NULL DEFAULT 0,
  problems TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(problems))
) STRICT;
CREATE INDEX page_states_url ON page_states (url);

-- The progress of a walk: one row per listing page read, in the order read.
CREATE TABLE walk_reads (
  walk_id INTEGER NOT NULL REFERENCES walks (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  capture_id INTEGER NOT NULL REFERENCES captures (id),
  state_id INTEGER NOT NULL REFERENCES page_states (id),
  PRIMARY KEY (walk_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX walk_reads_capture_id ON walk_reads (capture_id);
CREATE INDEX walk_reads_state_id ON walk_reads (state_id);

-- What a monitor made of the crawls from first_run to last_run, all runs between them.
CREATE TABLE monitor_spans (
  last_run INTEGER NOT NULL REFERENCES runs (id),
  monitor TEXT NOT NULL,
  first_run INTEGER NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('ok', 'warn', 'fail')),
  value REAL,
  low REAL,
  high REAL,
  message TEXT NOT NULL,
  PRIMARY KEY (last_run, monitor)
) STRICT, WITHOUT ROWID;

-- The raw counts that the monitors compare, of the last crawls.
CREATE TABLE crawl_counts (
  run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  counts TEXT NOT NULL CHECK (json_valid(counts))
) STRICT;

-- Of no use for what it costs: captures are asked for by address or number.
DROP INDEX captures_captured_at;
DROP INDEX captures_unchanged_since;
CREATE INDEX captures_unchanged_since ON captures (unchanged_since) WHERE unchanged_since IS NOT NULL;
