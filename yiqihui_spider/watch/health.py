"""Whether an archive is well looked after: what ``status --check`` says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from yiqihui_spider.errors import Exit

HARMLESS = (Exit.DONE, Exit.UNCERTIFIED)
"""What a crawl may end with and have done its work; how long it was not certified, ``--max-age`` tells."""


AHEAD = 3600.0
"""Seconds. What was dated further into the future was dated by a wrong clock, and counts as old."""


def reasons_against(state: Mapping[str, Any], now: str, max_age: float | None) -> list[str]:
    """Why the archive that ``status`` tells of is not healthy, a line each. ``max_age``: seconds that
    the last certificate of a category may be old, and the last crawl."""
    return [
        *_crawl(state["last_crawl"]),
        *_died(state),
        *(f"{one['monitor']}: {one['message']}" for one in state["monitors"] if one["level"] == "fail"),
        *_ages(state, now, max_age),
    ]


def _crawl(crawl: Mapping[str, Any] | None) -> list[str]:
    if crawl is None:
        return ["no crawl has ended yet"]
    if crawl["exit_code"] in HARMLESS:
        return []
    code = "" if crawl["exit_code"] is None else f", exit code {crawl['exit_code']}"
    return [f"the last crawl, of {crawl['started_at']}: {crawl['outcome']}{code}"]


def _died(state: Mapping[str, Any]) -> list[str]:
    """A run that never ended, while nobody holds the archive."""
    last = state.get("last_run")
    if last is None or last["finished_at"] or state.get("at_work", True):
        return []
    return [f"the last run, {last['command']} of {last['started_at']}: died"]


def _ages(state: Mapping[str, Any], now: str, max_age: float | None) -> list[str]:
    if max_age is None:
        return []
    crawl, told = state["last_crawl"], []
    if crawl and _old(crawl["finished_at"], now, max_age):
        told.append(f"the last crawl ended {crawl['finished_at']}")
    # A category that only imports brought is walked by nobody, so nobody certifies it.
    walked = [row for row in state["categories"] if row.get("last_walk", True)]
    for row in walked or state["categories"]:
        at = row["last_certified_at"]
        if at is None:
            told.append(f"{row['category']}: never certified")
        elif _old(at, now, max_age):
            told.append(f"{row['category']}: last certified {at}")
    return told


def _old(moment: str, now: str, max_age: float) -> bool:
    age = (datetime.fromisoformat(now) - datetime.fromisoformat(moment)).total_seconds()
    return age > max_age or age < -AHEAD
