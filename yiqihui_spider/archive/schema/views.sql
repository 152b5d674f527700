-- Views for the analyst: stock SQL over the tables, no function of ours.
-- Lines "-- name: meaning" before a statement describe its view, and its columns.

-- article_versions: one text an article has had; a change of views, source or line breaks makes no version
-- id: number of the row
-- article_id: the article
-- version: 1 for the first text, in the order the texts were captured
-- title: its title in this version
-- content_hash: SHA-256 of the body without white space
-- seen_at: when this text was first captured
-- capture_id: the capture that first showed this text, at the span
-- span_start: where the body starts in that capture's page text (code points from 0)
-- span_end: where it ends (exclusive)
-- parser_version: version of the parser that read it
-- text_capture_id: the capture that gave the body with its paragraphs; NULL where it is the same capture
-- body: the text
CREATE VIEW article_versions AS
SELECT v.id, v.article_id, v.version, v.title, v.content_hash, v.seen_at, v.capture_id, v.span_start, v.span_end,
  v.parser_version, v.text_capture_id,
  coalesce((SELECT body FROM former_texts WHERE article_id = v.article_id AND content_hash = v.content_hash),
    (SELECT body FROM articles WHERE id = v.article_id AND content_hash = v.content_hash)) AS body
FROM versions AS v;

-- sightings: all that one page said of one article: what versions, series and current values are worked out from
-- capture_id: the page
-- position: place of the article on it
-- article_id: the article
-- observed_at: when the page counts as captured
-- title: the title it shows
-- source: the source it names
-- url: the address it links
-- views: the views it shows
-- views_printed: the count as printed, where it is not exact
-- content_hash: SHA-256 of the text it shows, without white space
-- body_chars: length of that text, in characters
-- span_start: where that text starts in the page text (code points from 0)
-- span_end: where it ends (exclusive)
-- excerpt: 1 where the text counts as a mere beginning
-- counted: 1 where the views are the article's count on this page
-- cut_short: 1 where the page itself says that it is a mere beginning
-- category: the category that listed it
-- site_id: the number in the address it links
-- foreign_address: for an article of another site, what its address identifies it by
-- published_at: the time of publication it shows
CREATE VIEW sightings AS
SELECT c.id AS capture_id, o.position, f.article_id, coalesce(c.observed_at, c.captured_at) AS observed_at, f.title,
  f.source, f.url, o.views, o.views_printed, f.content_hash, f.body_chars, o.span_start, o.span_end, o.excerpt,
  o.counted, f.cut_short, +c.category AS category, f.site_id, f.foreign_address, f.published_at
FROM captures AS c JOIN observations AS o ON o.capture_id = CAST(coalesce(c.repeats, c.id) AS INTEGER)
JOIN entry_facts AS f ON f.id = o.facts_id;

-- view_counts: views of an article at a moment: a row for every page captured that told them
-- article_id: the article
-- observed_at: when the page that says so counts as captured
-- capture_id: that page
-- views: views then
-- kind: the kind of page that says so: listing, article (its own page) or other; they count differently, so compare like with like
-- printed: what was printed, where the count is not exact (1.2万, 10万+); NULL where it is
CREATE VIEW view_counts AS
SELECT f.article_id, coalesce(c.observed_at, c.captured_at) AS observed_at, c.id AS capture_id, o.views, +c.kind AS kind,
  o.views_printed AS printed
FROM captures AS c JOIN observations AS o ON o.capture_id = CAST(coalesce(c.repeats, c.id) AS INTEGER)
JOIN entry_facts AS f ON f.id = o.facts_id
WHERE o.counted = 1;

-- walk_pages: a listing page read in a walk
-- walk_id: the walk
-- position: place in the order of reading
-- capture_id: the page as captured
-- url: its address
-- purpose: what it was read for: page 3, head again (to see that nothing moved), healing page 2 (because something did)
-- declared: what its pager claims, as JSON
-- article_ids: the articles on it, in order, as a JSON list
-- fresh: whether each of them was new to the archive or changed, in the same order, as a JSON list
-- page_urls: pager links by page number, as JSON
-- next_url: where its link to the next page leads
-- residue_chars: text on it that nothing explains, in characters
-- problems: what was odd about it, as a JSON list
CREATE VIEW walk_pages AS
SELECT r.walk_id, r.position, r.capture_id, s.url, s.purpose, s.declared, s.article_ids, s.fresh, s.page_urls,
  s.next_url, s.residue_chars, s.problems
FROM walk_reads AS r JOIN page_states AS s ON s.id = r.state_id;

-- monitor_results: what each monitor made of each crawl (docs/monitors.md)
-- run_id: the crawl
-- monitor: the monitor's name
-- level: ok, warn or fail; ok also where the archive is too young, or nothing was there to be judged
-- value: what was measured; NULL where nothing was
-- low: the least that the archive's own past lets expect; NULL where there is no such bound
-- high: the most; NULL where there is no such bound
-- message: the same in words
CREATE VIEW monitor_results AS
SELECT r.id AS run_id, s.monitor, s.level, s.value, s.low, s.high, s.message
FROM runs AS r JOIN monitor_spans AS s ON r.id BETWEEN s.first_run AND s.last_run;

-- articles_by_month: what was published in each month, as far as it is archived
-- month: month of publication, as 2019-04
-- articles: articles published in it
-- sources: how many sources they name
-- views: their views together, as last seen
-- mean_views: views per article
-- body_chars: length of their bodies together, in characters
CREATE VIEW articles_by_month AS
SELECT substr(published_at, 1, 7) AS month, count(*) AS articles, count(DISTINCT source) AS sources,
  sum(views) AS views, round(avg(views), 1) AS mean_views, sum(body_chars) AS body_chars
FROM articles GROUP BY month ORDER BY month;

-- source_share: who the articles come from
-- source: the source as the site names it; NULL where it names none
-- articles: articles with this source
-- share: their share of all articles, from 0 to 1
-- views: their views together, as last seen
-- mean_views: views per article
-- first_published_at: publication of the earliest
-- last_published_at: publication of the latest
CREATE VIEW source_share AS
SELECT source, count(*) AS articles, round(1.0 * count(*) / sum(count(*)) OVER (), 4) AS share,
  sum(views) AS views, round(avg(views), 1) AS mean_views,
  min(published_at) AS first_published_at, max(published_at) AS last_published_at
FROM articles GROUP BY source ORDER BY articles DESC, source;

-- view_growth: how each article's views have grown between its first and its last observation, on one kind of page
-- article_id: the article
-- title: its title
-- published_at: when it was published
-- kind: where its views were observed: listing or article (its own page). They count differently, so only one kind is compared: the one observed over the longer time
-- first_at: when its views were first observed there
-- first_views: views then
-- last_at: when they were last observed there
-- last_views: views then
-- observations: how often they were observed there
-- gained: views gained in between
-- days: days in between
-- per_day: views gained per day; NULL where first and last observation are less than a day apart
CREATE VIEW view_growth AS
SELECT article_id, title, published_at, kind, first_at, first_views, last_at, last_views, observations,
  last_views - first_views AS gained, round(days, 3) AS days,
  CASE WHEN days > 0.99999 THEN round((last_views - first_views) / days, 2) END AS per_day
FROM (
  SELECT a.id AS article_id, a.title, a.published_at, s.kind, s.first_at, s.last_at, s.observations, s.days,
    (SELECT views FROM view_counts WHERE article_id = a.id AND kind = s.kind
      ORDER BY observed_at, capture_id LIMIT 1) AS first_views,
    (SELECT views FROM view_counts WHERE article_id = a.id AND kind = s.kind
      ORDER BY observed_at DESC, capture_id DESC LIMIT 1) AS last_views
  FROM (
    SELECT article_id, kind, first_at, last_at, observations, julianday(last_at) - julianday(first_at) AS days,
      row_number() OVER (PARTITION BY article_id
        ORDER BY julianday(last_at) - julianday(first_at) DESC, observations DESC, kind = 'listing' DESC) AS place
    FROM (SELECT article_id, kind, min(observed_at) AS first_at, max(observed_at) AS last_at,
      count(*) AS observations FROM view_counts GROUP BY article_id, kind)
  ) AS s
  JOIN articles AS a ON a.id = s.article_id
  WHERE s.place = 1
);

-- completeness: per category, how much the site declares, how much is archived, and since when that is proven
-- category: the category
-- declared: articles the listing declares, on the last page read of the newest walk that read one; imports alone: on their newest page
-- archived: archived articles that are listed there, as far as known
-- lacking: how many more are declared than archived; 0 where none
-- missing: archived articles no longer found in the listings by a certified walk
-- gone: the same, confirmed by a second certified walk
-- last_walk_at: start of the last walk
-- last_walk_certified: 1 if that walk is proven complete
-- reasons: why not, as a JSON list
-- last_certified_at: end of the last walk proven complete
-- last_certified_full_at: end of the last one that read every page
-- still_to_fetch: pages and articles known of and not yet had
CREATE VIEW completeness AS
WITH names (category) AS (
  SELECT name FROM categories UNION SELECT category FROM walks UNION SELECT category FROM article_categories
),
ever (category, articles) AS (SELECT category, count(*) FROM article_categories GROUP BY category),
hidden (category, articles) AS (
  SELECT category, count(*) FROM article_categories WHERE missing_since IS NOT NULL GROUP BY category
),
away (category, missing, gone) AS ( -- CROSS JOIN: first the few articles that are away
  SELECT p.category, count(*) FILTER (WHERE a.state = 'missing'), count(*) FILTER (WHERE a.state = 'gone')
  FROM articles AS a CROSS JOIN article_categories AS p ON p.article_id = a.id
  WHERE a.state <> 'present' GROUP BY p.category
),
listed (category, archived, missing, gone) AS (
  SELECT e.category, e.articles - coalesce(h.articles, 0), a.missing, a.gone
  FROM ever AS e LEFT JOIN hidden AS h ON h.category = e.category LEFT JOIN away AS a ON a.category = e.category
),
total AS (
  SELECT n.category, coalesce((
      SELECT coalesce(json_extract(p.declared, '$.total'), w.declared_total)
      FROM walks AS w LEFT JOIN walk_pages AS p ON p.walk_id = w.id
      WHERE w.category = n.category AND coalesce(p.declared, w.declared_total) IS NOT NULL
      ORDER BY w.id DESC, p.position DESC LIMIT 1
    ), (
      SELECT c.declared_total FROM captures AS c
      WHERE c.category = n.category AND c.declared_total IS NOT NULL
      ORDER BY coalesce(c.observed_at, c.captured_at) DESC, c.id DESC LIMIT 1
    )) AS declared,
    (SELECT max(id) FROM walks WHERE category = n.category) AS walk_id
  FROM names AS n
)
SELECT t.category, t.declared, coalesce(l.archived, 0) AS archived,
  max(0, t.declared - coalesce(l.archived, 0)) AS lacking,
  coalesce(l.missing, 0) AS missing, coalesce(l.gone, 0) AS gone,
  w.started_at AS last_walk_at, w.certified AS last_walk_certified, w.reasons,
  (SELECT finished_at FROM walks WHERE category = t.category AND certified = 1 ORDER BY id DESC LIMIT 1)
    AS last_certified_at,
  (SELECT finished_at FROM walks WHERE category = t.category AND certified = 1 AND mode = 'full'
    ORDER BY id DESC LIMIT 1) AS last_certified_full_at,
  (SELECT count(*) FROM todo WHERE category = t.category AND given_up_at IS NULL) AS still_to_fetch
FROM total AS t LEFT JOIN listed AS l ON l.category = t.category LEFT JOIN walks AS w ON w.id = t.walk_id
ORDER BY t.category;

-- edits: texts that replaced an earlier text of the same article
-- article_id: the article
-- title: its title now
-- version: number of the newer text, from 2
-- seen_before_at: when the text before it was first seen
-- seen_at: when this text was first seen; the edit lies in between
-- chars_before: length of the text before, in characters
-- chars_after: length of this text
-- chars_changed: how much longer it is; negative where it is shorter
-- title_before: title of the text before
-- title_after: title of this text
CREATE VIEW edits AS
SELECT v.article_id, a.title, v.version, b.seen_at AS seen_before_at, v.seen_at,
  length(b.body) AS chars_before, length(v.body) AS chars_after,
  length(v.body) - length(b.body) AS chars_changed, b.title AS title_before, v.title AS title_after
FROM article_versions AS v
JOIN article_versions AS b ON b.article_id = v.article_id
  AND b.version = (SELECT max(version) FROM article_versions WHERE article_id = v.article_id AND version < v.version)
JOIN articles AS a ON a.id = v.article_id
WHERE v.version > 1;

-- disappearances: articles that left the listings, with the bounds of the time they did
-- article_id: the article
-- title: its title
-- url: its address
-- published_at: when it was published
-- categories: the categories it was listed in, as a JSON list
-- outcome: missing, gone (confirmed by a second certified walk) or returned
-- last_seen_at: when it was last seen listed: it left after this
-- missing_at: when a certified walk first did not find it: it left before this
-- gone_at: when a second one did not find it either
-- returned_at: when it was seen listed again; NULL while it is away
-- uncertain_days: days between last_seen_at and missing_at
-- away_days_at_most: days between last_seen_at and returned_at
CREATE VIEW disappearances AS
SELECT s.article_id, a.title, a.url, a.published_at,
  (SELECT json_group_array(category) FROM (SELECT category FROM article_categories
    WHERE article_id = s.article_id ORDER BY category)) AS categories,
  CASE WHEN s.returned_at IS NOT NULL THEN 'returned' WHEN s.gone_at IS NOT NULL THEN 'gone' ELSE 'missing' END
    AS outcome,
  s.last_seen_at, s.missing_at, s.gone_at, s.returned_at,
  round(julianday(s.missing_at) - julianday(s.last_seen_at), 3) AS uncertain_days,
  round(julianday(s.returned_at) - julianday(s.last_seen_at), 3) AS away_days_at_most
FROM absences AS s JOIN articles AS a ON a.id = s.article_id;
