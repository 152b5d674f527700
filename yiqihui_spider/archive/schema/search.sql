-- Full-text search that is exact for Chinese, in stock SQLite (3.40 and later): no extension, no
-- function of ours.
--
--   SELECT id, title, published_at, kwic FROM search WHERE q = '社群' ORDER BY recency DESC LIMIT 20;
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
-- The index numbers articles by articles.recency, which grows with the time of publication, so that
-- the newest hits are read from its end. An article whose time changes moves.
--
-- What to write. ORDER BY recency DESC LIMIT 20 gives the newest and reads about 20 hits of the index,
-- whatever the archive's size. ORDER BY published_at DESC gives the same, but SQLite must look at every hit,
-- and as it reads the index from its old end, each hit is newer than all before it and takes the place
-- of one, all columns asked for are worked out for each (of kwic some 25 microseconds, so 0.7 s for 24,000 hits
-- and 5 s for 200,000). The oldest first cost a twentieth of it. No view can turn the order of reading
-- around for this question and keep it for that one: SQLite reads a full-text table backwards only where
-- the rows asked for are to come in the order of its rowid. score costs a look at every hit, so leave it
-- out where it is not wanted.
-- What takes longest of the newest 20 are words that are rare although their characters are not, or stand
-- seldom together: all texts with these characters are looked at, 0.2 microseconds each (18 to 25 ms where
-- 60,000 to 100,000 of 200,000 texts have them). An index of pairs would know; it would take as much
-- room again as this one, half a byte for each byte of text. Always give q with =, or IN, or join on it: without it SQLite says "SQL logic error", for
-- there is no end of queries. A connection with PRAGMA trusted_schema = OFF is refused this view.
--
-- spaced(x) and placed(x) in this file are no functions: ensure.py puts the expressions of spacing.sql
-- and placing.sql in their place.
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
-- recency: its number in the index
-- body: its body, spaced
-- title: its title, spaced
CREATE TABLE search_replaced (
  id INTEGER PRIMARY KEY, recency INTEGER NOT NULL, body TEXT NOT NULL, title TEXT NOT NULL
) STRICT;

-- search_input: machinery of search: gives back the text it is asked for, as one row
CREATE VIRTUAL TABLE search_input USING fts3tokenize(simple, '', '');

CREATE INDEX articles_recency_published_at ON articles (recency, published_at);

-- articles_fts_text: what the index holds of each article
-- recency: its number in the index
-- id: the article
-- body: its body, spaced
-- title: its title, spaced
CREATE VIEW articles_fts_text AS
SELECT a.recency, a.id, spaced(a.body) AS body, spaced(a.title) AS title
FROM articles AS a WHERE a.recency IS NOT NULL;

-- articles_fts: machinery of search: the full-text index over the articles, rowid = articles.recency
-- body: the spaced body
-- title: the spaced title
CREATE VIRTUAL TABLE articles_fts USING fts5(body, title, content = 'articles_fts_text', content_rowid = 'recency',
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
FROM (SELECT k.input AS q, spaced(k.input) AS spaced FROM search_input AS k);

-- search: articles that contain q; ask for it as  WHERE q = '社群'  (without q SQLite says "SQL logic error")
-- q: the query: a space is AND, | is OR, everything else is searched as it stands
-- recency: grows with the time of publication: ORDER BY recency DESC gives the newest first, at once
-- id: the article
-- title: its title
-- published_at: when it was published; to have the newest first, sort by recency, which is far quicker
-- source: who the site names as its source
-- views: views as last seen
-- url: its address
-- kwic: the first hit in the body (or, where there is none, in the title) with the text around it
-- score: relevance (bm25, a hit in the title counts three times): the lower, the better
CREATE VIEW search AS
SELECT k.q, f.rowid AS recency,
  (SELECT id FROM articles WHERE recency = f.rowid) AS id,
  (SELECT title FROM articles WHERE recency = f.rowid) AS title,
  (SELECT published_at FROM articles INDEXED BY articles_recency_published_at WHERE recency = f.rowid)
    AS published_at,
  (SELECT source FROM articles WHERE recency = f.rowid) AS source,
  (SELECT views FROM articles WHERE recency = f.rowid) AS views,
  (SELECT url FROM articles WHERE recency = f.rowid) AS url,
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
        FROM (SELECT lower(' ' || body || ' ') AS text FROM articles_fts_text WHERE recency = a.recency LIMIT 1) AS t
        CROSS JOIN json_each(k.terms) WHERE trim(value) <> '')
      WHERE p IS NOT NULL HAVING min(p) IS NOT NULL),
    substr(a.body, 1, 60))
    FROM articles AS a WHERE a.recency = f.rowid) AS kwic,
  f.rank AS score
FROM search_query AS k CROSS JOIN articles_fts AS f
WHERE f.articles_fts = k.phrases;

-- search_room: machinery of search: while an article finds no room between its neighbours in the order of publication, where they go
-- id: a neighbour
-- recency: its new number, with one left free before the next
CREATE VIEW search_room AS
WITH RECURSIVE gap (earlier) AS (
  SELECT (SELECT o.recency FROM articles AS o WHERE o.published_at <= a.published_at AND o.recency IS NOT NULL
    ORDER BY o.published_at DESC, o.recency DESC LIMIT 1)
  FROM articles AS a WHERE a.recency IS NULL AND placed(a.published_at) IS NULL LIMIT 1
),
span (earlier, width) AS ( -- the nearest that is no more than half full
  SELECT earlier, 16 FROM gap UNION ALL
  SELECT earlier, 2 * width FROM span
  WHERE (SELECT count(*) FROM articles WHERE recency BETWEEN earlier - width AND earlier + width) >= width
)
SELECT a.id, s.earlier - s.width + 2 * row_number() OVER (ORDER BY a.recency) AS recency
FROM (SELECT earlier, max(width) AS width FROM span) AS s
CROSS JOIN articles AS a WHERE a.recency BETWEEN s.earlier - s.width AND s.earlier + s.width;

-- The index follows every client's writing. A statement may turn out to replace rows (OR REPLACE
-- runs no delete triggers by default) or to be ignored (OR IGNORE, ON CONFLICT), which is known only
-- afterwards: what it may touch is noted before, and taken out of the index after. Triggers may not
-- rely on one another, because by default none runs inside of itself: what one of these writes, it
-- indexes itself, and with a row in search_writer the others stand aside.

-- An article without a place gets one: INSERT INTO search_room (id) VALUES (its id). It is not in the
-- index, nor put there. The big number keeps rows that move past one another from meeting.
CREATE TRIGGER articles_fts_place INSTEAD OF INSERT ON search_room BEGIN
  INSERT INTO search_writer (id) VALUES (1);
  DELETE FROM search_replaced;
  INSERT INTO search_replaced (id, recency, body, title) SELECT id, recency, body, title FROM articles_fts_text
    WHERE id IN (SELECT id FROM search_room);
  INSERT INTO articles_fts (articles_fts, rowid, body, title)
    SELECT 'delete', recency, body, title FROM search_replaced ORDER BY recency;
  UPDATE articles SET recency = r.recency + 4611686018427387904 FROM search_room AS r WHERE articles.id = r.id;
  UPDATE articles SET recency = recency - 4611686018427387904 WHERE recency >= 2305843009213693952;
  INSERT INTO articles_fts (rowid, body, title) SELECT a.recency, r.body, r.title
    FROM search_replaced AS r JOIN articles AS a ON a.id = r.id ORDER BY a.recency;
  DELETE FROM search_replaced;
  UPDATE articles SET recency = placed(articles.published_at) WHERE id = new.id;
  DELETE FROM search_writer;
END;

CREATE TRIGGER articles_fts_before_insert BEFORE INSERT ON articles
WHEN NOT EXISTS (SELECT 1 FROM search_writer) BEGIN
  DELETE FROM search_replaced;
  INSERT INTO search_replaced (id, recency, body, title) SELECT id, recency, body, title FROM articles_fts_text
    WHERE id IN (SELECT id FROM articles WHERE id = new.id
      UNION SELECT id FROM articles WHERE site_id = new.site_id
      UNION SELECT id FROM articles WHERE recency = new.recency);
END;

CREATE TRIGGER articles_fts_after_insert AFTER INSERT ON articles
WHEN NOT EXISTS (SELECT 1 FROM search_writer) BEGIN
  INSERT INTO articles_fts (articles_fts, rowid, body, title) SELECT 'delete', r.recency, r.body, r.title
    FROM search_replaced AS r
    WHERE EXISTS (SELECT 1 FROM articles_fts_docsize WHERE id = r.recency)
      AND (r.id = new.id OR NOT EXISTS (SELECT 1 FROM articles WHERE id = r.id));
  DELETE FROM search_replaced;
  INSERT INTO search_room (id) SELECT new.id WHERE new.recency IS NULL;
  INSERT INTO articles_fts (rowid, body, title) SELECT recency, body, title FROM articles_fts_text WHERE id = new.id;
END;

CREATE TRIGGER articles_fts_before_delete BEFORE DELETE ON articles
WHEN NOT EXISTS (SELECT 1 FROM search_writer) BEGIN
  INSERT INTO articles_fts (articles_fts, rowid, body, title) SELECT 'delete', recency, body, title
    FROM articles_fts_text
    WHERE id = old.id AND EXISTS (SELECT 1 FROM articles_fts_docsize WHERE id = old.recency);
END;

CREATE TRIGGER articles_fts_before_update BEFORE UPDATE OF id, site_id, title, body, published_at, recency ON articles
WHEN NOT EXISTS (SELECT 1 FROM search_writer)
  AND (new.id, new.site_id, new.title, new.body, new.published_at, new.recency)
    IS NOT (old.id, old.site_id, old.title, old.body, old.published_at, old.recency) BEGIN
  DELETE FROM search_replaced;
  INSERT INTO search_replaced (id, recency, body, title) SELECT id, recency, body, title FROM articles_fts_text
    WHERE id IN (SELECT old.id UNION SELECT id FROM articles WHERE id = new.id
      UNION SELECT id FROM articles WHERE site_id = new.site_id
      UNION SELECT id FROM articles WHERE recency = new.recency);
END;

CREATE TRIGGER articles_fts_after_update AFTER UPDATE OF id, site_id, title, body, published_at, recency ON articles
WHEN NOT EXISTS (SELECT 1 FROM search_writer)
  AND (new.id, new.site_id, new.title, new.body, new.published_at, new.recency)
    IS NOT (old.id, old.site_id, old.title, old.body, old.published_at, old.recency) BEGIN
  INSERT INTO articles_fts (articles_fts, rowid, body, title) SELECT 'delete', r.recency, r.body, r.title
    FROM search_replaced AS r
    WHERE EXISTS (SELECT 1 FROM articles_fts_docsize WHERE id = r.recency)
      AND (r.id IN (old.id, new.id) OR NOT EXISTS (SELECT 1 FROM articles WHERE id = r.id));
  DELETE FROM search_replaced;
  INSERT INTO search_writer (id) VALUES (1);
  UPDATE articles SET recency = NULL
    WHERE id = new.id AND new.published_at <> old.published_at AND new.recency IS old.recency;
  DELETE FROM search_writer;
  INSERT INTO search_room (id) SELECT id FROM articles WHERE id = new.id AND recency IS NULL;
  INSERT INTO articles_fts (rowid, body, title) SELECT recency, body, title FROM articles_fts_text WHERE id = new.id;
END;
