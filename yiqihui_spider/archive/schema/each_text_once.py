"""To schema 7: each text once, articles in order of publication. What may be gigabytes is copied in
pieces, each a transaction of its own: a migration that is killed goes on where it was.

The old tables stay as they are until everything has been copied and compared.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlite_utils import Database

from yiqihui_spider.archive.schema.scripts import run_script

PIECE = 500
"""Rows copied in one transaction."""

COPY_ARTICLES = """
    INSERT INTO articles_7 (id, site_id, url, title, label, source, published_at, recency, views, views_at,
      foreign_address, body_chars, content_hash, first_seen_at, last_seen_at, state, excerpt, detail_at, body)
    SELECT a.id, a.site_id, a.url, a.title, a.label, a.source, a.published_at, r.recency, a.views, a.views_at,
      a.foreign_address, a.body_chars, a.content_hash, a.first_seen_at, a.last_seen_at, a.state, a.excerpt,
      a.detail_at, a.body
    FROM articles AS a JOIN recency_7 AS r ON r.id = a.id WHERE a.id BETWEEN ? AND ?
"""

COPY_TEXTS = """
    INSERT OR IGNORE INTO former_texts (article_id, content_hash, body)
    SELECT v.article_id, v.content_hash, v.body
    FROM article_versions AS v JOIN articles AS a ON a.id = v.article_id
    WHERE v.id BETWEEN ? AND ? AND (v.content_hash, v.body) IS NOT (a.content_hash, a.body)
"""

COPY_VERSIONS = """
    INSERT INTO versions (id, article_id, version, title, content_hash, seen_at, capture_id, span_start,
      span_end, parser_version, text_capture_id)
    SELECT id, article_id, version, title, content_hash, seen_at, capture_id, span_start,
      span_end, parser_version, text_capture_id
    FROM article_versions WHERE id BETWEEN ? AND ?
"""

COMPARED = """
    SELECT (SELECT count(*) FROM articles_7) = (SELECT count(*) FROM articles)
      AND (SELECT count(*) FROM versions) = (SELECT count(*) FROM article_versions)
      AND NOT EXISTS (SELECT 1 FROM articles AS o JOIN articles_7 AS n ON n.id = o.id
        WHERE (n.body, n.title, n.content_hash, n.published_at)
          IS NOT (o.body, o.title, o.content_hash, o.published_at))
      AND NOT EXISTS (SELECT 1 FROM article_versions AS o
        JOIN versions AS n ON n.id = o.id JOIN articles_7 AS a ON a.id = o.article_id
        LEFT JOIN former_texts AS f ON f.article_id = n.article_id AND f.content_hash = n.content_hash
        WHERE (n.article_id, n.version, n.title, n.content_hash)
            IS NOT (o.article_id, o.version, o.title, o.content_hash)
          OR coalesce(f.body, iif(n.content_hash = a.content_hash, a.body, NULL)) IS NOT o.body
            AND NOT EXISTS (SELECT 1 FROM article_versions AS x
              WHERE x.article_id = o.article_id AND x.content_hash = o.content_hash AND x.body <> o.body))
"""
"""Of texts of one hash that differ word for word, a hand has changed one: the first is kept."""


def migrate(db: Database) -> None:
    """Copy, compare, put in place; and give back the space that is free then."""
    if _has(db, "articles_7"):
        _copy(db, "articles", "articles_7", COPY_ARTICLES)
        _copy(db, "article_versions", "versions", COPY_TEXTS, COPY_VERSIONS)
        if not db.execute(COMPARED).fetchone()[0]:
            raise sqlite3.DatabaseError("what was copied to the new schema is not what stood in the old one")
        with without_foreign_keys(db), db.atomic():
            run_script(db, "migration_7_in_place.sql")
    shrink(db)


def _has(db: Database, table: str) -> bool:
    return db.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", [table]).fetchone() is not None


def _copy(db: Database, source: str, target: str, *statements: str) -> None:
    (done,) = db.execute(f"SELECT max(id) FROM {target}").fetchone()
    for first, last in _pieces(db, source, done):
        with without_foreign_keys(db), db.atomic():
            for statement in statements:
                db.execute(statement, [first, last])


def _pieces(db: Database, table: str, done: int | None) -> Iterator[tuple[int, int]]:
    """First and last id of each piece behind ``done``."""
    sql = f"""
        SELECT min(id), max(id)
        FROM (SELECT id FROM {table} WHERE ? IS NULL OR id > ? ORDER BY id LIMIT {PIECE})
    """
    while (piece := db.execute(sql, [done, done]).fetchone())[1] is not None:
        yield piece
        done = piece[1]


def shrink(db: Database) -> None:
    try:
        db.execute("VACUUM")
    except sqlite3.OperationalError as error:
        # Without room for it the archive is right all the same, only larger than it need be.
        if "full" not in str(error):
            raise
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


@contextmanager
def without_foreign_keys(db: Database) -> Iterator[None]:
    """Tables that others refer to can be replaced only so; it can be said only outside of a transaction."""
    watched = db.execute("PRAGMA foreign_keys").fetchone()[0]
    db.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        db.execute(f"PRAGMA foreign_keys = {watched}")
