"""What to read next in a walk over one category's listing, and when the walk is over.

A pure function of everything read so far: it replays the readings from the first, so that
after a kill the very next step is simply worked out again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from yiqihui_spider.completeness.certificate import (
    Evidence,
    back_dated,
    beyond,
    blemishes,
    contradictions,
    count,
    fault,
    head_change,
    pages_of,
    total_of,
)
from yiqihui_spider.items import Certificate, PageSeen, WalkState

ROUNDS = 3
"""Rounds of healing before a walk owns up that the listing moves too much."""

FAULTS_IN_A_ROW = 3
"""Answers in a row that are not the page asked for and bring nothing new, before a walk stops
bothering the site."""

FAULTS_PER_PAGE = 2
"""Times in a row one page may come wrong, before the walk gives it up."""

GROUND = 3
"""Known, unchanged entries at the end of a page that make it known ground (so does a page
of nothing else)."""

MOST_PAGES = 5000
"""Pages that a listing may have; a pager that promises more is not believed."""

MOST_REASONS = 12
"""Reasons that a certificate lists at most."""


@dataclass(frozen=True, slots=True)
class Read:
    """One listing page to fetch."""

    url: str
    label: str
    """For logs: ``page 1``, ``page 3``, ``head again``, ``healing page 2``."""


def next_read(state: WalkState) -> Read | Certificate:
    """The next page to read, or the certificate if the walk is over."""
    return _follow(state).next()


def is_full(state: WalkState) -> bool:
    """Whether this walk goes, or went, over all pages: a full one, an incremental one that
    had to go on to the end, or one whose news reached the last page anyway."""
    return _follow(state).covers_all()


def most_reads(pages: int) -> int:
    """How many listing pages a walk reads at the very most, by the pages page 1 declared.

    Undisturbed it is ``pages + 1``; so healing is worth ``2 * pages + 6`` at most.  A start
    page that is not page 1 comes on top, with the way from there.
    """
    return 3 * min(pages, MOST_PAGES) + 7


def _follow(state: WalkState) -> _Walk:
    walk = _Walk(state)
    for page in state.pages:
        if walk.outcome is not None:
            break
        walk.take(page)
    return walk


@dataclass(slots=True)
class _Ways:
    """Where each page is found, as the pages themselves link it."""

    head: str | None
    by_number: dict[int, str] = field(default_factory=dict)
    by_next: dict[int, str] = field(default_factory=dict)
    nearest: int | None = None
    """The lowest page met on the way to page 1, if the start was another."""

    def learn(self, asked: int, page: PageSeen) -> None:
        self.by_number.update(page.page_urls)
        if page.next_url is not None:
            self.by_next[(page.declared.page if page.declared else asked) + 1] = page.next_url

    def to(self, number: int, *, in_vain: bool) -> str | None:
        """The address of a page; the other one, if the first was tried ``in_vain``."""
        if number == 1:
            return self.head
        known = [ways[number] for ways in (self.by_number, self.by_next) if number in ways]
        return (known[-1] if in_vain else known[0]) if known else None

    def turn_to_page_1(self, page: PageSeen) -> bool:
        """The start was another page: take its way down to page 1. False if it is no nearer."""
        declared = page.declared
        if declared is None or declared.page <= 1 or fault(page, declared.page) is not None:
            return False
        if self.nearest is not None and declared.page >= self.nearest:
            return False
        self.nearest = declared.page
        below = [number for number in self.by_number if number < declared.page]
        self.head = self.by_number[min(below)] if below else None
        return True


class _Walk:
    """The walk, replayed: ``take`` each answer in turn, then ask for what is ``next``."""

    def __init__(self, state: WalkState) -> None:
        self.state = state
        self.live = state.live if state.live is not None else frozenset[int]()
        self.full = state.mode == "full" or state.live is None
        self.outcome: Certificate | None = None
        self.want = 1
        self.reads = 0
        self.most = most_reads(1)
        self.rounds = 0
        self.ways = _Ways(state.start_url)
        self.evidence = Evidence()
        self.head: PageSeen | None = None  # the reading of page 1 that opened this round
        self.head_at = 0
        self.total: int | None = None  # as last declared, like the number of pages
        self.pages = 1
        self.tried: set[int] = set()  # since the head was read
        self.ever_tried: set[int] = set()
        self.faults: dict[int, list[str]] = {}  # per page, since it last came right
        self.faults_in_a_row = 0
        self.back_dating: str | None = None  # seen since the head was read
        self.moves: list[str] = []  # seen when the head was last read again
        self.read_twice = False  # all was read once more on suspicion
        self.quiet = True  # nothing moved, nothing came wrong since all was last read anew
        self.shown: set[int] = set()  # articles that this walk has seen
        self.visited: set[str] = set()

    def next(self) -> Read | Certificate:
        if self.state.failed:
            return self._uncertified(self.state.failed)
        if self.outcome is not None:
            return self.outcome
        return Read(self._url(self.want) or self.state.start_url, self._label())

    def _label(self) -> str:
        if self.want == 1:
            return "page 1" if self.head is None else "head again"
        healing = self.rounds > 0 and self.want in self.ever_tried
        return f"healing page {self.want}" if healing else f"page {self.want}"

    def _url(self, number: int) -> str | None:
        return self.ways.to(number, in_vain=number in self.faults)

    # --- taking in an answer ------------------------------------------------------------

    def take(self, page: PageSeen) -> None:
        number, moment = self.want, self.reads
        self.reads += 1
        self.tried.add(number)
        self.ever_tried.add(number)
        self.visited.add(page.url)
        self.ways.learn(number, page)
        problem = fault(page, number) or self._too_many(number, page)
        if problem is None:
            self._take_sound(number, moment, page)
        elif number != 1 or self.head is not None or not self.ways.turn_to_page_1(page):
            self._take_faulty(number, page, problem)
        self.shown.update(page.articles)
        if self.outcome is None:
            self.want = self._choose()
            self._stop_if_hopeless()

    def _too_many(self, number: int, page: PageSeen) -> str | None:
        declared = pages_of(page)
        if declared <= MOST_PAGES:
            return None
        return f"page {number} declared {declared} pages: a walk reads {MOST_PAGES} at most"

    def _take_sound(self, number: int, moment: int, page: PageSeen) -> None:
        self.faults.pop(number, None)
        self.faults_in_a_row = 0
        if self.total is None:
            self.most = max(self.most, moment + most_reads(pages_of(page)))
        self.total, self.pages = total_of(page), pages_of(page) + bool(beyond(page))
        if not self.evidence.add(moment, number, page):
            self.back_dating = f"page {number} showed that an article was put in below others"
        if self.evidence.doubled:
            self._end(f"page {number} lists an article that is listed elsewhere, too")
        elif number == 1:
            self._take_head(moment, page)

    def _take_faulty(self, number: int, page: PageSeen, problem: str) -> None:
        """No evidence of anything, but it may still show the way to the pages after it."""
        self.quiet = False
        self.faults.setdefault(number, []).append(problem)
        declared = page.declared
        itself = declared is not None and declared.page == number
        news = not self.shown.issuperset(page.articles)
        leads_on = itself or (news and declared is None)
        self.faults_in_a_row = 0 if leads_on else self.faults_in_a_row + 1
        if self.total is None and leads_on:  # no page has told properly yet how many there are
            self._go_on_from(number, page, news)

    def _go_on_from(self, number: int, page: PageSeen, news: bool) -> None:
        declared = page.declared
        if declared is not None and declared.pages <= MOST_PAGES:
            self._go_on_to(declared.pages)
        elif news:
            self._go_on_to(max(page.page_urls, default=1))
            if page.next_url is not None and page.next_url not in self.visited:
                self._go_on_to(number + 1)

    def _go_on_to(self, pages: int) -> None:
        if pages <= MOST_PAGES:
            self.pages = max(self.pages, pages)
            self.most = max(self.most, most_reads(self.pages))

    def _take_head(self, moment: int, page: PageSeen) -> None:
        opening, back_dating = self.head, self.back_dating
        self.head, self.head_at, self.tried, self.back_dating = page, moment, set(), None
        if opening is None:
            return
        change = head_change(opening, page)
        self.moves = [text for text in (back_dating, change) if text is not None]
        self.quiet = self.quiet and not self.moves
        if not self.moves and self._complete():
            self._judge(moment, page)
        else:
            self._next_round()

    def _next_round(self) -> None:
        self.rounds += 1
        if self.rounds > ROUNDS:
            self._end(f"gave up after {ROUNDS} rounds of healing")

    def _judge(self, moment: int, head: PageSeen) -> None:
        """Page 1 starts as it did, and every page stands as read: is it the listing?"""
        readings = self._readings()
        seen = frozenset(article for page in readings.values() for article in page.articles)
        whole = self.covers_all()
        absent = self.live - seen if whole else frozenset[int]()
        contradictory = bool(contradictions(readings, whole=whole))
        if blemishes(readings) or (contradictory and self.read_twice):
            self._end()
        elif contradictory or (absent and self._doubtful(readings)):
            self._read_all_anew(moment, head)
        elif whole or self._agrees():
            self.outcome = Certificate(True, (), self.total, len(seen), absent)
        else:
            self.full = True

    def _doubtful(self, readings: dict[int, PageSeen]) -> bool:
        """Whether nothing may count as absent yet: something moved or came wrong, or something was
        put in amid what was known.  Two changes that hide each other look like quiet."""
        return not self.quiet or (not self.read_twice and bool(back_dated(readings, self.live)))

    def _read_all_anew(self, moment: int, head: PageSeen) -> None:
        """Once more from the top; no round of healing, the number of reads is bound all the same."""
        self.read_twice = self.full = self.quiet = True
        self.evidence.forget()
        self.evidence.add(moment, 1, head)

    # --- choosing what comes next ---------------------------------------------------------

    def covers_all(self) -> bool:
        return self.full or (self.head is not None and self._extent() >= self.pages)

    def _extent(self) -> int:
        """The last page that this walk has to read, as far as is known now."""
        if self.full:
            return self.pages
        for number in range(1, self.pages):
            kept = self.evidence.kept.get(number)
            if kept is None and self._hopeless(number):
                continue
            if kept is None or self._is_ground(kept.page):
                return number
        return self.pages

    def _is_ground(self, page: PageSeen) -> bool:
        """Whether the page ends in articles long known, unchanged: so does all below. One that was
        not understood as a whole is no ground to stop on."""
        if page.residue_chars:
            return False
        fresh = page.new_or_changed or (False,) * len(page.articles)
        known = [a in self.live and not new for a, new in zip(page.articles, fresh, strict=False)]
        return all(known[-GROUND:]) if len(known) >= GROUND else all(known)

    def _choose(self) -> int:
        if self.head is None and not self._hopeless(1):
            return 1
        for number in range(2, self._extent() + 1):
            if self._worth_reading(number):
                return number
        if self.head is not None and not self.covers_all() and self._complete() and not self._agrees():
            self.full = True
            return self._choose()
        return 1

    def _worth_reading(self, number: int) -> bool:
        return (
            number not in self.tried
            and not self._good(number)
            and not self._hopeless(number)
            and self._url(number) is not None
        )

    def _hopeless(self, number: int) -> bool:
        """Whether a page came wrong so often that it is given up."""
        return len(self.faults.get(number, ())) >= FAULTS_PER_PAGE

    def _good(self, number: int) -> bool:
        return self.total is not None and self.evidence.good(number, self.total, self.head_at)

    def _complete(self) -> bool:
        """Every page needed is proven to have stood as read when the head was last read or since."""
        return all(self._good(number) for number in range(1, self._extent() + 1))

    def _agrees(self) -> bool:
        """The arithmetic of an incremental walk: what is known and what is new make the total."""
        seen = {article for page in self._readings().values() for article in page.articles}
        return self.total == len(self.live | seen)

    def _readings(self) -> dict[int, PageSeen]:
        return self.evidence.readings(self._extent())

    # --- ending ---------------------------------------------------------------------------

    def _stop_if_hopeless(self) -> None:
        if self.faults_in_a_row >= FAULTS_IN_A_ROW:
            self._end(f"{FAULTS_IN_A_ROW} answers in a row were not the page asked for")
        elif self._url(self.want) is None:
            self._end(f"page {self.ways.nearest} came first, and no link leads from it to page 1")
        elif self.want == 1 and (self._given_up() or self._unlinked()):
            self._end()
        elif self.reads >= self.most:
            self._end(f"gave up after {count(self.reads, 'page')} read")

    def _given_up(self) -> bool:
        return any(self._hopeless(number) for number in self._faulty())

    def _faulty(self) -> list[int]:
        return sorted(number for number in self.faults if number <= self._extent())

    def _unlinked(self) -> list[int]:
        """Pages that should have been linked by now: the one before was read, and is good."""
        return [
            number
            for number in range(2, self._extent() + 1)
            if self._url(number) is None and not self._good(number) and self._good(number - 1)
        ]

    def _end(self, *causes: str) -> None:
        readings = self._readings()
        reasons = [self.faults[number][-1] for number in self._faulty()]
        reasons += [f"page {number - 1} has no link to page {number}" for number in self._unlinked()]
        reasons += contradictions(readings, whole=self.covers_all() and self._complete())
        reasons += blemishes(readings) + self.moves
        self.outcome = self._uncertified((*reasons, *causes))

    def _uncertified(self, reasons: tuple[str, ...]) -> Certificate:
        seen = {article for page in self.state.pages for article in page.articles}
        if len(reasons) > MOST_REASONS:
            more = len(reasons) - MOST_REASONS + 1
            reasons = (*reasons[: MOST_REASONS - 2], f"and {more} reasons more", reasons[-1])
        return Certificate(False, tuple(dict.fromkeys(reasons)), self.total, len(seen))
