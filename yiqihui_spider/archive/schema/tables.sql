-- The tables of the archive. Times are ISO 8601 with offset; hashes are lower-case hex SHA-256
-- unless the column says otherwise; offsets are code points into the capture's page text.

CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  command TEXT NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  outcome TEXT,
  exit_code INTEGER,
  stats TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(stats)),
  software TEXT NOT NULL,
  pid INTEGER,
  host TEXT
) STRICT;
CREATE INDEX runs_started_at ON runs (started_at);

CREATE TABLE captures (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  url TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('listing', 'article', 'other')),
  captured_at TEXT NOT NULL,
  http_status INTEGER,
  payload_digest TEXT NOT NULL,
  warc_file TEXT NOT NULL,
  warc_offset INTEGER NOT NULL,
  warc_length INTEGER NOT NULL,
  category TEXT,
  declared_first INTEGER,
  declared_last INTEGER,
  declared_total INTEGER,
  declared_page INTEGER,
  declared_pages INTEGER,
  entries INTEGER NOT NULL DEFAULT 0,
  residue_chars INTEGER NOT NULL DEFAULT 0,
  content_type TEXT,
  etag TEXT,
  last_modified TEXT,
  time_source TEXT NOT NULL DEFAULT 'clock' CHECK (time_source IN ('clock', 'warc', 'cdx', 'mtime', 'given')),
  origin TEXT NOT NULL DEFAULT 'live' CHECK (origin IN ('live', 'import', 'wayback')),
  truncated TEXT,
  elapsed_ms INTEGER,
  unchanged_since INTEGER REFERENCES captures (id),
  problems TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(problems)),
  parser_version TEXT,
  UNIQUE (warc_file, warc_offset)
) STRICT;
CREATE INDEX captures_run_id ON captures (run_id);
CREATE INDEX captures_url ON captures (url, captured_at);
CREATE INDEX captures_payload_digest ON captures (payload_digest);
CREATE INDEX captures_captured_at ON captures (captured_at);
CREATE INDEX captures_unchanged_since ON captures (unchanged_since);
CREATE INDEX captures_trouble ON captures (captured_at) WHERE residue_chars > 0 OR problems <> '[]';

CREATE TABLE residues (
  id INTEGER PRIMARY KEY,
  capture_id INTEGER NOT NULL REFERENCES captures (id) ON DELETE CASCADE,
  span_start INTEGER NOT NULL,
  span_end INTEGER NOT NULL,
  text TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX residues_capture_id ON residues (capture_id);

-- The long column stands last, so that the others are read without passing through it.
CREATE TABLE articles (
  id INTEGER PRIMARY KEY,
  site_id INTEGER UNIQUE,
  url TEXT,
  title TEXT,
  source TEXT,
  published_at TEXT NOT NULL,
  views INTEGER NOT NULL,
  views_at TEXT NOT NULL,
  body_chars INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  first_seen_at TEXT NOT NULL,
  last_seen_at TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'present' CHECK (state IN ('present', 'missing', 'gone')),
  excerpt INTEGER NOT NULL DEFAULT 0 CHECK (excerpt IN (0, 1)), -- 1: only a beginning is known
  detail_at TEXT, -- when its own page was last read
  body TEXT NOT NULL
) STRICT;
CREATE INDEX articles_url ON articles (url);
CREATE INDEX articles_published_at ON articles (published_at);
CREATE INDEX articles_source ON articles (source);
CREATE INDEX articles_content_hash ON articles (content_hash);
CREATE INDEX articles_state ON articles (state) WHERE state <> 'present';

CREATE TABLE article_versions (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  title TEXT,
  content_hash TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  capture_id INTEGER NOT NULL REFERENCES captures (id), -- that first showed this version, at the span
  span_start INTEGER NOT NULL,
  span_end INTEGER NOT NULL,
  parser_version TEXT NOT NULL,
  text_capture_id INTEGER REFERENCES captures (id), -- that gave the body with its paragraphs; NULL: the same
  body TEXT NOT NULL,
  UNIQUE (article_id, version)
) STRICT;
CREATE INDEX article_versions_capture_id ON article_versions (capture_id);
CREATE INDEX article_versions_seen_at ON article_versions (seen_at);
CREATE INDEX article_versions_text_capture_id ON article_versions (text_capture_id);

-- Texts seen that are only the beginning of an article, and so no version of it.
CREATE TABLE excerpts (
  article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  content_hash TEXT NOT NULL,
  capture_id INTEGER NOT NULL REFERENCES captures (id),
  body TEXT NOT NULL,
  PRIMARY KEY (article_id, content_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX excerpts_capture_id ON excerpts (capture_id);

-- Publication times an article once had and has no more: an old dump must still find it.
CREATE TABLE former_times (
  published_at TEXT NOT NULL,
  article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  PRIMARY KEY (published_at, article_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_times_article_id ON former_times (article_id);

-- The columns of the key stand first: else SQLite 3.40's integrity_check sees NULLs that aren't there.
CREATE TABLE view_counts (
  article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  observed_at TEXT NOT NULL,
  capture_id INTEGER NOT NULL REFERENCES captures (id),
  views INTEGER NOT NULL,
  PRIMARY KEY (article_id, observed_at, capture_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX view_counts_capture_id ON view_counts (capture_id);
CREATE INDEX view_counts_observed_at ON view_counts (observed_at);

CREATE TABLE article_categories (
  article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  category TEXT NOT NULL,
  first_listed_at TEXT NOT NULL,
  last_listed_at TEXT NOT NULL,
  missing_since TEXT,
  PRIMARY KEY (article_id, category)
) STRICT, WITHOUT ROWID;
CREATE INDEX article_categories_category ON article_categories (category, last_listed_at);
CREATE INDEX article_categories_missing ON article_categories (category) WHERE missing_since IS NOT NULL;

-- One row per article per capture: everything one page said of one article, so that versions,
-- series and current values can be worked out again in order of capture time, whatever order
-- the captures came in. Texts themselves are in article_versions (those of excerpts in excerpts),
-- found by content_hash.
CREATE TABLE sightings (
  capture_id INTEGER NOT NULL REFERENCES captures (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  observed_at TEXT NOT NULL,
  title TEXT,
  source TEXT,
  url TEXT,
  views INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  body_chars INTEGER NOT NULL,
  span_start INTEGER NOT NULL,
  span_end INTEGER NOT NULL,
  excerpt INTEGER NOT NULL DEFAULT 0 CHECK (excerpt IN (0, 1)), -- counted as one
  cut_short INTEGER NOT NULL DEFAULT 0 CHECK (cut_short IN (0, 1)), -- the page itself says so
  category TEXT,
  site_id INTEGER,
  published_at TEXT, -- as this page has it
  PRIMARY KEY (capture_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_article_id ON sightings (article_id, observed_at);

CREATE TABLE walks (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  category TEXT NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  declared_total INTEGER,
  distinct_articles INTEGER,
  certified INTEGER NOT NULL DEFAULT 0 CHECK (certified IN (0, 1)),
  reasons TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(reasons)),
  mode TEXT NOT NULL DEFAULT 'full' CHECK (mode IN ('full', 'incremental')),
  start_url TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX walks_category ON walks (category, started_at);
CREATE INDEX walks_run_id ON walks (run_id);
CREATE INDEX walks_certified ON walks (category, finished_at) WHERE certified = 1 AND mode = 'full';

-- The progress of a walk: one row per listing page read, in the order read.
CREATE TABLE walk_pages (
  walk_id INTEGER NOT NULL REFERENCES walks (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  capture_id INTEGER NOT NULL REFERENCES captures (id),
  url TEXT NOT NULL,
  purpose TEXT NOT NULL,
  declared TEXT CHECK (declared IS NULL OR json_valid(declared)),
  article_ids TEXT NOT NULL CHECK (json_valid(article_ids)),
  fresh TEXT NOT NULL CHECK (json_valid(fresh)),
  page_urls TEXT NOT NULL CHECK (json_valid(page_urls)),
  next_url TEXT,
  residue_chars INTEGER NOT NULL DEFAULT 0,
  problems TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(problems)),
  PRIMARY KEY (walk_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX walk_pages_capture_id ON walk_pages (capture_id);

-- What is still to be fetched: details wanted, pages and details that failed. What was given up
-- (gone for good, or failed in too many runs) stays on record and is tried only now and then.
CREATE TABLE todo (
  id INTEGER PRIMARY KEY,
  url TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('section', 'listing', 'article')),
  category TEXT,
  walk_id INTEGER REFERENCES walks (id) ON DELETE SET NULL,
  added_at TEXT NOT NULL,
  added_run INTEGER NOT NULL REFERENCES runs (id),
  attempts INTEGER NOT NULL DEFAULT 0,
  last_run INTEGER REFERENCES runs (id),
  last_tried_at TEXT,
  reason TEXT,
  given_up_at TEXT,
  UNIQUE (url, kind)
) STRICT;
CREATE INDEX todo_failed ON todo (id) WHERE attempts > 0;

-- An article's time away: last seen before, first missed by a certified walk, confirmed by a
-- second one, seen again after. A closed row (returned_at) stays on record.
CREATE TABLE absences (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  last_seen_at TEXT NOT NULL,
  missing_at TEXT NOT NULL,
  missing_walk_id INTEGER REFERENCES walks (id),
  gone_at TEXT,
  gone_walk_id INTEGER REFERENCES walks (id),
  returned_at TEXT
) STRICT;
CREATE INDEX absences_article_id ON absences (article_id);

-- Where each category's listing starts, as last found.
CREATE TABLE categories (
  name TEXT PRIMARY KEY,
  start_url TEXT NOT NULL,
  found_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
