"""A listing that moves while it is read: newest first, one article more or less at any moment.

It has no bodies and no HTTP: only what a walk looks at, article numbers page by page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from yiqihui_spider.completeness.walk import Read, next_read
from yiqihui_spider.items import Certificate, Declared, PageSeen, WalkState

HOST = "http://listing.example"
START = f"{HOST}/list"


def address(number: int) -> str:
    return START if number == 1 else f"{START}?page={number}"


class Listing:
    """``articles`` as they stand now, newest first; each is a number, the newest the highest."""

    def __init__(self, size: int, per_page: int, *, window: int | None = None, numbers: bool = True) -> None:
        self.articles = list(range(size, 0, -1))
        self.per_page = per_page
        self.window = window
        """How many page numbers the pager shows to either side of its own; None for all."""
        self.numbers = numbers
        self.ever = size
        self.stored: set[int] = set()
        """What an archive holds by now, with the text it has now: all else is fresh."""

    # --- what can happen to it ------------------------------------------------------------

    def insert(self) -> None:
        self.back_date(0)

    def back_date(self, place: int) -> None:
        """Put a new article in, not at the head but at ``place``."""
        self.ever += 1
        self.articles.insert(place, self.ever)

    def delete(self, place: int) -> None:
        if self.articles:
            del self.articles[place % len(self.articles)]

    def edit(self, place: int) -> None:
        if self.articles:
            self.stored.discard(self.articles[place % len(self.articles)])

    # --- what a reader gets ---------------------------------------------------------------

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.articles) // self.per_page))

    def page(self, number: int) -> PageSeen:
        start = (number - 1) * self.per_page
        shown = tuple(self.articles[start : start + self.per_page])
        total = len(self.articles)
        first = start + 1 if total else 0
        last = min(start + self.per_page, total)
        fresh = tuple(article not in self.stored for article in shown)
        self.stored.update(shown)
        return PageSeen(
            url=address(number),
            declared=Declared(first, last, total, number, self.pages),
            articles=shown,
            new_or_changed=fresh,
            page_urls=self.links(number),
            next_url=address(number + 1) if number < self.pages else None,
        )

    def links(self, number: int) -> dict[int, str]:
        if not self.numbers:
            return {}
        shown = [
            other
            for other in range(1, self.pages + 1)
            if other != number and (self.window is None or abs(other - number) <= self.window)
        ]
        return {other: address(other) for other in shown}

    def answer(self, url: str) -> PageSeen:
        return self.page(1 if url == START else int(url.rpartition("=")[2]))


Change = Callable[[Listing], object]
Fault = Callable[[PageSeen, Listing], PageSeen]


@dataclass
class Walked:
    certificate: Certificate
    state: WalkState
    reads: list[Read] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        return [read.label for read in self.reads]

    @property
    def seen(self) -> set[int]:
        return {article for page in self.state.pages for article in page.articles}


def walk(
    listing: Listing,
    changes: Mapping[int, Iterable[Change]] | None = None,
    *,
    state: WalkState | None = None,
    faults: Callable[[int, Read, PageSeen], PageSeen] | None = None,
    at_most: int = 20_000,
) -> Walked:
    """Walk to the end. ``changes[n]`` happen just before the n-th read, the first being 0;
    ``faults`` may spoil the answer to the n-th."""
    state = state or WalkState("社群", START, "full")
    reads: list[Read] = []
    while isinstance(task := next_read(state), Read):
        assert len(reads) < at_most, "the walk does not end"
        for change in (changes or {}).get(len(reads), ()):
            change(listing)
        answer = replace(listing.answer(task.url), label=task.label)
        if faults is not None:
            answer = faults(len(reads), task, answer)
        reads.append(task)
        state = replace(state, pages=(*state.pages, answer))
    return Walked(task, state, reads)


def incremental(live: Iterable[int]) -> WalkState:
    return WalkState("社群", START, "incremental", live=frozenset(live))


def full(live: Iterable[int] | None = None) -> WalkState:
    return WalkState("社群", START, "full", live=None if live is None else frozenset(live))
