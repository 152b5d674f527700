"""Whether an archive is well looked after: what ``status --check`` says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from yiqihui_spider.errors import Exit

HARMLESS = (Exit.DONE, Exit.UNCERTIFIED)
"""What a crawl may end with and have done its work; how long it was not certified, ``--max-age`` tells."""


def reasons_against(state: Mapping[str, Any], now: str, max_age: float | None) -> list[str]:
    """Why the archive that ``status`` tells of is not healthy, a line each. ``max_age``: seconds that
    the last certificate of a category may be old."""
    return [
        *_crawl(state["last_crawl"]),
        *(f"{one['monitor']}: {one['message']}" for one in state["monitors"] if one["level"] == "fail"),
        *_certificates(state["categories"], now, max_age),
    ]


def _crawl(crawl: Mapping[str, Any] | None) -> list[str]:
    if crawl is None:
        return ["no crawl has ended yet"]
    if crawl["exit_code"] in HARMLESS:
        return []
    code = "" if crawl["exit_code"] is None else f", exit code {crawl['exit_code']}"
    return [f"the last crawl, of {crawl['started_at']}: {crawl['outcome']}{code}"]


def _certificates(categories: list[dict[str, Any]], now: str, max_age: float | None) -> list[str]:
    if max_age is None:
        return []
    told = []
    for row in categories:
        at = row["last_certified_at"]
        if at is None:
            told.append(f"{row['category']}: never certified")
        elif (datetime.fromisoformat(now) - datetime.fromisoformat(at)).total_seconds() > max_age:
            told.append(f"{row['category']}: last certified {at}")
    return told
