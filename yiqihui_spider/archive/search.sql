-- Full-text search that is exact for Chinese, in stock SQLite (3.40 and later): no extension, no
-- function of ours.
--
--   SELECT id, title, published_at, kwic, score FROM search WHERE q = '社群' ORDER BY id DESC LIMIT 20;
--
-- What a query finds. An article is a hit if its title or its body contains every term of one of
-- the alternatives of q:  white space (also U+3000) stands between terms and means AND,  |  stands
-- between alternatives and means OR.  Quotation marks, * and the like are text, not syntax.
-- A text contains a term where the term's characters stand in it in a row, nothing between them,
-- punctuation included, and where the term does not begin or end in the middle of a word. A word is
-- an unbroken run of letters (Latin, Greek, Cyrillic), digits and combining marks; any other
-- character (Han, kana, hangul, punctuation, symbols, emoji) stands for itself. So 群 finds 社群, 3C
-- finds 3C数码, 小时 finds 24小时; but 4小时 does not find 24小时, nor shop shopping. Case does not matter
-- (as Unicode 6.1 folds single letters), nor do the full-width forms of ASCII and of ￠￡￢￣￤￥￦.
-- A text ends at its first NUL, as it does for all of SQLite's own functions.
--
-- How. Articles are indexed with a space around every character that stands for itself, so that
-- FTS5 sees each as a token, and with U+0001 as the token for white space, so that no phrase
-- jumps over it. The query is spaced in the same way and becomes phrases. index.py gives the same
-- spacing in Python for our own writing; tests hold the two together.
--
-- What to write. ORDER BY id DESC LIMIT 20 reads 20 rows of the index, whatever the archive's
-- size. ORDER BY published_at DESC LIMIT 20 looks up every hit's time (a microsecond or less
-- each) and then reads 20 rows. score costs a look at every hit, so leave it out where it is not
-- wanted. Always give q with =, or IN: without it SQLite says "SQL logic error". A connection with
-- PRAGMA trusted_schema = OFF can write articles, but is refused this view.
--
-- Lines "-- name: meaning" before a statement describe its table or view, and its columns.

-- search_numbers: machinery of search: the numbers from 1 to 64
-- n: the number
CREATE TABLE search_numbers (n INTEGER PRIMARY KEY) STRICT;

-- search_writer: machinery of search: holds a row only inside a transaction that keeps the index itself (index.py)
-- id: always 1
-- never: refers to no row, so that SQLite refuses to commit while this row stands
CREATE TABLE search_writer (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  never INTEGER NOT NULL DEFAULT 0 REFERENCES search_writer (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

-- search_replaced: machinery of search: indexed text of rows that the statement under way may replace
-- id: the article
-- body: its body, spaced
-- title: its title, spaced
CREATE TABLE search_replaced (id INTEGER PRIMARY KEY, body TEXT NOT NULL, title TEXT NOT NULL) STRICT;

-- search_input: machinery of search: gives back the text it is asked for, as one row
CREATE VIRTUAL TABLE search_input USING fts3tokenize(simple, '', '');

CREATE INDEX articles_id_published_at ON articles (id, published_at);

-- articles_fts_text: what the index holds of each article
-- id: the article
-- body: its body, spaced
-- title: its title, spaced
CREATE VIEW articles_fts_text AS
WITH field (id, name, text) AS (
  SELECT id, 'body', body FROM articles UNION ALL SELECT id, 'title', coalesce(title, '') FROM articles
),
spaced (id, name, text) AS (
  SELECT field.id, field.name, (
    WITH RECURSIVE block (i, text, rest) AS (
      SELECT 0, substr(field.text, 1, 4096), substr(field.text, 4097)
      UNION ALL
      SELECT i + 1, substr(rest, 1, 4096), substr(rest, 4097) FROM block WHERE rest <> ''
    )
    SELECT coalesce(group_concat((
      SELECT group_concat((
        SELECT group_concat(CASE
            WHEN u BETWEEN 12289 AND 65280 THEN ' ' || c || ' '
            WHEN u BETWEEN 48 AND 57 OR u BETWEEN 65 AND 90 OR u BETWEEN 97 AND 122 THEN c
            WHEN u BETWEEN 65296 AND 65305 OR u BETWEEN 65313 AND 65338 OR u BETWEEN 65345 AND 65370
              THEN char(u - 65248)
            WHEN u BETWEEN 65281 AND 65374 THEN ' ' || char(u - 65248) || ' '
            WHEN u BETWEEN 65504 AND 65510 THEN ' ' || substr('¢£¬¯¦¥₩', u - 65503, 1) || ' '
            WHEN u <= 32 OR u BETWEEN 127 AND 160 OR u BETWEEN 8192 AND 8202
              OR u IN (5760, 6158, 8232, 8233, 8239, 8287, 12288) THEN ' ' || char(1) || ' '
            WHEN u BETWEEN 192 AND 1327 AND u NOT IN (215, 247) OR u BETWEEN 7424 AND 8191 THEN c
            ELSE ' ' || c || ' ' END, '')
        FROM (SELECT c, unicode(c) AS u
          FROM (SELECT substr(piece.text, n, 1) AS c FROM search_numbers
            WHERE n <= length(piece.text) ORDER BY n LIMIT 64) LIMIT 64)), '')
      FROM (SELECT substr(blocks.text, 64 * n - 63, 64) AS text FROM search_numbers
        WHERE n <= (length(blocks.text) + 63) / 64 ORDER BY n LIMIT 64) AS piece), ''), '')
    FROM (SELECT text FROM block ORDER BY i) AS blocks
  ) FROM field
)
SELECT a.id, (SELECT text FROM spaced WHERE id = a.id AND name = 'body') AS body,
  (SELECT text FROM spaced WHERE id = a.id AND name = 'title') AS title
FROM articles AS a;

-- articles_fts: machinery of search: the full-text index over the articles, rowid = articles.id
-- body: the spaced body
-- title: the spaced title
CREATE VIRTUAL TABLE articles_fts USING fts5(body, title, content = 'articles_fts_text', content_rowid = 'id',
  tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'");

-- search_query: machinery of search: a query as the index understands it
-- q: the query
-- spaced: the query, spaced like the texts
-- phrases: the query in FTS5's own language
-- terms: its terms, spaced, as JSON
CREATE VIEW search_query AS
SELECT q, spaced,
  '"' || replace(replace(replace(spaced, '"', '""'), char(1), '" "'), '|', '" OR "') || '"' AS phrases,
  '["' || replace(replace(replace(replace(spaced, '\', '\\'), '"', '\"'), char(1), '","'), '|', '","') || '"]' AS terms
FROM (SELECT k.input AS q, (
    WITH RECURSIVE block (i, text, rest) AS (
      SELECT 0, substr(k.input, 1, 4096), substr(k.input, 4097)
      UNION ALL
      SELECT i + 1, substr(rest, 1, 4096), substr(rest, 4097) FROM block WHERE rest <> ''
    )
    SELECT coalesce(group_concat((
      SELECT group_concat((
        SELECT group_concat(CASE
            WHEN u BETWEEN 12289 AND 65280 THEN ' ' || c || ' '
            WHEN u BETWEEN 48 AND 57 OR u BETWEEN 65 AND 90 OR u BETWEEN 97 AND 122 THEN c
            WHEN u BETWEEN 65296 AND 65305 OR u BETWEEN 65313 AND 65338 OR u BETWEEN 65345 AND 65370
              THEN char(u - 65248)
            WHEN u BETWEEN 65281 AND 65374 THEN ' ' || char(u - 65248) || ' '
            WHEN u BETWEEN 65504 AND 65510 THEN ' ' || substr('¢£¬¯¦¥₩', u - 65503, 1) || ' '
            WHEN u <= 32 OR u BETWEEN 127 AND 160 OR u BETWEEN 8192 AND 8202
              OR u IN (5760, 6158, 8232, 8233, 8239, 8287, 12288) THEN ' ' || char(1) || ' '
            WHEN u BETWEEN 192 AND 1327 AND u NOT IN (215, 247) OR u BETWEEN 7424 AND 8191 THEN c
            ELSE ' ' || c || ' ' END, '')
        FROM (SELECT c, unicode(c) AS u
          FROM (SELECT substr(piece.text, n, 1) AS c FROM search_numbers
            WHERE n <= length(piece.text) ORDER BY n LIMIT 64) LIMIT 64)), '')
      FROM (SELECT substr(blocks.text, 64 * n - 63, 64) AS text FROM search_numbers
        WHERE n <= (length(blocks.text) + 63) / 64 ORDER BY n LIMIT 64) AS piece), ''), '')
    FROM (SELECT text FROM block ORDER BY i) AS blocks
  ) AS spaced
  FROM search_input AS k);

-- search: articles that contain q; ask for it as  WHERE q = '社群'
-- q: the query: a space is AND, | is OR, everything else is searched as it stands
-- id: the article
-- title: its title
-- published_at: when it was published
-- source: who the site names as its source
-- views: views as last seen
-- url: its address
-- kwic: the first hit in the body (or, where there is none, in the title) with the text around it
-- score: relevance (bm25, a hit in the title counts three times): the lower, the better
CREATE VIEW search AS
SELECT k.q, f.rowid AS id,
  (SELECT title FROM articles WHERE id = f.rowid) AS title,
  (SELECT published_at FROM articles INDEXED BY articles_id_published_at WHERE id = f.rowid) AS published_at,
  (SELECT source FROM articles WHERE id = f.rowid) AS source,
  (SELECT views FROM articles WHERE id = f.rowid) AS views,
  (SELECT url FROM articles WHERE id = f.rowid) AS url,
  (SELECT coalesce(
    -- The first place in the body where a term stands as typed and is not part of a longer word.
    (WITH RECURSIVE spot (spaced, term, p) AS (
        SELECT value, lower(replace(value, ' ', '')), instr(lower(a.body), lower(replace(value, ' ', '')))
        FROM json_each(k.terms) WHERE trim(value) <> ''
        UNION ALL
        SELECT spaced, term, p + nullif(instr(substr(lower(a.body), p + 1), term), 0) FROM spot
        WHERE p > 0
          AND (spaced NOT GLOB ' *' AND substr(a.body, p - 1, p > 1) GLOB '[0-9A-Za-zÀ-ÖØ-öø-ԯᴀ-῾０-９Ａ-Ｚａ-ｚ]'
            OR spaced NOT GLOB '* ' AND substr(a.body, p + length(term), 1) GLOB '[0-9A-Za-zÀ-ÖØ-öø-ԯᴀ-῾０-９Ａ-Ｚａ-ｚ]')
      )
      SELECT substr(a.body, max(1, min(p) - 20), min(p - 1, 20) + length(term) + 40) FROM spot
      WHERE p > 0
        AND (spaced GLOB ' *' OR substr(a.body, p - 1, p > 1) NOT GLOB '[0-9A-Za-zÀ-ÖØ-öø-ԯᴀ-῾０-９Ａ-Ｚａ-ｚ]')
        AND (spaced GLOB '* ' OR substr(a.body, p + length(term), 1) NOT GLOB '[0-9A-Za-zÀ-ÖØ-öø-ԯᴀ-῾０-９Ａ-Ｚａ-ｚ]')
      HAVING min(p) IS NOT NULL),
    (SELECT a.title FROM json_each(k.terms)
      WHERE trim(value) <> '' AND instr(lower(a.title), lower(replace(value, ' ', ''))) LIMIT 1),
    -- The first place in the text as the index has it: slower, but it knows widths.
    (SELECT substr(a.body, max(1, min(p) - 20), 60)
      FROM (SELECT length(replace(substr(t.text, 1, nullif(instr(t.text, lower(iif(value GLOB ' *', '', ' ')
            || value || iif(value GLOB '* ', '', ' '))), 0) - 1), ' ', '')) + 1 AS p
        FROM (SELECT lower(' ' || body || ' ') AS text FROM articles_fts_text WHERE id = a.id LIMIT 1) AS t
        CROSS JOIN json_each(k.terms) WHERE trim(value) <> '')
      WHERE p IS NOT NULL HAVING min(p) IS NOT NULL),
    substr(a.body, 1, 60))
    FROM articles AS a WHERE a.id = f.rowid) AS kwic,
  f.rank AS score
FROM search_query AS k CROSS JOIN articles_fts AS f
WHERE f.articles_fts = k.phrases;

-- The index follows every client's writing. A statement may turn out to replace rows (OR REPLACE
-- runs no delete triggers by default) or to be ignored (OR IGNORE, ON CONFLICT), which is known only
-- afterwards: what it may touch is noted before, and taken out of the index after.

CREATE TRIGGER articles_fts_before_insert BEFORE INSERT ON articles
WHEN NOT EXISTS (SELECT 1 FROM search_writer) BEGIN
  DELETE FROM search_replaced;
  INSERT INTO search_replaced (id, body, title) SELECT id, body, title FROM articles_fts_text
    WHERE id IN (SELECT id FROM articles WHERE id = new.id
      UNION SELECT id FROM articles WHERE site_id = new.site_id);
END;

CREATE TRIGGER articles_fts_after_insert AFTER INSERT ON articles
WHEN NOT EXISTS (SELECT 1 FROM search_writer) BEGIN
  INSERT INTO articles_fts (articles_fts, rowid, body, title) SELECT 'delete', r.id, r.body, r.title
    FROM search_replaced AS r
    WHERE EXISTS (SELECT 1 FROM articles_fts_docsize WHERE id = r.id)
      AND (r.id = new.id OR NOT EXISTS (SELECT 1 FROM articles WHERE id = r.id));
  DELETE FROM search_replaced;
  INSERT INTO articles_fts (rowid, body, title) SELECT id, body, title FROM articles_fts_text WHERE id = new.id;
END;

CREATE TRIGGER articles_fts_before_delete BEFORE DELETE ON articles
WHEN NOT EXISTS (SELECT 1 FROM search_writer) BEGIN
  INSERT INTO articles_fts (articles_fts, rowid, body, title) SELECT 'delete', id, body, title
    FROM articles_fts_text
    WHERE id = old.id AND EXISTS (SELECT 1 FROM articles_fts_docsize WHERE id = old.id);
END;

CREATE TRIGGER articles_fts_before_update BEFORE UPDATE OF id, site_id, title, body ON articles
WHEN NOT EXISTS (SELECT 1 FROM search_writer)
  AND (new.id, new.site_id, new.title, new.body) IS NOT (old.id, old.site_id, old.title, old.body) BEGIN
  DELETE FROM search_replaced;
  INSERT INTO search_replaced (id, body, title) SELECT id, body, title FROM articles_fts_text
    WHERE id IN (SELECT old.id UNION SELECT id FROM articles WHERE id = new.id
      UNION SELECT id FROM articles WHERE site_id = new.site_id);
END;

CREATE TRIGGER articles_fts_after_update AFTER UPDATE OF id, site_id, title, body ON articles
WHEN NOT EXISTS (SELECT 1 FROM search_writer)
  AND (new.id, new.site_id, new.title, new.body) IS NOT (old.id, old.site_id, old.title, old.body) BEGIN
  INSERT INTO articles_fts (articles_fts, rowid, body, title) SELECT 'delete', r.id, r.body, r.title
    FROM search_replaced AS r
    WHERE EXISTS (SELECT 1 FROM articles_fts_docsize WHERE id = r.id)
      AND (r.id IN (old.id, new.id) OR NOT EXISTS (SELECT 1 FROM articles WHERE id = r.id));
  DELETE FROM search_replaced;
  INSERT INTO articles_fts (rowid, body, title) SELECT id, body, title FROM articles_fts_text WHERE id = new.id;
END;
