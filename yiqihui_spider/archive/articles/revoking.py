"""Taking back a walk's certificate that rests on a page read wrongly, with what followed from it."""

from __future__ import annotations

import json

from sqlite_utils import Database

from yiqihui_spider.archive.articles.disappearance import reconcile
from yiqihui_spider.items import ParsedPage


def update_pages(db: Database, captures: list[int], reading: ParsedPage, article_ids: list[int]) -> None:
    """Let the walks that read these captures' page say what it says by today's reading."""
    d = reading.declared
    declared = (
        {"first": d.first, "last": d.last, "total": d.total, "page": d.page, "pages": d.pages} if d else None
    )
    wanted = (
        json.dumps(declared) if declared else None,
        json.dumps(article_ids),
        reading.residue_chars,
        json.dumps(reading.problems, ensure_ascii=False),
    )
    sql = """
        SELECT walk_id, position, declared, article_ids, residue_chars, problems, fresh FROM walk_pages
        WHERE capture_id IN (SELECT value FROM json_each(?))
    """
    for walk_id, position, *standing, fresh in db.execute(sql, [json.dumps(captures)]).fetchall():
        if tuple(standing) == wanted:
            continue
        flags = json.loads(fresh)
        if len(flags) != len(article_ids):
            flags = [False] * len(article_ids)
        db.execute(
            """
            UPDATE walk_pages SET declared = ?, article_ids = ?, residue_chars = ?, problems = ?, fresh = ?
            WHERE walk_id = ? AND position = ?
            """,
            [*wanted, json.dumps(flags), walk_id, position],
        )


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
