-- Views over the terms that `yiqihui analyze` counts: stock SQL, no function of ours. They are
-- empty before the first analyze, and show what the last one found.
--
-- Cost. term_trends and cooccurrence read sums that analyze made, and take no time. rising_terms
-- reads the terms of the last seven months' articles: a tenth of a second for a thousand of them.

-- term_trends: how much was written of each term, month by month
-- month: month of publication, as 2019-04
-- term: the term, in lower case and without full width
-- articles: articles published in it that have the term in title or text
-- count: how often it stands in them
-- share: their share of the month's articles, from 0 to 1
CREATE VIEW term_trends AS
SELECT month, term, articles, count, round(1.0 * articles / month_articles, 4) AS share FROM term_months;

-- rising_terms: terms of the last 30 days that were rarer in the 180 days before, by more than chance explains among thousands of terms; the steepest rise first
-- term: the term
-- articles: articles of the last 30 days (up to the newest article that is not dated in the future) that have it: at least 3
-- articles_before: articles of the 180 days before that have it
-- share: share of the last 30 days' articles, from 0 to 1
-- share_before: share of the articles of the 180 days before
-- rise: articles now over articles expected at the old share, one added to both
CREATE VIEW rising_terms AS
WITH newest (at) AS MATERIALIZED (
  SELECT coalesce(max(a.published_at) FILTER (WHERE julianday(a.published_at) < julianday('now', '+1 day')),
    max(a.published_at))
  FROM term_state AS s JOIN articles AS a ON a.id = s.article_id
),
bounds (at, since, before) AS MATERIALIZED (
  SELECT substr(at, 1, 19), strftime('%Y-%m-%dT%H:%M:%S', substr(at, 1, 19), '-30 days'),
    strftime('%Y-%m-%dT%H:%M:%S', substr(at, 1, 19), '-210 days') FROM newest
),
recent (id, now) AS MATERIALIZED (
  SELECT a.id, a.published_at >= b.since FROM bounds AS b CROSS JOIN articles AS a
  WHERE a.published_at >= b.before AND substr(a.published_at, 1, 19) <= b.at AND EXISTS (SELECT 1 FROM term_state WHERE article_id = a.id)
),
total (now, before) AS MATERIALIZED (SELECT sum(now), count(*) - sum(now) FROM recent),
counted (term, articles, articles_before) AS (
  SELECT t.term, sum(r.now), count(*) - sum(r.now)
  FROM recent AS r CROSS JOIN terms AS t ON t.article_id = r.id GROUP BY t.term HAVING sum(r.now) >= 3
)
SELECT c.term, c.articles, c.articles_before, round(1.0 * c.articles / n.now, 4) AS share,
  round(1.0 * c.articles_before / n.before, 4) AS share_before,
  round((c.articles + 1) / (c.articles_before * n.ratio + 1), 2) AS rise
FROM (SELECT *, 1.0 * now / before AS ratio FROM total WHERE before > 0) AS n
CROSS JOIN (SELECT *, articles + 0.375 AS a, articles_before + 0.375 AS b FROM counted) AS c
-- Both counts as square roots (of the count and 3/8) have nearly the same spread, whatever they are; apart
-- by 4.5 of it, a difference is seen once in 300,000 terms that did not rise. Here both sides are squared.
WHERE c.a - c.b * n.ratio - 5.0625 * (1 + n.ratio) > 0
  AND (c.a - c.b * n.ratio - 5.0625 * (1 + n.ratio)) * (c.a - c.b * n.ratio - 5.0625 * (1 + n.ratio))
    > 20.25 * c.b * n.ratio * (1 + n.ratio)
ORDER BY rise DESC, c.articles DESC, c.term;

-- cooccurrence: which of the 300 commonest terms stand in the same articles; every pair once, the commonest first
-- term: the one
-- other: the other, later in the order of characters
-- articles: articles that have both: at least 2
-- term_articles: articles that have the one
-- other_articles: articles that have the other
-- lift: how many times more often together than if they knew nothing of each other
CREATE VIEW cooccurrence AS
SELECT term, other, articles, term_articles, other_articles,
  round(1.0 * articles * (SELECT articles FROM term_sums) / term_articles / other_articles, 2) AS lift
FROM term_pairs ORDER BY articles DESC;
