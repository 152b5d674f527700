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

    @property
    def fault(self) -> str | None:
        return self.candidate.fault


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
    before = _before(text, low, place)
    line = place - len(before)
    opens = scan.is_line_start(text, line, visible.edges)
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


def _before(text: str, low: int, place: int) -> str:
    """What stands before a place on its line, or the end of it."""
    window = text[max(low, place - _WINDOW) : place]
    before = window[window.rfind("\n") + 1 :]
    if chinese.NEWLINE.search(before):
        before = before[max(map(before.rfind, chinese.NEWLINES)) + 1 :]
    return before


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
    carried_on = not closes and text.startswith(chinese.COUNTED, candidate.end)
    source, tier = _glued_source(site, name, opens, carried_on)
    return Marker(end - len(source) if source else candidate.start, candidate, source, tier)


def _glued_source(site: SiteProfile, name: str, opens: bool, carried_on: bool) -> tuple[str, int]:
    """The source at the end of what stands before a time, and how sure its marker is. After the
    marker the sentence may be ``carried_on``."""
    own = site.markers.signature_before(name)
    if own:
        return own, _signed_tier(site, name[: -len(own)].rstrip(chinese.SPACES), opens, carried_on)
    if (opens and not name) or name.endswith(site.words.finished):
        return "", LOOSE if carried_on else STRICT
    source = _after_sentence(site, name, opens)
    if not source or len(source) > chinese.SOURCE_GLUED or chinese.NOT_A_SOURCE.search(source):
        return "", ANY
    return source, ANY if carried_on else LOOSE


def _signed_tier(site: SiteProfile, before: str, opens: bool, carried_on: bool) -> int:
    """How sure a marker with our own signature is, by what stands before the signature."""
    finished = (opens and not before) or before.endswith(site.words.finished)
    if before.endswith(chinese.OPENERS) or (carried_on and not finished):
        return ANY
    return STRICT if finished and not carried_on else LOOSE


def _after_sentence(site: SiteProfile, name: str, opens: bool) -> str:
    """What follows the last finished sentence; all of it if it is the whole line so far."""
    ends = [match.end() for match in site.words.sentence_end.finditer(name)]
    if ends:
        return name[ends[-1] :].lstrip(chinese.SPACES)
    return name if opens else ""


def within(markers: Sequence[Marker], limit: int) -> list[Marker]:
    """Those that are as sure as the limit says, or surer."""
    return [marker for marker in markers if marker.tier <= limit]


def usual_limit(markers: Sequence[Marker]) -> int:
    """Which stamps are markers when no pager says how many there are: on a page whose markers
    have lines of their own, one in the middle of a line must be quite sure."""
    return STRICT if any(marker.tier == ALONE for marker in markers) else LOOSE
