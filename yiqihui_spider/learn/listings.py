"""The lists among what repeats: on which pages, with which pagers, and what stands on articles' own pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from yiqihui_spider.learn.growth import grown
from yiqihui_spider.learn.markers import Found, Group
from yiqihui_spider.learn.pagers import PagerReading, Zone, readings, zones
from yiqihui_spider.learn.sights import Sight

_MOST_MARKERS = 5_000
"""More teach nothing that fewer don't."""


@dataclass(frozen=True)
class Listings:
    """The lists of one group: on each page its markers, and what may be its pager."""

    group: Group
    sights: tuple[Sight, ...]
    zones: tuple[Zone, ...]
    bare: tuple[Found, ...] = ()
    """Its markers without the lines beside them, as they stand on an article's own page."""

    @property
    def found(self) -> list[Found]:
        return [one for sight in self.sights for one in self.group.on(sight)]

    def spans(self) -> list[tuple[int, int]]:
        own = [self.group.on(sight) for sight in self.sights]
        return [(some[0].start, some[-1].end) for some in own]


def listings_of(group: Group) -> Listings | None:
    """The pages on which a group is a list: several markers, or one beside a pager."""
    paged: dict[Sight, Zone | None] = {}
    for sight in group.sights:
        own = group.on(sight)
        some = zones(sight, len(own), own[0].start, own[-1].end)
        counted = next((zone for zone in some if zone.counts), None)
        if len(own) > 1 or counted is not None:
            paged[sight] = counted
    if any(paged.values()):  # the same list beside an article's text has no pager: a side bar
        paged = {sight: zone for sight, zone in paged.items() if zone is not None}
    sights = list(paged)
    found = [zone for zone in paged.values() if zone is not None]
    if len(group.found) > _MOST_MARKERS or not any(len(group.on(sight)) > 1 for sight in sights):
        return None
    bare = [one for sight in sights for one in group.on(sight)]
    return Listings(Group(group.path, grown(bare)), tuple(sights), tuple(found), tuple(bare))


def pager_readings(listings: Listings) -> list[PagerReading]:
    return readings(listings.zones) if len(listings.zones) == len(listings.sights) else []


def head(sight: Sight, every: Sequence[Group]) -> Found | None:
    """The first marker of a page below its heading."""
    tree = sight.tree
    headings = [n for n in tree.lines if tree.tags[tree.line_nodes[n]] == "h1"]
    after = tree.line_starts[headings[0]] if headings else 0
    own = [one for group in every for one in group.on(sight) if one.start >= after]
    return min(own, key=lambda one: one.start, default=None)


def read_on(listings: Listings) -> tuple[str, ...]:
    """What several links of a list are called that lead to different articles."""
    leads: dict[str, set[str]] = {}
    for sight, (start, end) in zip(listings.sights, listings.spans(), strict=True):
        for link in sight.links:
            name = link.text.strip()
            if start <= link.start <= end and 1 < len(name) <= 8 and not name.isdecimal():
                leads.setdefault(name, set()).add(link.href)
    inside = {name: hrefs for name, hrefs in leads.items() if len(hrefs) > 1}
    return tuple(
        name
        for name in inside
        if any(mark in name for mark in ("全文", "阅读", "查看", "详", "更多", "继续"))
    )
