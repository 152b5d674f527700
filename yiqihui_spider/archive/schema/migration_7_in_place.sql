-- The tables that were copied take the places of the old ones (each_text_once.py).

DROP TABLE articles;
ALTER TABLE articles_7 RENAME TO articles;
CREATE UNIQUE INDEX articles_recency ON articles (recency);
CREATE INDEX articles_url ON articles (url);
CREATE INDEX articles_published_at ON articles (published_at, recency);
CREATE INDEX articles_foreign_address ON articles (foreign_address) WHERE foreign_address IS NOT NULL;
CREATE INDEX articles_source ON articles (source);
CREATE INDEX articles_state ON articles (state) WHERE state <> 'present';
DROP TABLE article_versions;
CREATE INDEX versions_capture_id ON versions (capture_id);
CREATE INDEX versions_seen_at ON versions (seen_at);
CREATE INDEX versions_text_capture_id ON versions (text_capture_id);
DROP TABLE recency_7;
