"""An article's life as the reading room tells it: texts, counts, places, absences, the pages behind it."""

from __future__ import annotations

import json
from typing import Any

from sqlite_utils import Database

Row = dict[str, Any]

CAPTURES = 20
VERSIONS = 12
"""The newest texts that are compared; older ones are in the table."""
POINTS = 150
"""Of each kind of page, the counts that are drawn."""


def article(db: Database, article_id: int) -> Row | None:
    """All that its page shows; None where there is no such article."""
    found = next(db.query("SELECT * FROM articles WHERE id = ?", [article_id]), None)
    if found is None:
        return None
    return found | {
        "versions": _versions(db, article_id),
        "versions_in_all": _count(db, "article_versions", article_id),
        "views_series": _views(db, article_id),
        "categories": _places(db, article_id),
        "absences": _absences(db, article_id),
        "captures": _captures(db, article_id),
        "captures_in_all": _count(db, "sightings", article_id),
    }


def _count(db: Database, table: str, article_id: int) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table} WHERE article_id = ?", [article_id]).fetchone()[0])


def _versions(db: Database, article_id: int) -> list[Row]:
    """The newest versions, oldest of them first, each with its text."""
    sql = """
        SELECT version, title, body, seen_at, capture_id FROM article_versions
        WHERE article_id = ? ORDER BY version DESC LIMIT ?
    """
    return list(db.query(sql, [article_id, VERSIONS]))[::-1]


def _views(db: Database, article_id: int) -> list[Row]:
    """Views over time by kind of page; of a long series, evenly chosen counts and the last."""
    sql = """
        SELECT kind, observed_at AS at, views, printed FROM (
          SELECT *, row_number() OVER kind_in_time AS place, count(*) OVER (PARTITION BY kind) AS many
          FROM view_counts WHERE article_id = :id
          WINDOW kind_in_time AS (PARTITION BY kind ORDER BY observed_at, capture_id)
        )
        WHERE place = many OR (place - 1) % (1 + (many - 1) / :most) = 0
        ORDER BY kind = 'listing' DESC, kind, at
    """
    return list(db.query(sql, {"id": article_id, "most": POINTS}))


def _places(db: Database, article_id: int) -> list[Row]:
    sql = """
        SELECT category, first_listed_at, last_listed_at, missing_since
        FROM article_categories WHERE article_id = ? ORDER BY first_listed_at, category
    """
    return list(db.query(sql, [article_id]))


def _absences(db: Database, article_id: int) -> list[Row]:
    """Times away, each with the walks that are the evidence."""
    sql = """
        SELECT last_seen_at, missing_at, missing_walk_id, gone_at, gone_walk_id, returned_at
        FROM absences WHERE article_id = ? ORDER BY missing_at, id
    """
    return [
        row | {"missing_walk": _walk(db, row["missing_walk_id"]), "gone_walk": _walk(db, row["gone_walk_id"])}
        for row in db.query(sql, [article_id])
    ]


def _walk(db: Database, walk_id: int | None) -> Row | None:
    sql = """
        SELECT id, category, finished_at, declared_total, distinct_articles, certified,
          (SELECT json_group_array(capture_id) FROM (
            SELECT DISTINCT capture_id FROM walk_pages WHERE walk_id = walks.id ORDER BY capture_id LIMIT 30
          )) AS captures
        FROM walks WHERE id = ?
    """
    found = next(db.query(sql, [walk_id]), None)
    return found and found | {"captures": json.loads(found["captures"])}


def _captures(db: Database, article_id: int) -> list[Row]:
    """The newest pages that showed it."""
    sql = """
        SELECT c.id, c.url, c.kind, c.captured_at, c.origin, s.views, s.title, s.source, s.excerpt
        FROM sightings AS s JOIN captures AS c ON c.id = s.capture_id
        WHERE s.article_id = ? ORDER BY s.observed_at DESC, c.id DESC LIMIT ?
    """
    return list(db.query(sql, [article_id, CAPTURES]))
