"""How values and verdicts are put into words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from yiqihui_spider import wording
from yiqihui_spider.clock import site_time
from yiqihui_spider.report.words import Words

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


moment = site_time
brief = wording.brief


def day(time: str | None) -> str:
    return moment(time)[:10]


def title(row: Row) -> str:
    """What to call an article: its title, or its first words."""
    return brief(row["label"] or "", LONGEST_TITLE) or f"article {row['article_id']}"


def link(url: str | None) -> str | None:
    """An address that may be linked: the web's, nothing that runs."""
    return url if url and re.match(r"https?://[^\s\"'<>]+$", url, re.IGNORECASE) else None


def class_name(row: Row) -> str:
    """A class of views: ``0``, ``2–4``, ``1,000–1,999``."""
    low, high = row["low"], row["high"]
    return number(low) if low == high else f"{number(low)}–{number(high)}"


# --- verdicts --------------------------------------------------------------------------------


def proven(categories: Sequence[Row]) -> list[Row]:
    """Categories whose last walk is certified."""
    return [row for row in categories if row["last_walk_certified"]]


def verdicts(rows: Mapping[str, Any], told: Words) -> list[str]:
    """What somebody in a hurry must know, in sentences; the worst first."""
    if not rows["totals"]["captures"] and not rows["totals"]["articles"]:
        return [told.gettext("The archive is empty. Start with: yiqihui crawl")]
    quiet = _quiet(rows["state"]["categories"], told)
    found = [*_unproven(rows["categories"], told), *_open_ends(rows, told), *quiet]
    complete = proven(rows["categories"])
    if complete and len(complete) == len(rows["categories"]):
        found.insert(0, told.gettext("Every category is proven complete by the last walk over it."))
    elif complete:
        names = ", ".join(row["category"] for row in complete)
        found.append(told.gettext("Proven complete by the last walk: %(names)s.") % {"names": names})
    return found


def _unproven(categories: Sequence[Row], told: Words) -> Iterator[str]:
    for row in categories:
        if row["last_walk_at"] is not None and not row["last_walk_certified"]:
            values = {"category": row["category"], "day": day(row["last_certified_at"])}
            if row["last_certified_at"]:
                yield told.gettext(LAPSED) % values
            else:
                yield told.gettext("%(category)s is not proven complete by the last walk over it.") % values
    never = [row["category"] for row in categories if row["last_walk_at"] is None]
    if never:
        yield told.ngettext(NEVER[0], NEVER[1], len(never)) % {"names": ", ".join(never)}


LAPSED = "%(category)s is not proven complete by the last walk over it; it last was on %(day)s."
NEVER = (
    "%(names)s has never been walked, so nothing proves it complete.",
    "%(names)s have never been walked, so nothing proves them complete.",
)


def _quiet(categories: Sequence[Row], told: Words) -> Iterator[str]:
    for row in categories:
        if row["feed"]["quiet"]:
            values = {"category": row["category"], "days": number(row["feed"]["days_since"])}
            message = "%(category)s has had nothing new for %(days)s days, longer than usual."
            yield told.gettext(message) % values


OPEN_ENDS = (
    ("%(n)s address still to be fetched.", "%(n)s addresses still to be fetched."),
    ("%(n)s page with text that nothing explains.", "%(n)s pages with text that nothing explains."),
    ("%(n)s page with something odd.", "%(n)s pages with something odd."),
    ("%(n)s article no longer found in the listings.", "%(n)s articles no longer found in the listings."),
)


def _open_ends(rows: Mapping[str, Any], told: Words) -> Iterator[str]:
    state, totals = rows["state"], rows["totals"]
    away = totals["missing"] + totals["gone"]
    counts = (rows["gap_total"], len(state["residue"]), len(state["problems"]), away)
    for count, (one, many) in zip(counts, OPEN_ENDS, strict=True):
        if count:
            yield told.ngettext(one, many, count) % {"n": number(count)}


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
