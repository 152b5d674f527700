"""Every small world: what a walk makes of a listing, whatever befalls it, wherever it falls.

    make worlds                                     up to two events in listings of up to four pages
    python tests/worlds.py --events 3 --size 5      the long run
    python tests/worlds.py --show                   with an example of each class of false certificate

A world is a small listing and up to so many events, each at any gap between two reads: the
listing changes, or one answer comes wrong.  All of them are gone through, and each certificate
is compared with what is listed.  Worlds that look alike to the walk so far are gone through once:
a node of the tree is a sequence of answers, and equal listings at equal nodes share what follows.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TypeVar

from support.listing_model import START, address
from yiqihui_spider.completeness.walk import _Walk
from yiqihui_spider.items import Certificate, Declared, PageSeen, WalkState

Kinds = tuple[str, ...]
"""What befell a world, sorted: ``("delete", "insert")``."""

CHANGES = ("insert", "delete", "swap", "re-date", "back-date", "restore")
ANSWERS = ("total one less", "total one more", "another page", "empty", "cut off", "doubled page")


@dataclass(frozen=True, slots=True)
class Site:
    """The listing as it stands; the highest number is the newest article."""

    articles: tuple[int, ...]
    ever: int
    removed: tuple[int, int] | None = None
    """The article deleted last, and where it stood."""
    per_page: int = 2
    pinned: int = 0
    """So many articles stay on top; new ones come in below them."""
    short: bool = False
    """The pager never counts the oldest article."""

    @property
    def total(self) -> int:
        return max(0, len(self.articles) - self.short)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))

    def after(self, kind: str) -> Iterator[Site]:
        """All that can come of one change of this kind."""
        size, top = len(self.articles), min(self.pinned, len(self.articles))
        if kind == "insert":
            yield self._put(self.ever + 1, top)
        elif kind == "back-date":
            yield from (self._put(self.ever + 1, place) for place in range(top + 1, size + 1))
        elif kind == "restore" and self.removed is not None:
            article, place = self.removed
            yield replace(self._put(article, place), removed=None)
        elif kind == "delete":
            for place, article in enumerate(self.articles):
                yield replace(self._without(place), removed=(article, place))
        elif kind == "swap":
            for place in range(size - 1):
                one, other = self.articles[place : place + 2]
                moved = (*self.articles[:place], other, one, *self.articles[place + 2 :])
                yield replace(self, articles=moved)
        elif kind == "re-date":
            for place in range(top + 1, size):
                yield self._without(place)._put(self.articles[place], top)

    def _put(self, article: int, place: int) -> Site:
        articles = (*self.articles[:place], article, *self.articles[place:])
        return replace(self, articles=articles, ever=max(self.ever, article))

    def _without(self, place: int) -> Site:
        return replace(self, articles=(*self.articles[:place], *self.articles[place + 1 :]))


@cache
def right_answer(articles: tuple[int, ...], total: int, per_page: int, number: int) -> PageSeen:
    pages = max(1, -(-total // per_page))
    start = (number - 1) * per_page
    last = min(start + per_page, total)
    return PageSeen(
        url=address(number),
        declared=Declared(start + 1 if total else 0, last, total, number, pages),
        articles=articles[start:last],
        page_urls={other: address(other) for other in range(1, pages + 1) if other != number},
        next_url=address(number + 1) if number < pages else None,
    )


def answer(site: Site, number: int) -> PageSeen:
    return right_answer(site.articles, site.total, site.per_page, number)


@cache
def wrong_answers(site: Site, number: int, kind: str) -> tuple[PageSeen, ...]:
    """The ways in which the answer for a page can be wrong."""
    right = answer(site, number)
    declared = right.declared
    assert declared is not None
    others = [answer(site, other) for other in range(1, site.pages + 1) if other != number]
    if kind == "total one less":
        return (replace(right, declared=replace(declared, total=max(0, declared.total - 1))),)
    if kind == "total one more":
        return (replace(right, declared=replace(declared, total=declared.total + 1)),)
    if kind == "another page":
        return tuple(replace(other, url=right.url) for other in others)
    if kind == "empty":
        return (PageSeen(right.url, Declared(0, 0, 0, 1, 1), ()),)
    if kind == "cut off":
        return (PageSeen(right.url, None, right.articles[:1]),)
    return tuple(replace(right, articles=other.articles[: len(right.articles)]) for other in others)


class Node:
    """A walk after a sequence of answers; it goes on from where its parent stood, without the replay
    that :func:`next_read` is."""

    __slots__ = ("children", "step", "walk")

    def __init__(self, walk: _Walk) -> None:
        self.walk = walk
        self.step = walk.next()
        self.children: dict[int, Node] = {}

    def then(self, page: PageSeen) -> Node:
        """``page`` must outlive the tree: it is known by its identity."""
        child = self.children.get(id(page))
        if child is None:
            walk = fork(self.walk)
            walk.state = replace(walk.state, pages=(*walk.state.pages, page))
            walk.take(page)
            child = self.children[id(page)] = Node(walk)
        return child

    @property
    def pages(self) -> tuple[PageSeen, ...]:
        return self.walk.state.pages


def fork(walk: _Walk) -> _Walk:
    """A copy that goes its own way from here."""
    twin = _own(walk)
    twin.ways, twin.evidence = _own(walk.ways), _own(walk.evidence)
    twin.evidence.kept = {number: copy(kept) for number, kept in walk.evidence.kept.items()}
    twin.faults = {number: list(words) for number, words in walk.faults.items()}
    return twin


T = TypeVar("T")


def _own(value: T) -> T:
    """A copy whose sets, lists and dictionaries are its own."""
    twin = copy(value)
    for name in getattr(value, "__slots__", None) or vars(value):
        if isinstance(held := getattr(twin, name), (set, dict, list)):
            setattr(twin, name, copy(held))
    return twin


Outcome = str
CERTIFIED, FALSE, UNCERTIFIED = "certified", "FALSE", "uncertified"


@dataclass
class Count:
    worlds: Counter[tuple[Kinds, Outcome]] = field(default_factory=Counter)
    reads: int = 0

    def add(self, other: Count) -> None:
        for key, number in other.worlds.items():
            self.worlds[key] += number
        self.reads += other.reads

    @property
    def false(self) -> set[Kinds]:
        return {kinds for (kinds, outcome) in self.worlds if outcome == FALSE}

    def of(self, outcome: Outcome) -> int:
        return sum(number for (_, found), number in self.worlds.items() if found == outcome)


class Enumeration:
    """All worlds of one listing. ``mode``: ``first`` (a full walk, nothing known before), ``full``
    or ``incremental`` (the archive knows the listing as it was before the first event)."""

    def __init__(self, site: Site, mode: str, kinds: tuple[str, ...] = (*CHANGES, *ANSWERS)) -> None:
        self.site = site
        self.changes = tuple(kind for kind in CHANGES if kind in kinds)
        self.answers = tuple(kind for kind in ANSWERS if kind in kinds)
        live = None if mode == "first" else frozenset(site.articles)
        way = "incremental" if mode == "incremental" else "full"
        self.root = Node(_Walk(WalkState("社群", START, way, live=live)))
        self.seen: dict[tuple[int, Site, int, Kinds], Count] = {}
        self.ended: dict[tuple[int, Site], End] = {}
        self.examples: dict[Kinds, str] = {}

    def run(self, events: int) -> Count:
        return self._from(self.root, self.site, events, ())

    def _from(self, node: Node, site: Site, left: int, kinds: Kinds) -> Count:
        """All worlds from here, before the next read."""
        if left == 0 or isinstance(node.step, Certificate):
            return self._calm(node, site, kinds)
        key = (id(node), site, left, kinds)
        known = self.seen.get(key)
        if known is not None:
            return known
        number = number_of(node.step.url)
        count = Count()
        self._read(count, node, answer(site, number), site, left, kinds)
        for kind in self.changes:
            for changed in site.after(kind):
                count.add(self._from(node, changed, left - 1, _with(kinds, kind)))
        for kind in self.answers:
            for page in wrong_answers(site, number, kind):
                self._read(count, node, page, site, left - 1, _with(kinds, kind))
        self.seen[key] = count
        return count

    def _read(self, count: Count, node: Node, page: PageSeen, site: Site, left: int, kinds: Kinds) -> None:
        below = self._from(node.then(page), site, left, kinds)
        count.add(below)
        count.reads += sum(below.worlds.values())

    def _calm(self, node: Node, site: Site, kinds: Kinds) -> Count:
        """The one world in which nothing more happens."""
        key = id(node), site
        end = self.ended.get(key)
        if end is None:
            end = self.ended[key] = to_the_end(node, site)
        if end.outcome == FALSE:
            self.examples.setdefault(kinds, end.story)
        return Count(Counter({(kinds, end.outcome): 1}), end.reads)


@dataclass(frozen=True, slots=True)
class End:
    outcome: Outcome
    reads: int
    story: str = ""


def to_the_end(node: Node, site: Site) -> End:
    walk, step, pages = fork(node.walk), node.step, list(node.pages)
    while not isinstance(step, Certificate):
        page = answer(site, number_of(step.url))
        pages.append(page)
        walk.take(page)
        step = walk.next()
    reads = len(pages) - len(node.pages)
    if not step.certified:
        return End(UNCERTIFIED, reads)
    if holds(walk, pages, step, site.articles):
        return End(CERTIFIED, reads)
    return End(FALSE, reads, story(pages, site, step))


def number_of(url: str) -> int:
    return 1 if url == START else int(url.rpartition("=")[2])


def _with(kinds: Kinds, kind: str) -> Kinds:
    return tuple(sorted((*kinds, kind)))


def holds(walk: _Walk, pages: list[PageSeen], certificate: Certificate, articles: tuple[int, ...]) -> bool:
    """Whether a certificate speaks true of the listing as it stands."""
    seen = {article for page in pages for article in page.articles}
    live, listed = walk.live, set(articles)
    if not walk.covers_all():
        return live <= listed <= live | seen
    whole = listed <= seen and certificate.distinct_articles == len(articles)
    return whole and certificate.absent == live - listed


def story(pages: list[PageSeen], site: Site, certificate: Certificate) -> str:
    read = " ".join(
        f"{number_of(page.url)}:{list(page.articles)}/{page.declared.total if page.declared else '-'}"
        for page in pages
    )
    return f"{read} | listed {list(site.articles)} | absent {sorted(certificate.absent)}"


MODES = ("first", "full", "incremental")


def sites(sizes: range, per_pages: tuple[int, ...] = (2, 3)) -> Iterator[Site]:
    """Listings of these sizes, at most four pages each, and those with an article pinned on top."""
    for per_page in per_pages:
        for size in sizes:
            if size <= 4 * per_page:
                for pinned in (0, 1):
                    yield Site(tuple(range(size, 0, -1)), size, per_page=per_page, pinned=pinned)


def enumerate_all(
    listings: Iterator[Site],
    events: int,
    *,
    modes: tuple[str, ...] = MODES,
    told: Callable[[str], None] = lambda words: None,
    kinds: tuple[str, ...] = (*CHANGES, *ANSWERS),
) -> tuple[Count, dict[Kinds, str]]:
    whole, examples = Count(), dict[Kinds, str]()
    for site in listings:
        for mode in modes:
            began = time.process_time()
            enumeration = Enumeration(site, mode, kinds)
            count = enumeration.run(events)
            whole.add(count)
            for found, example in enumeration.examples.items():
                examples.setdefault(found, f"{mode}: {example}")
            told(
                f"{len(site.articles)} articles, {site.per_page} a page, {site.pinned} pinned, {mode}: "
                f"{figures(count)}, {time.process_time() - began:.1f} s"
            )
    return whole, examples


def figures(count: Count) -> str:
    worlds = sum(count.worlds.values())
    return (
        f"{worlds} worlds, {count.of(CERTIFIED)} certified, {count.of(FALSE)} false, "
        f"{count.of(UNCERTIFIED)} uncertified, {count.reads / max(1, worlds):.2f} reads each"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=2)
    parser.add_argument("--size", type=int, default=7, help="articles in a listing, at most")
    parser.add_argument("--per-page", type=int, nargs="*", default=[2, 3])
    parser.add_argument("--mode", nargs="*", default=list(MODES), choices=MODES)
    parser.add_argument("--show", action="store_true", help="an example of each class")
    asked = parser.parse_args()
    listings = sites(range(asked.size + 1), tuple(asked.per_page))
    count, examples = enumerate_all(
        listings, asked.events, modes=tuple(asked.mode), told=lambda words: print(words, flush=True)
    )
    print(figures(count))
    for kinds in sorted(count.false, key=lambda kinds: (len(kinds), kinds)):
        print(f"  {count.worlds[kinds, FALSE]:8} false: {' + '.join(kinds)}")
        if asked.show:
            print(f"           {examples[kinds]}")


if __name__ == "__main__":
    main()
