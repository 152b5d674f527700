"""Every setting there is: its name, its default, what it may be and what it is for. Pure."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yiqihui_spider.watch.notify import can_be_told

CRAWL_DELAY, CRAWL_START_URLS, CRAWL_CATEGORIES = "crawl.delay", "crawl.start_urls", "crawl.categories"


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: ``kind`` says in words what a value must be, ``check`` whether it is."""

    default: Any
    kind: str
    check: Callable[[Any], bool]
    help: str
    separator: str | None = None
    """What parts the items of a list in an environment variable."""
    is_path: bool = False
    tells_secrets: bool = False
    """Addresses by which who knows them may speak, commands with passwords."""


def _text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def _name(value: Any) -> bool:
    return _text(value) and bool(value.strip())


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(_name(one) for one in value)


def _receivers(value: Any) -> bool:
    return _texts(value) and all(map(can_be_told, value))


def _addresses(value: Any) -> bool:
    return _texts(value) and all(re.match(r"https?://[^/\s]", one) for one in value)


def _contact(value: Any) -> bool:
    form = r"([^@:/]+@[^@:/]+|https?://[^/]+.*)?"
    return isinstance(value, str) and bool(
        re.fullmatch(r"[!-~]*", value) and re.fullmatch(form, value) and not set(value) & set('()<>"\\')
    )


def _amount(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= sys.float_info.max  # which nan is not, nor an integer of too many digits


def _jobs(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 64


def _one_of(*names: str) -> Callable[[Any], bool]:
    return lambda value: value in names


def _duration(value: Any) -> bool:
    return isinstance(value, str) and seconds(value) is not None


_SPAN = 'a span of time such as "30m", "24h" or "7d"'
_RECEIVERS = "a list of commands and http addresses in quotes"


def _notified(when: str) -> Key:
    return Key([], _RECEIVERS, _receivers, when, "\n", tells_secrets=True)


KEYS: dict[str, Key] = {
    "archive": Key(
        "data/yiqihui.db",
        "a path",
        _name,
        "The SQLite file; raw responses go into warc/ beside it.",
        is_path=True,
    ),
    "site": Key(
        "178hui",
        "a name or a path",
        _name,
        "The site profile: a name that comes with the program, or a file.",
        is_path=True,
    ),
    "contact": Key(
        "",
        "a mail address or an http address",
        _contact,
        "How the site can reach you: it is sent along, in the User-Agent. Empty: not.",
    ),
    CRAWL_START_URLS: Key(
        [],
        "a list of http addresses in quotes",
        _addresses,
        "Listings, or pages that link to them. None: the site's news section.",
        r"\s+",
    ),
    CRAWL_CATEGORIES: Key(
        [], "a list of names in quotes", _texts, "Only these. None: all that the section links to.", ","
    ),
    CRAWL_DELAY: Key(
        1.0, "a number of seconds", _amount, "Seconds between requests; robots.txt may ask for more."
    ),
    "crawl.mode": Key(
        "auto",
        '"auto", "incremental" or "full"',
        _one_of("auto", "incremental", "full"),
        "auto: incremental once a full walk was certified.",
    ),
    "crawl.full_every": Key(
        7.0, "a number of days", _amount, "Days after which a category is walked in full again."
    ),
    "crawl.details": Key(
        True, "true or false", lambda value: isinstance(value, bool), "Fetch the articles' own pages, too."
    ),
    "import.jobs": Key(
        1, "a whole number from 1 to 64", _jobs, "Processes that read pages while one writes them."
    ),
    "log.file": Key("", "a path", _text, "One line an event; rotates. Empty: no file.", is_path=True),
    "log.format": Key("text", '"text" or "json"', _one_of("text", "json"), "json: one object a line."),
    "alerts.after": Key(
        "24h", _SPAN, _duration, "How long exit codes 3 and 75 may last before anybody is told."
    ),
    "notify.on_failure": _notified("Told when crawls begin to fail, and once a day while they do."),
    "notify.on_recovery": _notified("Told when they are well again."),
    "notify.on_success": _notified(
        "Told when a crawl went well: the first, the first behind trouble, one a day."
    ),
    "notify.on_change": _notified("Told when articles are new or changed, and when trouble begins or ends."),
}
"""Every setting there is, in the order of the file."""

SECTIONS = tuple(dict.fromkeys(name.partition(".")[0] for name in KEYS if "." in name))

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def seconds(span: str) -> float | None:
    """A span of time in seconds; None for what is none.

    >>> seconds("24h"), seconds("1h30m"), seconds("soon")
    (86400.0, 5400.0, None)
    """
    text = span.strip().lower()
    if not re.fullmatch(r"(\d{1,9}(\.\d{1,6})?\s*[smhdw]\s*)+", text, re.ASCII):
        return None
    parts = re.findall(r"([\d.]+)\s*([smhdw])", text)
    return float(sum(float(number) * _UNITS[unit] for number, unit in parts))
