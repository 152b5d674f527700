"""Decides what the entries of a listing are whose markers stand before their texts.

An entry opens with its title, a marker follows, then the text, up to the next entry. The same
three things tell what is not to be believed: the pager's count, the title links, and what looks
like a marker without being one that can be read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from yiqihui_spider.parse.belief import (
    HIDES,
    OUT_OF_ORDER,
    SURPLUS,
    UNCLOSED,
    Cut,
    Evidence,
    culprits,
    fitting,
)
from yiqihui_spider.parse.headlines import Headline
from yiqihui_spider.parse.markers import Marker
from yiqihui_spider.site import chinese

UNOPENED = "before the first marker"
_TITLE_LINES = 1


def decide_before(page: Evidence) -> list[Cut]:
    """The listing's entries, believed or not, in order and apart from each other. A cut begins with
    the entry's title and holds its marker; what follows the marker is its text."""
    if page.is_flooded:
        return [Cut(page.start, page.end, None, HIDES)]
    limit = fitting(page, page.markers, page.unread) or page.limit
    chosen = [marker for marker in page.markers if marker.tier <= limit]
    chosen = sorted([*chosen, *page.unread], key=lambda marker: marker.start)
    titled = _titles(page, chosen)
    if titled is not None:
        chosen = [marker for marker, title in zip(chosen, titled, strict=True) if title is not None]
        openings = [title.start for title in titled if title is not None]
    else:
        openings = _lines_above(page, chosen)
    cuts: list[Cut] = []
    for n, (marker, opening) in enumerate(zip(chosen, openings, strict=True)):
        end = openings[n + 1] if n + 1 < len(openings) else page.end
        cuts += _entry(page, marker, opening, end)
    return _judged(page, cuts)


def _titles(page: Evidence, chosen: Sequence[Marker]) -> list[Headline | None] | None:
    """The title link right above each marker, if the page's titles are links."""
    starts = [line.start for line in page.headlines]
    found: list[Headline | None] = []
    for n, marker in enumerate(chosen):
        low = chosen[n - 1].end if n else page.start
        at = bisect_left(starts, marker.start) - 1
        line = page.headlines[at] if at >= 0 and starts[at] >= low else None
        near = line is not None and page.is_blank(line.end, marker.start)
        found.append(line if near else None)
    return found if 2 * sum(line is not None for line in found) > len(found) else None


def _lines_above(page: Evidence, chosen: Sequence[Marker]) -> list[int]:
    """Where entries open whose titles are no links: at the line above the marker, where the first
    marker has one above it; else at the marker."""
    if not chosen or page.lines(page.start, chosen[0].start) != _TITLE_LINES:
        return [marker.start for marker in chosen]
    openings: list[int] = []
    for n, marker in enumerate(chosen):
        low = chosen[n - 1].end if n else page.start
        parts = page.visible.free(low, marker.start)
        if not parts:
            openings.append(marker.start)
            continue
        start, end = parts[-1]
        breaks = list(chinese.NEWLINE.finditer(page.text, start, end))
        openings.append(breaks[-1].end() if breaks else (start if n == 0 else marker.start))
    return openings


def _entry(page: Evidence, marker: Marker, opening: int, end: int) -> list[Cut]:
    """An entry, and what of its text belongs to one whose marker was not read."""
    starts = [line.start for line in page.headlines]
    own = bisect_left(starts, marker.end)
    later = page.headlines[own : bisect_left(starts, end)]
    addresses = {line.address for line in page.headlines[bisect_left(starts, opening) : own]}
    foreign = next((line for line in later if line.address not in addresses), None)
    if foreign is None:
        return [Cut(opening, end, marker)]
    return [Cut(opening, foreign.start, marker), Cut(foreign.start, end, None, UNCLOSED)]


def _judged(page: Evidence, cuts: Sequence[Cut]) -> list[Cut]:
    entries = [n for n, cut in enumerate(cuts) if cut.marker is not None]
    doubted: dict[int, str] = {}
    for n in entries:
        marker = cuts[n].marker
        if marker is not None and page.holds(page.hints, marker.end, cuts[n].end) and page.width is None:
            doubted[n] = HIDES
    if page.width is not None and len(entries) < page.width:
        doubted |= dict.fromkeys(_may_hide(page, cuts, entries), HIDES)
    elif page.width is not None and len(entries) > page.width:
        doubted |= dict.fromkeys(entries, SURPLUS)
    elif page.width is not None:
        times = [cuts[n].marker.candidate.time for n in entries]  # type: ignore[union-attr]
        odd = culprits(times, pinned=page.first_page)
        doubted |= {entries[at]: OUT_OF_ORDER for one in odd for at in (one - 1, one) if at >= 0}
    return [
        cut._replace(doubt=doubted[n]) if n in doubted and not _is_unread(cut) else cut
        for n, cut in enumerate(cuts)
    ]


def _may_hide(page: Evidence, cuts: Sequence[Cut], entries: Sequence[int]) -> list[int]:
    """Of fewer entries than declared: those with several lines where the others have one, or with
    something in them that looks like a marker."""
    lines = {n: page.lines(cuts[n].marker.end, cuts[n].end) for n in entries}  # type: ignore[union-attr]
    enough = max(2, 2 * min(lines.values(), default=0))
    return [
        n
        for n in entries
        if lines[n] >= enough or page.holds(page.hints, cuts[n].marker.end, cuts[n].end)  # type: ignore[union-attr]
    ]


def _is_unread(cut: Cut) -> bool:
    return cut.marker is not None and cut.marker.candidate.fault is not None
