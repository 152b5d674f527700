"""What ``status`` knows, for Prometheus (textfile collector) and for Nagios. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from math import isfinite, nan
from operator import itemgetter
from typing import Any

State = Mapping[str, Any]
Sample = tuple[Mapping[str, str], float]
Family = tuple[str, str, list[Sample]]
"""Name, help, samples."""

LEVELS = {"ok": 0, "warn": 1, "fail": 2}

WIDTH = 79
"""A Nagios line stays under 80 characters."""


def prometheus(state: State, version: str, reasons: Sequence[str]) -> str:
    """The exposition format, all gauges, without timestamps, as the textfile collector wants it."""
    families: list[Family] = [
        ("info", "The program that tells this.", [({"version": version}, 1.0)]),
        ("healthy", "1 if status --check finds nothing wrong, else 0.", _one(not reasons)),
        *_last_crawl(state),
        *_contents(state),
        *_by_category(state["categories"]),
        *_by_monitor(state["monitors"]),
    ]
    return "".join(_family(f"yiqihui_{name}", help_, samples) for name, help_, samples in families if samples)


def _last_crawl(state: State) -> Iterator[Family]:
    crawl, stats = state["last_crawl"] or {}, state["crawl_stats"]
    begin, end = _seconds(crawl.get("started_at")), _seconds(crawl.get("finished_at"))
    code = crawl.get("exit_code")
    yield (
        "last_crawl_exit_code",
        "Exit code of the last crawl that ended; NaN if it died.",
        _one((nan if code is None else code) if crawl else None),
    )
    yield "last_crawl_timestamp_seconds", "When the last crawl ended.", _one(end)
    yield (
        "last_crawl_duration_seconds",
        "How long the last crawl took.",
        _one(None if end is None or begin is None else end - begin),
    )
    yield (
        "last_success_timestamp_seconds",
        "When the last crawl with exit code 0 ended.",
        _one(_seconds(state["last_success_at"])),
    )
    yield "last_crawl_requests", "Requests of the last crawl.", _one(stats.get("requests"))
    yield "last_crawl_pages", "Pages that the last crawl archived.", _one(stats.get("pages"))


def _contents(state: State) -> Iterator[Family]:
    counts = state["counts"]
    yield "articles", "Articles in the archive.", _one(counts["articles"])
    yield "articles_missing", "Articles that a certified walk did not find.", _one(counts["missing"])
    yield "articles_gone", "Articles that two certified walks did not find.", _one(counts["gone"])
    yield "captures", "Captured pages in the archive.", _one(counts["captures"])
    new = state["crawl_stats"].get("new_articles")
    yield "new_articles", "Articles that came with the last crawl.", _one(new)
    residue = _one(counts["residue_chars"])
    yield "residue_chars", "Characters of current pages that nothing explains.", residue
    yield "open_gaps", "Addresses still to be fetched.", _one(len(state["gaps"]))


def _by_category(rows: Sequence[State]) -> Iterator[Family]:
    yield (
        "last_certified_timestamp_seconds",
        "When a walk of the category was last certified.",
        _per(rows, "category", lambda row: _seconds(row["last_certified_at"])),
    )
    yield (
        "declared_articles",
        "Articles that the site says the category has.",
        _per(rows, "category", lambda row: row["declared"]),
    )
    yield (
        "archived_articles",
        "Articles that the archive has as listed in the category.",
        _per(rows, "category", lambda row: row["archived"]),
    )


def _by_monitor(rows: Sequence[State]) -> Iterator[Family]:
    yield (
        "monitor",
        "What a monitor says of the last crawl: 0 ok, 1 warn, 2 fail.",
        _per(rows, "monitor", lambda row: LEVELS[row["level"]]),
    )
    for column, told in (
        ("value", "What a monitor measured in the last crawl."),
        ("low", "The least that a monitor expects."),
        ("high", "The most that a monitor expects."),
    ):
        yield f"monitor_{column}", told, _per(rows, "monitor", itemgetter(column))


def _one(value: float | None) -> list[Sample]:
    return [] if value is None else [({}, float(value))]


def _per(rows: Iterable[State], label: str, value: Any) -> list[Sample]:
    return [({label: row[label]}, float(value(row))) for row in rows if value(row) is not None]


def _family(name: str, help_: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {name} {help_}", f"# TYPE {name} gauge"]
    for labels, value in samples:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        lines.append(f"{name}{{{inside}}} {_number(value)}" if inside else f"{name} {_number(value)}")
    return "".join(f"{line}\n" for line in lines)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    """
    >>> _number(3.0), _number(0.25), _number(float("nan"))
    ('3', '0.25', 'NaN')
    """
    if not isfinite(value):
        return "NaN" if value != value else f"{'+' if value > 0 else '-'}Inf"
    return str(int(value)) if value == int(value) else repr(value)


def _seconds(time: str | None) -> float | None:
    return None if time is None else datetime.fromisoformat(time).timestamp()


# --- Nagios -------------------------------------------------------------------------------------


def nagios(state: State, now: str, max_age: float | None, reasons: Sequence[str]) -> tuple[str, int]:
    """One line and the exit code: 0 OK, 1 WARNING, 2 CRITICAL."""
    warnings = [f"{one['monitor']}: {one['message']}" for one in state["monitors"] if one["level"] == "warn"]
    if reasons:
        word, code, told = "CRITICAL", 2, list(reasons)
    elif warnings:
        word, code, told = "WARNING", 1, warnings
    else:
        word, code, told = "OK", 0, [f"{state['counts']['articles']} articles"]
    more = f" (+{len(told) - 1})" if len(told) > 1 else ""
    numbers = _performance(state, now, max_age)
    text = _cut(f"YIQIHUI {word} - {told[0].replace('|', '/')}", WIDTH - len(numbers) - len(more) - 3)
    return f"{text}{more} | {numbers}", code


def unknown(reason: str) -> tuple[str, int]:
    """For what can't be read."""
    return _cut(f"YIQIHUI UNKNOWN - {' '.join(reason.replace('|', '/').split())}", WIDTH), 3


def _performance(state: State, now: str, max_age: float | None) -> str:
    end = _seconds((state["last_crawl"] or {}).get("finished_at"))
    age = "" if end is None else f"age={max(0, int((_seconds(now) or 0) - end))}s;;{int(max_age or 0) or ''} "
    failed = sum(one["level"] == "fail" for one in state["monitors"])
    return f"{age}new={state['crawl_stats'].get('new_articles') or 0} gaps={len(state['gaps'])} fail={failed}"


def _cut(text: str, room: int) -> str:
    """
    >>> _cut("社群: never", 7), _cut("short", 7)
    ('社群:…', 'short')
    """
    if _width(text) <= room:
        return text
    while text and _width(text) > room - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
