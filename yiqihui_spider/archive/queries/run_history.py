"""What earlier runs tell of a new one: since when trouble has lasted, what was told of it."""

from __future__ import annotations

import json
from typing import Any

from sqlite_utils import Database

_OF_KIND = "(command = :kind OR command LIKE :kind || ' %' OR command LIKE 'scrapy ' || :kind || '%')"


def trouble_since(db: Database, kind: str) -> str | None:
    """When the first of the runs began that have not ended well since the last that has; those at
    work are among them. None if the last ended well, or there is none."""
    sql = f"""
        SELECT min(started_at) FROM runs WHERE {_OF_KIND} AND id > coalesce(
          (SELECT max(id) FROM runs WHERE {_OF_KIND} AND exit_code = 0), 0)
    """
    row = db.execute(sql, {"kind": kind}).fetchone()
    return row[0] if row else None


def uncertified_since(db: Database, run_id: int) -> str | None:
    """Since when the categories that a run could not certify have been without: the earliest beginning
    of a walk behind the last certified one. (Another run, of other categories, may have ended well.)"""
    sql = """
        SELECT min(w.started_at) FROM walks AS w
        WHERE w.category IN (SELECT category FROM walks WHERE run_id = :run AND certified = 0)
          AND w.id > coalesce(
            (SELECT max(id) FROM walks AS c WHERE c.category = w.category AND c.certified = 1), 0)
    """
    row = db.execute(sql, {"run": run_id}).fetchone()
    return row[0] if row else None


def last_ended(db: Database, kind: str, before: int | None = None) -> dict[str, Any] | None:
    """The last run that is over, of those before ``before``."""
    sql = f"""
        SELECT id, outcome, exit_code, finished_at FROM runs
        WHERE {_OF_KIND} AND finished_at IS NOT NULL AND id < :before ORDER BY id DESC LIMIT 1
    """
    return next(db.query(sql, {"kind": kind, "before": before or 1 << 62}), None)


def last_noted(db: Database, kind: str, name: str) -> tuple[int, Any] | None:
    """The newest run of the kind that has a note of that name in its ``stats``, and the note."""
    sql = f"""
        SELECT id, json_extract(stats, '$.' || :name) FROM runs
        WHERE {_OF_KIND} AND json_extract(stats, '$.' || :name) IS NOT NULL ORDER BY id DESC LIMIT 1
    """
    row = db.execute(sql, {"kind": kind, "name": name}).fetchone()
    return (row[0], json.loads(row[1])) if row else None


def last_good(db: Database, kind: str) -> str | None:
    """When the last run that ended well was over."""
    sql = f"SELECT max(finished_at) FROM runs WHERE {_OF_KIND} AND exit_code = 0"
    at: str | None = db.execute(sql, {"kind": kind}).fetchone()[0]
    return at
