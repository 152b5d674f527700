"""Decides what the entries of a listing are whose markers stand before their texts.

An entry opens with its title, a marker follows, then the text, up to the next entry. The same
three things tell what is not to be believed: the pager's count, the title links, and what looks
like a marker without being one that can be read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from yiqihui_spider.parse.listing import (
    HIDES,
    OUT_OF_ORDER,
    SURPLUS,
    UNCLOSED,
    Cut,
    Listing,
    culprits,
    doubted,
    fitting,
    times_of,
)
from yiqihui_spider.parse.markers import Marker, within
from yiqihui_spider.site import chinese

_TITLE_LINES = 1


def decide_before(page: Listing) -> list[Cut]:
    """The listing's entries, believed or not, in order and apart from each other. A cut begins with
    the entry's title and holds its marker; what follows the marker is its text."""
    if page.is_flooded:
        return [Cut(page.start, page.end, None, HIDES)]
    limit = fitting(page, page.markers, page.unread) or page.limit
    chosen = sorted([*within(page.markers, limit), *page.unread], key=lambda marker: marker.start)
    opened = _under_titles(page, chosen) or _under_lines(page, chosen)
    ends = [*(opening for _, opening in opened[1:]), page.end]
    cuts = [
        cut
        for (marker, opening), end in zip(opened, ends, strict=False)
        for cut in _entry(page, marker, opening, end)
    ]
    places, doubt = _oddity(page, {n: cut for n, cut in enumerate(cuts) if cut.marker is not None})
    return doubted(cuts, places, doubt)


def _under_titles(page: Listing, chosen: Sequence[Marker]) -> list[tuple[Marker, int]]:
    """The markers with a title link right above, and where that begins; none if the page's titles
    are no links."""
    found: list[tuple[Marker, int]] = []
    for low, marker in _apart(page, chosen):
        above = page.titles(low, marker.start)
        if above and page.is_blank(above[-1].end, marker.start):
            found.append((marker, above[-1].start))
    return found if 2 * len(found) > len(chosen) else []


def _apart(page: Listing, chosen: Sequence[Marker]) -> Iterator[tuple[int, Marker]]:
    """Each marker, and where the one before it ends."""
    return zip([page.start, *(marker.end for marker in chosen)], chosen, strict=False)


def _under_lines(page: Listing, chosen: Sequence[Marker]) -> list[tuple[Marker, int]]:
    """The markers, and where entries open whose titles are no links: at the line above the marker,
    where the first marker has one above it; else at the marker."""
    if not chosen or page.lines(page.start, chosen[0].start) != _TITLE_LINES:
        return [(marker, marker.start) for marker in chosen]
    return [(marker, _line_above(page, low, marker.start)) for low, marker in _apart(page, chosen)]


def _line_above(page: Listing, low: int, place: int) -> int:
    parts = page.visible.free(low, place)
    if not parts:
        return place
    start, end = parts[-1]
    breaks = list(chinese.NEWLINE.finditer(page.text, start, end))
    if breaks:
        return breaks[-1].end()
    return start if low == page.start else place


def _entry(page: Listing, marker: Marker, opening: int, end: int) -> list[Cut]:
    """An entry, and what of its text belongs to one whose marker was not read."""
    own = {line.address for line in page.titles(opening, marker.end)}
    foreign = next((line for line in page.titles(marker.end, end) if line.address not in own), None)
    if foreign is None:
        return [Cut(opening, end, marker)]
    return [Cut(opening, foreign.start, marker), Cut(foreign.start, end, None, UNCLOSED)]


def _oddity(page: Listing, entries: Mapping[int, Cut]) -> tuple[Collection[int], str]:
    """Which entries are not to be believed, and why."""
    if page.width is None:
        return [n for n, cut in entries.items() if page.is_hinted(cut.text_start, cut.end)], HIDES
    if len(entries) < page.width:
        return _may_hide(page, entries), HIDES
    if len(entries) > page.width:
        return entries, SURPLUS
    places = list(entries)
    odd = culprits(times_of(entries.values()), pinned=page.first_page)
    return {places[at] for one in odd for at in (one - 1, one) if at >= 0}, OUT_OF_ORDER


def _may_hide(page: Listing, entries: Mapping[int, Cut]) -> list[int]:
    """Of fewer entries than declared: those with several lines where the others have one, or with
    something in them that looks like a marker."""
    lines = {n: page.lines(cut.text_start, cut.end) for n, cut in entries.items()}
    enough = max(2, 2 * min(lines.values(), default=0))
    return [n for n, cut in entries.items() if lines[n] >= enough or page.is_hinted(cut.text_start, cut.end)]
