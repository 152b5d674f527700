-- To schema 4: what an article is called when it has no title, counts that a page does not give, counts
-- that say what was printed and on which kind of page, and when a page counts as seen.

CREATE TABLE articles_4 (
  id INTEGER PRIMARY KEY,
  site_id INTEGER UNIQUE,
  url TEXT,
  title TEXT,
  label TEXT NOT NULL DEFAULT '', -- the title, or the first sentence
  source TEXT,
  published_at TEXT NOT NULL,
  views INTEGER, -- NULL: no page has told them
  views_at TEXT,
  foreign_address TEXT, -- what identifies an article of another site
  body_chars INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  first_seen_at TEXT NOT NULL,
  last_seen_at TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'present' CHECK (state IN ('present', 'missing', 'gone')),
  excerpt INTEGER NOT NULL DEFAULT 0 CHECK (excerpt IN (0, 1)), -- 1: only a beginning is known
  detail_at TEXT, -- when its own page was last read
  body TEXT NOT NULL
) STRICT;
INSERT INTO articles_4 (id, site_id, url, title, source, published_at, views, views_at, body_chars, content_hash,
  first_seen_at, last_seen_at, state, excerpt, detail_at, body)
SELECT id, site_id, url, title, source, published_at, views, views_at, body_chars, content_hash,
  first_seen_at, last_seen_at, state, excerpt, detail_at, body FROM articles ORDER BY id;
DROP TABLE articles;
ALTER TABLE articles_4 RENAME TO articles;
CREATE INDEX articles_url ON articles (url);
CREATE INDEX articles_published_at ON articles (published_at);
CREATE INDEX articles_foreign_address ON articles (foreign_address) WHERE foreign_address IS NOT NULL;
CREATE INDEX articles_source ON articles (source);
CREATE INDEX articles_content_hash ON articles (content_hash);
CREATE INDEX articles_state ON articles (state) WHERE state <> 'present';

CREATE TABLE sightings_4 (
  capture_id INTEGER NOT NULL REFERENCES captures (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  observed_at TEXT NOT NULL,
  title TEXT,
  source TEXT,
  url TEXT,
  views INTEGER,
  views_printed TEXT, -- where the count is not exact
  content_hash TEXT NOT NULL,
  body_chars INTEGER NOT NULL,
  span_start INTEGER NOT NULL,
  span_end INTEGER NOT NULL,
  excerpt INTEGER NOT NULL DEFAULT 0 CHECK (excerpt IN (0, 1)), -- counted as one
  cut_short INTEGER NOT NULL DEFAULT 0 CHECK (cut_short IN (0, 1)), -- the page itself says so
  category TEXT,
  site_id INTEGER,
  foreign_address TEXT,
  published_at TEXT, -- as this page has it
  PRIMARY KEY (capture_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO sightings_4 (capture_id, position, article_id, observed_at, title, source, url, views, content_hash,
  body_chars, span_start, span_end, excerpt, cut_short, category, site_id, published_at)
SELECT capture_id, position, article_id, observed_at, title, source, url, views, content_hash,
  body_chars, span_start, span_end, excerpt, cut_short, category, site_id, published_at FROM sightings;
DROP TABLE sightings;
ALTER TABLE sightings_4 RENAME TO sightings;
CREATE INDEX sightings_article_id ON sightings (article_id, observed_at);

-- The columns of the key stand first: else SQLite 3.40's integrity_check sees NULLs that aren't there.
CREATE TABLE view_counts_4 (
  article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  observed_at TEXT NOT NULL,
  capture_id INTEGER NOT NULL REFERENCES captures (id),
  views INTEGER NOT NULL,
  kind TEXT NOT NULL DEFAULT 'listing' CHECK (kind IN ('listing', 'article', 'other')),
  printed TEXT, -- where the count is not exact
  PRIMARY KEY (article_id, observed_at, capture_id)
) STRICT, WITHOUT ROWID;
INSERT INTO view_counts_4 (article_id, observed_at, capture_id, views, kind)
SELECT v.article_id, v.observed_at, v.capture_id, v.views, c.kind
FROM view_counts AS v JOIN captures AS c ON c.id = v.capture_id;
DROP TABLE view_counts;
ALTER TABLE view_counts_4 RENAME TO view_counts;
CREATE INDEX view_counts_capture_id ON view_counts (capture_id);
CREATE INDEX view_counts_observed_at ON view_counts (observed_at);

-- When the page counts as seen, where that is not captured_at: a clock of ours had jumped.
ALTER TABLE captures ADD COLUMN observed_at TEXT;
CREATE INDEX captures_live ON captures (id) WHERE origin = 'live';

-- The text that this one is, but for a title before it; NULL for a mere beginning.
ALTER TABLE excerpts ADD COLUMN same_as TEXT;
