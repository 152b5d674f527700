"""Making one article of two rows that turned out to be the same."""

from __future__ import annotations

import json

from sqlite_utils import Database

from yiqihui_spider.archive.articles.disappearance import reconcile
from yiqihui_spider.archive.articles.rebuild import Body, delete_article, stored_texts

MOVE = (
    "UPDATE entry_facts SET article_id = :keep WHERE article_id = :drop",
    """
    INSERT INTO article_categories (article_id, category, first_listed_at, last_listed_at, missing_since)
    SELECT :keep, category, first_listed_at, last_listed_at, missing_since
    FROM article_categories WHERE article_id = :drop
    ON CONFLICT DO UPDATE SET
      first_listed_at = min(first_listed_at, excluded.first_listed_at),
      last_listed_at = max(last_listed_at, excluded.last_listed_at),
      missing_since = min(missing_since, excluded.missing_since)
    """,
    "UPDATE absences SET article_id = :keep WHERE article_id = :drop",
)
"""``min`` of several values is NULL if one is: an article listed under either row is not missing."""


def merge(db: Database, one: int, other: int) -> tuple[int, dict[str, Body]]:
    """Make two rows one, with all their history: the id that stays (the older), and the texts of
    the other, with which the caller rebuilds it."""
    keep, drop = sorted((one, other))
    ids = {"keep": keep, "drop": drop}
    texts = stored_texts(db, drop)
    _rename_in_walks(db, keep, drop)
    for statement in MOVE:
        db.execute(statement, ids)
    delete_article(db, drop)
    reconcile(db, keep)
    return keep, texts


def _rename_in_walks(db: Database, keep: int, drop: int) -> None:
    """Walks name articles by id, in page order; before the observations move, they tell which pages."""
    sql = """
        SELECT DISTINCT p.id, p.article_ids FROM sightings AS s
        JOIN walk_reads AS r ON r.capture_id = s.capture_id
        JOIN page_states AS p ON p.id = r.state_id WHERE s.article_id = ?
    """
    for state_id, listed in list(db.execute(sql, [drop])):
        ids = [keep if article_id == drop else article_id for article_id in json.loads(listed)]
        db.execute("UPDATE page_states SET article_ids = ? WHERE id = ?", [json.dumps(ids), state_id])
