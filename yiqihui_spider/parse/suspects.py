"""Finds what looks like a marker and can't be read.

``一起惠2019-04-13 09:30:07暂无``, ``3小时前407 次``: what stands before such a place is not the text
of the next article. Looked for only where the markers that can be read leave a doubt.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, islice

from yiqihui_spider import site
from yiqihui_spider.parse import scan
from yiqihui_spider.parse.candidates import MarkerCandidate
from yiqihui_spider.parse.markers import Marker
from yiqihui_spider.parse.tiling import Furniture

MOST_SUSPECTS = 20_000
"""So many are looked for, on lines and in them; where there are more, nothing is believed."""
_REACH = 60
_ODD_REST = 14
"""What stands between a whole time and the word 次 is no longer than this."""
_SOURCES = tuple(site.OWN_SOURCES)


def suspects(
    text: str, known: Sequence[Marker], visible: Furniture, start: int, end: int
) -> list[MarkerCandidate]:
    """Stamps with a fault, in order, apart from each other and from those that are ``known``."""
    spans = [(marker.start, marker.end) for marker in known]
    ends = {mark_end for _, mark_end in spans}
    found = [
        *islice(_lines(text, start, end), MOST_SUSPECTS),
        *islice(_in_lines(text, start, end, ends), MOST_SUSPECTS),
    ]
    taken: list[MarkerCandidate] = []
    at = last = 0
    for candidate in sorted(found, key=lambda candidate: (candidate.start, candidate.hint, -candidate.end)):
        while at < len(spans) and spans[at][1] <= candidate.start:
            at += 1
        free = at == len(spans) or spans[at][0] >= candidate.end
        if free and candidate.start >= last and not visible.covers(candidate.start, candidate.end):
            limit = spans[at][0] if at < len(spans) else end
            taken.append(_to_line_end(text, candidate, limit, end))
            last = taken[-1].end
    return taken


def _to_line_end(text: str, candidate: MarkerCandidate, limit: int, end: int) -> MarkerCandidate:
    """The stamp with what else of it stands on its line, if that ends before ``limit``: ``加载中``
    with its ``…``."""
    rest = site.SUSPECT_REST.match(text, candidate.end, end)
    return candidate._replace(end=rest.end(), sure_end=True) if rest and rest.end() <= limit else candidate


def _suspect(
    text: str, start: int, end: int, *, hint: bool = False, sure_end: bool = True
) -> MarkerCandidate:
    shown = " ".join(text[start:end].split())[:40]
    return MarkerCandidate(start, end, "", 0, shown, hint=hint, sure_end=sure_end)


# --- lines -----------------------------------------------------------------------------------


def _lines(text: str, start: int, end: int) -> Iterator[MarkerCandidate]:
    """Short lines that hold what a marker holds, and nothing else."""
    place = start
    for found in chain(site.NEWLINE.finditer(text, start, end), (None,)):
        stop = found.start() if found else end
        if 0 < stop - place <= site.MARKER_WIDTH:
            first, last = scan.trim(text, place, stop)
            if first < last and (kind := _kind(text[first:last])) is not None:
                yield _suspect(text, first + kind[0], last, hint=kind[1])
        place = found.end() if found else end


def _kind(line: str) -> tuple[int, bool] | None:
    """For a line that may be a marker: where in it the source ends, and whether it is only a hint."""
    own = next((own for own in _SOURCES if line.startswith(own)), "")
    after = line[len(own) :].strip(site.SPACES)
    if own and (not after or site.NO_COUNT.fullmatch(after) or site.COUNT_LINE.fullmatch(after)):
        return len(own) if after else 0, not after
    when = site.WHENISH.search(line)
    if when is None:
        count = site.COUNT_AT_END.search(line) or site.NO_COUNT.fullmatch(line)
        if count is None or not _may_be_source(line[: count.start()].strip(site.SPACES)):
            return None
        return len(own) or count.start(), not own
    name, rest = line[: when.start()].strip(site.SPACES), line[when.end() :].strip(site.SPACES)
    if not _may_be_source(name) or not site.MARKER_REST.fullmatch(_without_count(rest)):
        return None
    clock = when["clock"]
    sure = (
        (rest.endswith("次") and bool(when["date"] or when["ago"]))
        or (clock is not None and len(site.COLONS.findall(clock)) > 1)
        or name in _SOURCES
        or (bool(when["date"] or when["ago"]) and site.NO_COUNT.fullmatch(rest) is not None)
    )
    return when.start(), not sure


def _without_count(rest: str) -> str:
    """Commas in a count divide no sentence."""
    return "" if site.COUNT_LINE.fullmatch(rest) else rest


def _may_be_source(name: str) -> bool:
    if len(name) > site.SOURCE_ALONE or site.SENTENCE_BREAK.search(name):
        return False
    return not name or name in _SOURCES or site.NOT_A_SOURCE.search(name) is None


# --- in the middle of lines ------------------------------------------------------------------


def _in_lines(text: str, start: int, end: int, ends: Collection[int]) -> Iterator[MarkerCandidate]:
    for word in site.COUNT.finditer(text, start, end):
        place = None if word.end() in ends else _time_before(text, start, word.start())
        if place is not None:
            yield _suspect(text, place, word.end())
    for colon in site.TIME_OF_DAY.finditer(text, start, end):
        date = site.DATE_BEFORE.search(text, max(start, colon.start() - site.DATE_WIDTH), colon.start())
        if date is not None:
            yield _glued(text, date.start(), min(end, colon.end() + 5), end)
    for match in site.OWN_MARKER.finditer(text, start, end):
        own = next(own for own in _SOURCES if text.startswith(own, match.start()))
        yield _suspect(text, match.start() + len(own), match.end())
    for match in site.OWN_AFTER_SENTENCE.finditer(text, start, end):
        yield _suspect(text, match.start(), match.end(), hint=True)


def _time_before(text: str, start: int, count: int) -> int | None:
    """Where the time begins that stands before a count, with nothing but the count between."""
    low = max(start, count - _REACH)
    times = list(site.WHENISH.finditer(text, low, count))
    if not times:
        return None
    when = times[-1]
    rest = text[when.end() : count].strip(site.SPACES)
    whole = when["clock"] is not None and len(rest) <= _ODD_REST and not site.SENTENCE_BREAK.search(rest)
    counted = not rest or site.COUNT_LINE.fullmatch(rest) is not None
    return when.start() if whole or (counted and (when["date"] or when["ago"])) else None


def _glued(text: str, start: int, seconds: int, end: int) -> MarkerCandidate:
    """A whole time without a count that can be read after it."""
    word = site.NO_COUNT.match(text, seconds, end)
    if word is not None:
        return _suspect(text, start, word.end())
    sure: re.Match[str] | None = site.LINE_REST.match(text, seconds, end)
    return _suspect(text, start, seconds, sure_end=sure is not None)
