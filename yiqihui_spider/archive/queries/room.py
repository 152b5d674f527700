"""What the reading room's front page and its captures show: plain rows, cheap at any size."""

from __future__ import annotations

import json
from typing import Any

from sqlite_utils import Database

from yiqihui_spider.archive.search.query import Filters

Row = dict[str, Any]

NEWEST = 10
LATELY = 6
"""Rows of each kind under "what changed lately"."""
TOP_SOURCES = 8

ARTICLE = "a.id, a.label, a.title, a.published_at, a.source, a.views, a.state, a.body_chars"


# --- the front page -----------------------------------------------------------------------------


def front(db: Database) -> Row:
    """The newest articles, how complete the archive is, what changed lately, and the charts' rows."""
    return {
        "totals": _totals(db),
        "newest": newest(db),
        "categories": completeness(db),
        "months": _months(db),
        "sources": _top_sources(db),
        "last_run": _last_run(db),
        **_lately(db),
    }


def _totals(db: Database) -> Row:
    return _one(
        db,
        """
        SELECT (SELECT count(*) FROM articles) AS articles, (SELECT count(*) FROM captures) AS captures,
          (SELECT min(published_at) FROM articles) AS first_published_at,
          (SELECT max(published_at) FROM articles) AS last_published_at
        """,
    )


def newest(db: Database, limit: int = NEWEST) -> list[Row]:
    sql = f"SELECT {ARTICLE} FROM articles AS a ORDER BY published_at DESC, recency DESC LIMIT ?"
    return list(db.query(sql, [limit]))


def completeness(db: Database) -> list[Row]:
    rows = db.query("SELECT * FROM completeness ORDER BY archived DESC, category")
    return [row | {"reasons": json.loads(row["reasons"] or "[]")} for row in rows]


def _months(db: Database) -> list[Row]:
    # From month to month along the index on time: counted twice as fast as grouped.
    sql = """
        WITH RECURSIVE found (month) AS (
          SELECT substr(min(published_at), 1, 7) FROM articles
          UNION ALL
          SELECT substr((SELECT min(published_at) FROM articles WHERE published_at > month || '~'), 1, 7)
          FROM found WHERE month IS NOT NULL
        )
        SELECT month,
          (SELECT count(*) FROM articles WHERE published_at BETWEEN month AND month || '~') AS articles
        FROM found WHERE month IS NOT NULL
    """
    return list(db.query(sql))


def _top_sources(db: Database) -> list[Row]:
    sql = """
        SELECT source, count(*) AS articles FROM articles GROUP BY source
        ORDER BY articles DESC, source LIMIT ?
    """
    return list(db.query(sql, [TOP_SOURCES]))


def _last_run(db: Database) -> Row | None:
    sql = "SELECT id, command, started_at, finished_at, outcome, exit_code FROM runs ORDER BY id DESC LIMIT 1"
    return next(db.query(sql), None)


def _lately(db: Database) -> Row:
    """The latest edits and departures, and pages with text that nothing explained."""
    edits = """
        SELECT v.article_id AS id, a.label, a.title, v.version, v.seen_at FROM article_versions AS v
        JOIN articles AS a ON a.id = v.article_id
        WHERE v.version > 1 ORDER BY v.seen_at DESC, v.article_id LIMIT ?
    """
    away = """
        SELECT s.article_id AS id, a.label, a.title, s.last_seen_at, s.missing_at, s.gone_at, s.returned_at
        FROM absences AS s JOIN articles AS a ON a.id = s.article_id
        ORDER BY coalesce(s.returned_at, s.gone_at, s.missing_at) DESC, s.article_id LIMIT ?
    """
    odd = """
        SELECT id, url, captured_at, residue_chars, problems FROM captures
        WHERE residue_chars > 0 OR problems <> '[]' ORDER BY captured_at DESC, id DESC LIMIT ?
    """
    return {
        "edits": list(db.query(edits, [LATELY])),
        "away": list(db.query(away, [LATELY])),
        "odd": [row | {"problems": json.loads(row["problems"])} for row in db.query(odd, [LATELY])],
    }


# --- without a query ----------------------------------------------------------------------------


FEW = 5_000
"""Articles that are sooner gathered and put in order than met on the way through all the others."""


def browse(db: Database, filters: Filters, limit: int, offset: int, total: int) -> list[Row]:
    """All ``total`` articles, newest first, each with its beginning as its context."""
    where, values = filters.sql(gathered=total <= FEW)
    sql = f"""
        SELECT s.id, s.label, s.title, s.published_at, s.source, s.views, s.state,
          substr(s.body, 1, 90) AS kwic FROM articles AS s
        WHERE 1{where} ORDER BY s.published_at DESC, s.recency DESC LIMIT :limit OFFSET :offset
    """
    found = db.query(sql, {**values, "limit": limit, "offset": offset})
    return [
        row | {"kwic": row["kwic"] + ("…" if len(row["kwic"]) == 90 else ""), "hits": []} for row in found
    ]


def count(db: Database, filters: Filters) -> int:
    where, values = filters.sql(gathered=True)
    of = "articles AS s INDEXED BY articles_recency_published_at" if where else "articles AS s"
    return int(db.execute(f"SELECT count(*) FROM {of} WHERE 1{where}", values).fetchone()[0])


# --- what the filters offer ---------------------------------------------------------------------


def choices(db: Database, most: int = 100) -> dict[str, list[str]]:
    """Categories and the commonest sources, to choose from."""
    categories = """
        SELECT name FROM categories UNION SELECT category FROM (
          WITH RECURSIVE next (category) AS (
            SELECT min(category) FROM article_categories
            UNION ALL
            SELECT (SELECT min(category) FROM article_categories WHERE category > next.category)
            FROM next WHERE category IS NOT NULL
          ) SELECT category FROM next
        ) WHERE category IS NOT NULL AND length(category) <= 200 ORDER BY 1 LIMIT ?
    """
    sources = """
        SELECT source FROM articles WHERE source IS NOT NULL AND length(source) <= 100 GROUP BY source
        ORDER BY count(*) DESC, source LIMIT ?
    """
    return {
        "categories": [row[0] for row in db.execute(categories, [most])],
        "sources": [row[0] for row in db.execute(sources, [most])],
    }


# --- one capture --------------------------------------------------------------------------------


def capture(db: Database, capture_id: int) -> Row | None:
    """A capture with the articles it showed; None where there is none of this number."""
    found = next(db.query("SELECT * FROM captures WHERE id = ?", [capture_id]), None)
    if found is None:
        return None
    articles = """
        SELECT s.position, s.article_id AS id, a.label, a.title, s.views, s.span_start, s.span_end
        FROM sightings AS s JOIN articles AS a ON a.id = s.article_id
        WHERE s.capture_id = ? ORDER BY s.position
    """
    return found | {
        "problems": json.loads(found["problems"]),
        "articles": list(db.query(articles, [capture_id])),
    }


def _one(db: Database, sql: str) -> Row:
    return next(db.query(sql))
