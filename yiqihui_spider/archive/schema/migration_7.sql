-- To schema 7: where each article stands in the order of publication, and each text once: the current one in
-- articles, superseded ones in former_texts. The old tables are copied piece by piece (each_text_once.py).

CREATE TABLE articles_7 (
  id INTEGER PRIMARY KEY,
  site_id INTEGER UNIQUE,
  url TEXT,
  title TEXT,
  label TEXT NOT NULL DEFAULT '', -- the title, or the first sentence
  source TEXT,
  published_at TEXT NOT NULL,
  recency INTEGER, -- NULL only while a statement is at work
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

CREATE TABLE versions (
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
  UNIQUE (article_id, version)
) STRICT;

CREATE TABLE former_texts (
  article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  content_hash TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (article_id, content_hash)
) STRICT, WITHOUT ROWID;

-- Each article's number: its time in units of 16 seconds, or one more than that of the article before it.
CREATE TABLE recency_7 (id INTEGER PRIMARY KEY, recency INTEGER NOT NULL) STRICT;
INSERT INTO recency_7 (id, recency)
SELECT id, place + max(hint - place) OVER (ORDER BY place)
FROM (SELECT id, row_number() OVER (ORDER BY published_at, id) AS place,
  coalesce(CAST(strftime('%s', published_at) AS INTEGER), 253402300800) / 16 AS hint FROM articles);
