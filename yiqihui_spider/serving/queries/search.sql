-- Search
-- Articles whose title or text contains q, newest first. Chinese of any length is found exactly; Latin words and numbers as whole words. A space means AND, | means OR; everything else is text.
SELECT id AS article_id, title, published_at, source, views, kwic, url
FROM search
WHERE q = :q
ORDER BY recency DESC
LIMIT 100
