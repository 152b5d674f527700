"""What is still to do: addresses to read, tried before or not, and those given up.

As everything of a crawl's state it is written in the transaction of the page that it
follows from; no function here opens one of its own.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from sqlite_utils import Database

from yiqihui_spider.archive.state.sql import value
from yiqihui_spider.clock import now as clock_now

Row = dict[str, Any]
TodoKind = Literal["section", "listing", "article"]
KINDS: tuple[TodoKind, ...] = ("section", "listing", "article")

GIVE_UP_AFTER = 8
"""Failed runs after which an address is no longer tried in every run."""

RETRY_GIVEN_UP_DAYS = 30
"""What was given up is tried again this long after the last try."""


def want(
    db: Database,
    run_id: int,
    url: str,
    kind: TodoKind,
    category: str | None,
    walk_id: int | None,
    reason: str | None = None,
    *,
    added_at: str | None = None,
) -> None:
    """Put an address on the list. One that stands there keeps its place and its attempts."""
    db.execute(
        """
        INSERT INTO todo (url, kind, category, walk_id, added_at, added_run, reason)
        VALUES (:url, :kind, :category, :walk_id, :added_at, :run_id, :reason)
        ON CONFLICT (url, kind) DO UPDATE SET
          category = coalesce(excluded.category, category),
          walk_id = coalesce(excluded.walk_id, walk_id),
          reason = coalesce(excluded.reason, reason)
        """,
        {
            "url": url,
            "kind": kind,
            "category": category,
            "walk_id": walk_id,
            "added_at": added_at or clock_now(),
            "run_id": run_id,
            "reason": reason,
        },
    )


def settle(db: Database, url: str, kind: TodoKind) -> None:
    """Take an address off the list. Call in the transaction that saves the page."""
    db.execute("DELETE FROM todo WHERE url = ? AND kind = ?", [url, kind])


def settle_sections(db: Database) -> None:
    """Take all section pages off the list: one was read, whatever others were tried before."""
    db.execute("DELETE FROM todo WHERE kind = 'section'")


def given_up(db: Database, url: str, kind: TodoKind) -> bool:
    """Whether an address stands on the list as given up."""
    sql = "SELECT 1 FROM todo WHERE url = ? AND kind = ? AND given_up_at IS NOT NULL"
    return value(db, sql, [url, kind]) is not None


def settle_listings(db: Database, category: str) -> None:
    """Take all listing pages of a category off the list: a certified walk stands for them."""
    db.execute("DELETE FROM todo WHERE kind = 'listing' AND category = ?", [category])


def failed(
    db: Database,
    run_id: int,
    url: str,
    kind: TodoKind,
    reason: str,
    when: str,
    *,
    category: str | None = None,
    walk_id: int | None = None,
    final: bool = False,
) -> None:
    """Note that an address brought no page in this run; it need not stand on the list yet.

    ``final``: the site says it is gone for good (404, 410).  That, or ``GIVE_UP_AFTER``
    failed tries, gives the address up: it stays on the list and is tried again only
    ``RETRY_GIVEN_UP_DAYS`` after the last try.
    """
    want(db, run_id, url, kind, category, walk_id, reason, added_at=when)
    db.execute(
        """
        UPDATE todo SET attempts = attempts + 1, last_run = :run_id, last_tried_at = :at,
          given_up_at = CASE WHEN :final OR attempts + 1 >= :enough THEN coalesce(given_up_at, :at) END
        WHERE url = :url AND kind = :kind
        """,
        {"run_id": run_id, "at": when, "final": final, "enough": GIVE_UP_AFTER, "url": url, "kind": kind},
    )


def pending(
    db: Database,
    run_id: int,
    limit: int = -1,
    kinds: tuple[TodoKind, ...] = KINDS,
    *,
    given_up_too: bool = False,
) -> list[Row]:
    """What is to be tried in this run and was not yet: first what failed before, then by age.

    ``limit``: at most so many, -1 for all; ``kinds``: only these; ``given_up_too``: also what was given
    up lately.
    """
    rows: list[Row] = []
    for failed_before in ("attempts > 0", "attempts = 0"):
        # Two queries, each in index order, so that the first few cost little on a long list.
        room = limit if limit < 0 else limit - len(rows)
        rows += db.query(
            f"""
            SELECT * FROM todo
            WHERE {failed_before} AND last_run IS NOT :run_id
              AND kind IN (SELECT value FROM json_each(:kinds))
              AND (:all OR given_up_at IS NULL OR julianday(last_tried_at) NOT BETWEEN
                (SELECT julianday(started_at) FROM runs WHERE id = :run_id) - :days + 0.000001
                AND (SELECT julianday(started_at) FROM runs WHERE id = :run_id) + 1)
            ORDER BY id LIMIT :room
            """,
            {
                "run_id": run_id,
                "days": RETRY_GIVEN_UP_DAYS,
                "room": room,
                "kinds": json.dumps(kinds),
                "all": given_up_too,
            },
        )
    return rows


def remaining(db: Database) -> list[Row]:
    """All that is still to do, what was given up included, oldest first."""
    return list(db.query("SELECT * FROM todo ORDER BY id"))


def open_gaps(db: Database, *, details: bool = True) -> int:
    """How many addresses are still to do, without those given up; without ``details``, no articles.

    Section pages hold nothing themselves: they are read anew by every run that needs them, and
    are no gap.
    """
    sql = """
        SELECT count(*) FROM todo
        WHERE given_up_at IS NULL AND kind <> 'section' AND (? OR kind <> 'article')
    """
    return int(value(db, sql, [details]))
