"""Finds what has one of the site's marker forms in page text, and reads it.

Every search runs from a plain word (``次``, ``时间：``) and looks at a bounded stretch around it, so
the time is linear in the text, whatever the text; what is found comes one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from heapq import merge
from itertools import chain, islice
from typing import NamedTuple

from yiqihui_spider.characters import BLANK
from yiqihui_spider.site import SiteProfile, chinese
from yiqihui_spider.site.marker import LABELLED_WIDTH, LabelledForm, SequenceForm

MOST_STAMPS = 50_000
"""So many are read of one text; a page of the site has twenty."""


class MarkerCandidate(NamedTuple):
    """A marker without its source: time and views, and a read-on link that may follow."""

    start: int
    end: int
    time: str
    """``2019-04-13 09:30:07``, however it was printed."""
    views: int | None
    """None where the form tells none."""
    fault: str | None = None
    """Why it can't be what it looks like: an impossible date, no view count."""
    printed: str | None = None
    """The views as printed where they are not exact: ``1.2万``."""
    source: str | None = None
    """Where labels name it; None: it is what stands before."""
    labelled: bool = False
    leading: bool = True
    """What stands before it on its line is its source, or another part of it."""
    hint: bool = False
    """Only a hint that a marker may stand here: enough to doubt what surrounds it."""
    sure_end: bool = True
    """Whether it is known where it ends; of a marker that can't be read and is glued to the text
    after it, it is not."""


def candidates(text: str, site: SiteProfile) -> list[MarkerCandidate]:
    """Everything that has the form of a marker's time and views, wherever it stands; the first
    :data:`MOST_STAMPS` of a text."""
    found = [some for finding in _by_form(text, site) if (some := list(islice(finding, MOST_STAMPS)))]
    if len(found) <= 1:
        return found[0] if found else []
    taken: list[MarkerCandidate] = []
    for candidate in sorted(chain.from_iterable(found), key=_earliest_and_longest):
        if not taken or candidate.start >= taken[-1].end:
            taken.append(candidate)
    return taken[:MOST_STAMPS]


def _by_form(text: str, site: SiteProfile) -> Iterator[Iterator[MarkerCandidate]]:
    for form in site.markers.sequences:
        yield _ending(text, site, form) if form.closes else _around(text, site, form)
    for labelled in site.markers.labelled:
        yield _labelled(text, labelled)


def _earliest_and_longest(candidate: MarkerCandidate) -> tuple[int, int, bool]:
    return candidate.start, -candidate.end, candidate.fault is not None


def _ending(text: str, site: SiteProfile, form: SequenceForm) -> Iterator[MarkerCandidate]:
    """The markers of a form that ends in the word by which it is found."""
    last = 0
    plain = form.plain.search if form.plain else None
    search, after = form.pattern.search, site.words.read_on_after.match
    for word in form.anchor.finditer(text):
        end = word.end()
        # nearly always; all else is slower
        match = plain(text, max(last, end - form.plain_width), end) if plain else None
        exact = match is not None
        if match is None:
            match = search(text, max(last, end - form.before - len(word.group())), end)
            if match is None:
                continue
        more = after(text, end)
        last = more.end() if more else end
        yield _plain_stamp(match, last) if exact else _stamp(form, match, last)


def _around(text: str, site: SiteProfile, form: SequenceForm) -> Iterator[MarkerCandidate]:
    """The markers of a form that has its word in the middle, or none."""
    last = 0
    after = site.words.read_on_after.match
    for word in form.anchor.finditer(text):
        place = word.start()
        if place < last:
            continue
        high = min(len(text), place + form.after)
        match = form.pattern.search(text, max(last, place - form.before), high)
        while match is not None and match.end() <= place:
            match = form.pattern.search(text, match.end(), high)
        if match is None or match.start() > place:
            continue
        more = after(text, match.end())
        last = more.end() if more else match.end()
        yield _stamp(form, match, last)


def _plain_stamp(match: re.Match[str], end: int) -> MarkerCandidate:
    time, printed = match.groups()
    views, inexact, fault = count(printed)
    return MarkerCandidate(match.start(), end, time, views, _impossible(time) or fault, inexact)


def _stamp(form: SequenceForm, match: re.Match[str], end: int) -> MarkerCandidate:
    parts = match.groupdict()
    time = when(match)
    views, inexact, fault = count(parts["views"]) if form.counted else (None, None, None)
    if form.seconds and parts["second"] is None and parts.get("gap") == "" and parts["views"]:
        fault = fault or f"{match.group()[:30]} may be seconds or views"
    source = parts.get("source")
    if source is None and form.leading != "source":
        source = ""
    return MarkerCandidate(
        match.start(),
        end,
        time,
        views,
        _impossible(time) or fault,
        inexact,
        source,
        leading=form.leading != "",
    )


def when(match: re.Match[str]) -> str:
    """The time that a form found, as ``2019-04-13 09:30:07``; midnight where it tells a date alone."""
    parts = match.groupdict()
    month, day = parts["month"] or parts["other_month"], parts["day"] or parts["other_day"]
    hour, minute, second = (parts.get(name) or "00" for name in ("hour", "minute", "second"))
    time = f"{parts['year']}-{month:0>2}-{day:0>2} {hour:0>2}:{minute}:{second}"
    return time if time.isascii() else time.translate(chinese.PLAIN_DIGITS)


def count(printed: str) -> tuple[int, str | None, str | None]:
    """Views, what was printed where that is not exact, and why it can't be read.

    >>> count("1,526"), count("1.2万"), count("10万+")
    ((1526, None, None), (12000, '1.2万', None), (100000, '10万+', None))
    >>> count("-5")
    (0, None, 'impossible view count -5')
    """
    if printed.isdecimal() and printed.isascii() and len(printed) <= chinese.VIEW_DIGITS:  # nearly always
        return _exact(printed)
    plain = printed.strip(chinese.SPACES).translate(chinese.PLAIN_DIGITS)
    if not plain:
        return 0, None, "no view count"
    match = chinese.COUNT.fullmatch(plain)
    number = match["number"].replace(",", "") if match else ""
    if match is None or len(number.partition(".")[0]) > chinese.VIEW_DIGITS:
        return 0, None, f"impossible view count {plain}"
    if match.end("number") == len(plain):
        return _exact(number)
    views = int(Decimal(number) * chinese.UNITS.get(match["unit"].lower(), 1))
    if views >= 10**chinese.VIEW_DIGITS:
        return 0, None, f"impossible view count {plain}"
    return views, plain, None


def _exact(number: str) -> tuple[int, str | None, str | None]:
    if number[0] == "0" and len(number) > 1:
        return 0, None, f"impossible view count {number}"
    return int(number), None, None


def _impossible(time: str) -> str | None:
    first, last = chinese.YEARS
    try:
        datetime.fromisoformat(time)
    except ValueError:
        return f"impossible date {time}"
    # newer Pythons read hour 24 as midnight
    return None if first <= time[:4] <= last and time[11:13] != "24" else f"impossible date {time}"


# --- with labels -----------------------------------------------------------------------------


def _labelled(text: str, form: LabelledForm) -> Iterator[MarkerCandidate]:
    """``时间：2019-04-13 09:30 来源：一起惠 浏览：407次`` on lines of its own, in any order."""
    last = 0
    for word in merge(*(_places(text, label) for label in form.words)):
        if word < last:
            continue
        low = max(last, word - LABELLED_WIDTH)
        breaks = [found.end() for found in chinese.NEWLINE.finditer(text, low, word)]
        starts = [*([low] if low in (0, last) else []), *breaks[-max(3, form.lines) :]]
        # one that is printed on several lines begins on the first of them
        for start in starts if form.lines > 1 else reversed(starts):
            candidate = _labelled_at(text, start, form)
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


def _labelled_at(text: str, start: int, form: LabelledForm) -> MarkerCandidate | None:
    """The marker with labels that begins here and ends its line, if one does."""
    parts, end = _labelled_parts(text, start, form)
    if "time" not in parts or len(parts) < form.least or chinese.LINE_REST.match(text, end) is None:
        return None
    match = form.when.fullmatch(parts["time"])
    time = when(match) if match else ""
    counted = form.counted or "views" in parts
    views, inexact, fault = count(parts.get("views", "")) if counted else (None, None, None)
    fault = (_impossible(time) if match else f"impossible date {parts['time']}") or fault
    start = end - len(text[start:end].lstrip(BLANK))
    return MarkerCandidate(start, end, time, views, fault, inexact, parts.get("source", ""), labelled=True)


def _labelled_parts(text: str, start: int, form: LabelledForm) -> tuple[dict[str, str], int]:
    """What stands behind each label from here on, and where the last of them ends."""
    limit = min(len(text), start + LABELLED_WIDTH)
    parts: dict[str, str] = {}
    while True:
        matches = ((kind, part.match(text, start, limit)) for kind, part in form.parts if kind not in parts)
        kind, match = next(((kind, match) for kind, match in matches if match), ("", None))
        if match is None:
            return parts, start
        parts[kind] = match["value"].strip(chinese.SPACES)
        start = match.end()
