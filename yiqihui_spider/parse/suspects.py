"""Finds what looks like a marker and can't be read.

``一起惠2019-04-13 09:30:07暂无``, ``3小时前407 次``: what stands before such a place is not the text
of the next article. Looked for only where the markers that can be read leave a doubt.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, islice

from yiqihui_spider.parse import scan
from yiqihui_spider.parse.candidates import MarkerCandidate
from yiqihui_spider.parse.markers import Marker
from yiqihui_spider.parse.tiling import Furniture
from yiqihui_spider.site import SiteProfile, chinese

MOST_SUSPECTS = 20_000
"""So many are looked for, on lines and in them; where there are more, nothing is believed."""
_REACH = 60
_ODD_REST = 14
"""What stands between a whole time and the word 次 is no longer than this."""


def suspects(
    text: str, site: SiteProfile, known: Sequence[Marker], visible: Furniture, start: int, end: int
) -> list[MarkerCandidate]:
    """Stamps with a fault, in order, apart from each other and from those that are ``known``."""
    found = [
        *islice(_lines(text, site, start, end), MOST_SUSPECTS),
        *islice(_in_lines(text, site, start, end, {marker.end for marker in known}), MOST_SUSPECTS),
    ]
    starts, ends = [*(marker.start for marker in known), end], [marker.end for marker in known]
    taken: list[MarkerCandidate] = []
    last = 0
    for candidate in sorted(found, key=lambda candidate: (candidate.start, candidate.hint, -candidate.end)):
        limit = starts[bisect_right(ends, candidate.start)]
        apart = last <= candidate.start and candidate.end <= limit
        if apart and not visible.covers(candidate.start, candidate.end):
            taken.append(_to_line_end(text, candidate, limit, end))
            last = taken[-1].end
    return taken


def _to_line_end(text: str, candidate: MarkerCandidate, limit: int, end: int) -> MarkerCandidate:
    """The stamp with what else of it stands on its line, if that ends before ``limit``: ``加载中``
    with its ``…``."""
    rest = chinese.SUSPECT_REST.match(text, candidate.end, end)
    return candidate._replace(end=rest.end(), sure_end=True) if rest and rest.end() <= limit else candidate


def _suspect(
    text: str, start: int, end: int, *, hint: bool = False, sure_end: bool = True
) -> MarkerCandidate:
    shown = " ".join(text[start:end].split())[:40]
    return MarkerCandidate(start, end, "", 0, shown, hint=hint, sure_end=sure_end)


# --- lines -----------------------------------------------------------------------------------


def _lines(text: str, site: SiteProfile, start: int, end: int) -> Iterator[MarkerCandidate]:
    """Short lines that hold what a marker holds, and nothing else."""
    place = start
    for found in chain(chinese.NEWLINE.finditer(text, start, end), (None,)):
        stop = found.start() if found else end
        if 0 < stop - place <= chinese.MARKER_WIDTH:
            first, last = scan.trim(text, place, stop)
            if first < last and (kind := _kind(text[first:last], site)) is not None:
                yield _suspect(text, first + kind[0], last, hint=kind[1])
        place = found.end() if found else end


def _kind(line: str, site: SiteProfile) -> tuple[int, bool] | None:
    """For a line that may be a marker: where in it the source ends, and whether it is only a hint."""
    own = site.markers.signature_at(line)
    after = line[len(own) :].strip(chinese.SPACES)
    if own and not after:
        return 0, True
    if own and _is_count(after):
        return len(own), False
    when = chinese.WHENISH.search(line)
    if when is not None:
        return _timed(line, when, site)
    count = chinese.COUNT_AT_END.search(line) or chinese.NO_COUNT.fullmatch(line)
    if count is None or not _may_be_source(line[: count.start()].strip(chinese.SPACES), site):
        return None
    return len(own) or count.start(), not own


def _is_count(text: str) -> bool:
    """Whether it is a count, or what is printed in place of one, and nothing else."""
    return bool(chinese.NO_COUNT.fullmatch(text) or chinese.COUNT_LINE.fullmatch(text))


def _timed(line: str, when: re.Match[str], site: SiteProfile) -> tuple[int, bool] | None:
    """The same of a line that says when."""
    name, rest = line[: when.start()].strip(chinese.SPACES), line[when.end() :].strip(chinese.SPACES)
    if not _may_be_source(name, site) or not chinese.MARKER_REST.fullmatch(_without_count(rest)):
        return None
    return when.start(), not _is_sure(name, when, rest, site)


def _is_sure(name: str, when: re.Match[str], rest: str, site: SiteProfile) -> bool:
    """Whether a short line with a time in it is nothing but a marker."""
    if name in site.markers.sources or len(chinese.COLONS.findall(when["clock"] or "")) > 1:
        return True
    dated = bool(when["date"] or when["ago"])
    return dated and (_ends_or_holds(rest, site) or chinese.NO_COUNT.fullmatch(rest) is not None)


def _ends_or_holds(rest: str, site: SiteProfile) -> bool:
    """Whether a marker's form has a word that stands in what follows a time."""
    forms = site.markers
    if forms.endings and rest.endswith(forms.endings):
        return True
    return any(not form.closes and form.worded and form.anchor.search(rest) for form in forms.sequences)


def _without_count(rest: str) -> str:
    """Commas in a count divide no sentence."""
    return "" if chinese.COUNT_LINE.fullmatch(rest) else rest


def _may_be_source(name: str, site: SiteProfile) -> bool:
    if len(name) > chinese.SOURCE_ALONE or chinese.SENTENCE_BREAK.search(name):
        return False
    return not name or name in site.markers.sources or chinese.NOT_A_SOURCE.search(name) is None


# --- in the middle of lines ------------------------------------------------------------------


def _in_lines(
    text: str, site: SiteProfile, start: int, end: int, ends: Collection[int]
) -> Iterator[MarkerCandidate]:
    yield from _counts(text, site, start, end, ends)
    for colon in chinese.TIME_OF_DAY.finditer(text, start, end):
        date = chinese.DATE_BEFORE.search(text, max(start, colon.start() - chinese.DATE_WIDTH), colon.start())
        if date is not None:
            yield _glued(text, date.start(), min(end, colon.end() + 5), end)
    yield from _signatures(text, site, start, end)


def _counts(
    text: str, site: SiteProfile, start: int, end: int, ends: Collection[int]
) -> Iterator[MarkerCandidate]:
    """Counts behind what may be a time."""
    for form in site.markers.sequences:
        for word in form.anchor.finditer(text, start, end) if form.closes else ():
            place = None if word.end() in ends else _time_before(text, start, word.start())
            if place is not None:
                yield _suspect(text, place, word.end())


def _signatures(text: str, site: SiteProfile, start: int, end: int) -> Iterator[MarkerCandidate]:
    """The site's own signatures where a marker's would stand."""
    if site.markers.own_marker is None or site.markers.own_after_sentence is None:
        return
    for match in site.markers.own_marker.finditer(text, start, end):
        own = site.markers.signature_at(text, match.start())
        yield _suspect(text, match.start() + len(own), match.end())
    for match in site.markers.own_after_sentence.finditer(text, start, end):
        yield _suspect(text, match.start(), match.end(), hint=True)


def _time_before(text: str, start: int, count: int) -> int | None:
    """Where the time begins that stands before a count, with nothing but the count between."""
    low = max(start, count - _REACH)
    times = list(chinese.WHENISH.finditer(text, low, count))
    if not times:
        return None
    when = times[-1]
    rest = text[when.end() : count].strip(chinese.SPACES)
    whole = when["clock"] is not None and len(rest) <= _ODD_REST and not chinese.SENTENCE_BREAK.search(rest)
    counted = not rest or chinese.COUNT_LINE.fullmatch(rest) is not None
    return when.start() if whole or (counted and (when["date"] or when["ago"])) else None


def _glued(text: str, start: int, seconds: int, end: int) -> MarkerCandidate:
    """A whole time without a count that can be read after it."""
    word = chinese.NO_COUNT.match(text, seconds, end)
    if word is not None:
        return _suspect(text, start, word.end())
    sure: re.Match[str] | None = chinese.LINE_REST.match(text, seconds, end)
    return _suspect(text, start, seconds, sure_end=sure is not None)
