"""How values and verdicts are put into words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

LONGEST_TITLE = 90

_NOT_FOR_HTML = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
"""Controls, marks that turn the direction of writing, lone surrogates: no text to show."""


def clean(value: Any) -> Any:
    """For every value that goes into the page; markup of our own stays what it is."""
    return _NOT_FOR_HTML.sub("\ufffd", value) if type(value) is str else value


def number(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def moment(time: str | None) -> str:
    """``2019-04-13 09:30`` for the site's time, ``2026-11-22 06:00 UTC`` for ours."""
    if not time:
        return "–"
    zone = " UTC" if time.endswith(("+00:00", "Z")) else ""
    return time[:16].replace("T", " ") + zone


def day(time: str | None) -> str:
    return time[:10] if time else "–"


def title(row: Row) -> str:
    """An article's title, or its number where none is known."""
    text = " ".join((row["title"] or "").split())
    if not text:
        return f"article {row['article_id']}"
    return text if len(text) <= LONGEST_TITLE else text[: LONGEST_TITLE - 1] + "…"


def link(url: str | None) -> str | None:
    """An address that may be linked: the web's, nothing that runs."""
    return url if url and re.match(r"https?://[^\s\"'<>]+$", url, re.IGNORECASE) else None


def plural(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def class_name(row: Row) -> str:
    """A class of views: ``0``, ``2–4``, ``1,000–1,999``."""
    low, high = row["low"], row["high"]
    return number(low) if low == high else f"{number(low)}–{number(high)}"


# --- verdicts --------------------------------------------------------------------------------


def proven(categories: Sequence[Row]) -> list[Row]:
    """Categories whose last walk is certified."""
    return [row for row in categories if row["last_walk_certified"]]


def verdicts(rows: Mapping[str, Any]) -> list[str]:
    """What somebody in a hurry must know, in sentences; the worst first."""
    if not rows["totals"]["captures"] and not rows["totals"]["articles"]:
        return ["The archive is empty. Start with: yiqihui crawl"]
    found = _unproven(rows["categories"]) + _open_ends(rows) + _quiet(rows["state"]["categories"])
    complete = proven(rows["categories"])
    if complete and len(complete) == len(rows["categories"]):
        found.insert(0, "Every category is proven complete by the last walk over it.")
    elif complete:
        names = ", ".join(row["category"] for row in complete)
        found.append(f"Proven complete by the last walk: {names}.")
    return found


def _unproven(categories: Sequence[Row]) -> list[str]:
    found = []
    never = [row["category"] for row in categories if row["last_walk_at"] is None]
    for row in categories:
        if row["last_walk_at"] is not None and not row["last_walk_certified"]:
            since = f"; it last was on {day(row['last_certified_at'])}" if row["last_certified_at"] else ""
            found.append(f"{row['category']} is not proven complete by the last walk over it{since}.")
    if never:
        has, it = ("has", "it") if len(never) == 1 else ("have", "them")
        found.append(f"{', '.join(never)} {has} never been walked, so nothing proves {it} complete.")
    return found


def _quiet(categories: Sequence[Row]) -> list[str]:
    quiet = [row for row in categories if row["feed"]["quiet"]]
    if len(quiet) > 1:
        told = ", ".join(f"{row['category']} for {row['feed']['days_since']:,.0f} days" for row in quiet)
        return [f"Nothing new for longer than usual: {told}."]
    return [
        f"{row['category']} has had nothing new for {row['feed']['days_since']:,.0f} days, longer than usual."
        for row in quiet
    ]


def _open_ends(rows: Mapping[str, Any]) -> list[str]:
    state = rows["state"]
    found = []
    if rows["gap_total"]:
        found.append(f"{plural(rows['gap_total'], 'address', 'addresses')} still to be fetched.")
    if state["residue"]:
        found.append(f"{plural(len(state['residue']), 'page')} with text that nothing explains.")
    if state["problems"]:
        found.append(f"{plural(len(state['problems']), 'page')} with something odd.")
    away = rows["totals"]["missing"] + rows["totals"]["gone"]
    if away:
        found.append(f"{plural(away, 'article')} no longer found in the listings.")
    return found


# --- tables turned ---------------------------------------------------------------------------


def years(months: Sequence[Row]) -> list[dict[str, Any]]:
    """Articles per month as a row a year: ``{"year", "months": [12 counts or None], "total"}``."""
    found: dict[str, dict[str, Any]] = {}
    for row in months:
        empty = {"year": row["month"][:4], "months": [None] * 12, "total": 0}
        year = found.setdefault(row["month"][:4], empty)
        year["months"][int(row["month"][5:7]) - 1] = row["articles"]
        year["total"] += row["articles"]
    return list(found.values())


def by_time(walks: Sequence[Row]) -> tuple[list[str], list[dict[str, Any]]]:
    """Walks as a row a day or month: the categories, and rows with ``at`` and their cells."""
    categories = sorted({row["category"] for row in walks})
    found: dict[str, dict[str, Any]] = {}
    for row in walks:
        line = found.setdefault(row["at"], {"at": row["at"], "cells": dict.fromkeys(categories)})
        line["cells"][row["category"]] = row
    return categories, list(found.values())
