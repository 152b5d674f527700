"""Decides which markers of a listing make an entry, and what of it is not to be believed.

A marker that is not read fuses two articles; a text that quotes a marker divides one. Three
things tell: the pager, which says how many entries there are; the title links, each of which
opens an entry; and what looks like a marker without being one that can be read. Where they leave
a doubt, the stretch makes no row and is shown with the reason.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise, repeat
from operator import attrgetter

from yiqihui_spider.parse.headlines import Headline
from yiqihui_spider.parse.listing import (
    HIDES,
    IN_A_LINE,
    OUT_OF_ORDER,
    SURPLUS,
    UNCLOSED,
    UNTITLED,
    Cut,
    Listing,
    and_next,
    culprits,
    cuts_at,
    doubted,
    fitting,
    times_of,
)
from yiqihui_spider.parse.markers import ALONE, ANY, STRICT, Marker, within
from yiqihui_spider.site import chinese

_PLACE = attrgetter("start")

_UNTITLED_LINES = 3
"""A heading, a text and a link to the rest: an entry whose title is no link has no more lines."""


def decide(page: Listing) -> list[Cut]:
    """The listing's entries, believed or not, in order and apart from each other."""
    plain = _plain(page)
    if plain is not None:
        return plain
    if page.is_flooded:
        return doubted(cuts_at(page.start, page.markers), range(len(page.markers)), HIDES)
    if page.headlines and 2 * len(page.headlines) >= max(page.width or 0, len(page.markers) // 2):
        cuts = _as_titled(page)
        return _by_titles(page) if cuts is None else cuts
    return _by_marks(page)


# --- a page without doubt ----------------------------------------------------------------------


def _plain(page: Listing) -> list[Cut] | None:
    """The entries of a page on which nothing is odd: as many marker lines as the pager declares, in
    order of time, with a title and one line of text before each at most."""
    cuts = cuts_at(page.start, within(page.markers, ALONE))
    if len(cuts) != page.width or culprits(times_of(cuts), pinned=page.first_page):
        return None
    titles: Sequence[Headline | None] = page.headlines or [None] * len(cuts)
    if len(titles) != len(cuts) or not page.is_blank(page.behind(cuts), page.end):
        return None
    return cuts if all(map(_is_one_line, repeat(page), cuts, titles)) else None


def _is_one_line(page: Listing, cut: Cut, title: Headline | None) -> bool:
    """Whether an entry is its title, if it has one, and no more than a line of text."""
    first = cut.start
    if title is not None:
        if not cut.start <= title.start < cut.text_end or not page.is_blank(cut.start, title.start):
            return False
        first = title.end
    return all(len(page.text[a:b].splitlines()) <= 1 for a, b in page.visible.free(first, cut.text_end))


# --- with title links ---------------------------------------------------------------------------


def _as_titled(page: Listing) -> list[Cut] | None:
    """The usual reading, if every entry is opened by the one title link in it; an entry without a
    link is believed where the number is right and nothing in it looks like a marker."""
    limit = fitting(page, page.markers, ())
    if limit is None and page.width is not None:
        return None
    cuts = cuts_at(page.start, within(page.markers, limit or page.limit))
    behind = cuts[-1].end if cuts else page.end
    if page.hides_marker(behind, page.end) or page.is_hinted(behind, page.end):
        return None
    strictest = min((cut.tier for cut in cuts), default=ALONE)
    return cuts if all(_is_titled(page, cut, strictest) for cut in cuts) else None


def _is_titled(page: Listing, cut: Cut, strictest: int) -> bool:
    """Whether one title link opens the entry, or all else about it is as sure."""
    titles = page.titles(cut.start, cut.text_end)
    if len(titles) > 1 or page.hides_marker(cut.start, cut.text_end):
        return False
    if titles:
        return page.is_blank(cut.start, titles[0].start)
    if page.width is None or cut.tier > strictest or page.is_hinted(cut.start, cut.text_end):
        return False
    return page.lines(cut.start, cut.text_end) <= _UNTITLED_LINES


def _by_titles(page: Listing) -> list[Cut]:
    """Every title opens a unit, and a marker closes it."""
    units = _units(page)
    sure = page.width is not None and len(units) == page.width
    cuts: list[Cut] = []
    markers = sorted([*page.markers, *page.unread], key=_PLACE)
    places = [marker.start for marker in markers]
    first = units[0][0]
    before = markers[: bisect_left(places, first)]
    if before:
        cuts.append(Cut(page.start, before[-1].end, None, UNTITLED))
    broken = bool(before) and not page.is_blank(before[-1].end, first)
    for start, end in units:
        inside = markers[bisect_left(places, start) : bisect_left(places, end)]
        cut = _unit(page, start, end, inside, sure=sure)
        if cut.doubt is None and broken and not sure:
            cut = Cut(start, end, None, HIDES)
        cuts.append(cut)
        broken = cut.doubt is not None and not _ends_in_suspect(page, start, end)
    return cuts


def _units(page: Listing) -> list[tuple[int, int]]:
    return list(pairwise([*page.headline_starts, page.end]))


def _unit(page: Listing, start: int, end: int, inside: Sequence[Marker], *, sure: bool) -> Cut:
    if not inside or not _closes(page, inside, end, sure=sure):
        return Cut(start, end, None, UNCLOSED)
    *others, closing = inside
    clear = closing.tier <= page.limit < min((marker.tier for marker in others), default=ANY)
    if clear or sure or closing.fault:
        return Cut(start, closing.end, closing)
    return Cut(start, end, None, HIDES)


def _closes(page: Listing, inside: Sequence[Marker], end: int, *, sure: bool) -> bool:
    """Whether the last marker in a unit ends it: what follows the page's last entry, with one
    marker line and no hint of another, is below the list."""
    closing = inside[-1]
    if page.is_blank(closing.end, end):
        return True
    if end != page.end or page.is_hinted(closing.end, end) or not (sure or page.width is None):
        return False
    return within(inside, ALONE) == [closing]


def _ends_in_suspect(page: Listing, start: int, end: int) -> bool:
    """Whether the last thing of a unit looks like a marker."""
    for marker in reversed([*page.suspects, *page.markers]):
        if start <= marker.start < end and page.is_blank(marker.end, end):
            return True
    return False


# --- without ------------------------------------------------------------------------------------


def _by_marks(page: Listing) -> list[Cut]:
    every = sorted([*page.markers, *page.unread], key=_PLACE)
    limit = fitting(page, page.markers, page.unread)
    cuts = cuts_at(page.start, within(every, limit or page.limit))
    if limit is not None or page.width is None:
        for doubt, places in _oddities(page, cuts):
            cuts = doubted(cuts, places, doubt)
        return cuts
    return _short(page, cuts) if len(cuts) < page.width else _too_many(page, cuts)


def _oddities(page: Listing, cuts: Sequence[Cut]) -> Iterator[tuple[str, Collection[int]]]:
    """Of as many entries as declared, or where nobody says how many: those not to be believed, and
    why; the later reason counts."""
    if page.width is not None:
        yield IN_A_LINE, and_next(_loosened(page, cuts))
    yield SURPLUS, [n for n, cut in enumerate(cuts[1:]) if _is_crowded(page, cut)]
    if page.width is None or page.hints:
        yield SURPLUS, and_next(_quoted(page.text, cuts))
    if page.width is not None and cuts:
        yield OUT_OF_ORDER, and_next(_disordered(page, cuts))
        if _goes_on(page, page.behind(cuts)):
            yield SURPLUS, [len(cuts) - 1]


def _loosened(page: Listing, cuts: Sequence[Cut]) -> list[int]:
    """The entries that only make up the number: the page puts its markers on lines of their own, below
    the text, and these are divided from the next by one that stands in a line."""
    below = any(cut.tier == ALONE and page.lines(cut.start, cut.text_end) for cut in cuts)
    return [n for n, cut in enumerate(cuts) if below and cut.tier > ALONE]


def _is_crowded(page: Listing, cut: Cut) -> bool:
    """Whether a marker that can't be read follows another with nothing between them."""
    return cut.is_unread and page.is_blank(cut.start, cut.text_end)


def _quoted(text: str, cuts: Sequence[Cut]) -> list[int]:
    """The entries whose markers are not quite sure and stand in a sentence."""
    loose = [n for n, cut in enumerate(cuts) if cut.tier > STRICT]
    return [n for n in loose if _in_a_sentence(text, cuts[n].text_end, cuts[n].end)]


def _in_a_sentence(text: str, start: int, end: int) -> bool:
    return text.startswith(chinese.COUNTED, end) or text.endswith(chinese.LEADS_ON, 0, start)


def _disordered(page: Listing, cuts: Sequence[Cut]) -> list[int]:
    if len(cuts) < 2 or any(cut.is_unread for cut in cuts):
        return []
    pinned = page.first_page and cuts[0].tier == ALONE and page.lines(cuts[1].start, cuts[1].text_end) <= 1
    return culprits(times_of(cuts), pinned=pinned)


def _goes_on(page: Listing, place: int) -> bool:
    """Whether more of an entry follows the last marker: a signature of the site, or a hint."""
    signed = page.text[place : page.end].strip(chinese.SPACES) in page.site.markers.sources
    return signed or page.is_hinted(place, page.end)


def _short(page: Listing, cuts: Sequence[Cut]) -> list[Cut]:
    """Fewer entries than declared: what may hide a missing one is not believed. An entry of one line
    between marker lines hides none; in text without lines any may."""
    lines = [page.lines(cut.start, cut.text_end) for cut in cuts]
    enough = max(2, 2 * min(lines, default=0))
    hiding = {
        n for n, cut in enumerate(cuts) if lines[n] >= enough or page.is_hinted(cut.start, cut.text_end)
    }
    missing = (page.width or 0) - len(cuts) - (not page.is_blank(page.behind(cuts), page.end))
    if len(hiding) < missing:
        hiding.update(n for n, cut in enumerate(cuts) if cut.tier > ALONE)
    return doubted(cuts, hiding, HIDES)


def _too_many(page: Listing, cuts: Sequence[Cut]) -> list[Cut]:
    """More markers than entries: one of them is quoted in a text. Its neighbours in the order of
    time, or a marker that can't be read, may tell which; else none is believed."""
    read = [n for n, cut in enumerate(cuts) if not cut.is_unread]
    unread = set(range(len(cuts))).difference(read)
    odd = [read[n] for n in culprits(times_of(cuts[n] for n in read), pinned=False)]
    if len(odd) + len(unread) < len(cuts) - (page.width or 0):
        return doubted(cuts, read, SURPLUS)
    return doubted(cuts, {n + step for n in unread for step in (-1, 1)} | and_next(odd), SURPLUS)
