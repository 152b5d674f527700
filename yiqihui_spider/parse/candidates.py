"""Finds times beside view counts in page text, and reads them.

Every search runs from a plain word (``次``, ``时间：``) and looks at a bounded stretch around it, so
the time is linear in the text, whatever the text; what is found comes one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from yiqihui_spider import site

MOST_STAMPS = 50_000
"""So many are read of one text; a page of the site has twenty."""


class MarkerCandidate(NamedTuple):
    """A marker without its source: time and views, and a read-on link that may follow."""

    start: int
    end: int
    time: str
    """``2019-04-13 09:30:07``, however it was printed."""
    views: int
    fault: str | None = None
    """Why it can't be what it looks like: an impossible date, no view count."""
    printed: str | None = None
    """The views as printed where they are not exact: ``1.2万``."""
    source: str | None = None
    """Where labels name it; None: it is what stands before."""
    labelled: bool = False
    hint: bool = False
    """Only a hint that a marker may stand here: enough to doubt what surrounds it."""
    sure_end: bool = True
    """Whether it is known where it ends; of a marker that can't be read and is glued to the text
    after it, it is not."""


def candidates(text: str) -> list[MarkerCandidate]:
    """Everything that has the form of a marker's time and views, wherever it stands; the first
    :data:`MOST_STAMPS` of a text."""
    found = list(islice(_glued(text), MOST_STAMPS))
    more = list(islice(_labelled(text), MOST_STAMPS))
    if not more:
        return found
    taken: list[MarkerCandidate] = []
    for candidate in sorted([*found, *more], key=itemgetter(0)):
        if not taken or candidate.start >= taken[-1].end:
            taken.append(candidate)
    return taken[:MOST_STAMPS]


def _glued(text: str) -> Iterator[MarkerCandidate]:
    last = 0
    plain, search, after = site.PLAIN_STAMP.search, site.STAMP.search, site.READ_ON_AFTER.match
    for word in site.COUNT.finditer(text):
        end = word.end()
        match = plain(text, max(last, end - site.PLAIN_WIDTH), end)  # nearly always; all else is slower
        read = _plain_stamp
        if match is None:
            match = search(text, max(last, end - site.STAMP_WIDTH), end)
            if match is None:
                continue
            read = _stamp
        more = after(text, end)
        last = more.end() if more else end
        yield read(match, last)


def _plain_stamp(match: re.Match[str], end: int) -> MarkerCandidate:
    time, printed = match.groups()
    views, inexact, fault = count(printed)
    return MarkerCandidate(match.start(), end, time, views, _impossible(time) or fault, inexact)


def _stamp(match: re.Match[str], end: int) -> MarkerCandidate:
    *_, second, gap, printed = match.groups()
    time = when(match)
    views, inexact, fault = count(printed)
    if second is None and not gap and printed:
        fault = fault or f"{match.group()[:30]} may be seconds or views"
    return MarkerCandidate(match.start(), end, time, views, _impossible(time) or fault, inexact)


def when(match: re.Match[str]) -> str:
    """The time that ``site.WHEN`` or ``site.STAMP`` found, as ``2019-04-13 09:30:07``."""
    year, month, day, other_month, other_day, hour, minute, second = match.groups()[:8]
    month, day, second = month or other_month, day or other_day, second or "00"
    time = f"{year}-{month:0>2}-{day:0>2} {hour:0>2}:{minute}:{second}"
    return time if time.isascii() else time.translate(site.PLAIN_DIGITS)


def count(printed: str) -> tuple[int, str | None, str | None]:
    """Views, what was printed where that is not exact, and why it can't be read.

    >>> count("1,526"), count("1.2万"), count("10万+")
    ((1526, None, None), (12000, '1.2万', None), (100000, '10万+', None))
    >>> count("-5")
    (0, None, 'impossible view count -5')
    """
    if printed.isdecimal() and printed.isascii() and len(printed) <= site.VIEW_DIGITS:  # nearly always
        return _exact(printed)
    plain = printed.strip(site.SPACES).translate(site.PLAIN_DIGITS)
    if not plain:
        return 0, None, "no view count"
    match = site.VIEWS.fullmatch(plain)
    number = match["number"].replace(",", "") if match else ""
    if match is None or len(number.partition(".")[0]) > site.VIEW_DIGITS:
        return 0, None, f"impossible view count {plain}"
    if not match["unit"] and not match["more"]:
        return _exact(number)
    views = int(Decimal(number) * site.UNITS.get(match["unit"].lower(), 1))
    if views >= 10**site.VIEW_DIGITS:
        return 0, None, f"impossible view count {plain}"
    return views, plain, None


def _exact(number: str) -> tuple[int, str | None, str | None]:
    if number[0] == "0" and len(number) > 1:
        return 0, None, f"impossible view count {number}"
    return int(number), None, None


def _impossible(time: str) -> str | None:
    first, last = site.YEARS
    try:
        datetime.fromisoformat(time)
    except ValueError:
        return f"impossible date {time}"
    # newer Pythons read hour 24 as midnight
    return None if first <= time[:4] <= last and time[11:13] != "24" else f"impossible date {time}"


# --- with labels -----------------------------------------------------------------------------


def _labelled(text: str) -> Iterator[MarkerCandidate]:
    """``时间：2019-04-13 09:30 来源：一起惠 浏览：407次`` on lines of its own, in any order."""
    last = 0
    for word in merge(*(_places(text, label) for label in site.TIME_LABELS)):
        if word < last:
            continue
        low = max(last, word - site.LABELLED_WIDTH)
        breaks = [found.end() for found in site.NEWLINE.finditer(text, low, word)][-3:]
        for start in reversed([*([low] if low in (0, last) else []), *breaks]):
            candidate = _labelled_at(text, start)
            if candidate is not None and candidate.start <= word < candidate.end:
                last = candidate.end
                yield candidate
                break


def _places(text: str, word: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        if text.startswith((":", "："), place + len(word)):
            yield place
        place = text.find(word, place + len(word))


def _labelled_at(text: str, start: int) -> MarkerCandidate | None:
    """The marker with labels that begins here and ends its line, if one does."""
    limit = min(len(text), start + site.LABELLED_WIDTH)
    parts: dict[str, str] = {}
    place = start
    while len(parts) < len(site.LABELLED):
        left = (kind for kind in site.LABELLED if kind not in parts)
        found = next(
            ((kind, match) for kind in left if (match := site.LABELLED[kind].match(text, place, limit))), None
        )
        if found is None:
            break
        parts[found[0]] = found[1]["value"].strip(site.SPACES)
        place = found[1].end()
    if "time" not in parts or len(parts) < 2 or site.LINE_REST.match(text, place) is None:
        return None
    match = site.WHEN.fullmatch(parts["time"])
    time = when(match) if match else ""
    views, inexact, fault = count(parts.get("views", ""))
    fault = (_impossible(time) if match else f"impossible date {parts['time']}") or fault
    while text[start] in site.SPACES + site.NEWLINES:
        start += 1
    return MarkerCandidate(start, place, time, views, fault, inexact, parts.get("source", ""), labelled=True)
