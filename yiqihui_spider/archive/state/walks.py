"""How far the walks have come: which are open, the pages they read, how they ended.

All of it is rows, written in the transaction of the page it speaks of, so a run that is
killed at any moment is continued by asking again.  Functions here open no transaction of
their own around a caller's; each is one or a few statements.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlite_utils import Database

from yiqihui_spider.archive.state.listed_articles import live_articles
from yiqihui_spider.archive.state.sql import by_name, columns, insert, listed, value
from yiqihui_spider.clock import now as clock_now
from yiqihui_spider.items import Certificate, Declared, PageSeen, WalkState

LIKELY = 8
"""So many of the last states of a page are looked at for one that is the same again."""

Row = dict[str, Any]
Mode = Literal["full", "incremental"]

MAX_AGE_HOURS = 24.0
"""An unfinished walk older than this says too little about the listing of now to be continued."""

AHEAD = timedelta(hours=1)
"""What was dated further than this into the future was dated by a wrong clock."""


@dataclass(frozen=True, slots=True)
class PageState:
    """What a listing page was to a walk; lists and objects as JSON."""

    url: str
    purpose: str
    declared: str | None
    article_ids: str
    fresh: str
    page_urls: str
    next_url: str | None
    residue_chars: int
    problems: str


def open_walk(
    db: Database, run_id: int, category: str, start_url: str, mode: Mode, started_at: str | None = None
) -> int:
    """Begin a walk; its id."""
    cursor = db.execute(
        "INSERT INTO walks (run_id, category, started_at, mode, start_url) VALUES (?, ?, ?, ?, ?)",
        [run_id, category, started_at or clock_now(), mode, start_url],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def unfinished_walk(
    db: Database, category: str, *, now: str | None = None, max_age_hours: float = MAX_AGE_HOURS
) -> int | None:
    """The category's walk to continue, if any. Too old ones, and all but the newest, are closed."""
    moment = now or clock_now()
    oldest = datetime.fromisoformat(moment) - timedelta(hours=max_age_hours)
    newest: int | None = None
    rows = list(
        db.query(
            "SELECT id, started_at FROM walks WHERE category = ? AND finished_at IS NULL ORDER BY id DESC",
            [category],
        )
    )
    for row in rows:
        started = datetime.fromisoformat(row["started_at"])
        if started > datetime.fromisoformat(moment) + AHEAD:
            abandon_walk(db, row["id"], "abandoned: begun with a clock ahead, nobody knows when", moment)
        elif started < oldest:
            abandon_walk(db, row["id"], f"abandoned: not finished within {max_age_hours:g} hours", moment)
        elif newest is not None:
            abandon_walk(db, row["id"], "abandoned: a later walk was begun", moment)
        else:
            newest = row["id"]
    return newest


def abandon_walk(db: Database, walk_id: int, reason: str, finished_at: str) -> None:
    """Close a walk that nobody will continue; it certifies nothing."""
    sql = """
        SELECT count(DISTINCT ids.value) FROM walk_pages p, json_each(p.article_ids) ids WHERE p.walk_id = ?
    """
    distinct = int(value(db, sql, [walk_id]))
    finish_walk(db, walk_id, Certificate(False, (reason,), None, distinct), finished_at)


def record_page(db: Database, walk_id: int, page: PageSeen, capture_id: int) -> None:
    """File a listing page as the walk's next one. Call in the transaction that saves the page."""
    state = PageState(
        url=page.url,
        purpose=page.label,
        declared=_dump(asdict(page.declared)) if page.declared else None,
        article_ids=_dump(page.articles),
        fresh=_dump(page.new_or_changed),
        page_urls=_dump(page.page_urls),
        next_url=page.next_url,
        residue_chars=page.residue_chars,
        problems=_dump(page.problems),
    )
    db.execute(
        """
        INSERT INTO walk_reads (walk_id, position, capture_id, state_id)
        SELECT :walk, coalesce(max(position), 0) + 1, :capture, :state FROM walk_reads WHERE walk_id = :walk
        """,
        {"walk": walk_id, "capture": capture_id, "state": state_id(db, state)},
    )


def state_id(db: Database, state: PageState) -> int:
    """The row of ``page_states`` that says so, written if there is none (among the last of the address)."""
    sql = f"""
        SELECT {listed(columns(PageState))}, id FROM page_states WHERE url = ? ORDER BY id DESC LIMIT {LIKELY}
    """
    for *standing, number in db.execute(sql, [state.url]).fetchall():
        if PageState(*standing) == state:
            return int(number)
    cursor = db.execute(insert("page_states", columns(PageState)), by_name(state))
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def load_walk(db: Database, walk_id: int, run_id: int | None = None) -> WalkState:
    """The walk so far, as ``walk.next_read`` wants it.

    ``failed`` holds what failed in run ``run_id`` (the newest by default): what failed in a
    run that died is worth another try.
    """
    walk = next(db.query("SELECT category, start_url, mode FROM walks WHERE id = ?", [walk_id]))
    rows = db.query("SELECT * FROM walk_pages WHERE walk_id = ? ORDER BY position", [walk_id])
    pages = tuple(_page_seen(row) for row in rows)
    own = frozenset(article for page in pages for article in page.articles)
    return WalkState(
        category=walk["category"],
        start_url=walk["start_url"],
        mode=walk["mode"],
        pages=pages,
        live=live_articles(db, walk_id, walk["category"], own),
        failed=_failed_reads(db, walk_id, run_id),
    )


def page_seen(db: Database, walk_id: int, position: int) -> PageSeen:
    """One page as that walk read it."""
    sql = "SELECT * FROM walk_pages WHERE walk_id = ? AND position = ?"
    return _page_seen(next(db.query(sql, [walk_id, position])))


def has_pages(db: Database, walk_id: int) -> bool:
    """Whether the walk has read anything yet."""
    return value(db, "SELECT 1 FROM walk_pages WHERE walk_id = ?", [walk_id]) is not None


def rename_walk(db: Database, walk_id: int, category: str) -> None:
    """Set the category that the walk's first page gave itself."""
    db.execute("UPDATE walks SET category = ? WHERE id = ?", [category, walk_id])


def drop_walk(db: Database, walk_id: int) -> None:
    """Forget a walk that turned out to be over no listing."""
    db.execute("DELETE FROM walks WHERE id = ?", [walk_id])


def finish_walk(
    db: Database, walk_id: int, certificate: Certificate, finished_at: str, *, mode: Mode | None = None
) -> None:
    """Close a walk with its certificate; a walk already closed stays as it is.

    ``mode`` is what the walk turned out to be.
    """
    db.execute(
        """
        UPDATE walks SET finished_at = ?, declared_total = ?, distinct_articles = ?, certified = ?,
                         reasons = ?, mode = coalesce(?, mode)
        WHERE id = ? AND finished_at IS NULL
        """,
        [
            finished_at,
            certificate.declared_total,
            certificate.distinct_articles,
            int(certificate.certified),
            _dump(certificate.reasons),
            mode,
            walk_id,
        ],
    )


def last_certified(db: Database, category: str, mode: Mode | None = "full") -> Row | None:
    """The newest certified walk of a category; with ``mode`` None, of either mode."""
    rows = db.query(
        """
        SELECT * FROM walks WHERE category = :category AND certified = 1
          AND (:mode IS NULL OR mode = :mode) ORDER BY id DESC LIMIT 1
        """,
        {"category": category, "mode": mode},
    )
    return next(rows, None)


def last_walk_certified(db: Database, category: str) -> bool:
    """Whether the category's newest finished walk, of either mode, was certified."""
    sql = "SELECT certified FROM walks WHERE category = ? AND finished_at IS NOT NULL ORDER BY id DESC"
    return bool(value(db, sql, [category]) == 1)


def due_for_full(db: Database, category: str, every_days: float, now: str) -> bool:
    """Whether no full walk of the category was certified in the last ``every_days`` days."""
    last = last_certified(db, category, "full")
    if last is None:
        return True
    return older_than(last["finished_at"], every_days, now)


def older_than(moment: str, days: float, now: str) -> bool:
    """Whether so many days have passed since. What a clock that was ahead dated says nothing of its
    age, and counts as old."""
    passed = datetime.fromisoformat(now) - datetime.fromisoformat(moment)
    return passed >= timedelta(days=days) or passed < -AHEAD


def _page_seen(row: Row) -> PageSeen:
    declared = row["declared"]
    return PageSeen(
        url=row["url"],
        declared=Declared(**json.loads(declared)) if declared else None,
        articles=tuple(json.loads(row["article_ids"])),
        new_or_changed=tuple(json.loads(row["fresh"])),
        page_urls={int(number): url for number, url in json.loads(row["page_urls"]).items()},
        next_url=row["next_url"],
        residue_chars=row["residue_chars"],
        problems=tuple(json.loads(row["problems"])),
        label=row["purpose"],
    )


def _failed_reads(db: Database, walk_id: int, run_id: int | None) -> tuple[str, ...]:
    rows = db.query(
        """
        SELECT url, reason FROM todo WHERE walk_id = ? AND kind = 'listing'
          AND last_run = coalesce(?, (SELECT max(id) FROM runs)) ORDER BY id
        """,
        [walk_id, run_id],
    )
    return tuple(f"{row['url']}: {row['reason']}" for row in rows)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
