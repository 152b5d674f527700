"""Rows for exports: the articles a filter chooses, and what belongs to them, as streams.

All streams are read inside :func:`chosen`, which is one read transaction, so they agree with
one another while a crawl goes on writing.  Nothing is held but the row in hand; the chosen
ids are in a temporary table.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from yiqihui_spider.archive.search.query import sendable


@dataclass(frozen=True, slots=True)
class Filter:
    """Which articles; None leaves a condition out. The same meanings as in ``search``."""

    query: str | None = None
    since: str | None = None
    """A time or the beginning of one, in the site's zone: ``2019``, ``2019-04-13 09:30``; inclusive."""
    until: str | None = None
    """The same; everything that begins like it is included."""
    category: str | None = None
    source: str | None = None
    limit: int | None = None
    """The newest so many, by publication."""


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An article as best known now. Times as they stand in the archive."""

    id: int
    site_id: int | None
    url: str | None
    title: str | None
    label: str
    """The title, or the first sentence: never empty."""
    source: str | None
    categories: list[str]
    published_at: str
    views: int | None
    views_at: str | None
    body_chars: int
    version: int | None
    """Number of its newest text; None where only an excerpt is known."""
    version_at: str | None
    """When that text was first seen."""
    content_hash: str
    state: str
    excerpt: bool
    first_seen_at: str
    last_seen_at: str
    evidence: tuple[str, int, int] | None
    """WARC file, offset and length of the record that the text was taken from."""
    same_time: int
    """How many articles that were archived earlier have the same time of publication."""
    body: str

    @property
    def modified_at(self) -> str | None:
        """When the text was first seen changed; None for the only text known."""
        return self.version_at if self.version is not None and self.version > 1 else None


# The unary plus keeps SQLite on the index by time, so that nothing is sorted; membership is
# asked before a row is read.
_CONDITIONS = {
    "query": "+a.recency IN (SELECT recency FROM search WHERE q = :query)",
    "since": "a.published_at >= :since",
    "until": "substr(a.published_at, 1, length(:until)) <= :until",
    "category": "+a.id IN (SELECT article_id FROM article_categories WHERE category = :category)",
    "source": "+a.source = :source",
}


@contextmanager
def chosen(db: Database, wanted: Filter) -> Iterator[int]:
    """Choose articles, newest first, and hold one state of the archive; gives their number."""
    db.execute("BEGIN")
    try:
        db.execute("CREATE TEMP TABLE chosen (position INTEGER PRIMARY KEY, id INTEGER NOT NULL)")
        yield _choose(db, wanted)
    finally:
        if db.conn.in_transaction:
            db.execute("ROLLBACK")


def seen_in_run(db: Database, run_id: int) -> list[int]:
    """The articles that the pages of one run showed."""
    return [row[0] for row in db.execute(f"{_SEEN} ORDER BY 1", [run_id])]


@contextmanager
def these(db: Database, ids: list[int]) -> Iterator[None]:
    """The same as :func:`chosen`, of articles by their numbers."""
    db.execute("BEGIN")
    try:
        db.execute("CREATE TEMP TABLE chosen (position INTEGER PRIMARY KEY, id INTEGER NOT NULL)")
        db.execute("INSERT INTO temp.chosen (id) SELECT value FROM json_each(?)", [json.dumps(ids)])
        yield
    finally:
        if db.conn.in_transaction:
            db.execute("ROLLBACK")


def new_in_run(db: Database, run_id: int) -> int:
    """How many of them no page of another run had shown."""
    sql = f"""
        SELECT count(*) FROM ({_SEEN}) AS seen WHERE NOT EXISTS (
          SELECT 1 FROM sightings AS s JOIN captures AS c ON c.id = s.capture_id
          WHERE s.article_id = seen.article_id AND c.run_id <> ?1)
    """
    count: int = db.execute(sql, [run_id]).fetchone()[0]
    return count


_SEEN = """
    SELECT DISTINCT s.article_id FROM captures AS c JOIN sightings AS s ON s.capture_id = c.id
    WHERE c.run_id = ?1"""


def _choose(db: Database, wanted: Filter) -> int:
    values = {
        "query": wanted.query if wanted.query is None else sendable(wanted.query),
        "since": wanted.since and wanted.since.replace(" ", "T"),
        "until": wanted.until and wanted.until.replace(" ", "T"),
        "category": wanted.category,
        "source": wanted.source,
    }
    conditions = [sql for name, sql in _CONDITIONS.items() if values[name] is not None]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    cursor = db.execute(
        f"""
        INSERT INTO temp.chosen (id) SELECT a.id FROM articles AS a {where}
        ORDER BY a.published_at DESC, a.recency DESC LIMIT :limit
        """,
        values | {"limit": -1 if wanted.limit is None else wanted.limit},
    )
    return cursor.rowcount


def articles(db: Database) -> Iterator[ArticleRow]:
    """The chosen articles. Only inside :func:`chosen`, like all that follow."""
    rows = db.conn.execute(
        """
        SELECT a.id, a.site_id, a.url, a.title, a.label, a.source,
          (SELECT json_group_array(category) FROM (SELECT category FROM article_categories
            WHERE article_id = a.id ORDER BY category)),
          a.published_at, a.views, a.views_at, a.body_chars, v.version, v.seen_at, a.content_hash,
          a.state, a.excerpt, a.first_seen_at, a.last_seen_at,
          c.warc_file, c.warc_offset, c.warc_length,
          (SELECT count(*) FROM articles WHERE published_at = a.published_at AND id < a.id), a.body
        FROM temp.chosen AS k CROSS JOIN articles AS a ON a.id = k.id
        LEFT JOIN article_versions AS v ON v.article_id = a.id
          AND v.version = (SELECT max(version) FROM article_versions WHERE article_id = a.id)
        LEFT JOIN captures AS c ON c.id = coalesce(v.text_capture_id, v.capture_id)
        ORDER BY k.position
        """
    )
    return map(_article, rows)


def _article(row: tuple[Any, ...]) -> ArticleRow:
    values = list(row)
    values[6] = json.loads(values[6])
    values[15] = bool(values[15])
    values[18:21] = [None if row[18] is None else row[18:21]]
    return ArticleRow(*values)


def view_counts(db: Database) -> Iterator[tuple[int, str, int, int, str, str | None]]:
    """article_id, observed_at, views, capture_id, kind, printed; by article, then time."""
    return db.conn.execute(
        """
        SELECT v.article_id, v.observed_at, v.views, v.capture_id, v.kind, v.printed
        FROM temp.chosen AS k CROSS JOIN view_counts AS v ON v.article_id = k.id
        ORDER BY k.position, v.observed_at, v.capture_id
        """
    )


def versions(db: Database) -> Iterator[tuple[int, int, str | None, str, str, int, str, str]]:
    """article_id, version, title, seen_at, content_hash, capture_id, parser_version, body."""
    return db.conn.execute(
        """
        SELECT v.article_id, v.version, v.title, v.seen_at, v.content_hash, v.capture_id,
          v.parser_version, v.body
        FROM temp.chosen AS k CROSS JOIN article_versions AS v ON v.article_id = k.id
        ORDER BY k.position, v.version
        """
    )


def last_changes(db: Database) -> Iterator[tuple[str, str | None]]:
    """For each chosen article when it was published, and when its text was first seen changed."""
    return db.conn.execute(
        """
        SELECT a.published_at, (SELECT seen_at FROM article_versions
          WHERE article_id = a.id AND version > 1 ORDER BY version DESC LIMIT 1)
        FROM temp.chosen AS k CROSS JOIN articles AS a ON a.id = k.id
        """
    )


def longest_body(db: Database) -> int:
    """Characters in the longest of the chosen articles' bodies and versions; 0 without any."""
    sql = """
        SELECT max(
          (SELECT coalesce(max(a.body_chars), 0) FROM temp.chosen k CROSS JOIN articles a ON a.id = k.id),
          (SELECT coalesce(max(length(v.body)), 0)
           FROM temp.chosen k CROSS JOIN article_versions v ON v.article_id = k.id))
    """
    longest: int = db.execute(sql).fetchone()[0]
    return longest


def known_names(db: Database, column: str) -> list[str]:
    """All categories, or all sources, that articles have."""
    table = {"category": "article_categories", "source": "articles"}[column]
    rows: sqlite3.Cursor = db.execute(
        f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1"
    )
    return [row[0] for row in rows]
