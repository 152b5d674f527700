-- Captures of another archive that were asked for and are not here, or not proven to be what they
-- should, so that they are asked for seldom.
CREATE TABLE wayback_misses (
  replay TEXT NOT NULL,
  url TEXT NOT NULL,
  captured_at TEXT NOT NULL,
  kind TEXT NOT NULL
    CHECK (kind IN ('refused', 'doubtful', 'unanswered', 'elsewhere', 'no page', 'contradicted', 'unproven')),
  reason TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  lasting INTEGER NOT NULL CHECK (lasting IN (0, 1)),
  first_tried_at TEXT NOT NULL,
  last_tried_at TEXT NOT NULL,
  next_try_at TEXT NOT NULL,
  PRIMARY KEY (replay, url, captured_at)
) STRICT, WITHOUT ROWID;
