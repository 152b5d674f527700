-- What `yiqihui analyze` counts.

CREATE TABLE terms (
  article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  term TEXT NOT NULL,
  count INTEGER NOT NULL CHECK (count > 0),
  PRIMARY KEY (article_id, term)
) STRICT, WITHOUT ROWID;
CREATE INDEX terms_term ON terms (term, article_id, count);

-- Which text of an article its terms were counted in, and with which dictionaries.
CREATE TABLE term_state (
  article_id INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
  content_hash TEXT NOT NULL,
  dictionary_hash TEXT NOT NULL,
  title TEXT
) STRICT;

-- Sums over the terms, made anew at the end of every analyze that changed something.
CREATE TABLE term_months (
  term TEXT NOT NULL,
  month TEXT NOT NULL,
  articles INTEGER NOT NULL,
  count INTEGER NOT NULL,
  month_articles INTEGER NOT NULL,
  PRIMARY KEY (term, month)
) STRICT, WITHOUT ROWID;
CREATE INDEX term_months_month ON term_months (month, articles);

CREATE TABLE term_pairs (
  term TEXT NOT NULL,
  other TEXT NOT NULL,
  articles INTEGER NOT NULL,
  term_articles INTEGER NOT NULL,
  other_articles INTEGER NOT NULL,
  PRIMARY KEY (term, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX term_pairs_articles ON term_pairs (articles);

-- One row while the sums are those of the terms; none while they are out of date.
CREATE TABLE term_sums (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  articles INTEGER NOT NULL
) STRICT;
