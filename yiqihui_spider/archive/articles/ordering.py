"""When a capture counts as taken: when it says, unless a clock of ours had jumped.

Our own captures come in order, whatever their clocks say: one that steps back shows that it is
wrong now, or was wrong before.  Believed are the runs whose times agree with their order, as
many as can be; what lies between is placed right after those before it.  A capture from
elsewhere counts as taken when it says, but not in the future.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from yiqihui_spider.archive.articles.listings import settle_places
from yiqihui_spider.archive.articles.rebuild import rebuild
from yiqihui_spider.clock import now as clock_now

SLACK = timedelta(hours=1)
"""A clock that steps back no more than this was put right a little; nothing before it is doubted."""

OLDEST = "2026-01-01"
"""Before this there was no program to capture anything: a clock that says so is not set."""

OBSERVED_AT = "coalesce(observed_at, captured_at)"

PREVIOUS = f"""
    SELECT {OBSERVED_AT}, run_id, captured_at FROM captures
    WHERE origin = 'live' AND id < ? ORDER BY id DESC LIMIT 1
"""


@dataclass(slots=True)
class Stretch:
    """Captures of one run in a row, along which its clock did not step back."""

    run_id: int
    captures: list[tuple[int, str]]
    """Each with the time it says."""
    last_at: str

    @property
    def first_at(self) -> str:
        return self.captures[0][1]


def settle_order(db: Database, capture_id: int) -> None:
    """Settle when a capture that was just written counts as taken. Where it shows that earlier
    ones came with a wrong clock, what rests on them is worked out anew."""
    moved = _write(db, _placed_anew(db, capture_id))
    for article_id in _articles_on(db, moved):
        rebuild(db, article_id)
        settle_places(db, article_id)


def _placed_anew(db: Database, capture_id: int) -> Mapping[int, str]:
    sql = "SELECT origin, run_id, captured_at FROM captures WHERE id = ?"
    origin, run_id, captured_at = db.execute(sql, [capture_id]).fetchone()
    now = clock_now()
    if origin != "live" and captured_at <= now:  # nearly always; the last one of ours may be far back
        return {} if now < OLDEST else {capture_id: captured_at}
    before, previous_run, previous_said = db.execute(PREVIOUS, [capture_id]).fetchone() or ("", None, "")
    if origin != "live":
        return {} if now < OLDEST else {capture_id: min(captured_at, max(before, now))}
    if captured_at >= before:
        return {}
    same_clock = previous_run == run_id and previous_said < before and previous_said <= captured_at
    if same_clock or not _steps_back(before, captured_at):
        return {capture_id: before}
    rows = db.execute("SELECT id, run_id, captured_at FROM captures WHERE origin = 'live' ORDER BY id")
    return placed(list(stretches(rows)))


def stretches(captures: Iterable[tuple[int, int, str]]) -> Iterator[Stretch]:
    """Captures (id, run, time) in order, cut where the run changes or its clock steps back. Pure."""
    current: Stretch | None = None
    for capture_id, run_id, at in captures:
        if current is not None and current.run_id == run_id and not _steps_back(current.last_at, at):
            current.captures.append((capture_id, at))
            current.last_at = max(current.last_at, at)
            continue
        if current is not None:
            yield current
        current = Stretch(run_id, [(capture_id, at)], at)
    if current is not None:
        yield current


def placed(found: Sequence[Stretch]) -> dict[int, str]:
    """For every capture when it counts as taken, never before the one before it. Pure.

    >>> runs = enumerate(("2026-11-01", "2026-11-02", "2099-01-01", "2026-11-03"))
    >>> list(placed([Stretch(run, [(run, at)], at) for run, at in runs]).values())
    ['2026-11-01', '2026-11-02', '2026-11-02', '2026-11-03']
    """
    believed = agreeing(found)
    latest = found[min(believed)].first_at if believed else ""
    times: dict[int, str] = {}
    for index, stretch in enumerate(found):
        for capture_id, at in stretch.captures:
            if index in believed:
                latest = max(latest, at)
            times[capture_id] = latest
    return times


def agreeing(found: Sequence[Stretch]) -> frozenset[int]:
    """The largest set of stretches (by index) whose times are in their order; of two as large,
    the one that ends earlier in time: a clock is sooner ahead for a while than behind for good."""
    usable = [i for i, stretch in enumerate(found) if stretch.first_at >= OLDEST] or list(range(len(found)))
    ends: list[str] = []  # of the best chain of each length
    last: list[int] = []  # and its last stretch
    before: dict[int, int | None] = {}
    for index in usable:
        length = bisect_right(ends, found[index].first_at)
        before[index] = last[length - 1] if length else None
        if length == len(ends):
            ends.append(found[index].last_at)
            last.append(index)
        elif found[index].last_at < ends[length]:
            ends[length], last[length] = found[index].last_at, index
    chain: set[int] = set()
    step = last[-1] if last else None
    while step is not None:
        chain.add(step)
        step = before[step]
    return frozenset(chain)


def _steps_back(before: str, at: str) -> bool:
    return at < before and datetime.fromisoformat(before) - datetime.fromisoformat(at) > SLACK


def _write(db: Database, times: Mapping[int, str]) -> list[int]:
    """The captures that count as taken at another time than before."""
    sql = f"SELECT id, captured_at, {OBSERVED_AT} FROM captures WHERE id IN (SELECT value FROM json_each(?))"
    rows = db.execute(sql, [json.dumps(sorted(times))]).fetchall()
    moved = [(times[row[0]], row[0], row[1]) for row in rows if times[row[0]] != row[2]]
    for at, capture_id, said in moved:
        db.execute(
            "UPDATE captures SET observed_at = ? WHERE id = ?", [None if at == said else at, capture_id]
        )
    return [capture_id for _, capture_id, _ in moved]


def _articles_on(db: Database, captures: Iterable[int]) -> list[int]:
    sql = """
        SELECT DISTINCT article_id FROM sightings
        WHERE capture_id IN (SELECT value FROM json_each(?)) ORDER BY article_id
    """
    return [row[0] for row in db.execute(sql, [json.dumps(sorted(captures))])]
