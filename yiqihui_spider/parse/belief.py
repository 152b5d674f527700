"""Decides which markers of a listing make an entry, and what of it is not to be believed.

A marker that is not read fuses two articles; a text that quotes a marker divides one. Three
things tell: the pager, which says how many entries there are; the title links, each of which
opens an entry; and what looks like a marker without being one that can be read. Where they leave
a doubt, the stretch makes no row and is shown with the reason.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from yiqihui_spider.parse.headlines import Headline
from yiqihui_spider.parse.markers import ALONE, LOOSE, STRICT, Marker, usual_limit
from yiqihui_spider.parse.suspects import MOST_SUSPECTS
from yiqihui_spider.parse.tiling import Furniture
from yiqihui_spider.site import SiteProfile, chinese

HIDES = "may hold a marker that was not read"
SURPLUS = "the page holds more markers than entries; this one may be quoted"
OUT_OF_ORDER = "out of the order of time; what divides it from its neighbour may be quoted"
IN_A_LINE = "its marker stands in a line where others have one to themselves, and may be quoted"
UNCLOSED = "a title with no marker that can be read at its end"
UNTITLED = "between two titles, and may belong to either"
DOUBTS = (HIDES, SURPLUS, OUT_OF_ORDER, IN_A_LINE, UNCLOSED, UNTITLED)

_PLACE = attrgetter("start")

_UNTITLED_LINES = 3
"""A heading, a text and a link to the rest: an entry whose title is no link has no more lines."""
ENOUGH_FOR_ORDER = 4
"""So many entries show whether a page is in order of time."""


class Cut(NamedTuple):
    """A stretch of a listing that ends with a marker, or lacks one."""

    start: int
    end: int
    marker: Marker | None
    doubt: str | None = None
    """Why it makes no row."""


@dataclass
class Evidence:
    """What a listing shows."""

    text: str
    site: SiteProfile
    start: int
    end: int
    markers: Sequence[Marker]
    width: int | None
    """How many entries the pager declares."""
    first_page: bool
    headlines: Sequence[Headline]
    visible: Furniture
    look: Callable[[], list[Marker]] = field(repr=False)
    """Finds the suspects: asked only where a doubt is left."""

    @cached_property
    def limit(self) -> int:
        alone = any(marker.tier == ALONE and not marker.candidate.hint for marker in self.suspects)
        return STRICT if alone else usual_limit(self.markers)

    @cached_property
    def suspects(self) -> list[Marker]:
        return self.look()

    @property
    def is_flooded(self) -> bool:
        return len(self.suspects) >= MOST_SUSPECTS

    @cached_property
    def unread(self) -> list[Marker]:
        """Suspects that stand where only a marker stands."""
        return [marker for marker in self.suspects if not marker.candidate.hint and marker.tier <= self.limit]

    @cached_property
    def hints(self) -> list[int]:
        """Where else something like a marker stands."""
        sure = {marker.candidate.start for marker in self.unread}
        places = [marker.candidate.start for marker in self.suspects if marker.candidate.start not in sure]
        return sorted(
            [*places, *(marker.candidate.start for marker in self.markers if marker.tier > self.limit)]
        )

    def holds(self, places: Sequence[int], start: int, end: int) -> bool:
        return bisect_left(places, start) < bisect_left(places, end)

    def lines(self, start: int, end: int) -> int:
        """Lines of content."""
        parts = self.visible.free(start, end)
        return sum(1 for a, b in parts for _ in chinese.LINE.finditer(self.text, a, b))

    def is_blank(self, start: int, end: int) -> bool:
        return not self.visible.free(start, end)


def decide(page: Evidence) -> list[Cut]:
    """The listing's entries, believed or not, in order and apart from each other."""
    plain = _plain(page)
    if plain is not None:
        return plain
    if page.is_flooded:
        return _doubted(_cuts(page.start, page.markers), set(range(len(page.markers))), HIDES)
    if page.headlines and 2 * len(page.headlines) >= max(page.width or 0, len(page.markers) // 2):
        cuts = _as_titled(page)
        return _by_titles(page) if cuts is None else cuts
    return _by_marks(page)


# --- a page without doubt ----------------------------------------------------------------------


def _plain(page: Evidence) -> list[Cut] | None:
    """The entries of a page on which nothing is odd: as many marker lines as the pager declares, in
    order of time, with a title and one line of text before each at most."""
    alone = [marker for marker in page.markers if marker.tier == ALONE]
    if len(alone) != page.width or culprits(
        [marker.candidate.time for marker in alone], pinned=page.first_page
    ):
        return None
    cuts = _cuts(page.start, alone)
    if not page.is_blank(alone[-1].end if alone else page.start, page.end):
        return None
    titled = bool(page.headlines)
    if titled and len(page.headlines) != len(cuts):
        return None
    for index, cut in enumerate(cuts):
        assert cut.marker is not None
        first = cut.start
        if titled:
            line = page.headlines[index]
            if not cut.start <= line.start < cut.marker.start or not page.is_blank(cut.start, line.start):
                return None
            first = line.end
        if any(len(page.text[a:b].splitlines()) > 1 for a, b in page.visible.free(first, cut.marker.start)):
            return None
    return cuts


def _cuts(start: int, markers: Sequence[Marker]) -> list[Cut]:
    cuts: list[Cut] = []
    unsure = False
    for marker in markers:
        cuts.append(Cut(start, marker.end, marker, HIDES if unsure and not marker.candidate.fault else None))
        start, unsure = marker.end, not marker.candidate.sure_end
    return cuts


def culprits(times: Sequence[str], *, pinned: bool) -> list[int]:
    """Which entries stand out of the order of time, if one step only is out of it. The first
    may be ``pinned``."""
    rises = [at for at, (one, other) in enumerate(pairwise(times)) if other > one]
    if len(times) < ENOUGH_FOR_ORDER or len(rises) != 1:
        return []
    at = rises[0]
    older = at == 0 or times[at - 1] >= times[at + 1]
    newer = at + 2 >= len(times) or times[at] >= times[at + 2]
    if at == 0 and pinned:
        return []
    found = [*([at] if older else []), *([at + 1] if newer else [])]
    return found or [at, at + 1]


# --- with title links ---------------------------------------------------------------------------


def _as_titled(page: Evidence) -> list[Cut] | None:
    """The usual reading, if every entry is opened by the one title link in it; an entry without a
    link is believed where the number is right and nothing in it looks like a marker."""
    limit = fitting(page, page.markers, ())
    if limit is None and page.width is not None:
        return None
    markers = [marker for marker in page.markers if marker.tier <= (limit or page.limit)]
    cuts = _cuts(page.start, markers)
    strictest = min((marker.tier for marker in markers), default=ALONE)
    starts = [line.start for line in page.headlines]
    unread = [marker.start for marker in page.unread]
    if cuts and page.holds(sorted([*unread, *page.hints]), cuts[-1].end, page.end):
        return None
    for cut in cuts:
        assert cut.marker is not None
        inside = page.headlines[bisect_left(starts, cut.start) : bisect_left(starts, cut.marker.start)]
        if len(inside) > 1 or page.holds(unread, cut.start, cut.marker.start):
            return None
        if inside and not page.is_blank(cut.start, inside[0].start):
            return None
        odd = page.width is None or page.holds(page.hints, cut.start, cut.marker.start)
        odd = odd or cut.marker.tier > strictest or page.lines(cut.start, cut.marker.start) > _UNTITLED_LINES
        if not inside and odd:
            return None
    return cuts


def _by_titles(page: Evidence) -> list[Cut]:
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
        cut = _unit(page, start, end, inside, sure=sure, last=end == page.end)
        if cut.doubt is None and broken and not sure:
            cut = Cut(start, end, None, HIDES)
        cuts.append(cut)
        broken = cut.doubt is not None and not _ends_in_suspect(page, start, end)
    return cuts


def _units(page: Evidence) -> list[tuple[int, int]]:
    starts = [line.start for line in page.headlines]
    return list(pairwise([*starts, page.end]))


def _unit(page: Evidence, start: int, end: int, inside: Sequence[Marker], *, sure: bool, last: bool) -> Cut:
    closing = inside[-1] if inside else None
    if closing is None:
        return Cut(start, end, None, UNCLOSED)
    if not page.is_blank(closing.end, end):
        alone = [marker for marker in inside if marker.tier == ALONE]
        quiet = not page.holds(page.hints, closing.end, end)
        if not (last and alone == [closing] and quiet and (sure or page.width is None)):
            return Cut(start, end, None, UNCLOSED)
    others = [marker for marker in inside[:-1] if marker.tier <= page.limit]
    if (others or closing.tier > page.limit) and not sure and not closing.candidate.fault:
        return Cut(start, end, None, HIDES)
    return Cut(start, closing.end, closing)


def _ends_in_suspect(page: Evidence, start: int, end: int) -> bool:
    """Whether the last thing of a unit looks like a marker."""
    for marker in reversed([*page.suspects, *page.markers]):
        if start <= marker.start < end and page.is_blank(marker.end, end):
            return True
    return False


# --- without ------------------------------------------------------------------------------------


def fitting(page: Evidence, markers: Sequence[Marker], unread: Sequence[Marker]) -> int | None:
    """The strictest reading, no looser than usual, that gives as many entries as declared."""
    limits = [limit for limit in (ALONE, STRICT, LOOSE) if limit <= page.limit]
    every = [*markers, *unread]
    return next((n for n in limits if sum(m.tier <= n for m in every) == page.width), None)


def _by_marks(page: Evidence) -> list[Cut]:
    limit = fitting(page, page.markers, page.unread)
    fits = limit is not None or page.width is None
    limit = limit or page.limit
    chosen = sorted((m for m in [*page.markers, *page.unread] if m.tier <= limit), key=_PLACE)
    cuts = _cuts(page.start, chosen)
    if fits:
        return _in_order(page, cuts, chosen)
    if page.width is not None and len(chosen) < page.width:
        return _short(page, cuts)
    return _too_many(page, cuts)


def _in_a_sentence(text: str, marker: Marker) -> bool:
    return text.startswith(chinese.COUNTED, marker.end) or text.endswith(chinese.LEADS_ON, 0, marker.start)


def _in_order(page: Evidence, cuts: list[Cut], chosen: Sequence[Marker]) -> list[Cut]:
    if page.width is not None:
        cuts = _doubted(cuts, _loosened(page, cuts), IN_A_LINE)
    after = [n for n, cut in enumerate(cuts) if n and _is_unread(cut)]
    crowded = {n - 1 for n in after if page.is_blank(cuts[n].start, chosen[n].start)}
    cuts = _doubted(cuts, crowded, SURPLUS)
    odd: list[int] = []
    if page.width is None or page.hints:
        odd = [
            n for n, marker in enumerate(chosen) if marker.tier > STRICT and _in_a_sentence(page.text, marker)
        ]
        cuts = _doubted(cuts, {*odd, *(at + 1 for at in odd)}, SURPLUS)
    if page.width is None:
        return cuts
    if len(cuts) > 1:
        pinned = (
            page.first_page and chosen[0].tier == ALONE and page.lines(cuts[1].start, chosen[1].start) <= 1
        )
        odd = culprits([marker.candidate.time for marker in chosen], pinned=pinned)
    if any(marker.candidate.fault for marker in chosen):
        odd = []
    cuts = _doubted(cuts, {*odd, *(at + 1 for at in odd)}, OUT_OF_ORDER)
    behind = cuts[-1].end if cuts else page.start
    signed = page.text[behind : page.end].strip(chinese.SPACES) in page.site.markers.sources
    if cuts and (signed or page.holds(page.hints, behind, page.end)):
        cuts = _doubted(cuts, {len(cuts) - 1}, SURPLUS)
    return cuts


def _loosened(page: Evidence, cuts: Sequence[Cut]) -> set[int]:
    """The entries that only make up the number: the page puts its markers on lines of their own, below
    the text, and these and what ends where they begin are divided by one that stands in a line."""
    marked = [(n, cut.start, cut.marker) for n, cut in enumerate(cuts) if cut.marker is not None]
    if not any(marker.tier == ALONE and page.lines(start, marker.start) for _, start, marker in marked):
        return set()
    odd = {n for n, _, marker in marked if marker.tier > ALONE}
    return odd | {n + 1 for n in odd}


def _doubted(cuts: Sequence[Cut], at: set[int], doubt: str) -> list[Cut]:
    """The cuts, those at these places doubted; a marker that can't be read stays what it is."""
    return [
        cut._replace(doubt=doubt) if n in at and not _is_unread(cut) else cut for n, cut in enumerate(cuts)
    ]


def _is_unread(cut: Cut) -> bool:
    return cut.marker is not None and cut.marker.candidate.fault is not None


def _short(page: Evidence, cuts: list[Cut]) -> list[Cut]:
    """Fewer entries than declared: what may hide a missing one is not believed. An entry of one line
    between marker lines hides none; in text without lines any may."""
    lines = [page.lines(cut.start, cut.marker.start) for cut in cuts if cut.marker is not None]
    enough = max(2, 2 * min(lines, default=0))
    doubted = {
        n
        for n, (cut, count) in enumerate(zip(cuts, lines, strict=True))
        if count >= enough or (cut.marker and page.holds(page.hints, cut.start, cut.marker.start))
    }
    found = _doubted(cuts, doubted, HIDES)
    behind = cuts[-1].end if cuts else page.start
    missing = (page.width or 0) - len(cuts) - (not page.is_blank(behind, page.end))
    glued = {n for n, cut in enumerate(cuts) if cut.marker and cut.marker.tier > ALONE}
    if len(doubted) < missing and glued:
        found = _doubted(found, glued - doubted, HIDES)
    return found


def _too_many(page: Evidence, cuts: list[Cut]) -> list[Cut]:
    """More markers than entries: one of them is quoted in a text. Its neighbours in the order of
    time, or a marker that can't be read, may tell which; else none is believed."""
    times = [cut.marker.candidate.time for cut in cuts if cut.marker is not None]
    readable = [n for n, cut in enumerate(cuts) if not _is_unread(cut)]
    odd = {readable[n] for n in culprits([times[n] for n in readable], pinned=False)}
    unread = {n for n, cut in enumerate(cuts) if _is_unread(cut)}
    near = {n + step for n in unread for step in (-1, 1)} | odd | {n + 1 for n in odd}
    if len(odd) + len(unread) < len(cuts) - (page.width or 0):
        near = set(readable)
    return _doubted(cuts, near, SURPLUS)


def doubts(cuts: Sequence[Cut]) -> Iterator[str]:
    """Each reason once, in order."""
    yield from dict.fromkeys(cut.doubt for cut in cuts if cut.doubt is not None)
