"""Decides which stamps are markers, how sure that is, and what source each names."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from yiqihui_spider.parse import scan
from yiqihui_spider.parse.candidates import MarkerCandidate
from yiqihui_spider.parse.tiling import Furniture
from yiqihui_spider.site import SiteProfile, chinese

ALONE, STRICT, LOOSE, ANY = 1, 2, 3, 4
"""How sure a stamp is a marker: on a line of its own; after our own signature or a finished
sentence; after a short unknown name; anywhere."""

_WINDOW = 64


class Marker(NamedTuple):
    """A stamp with its source."""

    start: int
    """Of the source, or of the date where there is none."""
    candidate: MarkerCandidate
    source: str
    tier: int

    @property
    def end(self) -> int:
        return self.candidate.end


def find_markers(
    text: str,
    site: SiteProfile,
    candidates: Sequence[MarkerCandidate],
    visible: Furniture,
    start: int,
    end: int,
) -> list[Marker]:
    """The stamps of one page, ``text[start:end]``, each with its source and how sure it is."""
    markers: list[Marker] = []
    low = start
    for candidate in candidates:
        if visible.boundaries:
            low = max(low, visible.end_before(candidate.start))
        markers.append(_mark(text, site, candidate, visible, low, end))
        low = candidate.end
    return markers


def mark_suspects(
    text: str,
    site: SiteProfile,
    suspects: Sequence[MarkerCandidate],
    markers: Sequence[Marker],
    visible: Furniture,
    start: int,
    end: int,
) -> list[Marker]:
    """The same for what looks like a marker, among the ``marks`` that can be read."""
    ends = [marker.end for marker in markers]
    found: list[Marker] = []
    for candidate in suspects:
        before = bisect_right(ends, candidate.start)
        low = max(start, ends[before - 1] if before else start)
        if visible.boundaries:
            low = max(low, visible.end_before(candidate.start))
        found.append(_mark(text, site, candidate, visible, low, end))
    return found


def _mark(
    text: str, site: SiteProfile, candidate: MarkerCandidate, visible: Furniture, low: int, high: int
) -> Marker:
    if candidate.labelled:
        return Marker(candidate.start, candidate, candidate.source or "", ALONE)
    place = candidate.start
    window = text[max(low, place - _WINDOW) : place]
    before = window[window.rfind("\n") + 1 :]
    if chinese.NEWLINE.search(before):
        before = before[max(map(before.rfind, chinese.NEWLINES)) + 1 :]
    line = place - len(before)
    opens = line == 0 or text[line - 1] in chinese.NEWLINES or line in visible.edges
    closes = scan.closes_line(text, candidate.end, high) or visible.covers(candidate.end, candidate.end + 1)
    name = before.strip(chinese.SPACES)
    if not candidate.leading:
        return _unnamed(text, site, candidate, name, opens, closes)
    if opens and closes and _names_source(text, site, name, low, line):
        found = Marker(place - len(before.lstrip(chinese.SPACES)), candidate, name, ALONE)
    else:
        end = line + len(before.rstrip(chinese.SPACES))
        found = _glued_mark(text, site, candidate, name, end, opens, closes)
    # where another part leads, the source is the one named in its own place
    return found if candidate.source is None else found._replace(source=candidate.source)


def _unnamed(
    text: str, site: SiteProfile, candidate: MarkerCandidate, name: str, opens: bool, closes: bool
) -> Marker:
    """A marker of a form that holds its source, or has none: what stands before it is text."""
    alone = opens and not name
    finished = alone or name.endswith(site.words.finished)
    tier = ALONE if alone and closes else STRICT if finished else ANY
    return Marker(candidate.start, candidate, candidate.source or "", tier)


def _names_source(text: str, site: SiteProfile, name: str, low: int, line: int) -> bool:
    """Whether all that a marker line holds before its time is a source. Where no body stands
    above the line, a longer name is body and source in one."""
    if not name or name in site.markers.sources:
        return True
    if len(name) > chinese.SOURCE_ALONE or any(char in chinese.SENTENCE_ENDS for char in name):
        return False
    if chinese.INK.search(text, low, line):
        return True
    return len(name) <= chinese.SOURCE_GLUED and not name.endswith(site.markers.sources)


def _glued_mark(
    text: str, site: SiteProfile, candidate: MarkerCandidate, name: str, end: int, opens: bool, closes: bool
) -> Marker:
    """A stamp with more than a source before it, or text after it, on its line. ``name`` is what
    stands before it (a few characters at most) and ``end`` where that ends."""
    own = next((own for own in site.markers.sources if name.endswith(own)), None)
    carried_on = not closes and text.startswith(chinese.COUNTED, candidate.end)
    if own:
        rest = name[: -len(own)].rstrip(chinese.SPACES)
        finished = (opens and not rest) or rest.endswith(site.words.finished)
        if rest.endswith(chinese.OPENERS) or (carried_on and not finished):
            return Marker(end - len(own), candidate, own, ANY)
        return Marker(end - len(own), candidate, own, STRICT if finished and not carried_on else LOOSE)
    if (opens and not name) or name.endswith(site.words.finished):
        return Marker(candidate.start, candidate, "", LOOSE if carried_on else STRICT)
    source = _after_sentence(site, name, opens)
    if source and len(source) <= chinese.SOURCE_GLUED and not chinese.NOT_A_SOURCE.search(source):
        return Marker(end - len(source), candidate, source, ANY if carried_on else LOOSE)
    return Marker(candidate.start, candidate, "", ANY)


def _after_sentence(site: SiteProfile, name: str, opens: bool) -> str:
    """What follows the last finished sentence; all of it if it is the whole line so far."""
    ends = [match.end() for match in site.words.sentence_end.finditer(name)]
    if ends:
        return name[ends[-1] :].lstrip(chinese.SPACES)
    return name if opens else ""


def usual_limit(markers: Sequence[Marker]) -> int:
    """Which stamps are markers when no pager says how many there are: on a page whose markers
    have lines of their own, one in the middle of a line must be quite sure."""
    return STRICT if any(marker.tier == ALONE for marker in markers) else LOOSE
