"""A listing as it is to be judged: its markers, titles and declared number, and the cuts made of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from yiqihui_spider.parse.headlines import Headline
from yiqihui_spider.parse.markers import ALONE, LOOSE, STRICT, Marker, usual_limit, within
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

ENOUGH_FOR_ORDER = 4
"""So many entries show whether a page is in order of time."""


class Cut(NamedTuple):
    """A stretch of a listing that ends with a marker, or lacks one."""

    start: int
    end: int
    marker: Marker | None
    doubt: str | None = None
    """Why it makes no row."""

    @property
    def text_start(self) -> int:
        """Where the text behind its marker begins."""
        return self.marker.end if self.marker else self.start

    @property
    def text_end(self) -> int:
        """Where the text before its marker ends."""
        return self.marker.start if self.marker else self.end

    @property
    def tier(self) -> int:
        return self.marker.tier if self.marker else ALONE

    @property
    def is_unread(self) -> bool:
        """Its marker can't be read, which is a doubt of its own."""
        return self.marker is not None and self.marker.fault is not None


@dataclass
class Listing:
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
    def unread_starts(self) -> list[int]:
        return sorted(marker.start for marker in self.unread)

    @cached_property
    def hints(self) -> list[int]:
        """Where else something like a marker stands."""
        sure = {marker.candidate.start for marker in self.unread}
        places = [marker.candidate.start for marker in self.suspects if marker.candidate.start not in sure]
        return sorted(
            [*places, *(marker.candidate.start for marker in self.markers if marker.tier > self.limit)]
        )

    @cached_property
    def headline_starts(self) -> list[int]:
        return [line.start for line in self.headlines]

    def titles(self, start: int, end: int) -> Sequence[Headline]:
        """The headlines that begin in the stretch."""
        return self.headlines[
            bisect_left(self.headline_starts, start) : bisect_left(self.headline_starts, end)
        ]

    def is_hinted(self, start: int, end: int) -> bool:
        return _any_within(self.hints, start, end)

    def hides_marker(self, start: int, end: int) -> bool:
        """Whether an unread marker stands in the stretch."""
        return _any_within(self.unread_starts, start, end)

    def lines(self, start: int, end: int) -> int:
        """Lines of content."""
        parts = self.visible.free(start, end)
        return sum(1 for a, b in parts for _ in chinese.LINE.finditer(self.text, a, b))

    def is_blank(self, start: int, end: int) -> bool:
        return not self.visible.free(start, end)

    def behind(self, cuts: Sequence[Cut]) -> int:
        """Where the last of these entries ends."""
        return cuts[-1].end if cuts else self.start


def _any_within(places: Sequence[int], start: int, end: int) -> bool:
    return bisect_left(places, start) < bisect_left(places, end)


# --- cuts -----------------------------------------------------------------------------------------


def cuts_at(start: int, markers: Sequence[Marker]) -> list[Cut]:
    """The stretches that end with these markers, the first of them from ``start``."""
    cuts: list[Cut] = []
    unsure = False
    for marker in markers:
        cuts.append(Cut(start, marker.end, marker, HIDES if unsure and not marker.fault else None))
        start, unsure = marker.end, not marker.candidate.sure_end
    return cuts


def doubted(cuts: Sequence[Cut], places: Collection[int], doubt: str) -> list[Cut]:
    """The cuts, those at these places doubted; a marker that can't be read stays what it is."""
    return [
        cut._replace(doubt=doubt) if n in places and not cut.is_unread else cut for n, cut in enumerate(cuts)
    ]


def and_next(places: Iterable[int]) -> set[int]:
    """What is divided by a marker that is none belongs to the entry after it, too."""
    return {at + step for at in places for step in (0, 1)}


def doubts(cuts: Sequence[Cut]) -> Iterator[str]:
    """Each reason once, in order."""
    yield from dict.fromkeys(cut.doubt for cut in cuts if cut.doubt is not None)


# --- what the listing says of its entries ---------------------------------------------------------


def fitting(page: Listing, markers: Sequence[Marker], unread: Sequence[Marker]) -> int | None:
    """The strictest reading, no looser than usual, that gives as many entries as declared."""
    limits = [limit for limit in (ALONE, STRICT, LOOSE) if limit <= page.limit]
    every = [*markers, *unread]
    return next((limit for limit in limits if len(within(every, limit)) == page.width), None)


def times_of(cuts: Iterable[Cut]) -> list[str]:
    return [cut.marker.candidate.time for cut in cuts if cut.marker is not None]


def culprits(times: Sequence[str], *, pinned: bool) -> list[int]:
    """Which entries stand out of the order of time, if one step only is out of it. The first
    may be ``pinned``."""
    rises = [at for at, (one, other) in enumerate(pairwise(times)) if other > one]
    if len(times) < ENOUGH_FOR_ORDER or len(rises) != 1 or (pinned and rises == [0]):
        return []
    pair = [rises[0], rises[0] + 1]
    return [at for at in pair if _is_in_order_without(times, at)] or pair


def _is_in_order_without(times: Sequence[str], at: int) -> bool:
    return at in (0, len(times) - 1) or times[at - 1] >= times[at + 1]
