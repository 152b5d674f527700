"""Taking back a walk's certificate that rests on a page read wrongly, with what followed from it."""

from __future__ import annotations

import json
from dataclasses import replace

from sqlite_utils import Database

from yiqihui_spider.archive.articles.disappearance import reconcile
from yiqihui_spider.archive.state.sql import columns, listed
from yiqihui_spider.archive.state.walks import PageState, state_id
from yiqihui_spider.items import ParsedPage

FORGET_STATE = """
    DELETE FROM page_states
    WHERE id = ? AND NOT EXISTS (SELECT 1 FROM walk_reads WHERE state_id = page_states.id)
"""


def update_pages(db: Database, captures: list[int], reading: ParsedPage, article_ids: list[int]) -> None:
    """Let the walks that read these captures' page say what it says by today's reading."""
    d = reading.declared
    declared = (
        {"first": d.first, "last": d.last, "total": d.total, "page": d.page, "pages": d.pages} if d else None
    )
    sql = f"""
        SELECT r.walk_id, r.position, r.state_id, {listed(columns(PageState), "s")}
        FROM walk_reads AS r JOIN page_states AS s ON s.id = r.state_id
        WHERE r.capture_id IN (SELECT value FROM json_each(?))
    """
    for walk_id, position, number, *values in db.execute(sql, [json.dumps(captures)]).fetchall():
        standing = PageState(*values)
        wanted = replace(
            standing,
            declared=json.dumps(declared) if declared else None,
            article_ids=json.dumps(article_ids),
            residue_chars=reading.residue_chars,
            problems=json.dumps(reading.problems, ensure_ascii=False),
        )
        if wanted == standing:
            continue
        if len(json.loads(standing.fresh)) != len(article_ids):
            wanted = replace(wanted, fresh=json.dumps([False] * len(article_ids)))
        db.execute(
            "UPDATE walk_reads SET state_id = ? WHERE walk_id = ? AND position = ?",
            [state_id(db, wanted), walk_id, position],
        )
        db.execute(FORGET_STATE, [number])


def certified_walks(db: Database, capture_id: int) -> list[int]:
    """Certified walks that read the page of a capture, or had it confirmed by a 304 answer."""
    sql = """
        SELECT DISTINCT w.id FROM walks AS w JOIN walk_pages AS p ON p.walk_id = w.id
        JOIN captures AS c ON c.id = p.capture_id
        WHERE w.certified = 1 AND :id IN (c.id, c.unchanged_since) ORDER BY w.id
    """
    return [row[0] for row in db.execute(sql, {"id": capture_id})]


def revoke(db: Database, walk_id: int, reasons: list[str]) -> None:
    """Say of a walk that it proves nothing, and no longer that articles are missing on its word."""
    category, at = db.execute("SELECT category, finished_at FROM walks WHERE id = ?", [walk_id]).fetchone()
    db.execute(
        "UPDATE walks SET certified = 0, reasons = ? WHERE id = ?",
        [json.dumps(reasons, ensure_ascii=False), walk_id],
    )
    sql = """
        SELECT DISTINCT article_id FROM absences
        WHERE returned_at IS NULL AND ? IN (missing_walk_id, gone_walk_id)
    """
    articles = [row[0] for row in db.execute(sql, [walk_id])]
    db.execute(
        "UPDATE article_categories SET missing_since = NULL WHERE category = ? AND missing_since = ?",
        [category, at],
    )
    db.execute("UPDATE absences SET gone_at = NULL, gone_walk_id = NULL WHERE gone_walk_id = ?", [walk_id])
    for article_id in articles:
        reconcile(db, article_id)
