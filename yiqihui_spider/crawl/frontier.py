"""What a crawl has before it: gaps, section pages, walks; and where the walk under way stands.

All progress is in the archive (``walks``, ``walk_pages``, ``todo``).  What is only here can
be lost at any moment: a run that is killed is continued by asking the archive again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sqlite_utils import Database

from yiqihui_spider.archive.articles import disappearance
from yiqihui_spider.archive.articles.listing_evidence import known_pages
from yiqihui_spider.archive.state import categories, queue, walks
from yiqihui_spider.archive.state.last_capture import LastCapture
from yiqihui_spider.archive.state.listed_articles import without_detail
from yiqihui_spider.clock import now
from yiqihui_spider.completeness.certificate import fault
from yiqihui_spider.completeness.walk import MOST_PAGES, is_full, next_read
from yiqihui_spider.crawl.options import CrawlOptions, Mode
from yiqihui_spider.crawl.outcome import WalkResult
from yiqihui_spider.items import Certificate, FetchTask, PageSeen, WalkState
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.urls import same_page, same_site

FOOTHOLDS = 4
"""Pages known from earlier walks that are tried where a walk ended early, the one that failed among them."""

MOST_UNNUMBERED = 100
"""Pages of one category that are followed from one to the next, where no page says which it is."""


@dataclass(slots=True)
class Frontier:
    db: Database
    run_id: int
    options: CrawlOptions
    site: SiteProfile
    held: Callable[[str], LastCapture | None] = lambda url: None
    """What of an address can be asked for on condition that it changed."""
    read: set[str] = field(default_factory=set)
    """Addresses answered in this run."""
    walks: list[WalkResult] = field(default_factory=list)
    """Walks finished in this run."""
    found: dict[str, str] = field(default_factory=dict)
    """Names and addresses of what the section pages link to."""
    listed: dict[str, frozenset[int]] = field(default_factory=dict)
    """Per category, the articles that this run's certified walk found listed."""
    walk_id: int | None = None
    """The walk under way."""
    _state: WalkState | None = None
    """That walk as the archive has it, so that it need not be read again for each page."""
    _sections: deque[FetchTask] = field(default_factory=deque)
    """Start pages not yet read."""
    _listings: deque[tuple[str, str]] = field(default_factory=deque)
    """Category and start address of walks not yet begun."""
    _queued: set[str] = field(default_factory=set)
    _starts: set[str] = field(default_factory=set)
    """Addresses from which categories are walked, or will be."""
    _rest: dict[str, tuple[str | None, int]] = field(default_factory=dict)
    """Pages wanted for their own sake: address to category and number, below 0 where none is known."""

    def __post_init__(self) -> None:
        self._put_right()
        known = categories.known_categories(self.db)
        wanted = self.options.categories
        if wanted and not self.options.start_urls and all(name in known for name in wanted):
            self.queue({name: known[name] for name in wanted})
            return
        starts = {url: name for name, url in known.items() if not wanted or name in wanted}
        for url in self.options.start_urls or (self.site.start_url,):
            if url in starts:
                self.queue({starts[url]: url})
            else:
                self._sections.append(FetchTask(url, "section", label="section page"))

    def _put_right(self) -> None:
        """Articles' own pages that were noted as a listing's, while no profile knew their addresses."""
        with self.db.atomic():
            for row in queue.remaining(self.db):
                if row["kind"] == "listing" and self.site.article_number(row["url"]) is not None:
                    queue.settle(self.db, row["url"], "listing")
                    queue.want(self.db, self.run_id, row["url"], "article", row["category"], None)

    # --- what next -----------------------------------------------------------------------

    def next_task(self) -> FetchTask | None:
        """The walk under way, then what is still to do, then section pages, then new walks."""
        while True:
            if self.walk_id is not None:
                task = self._walk_step(self.walk_id)
                if task is not None:
                    return task
            elif gap := self._gap():
                return gap
            elif self._sections:
                return self._sections[0]
            elif self._listings:
                self.begin_walk(*self._listings.popleft())
            else:
                return None

    def _walk_step(self, walk_id: int) -> FetchTask | None:
        """The walk's next page, or None when it has ended (and is filed)."""
        state = self._state or walks.load_walk(self.db, walk_id, self.run_id)
        self._state = state
        read = next_read(state)
        if isinstance(read, Certificate):
            self._finish_walk(walk_id, state, read)
            return None
        task = FetchTask(read.url, "listing", state.category, walk_id, read.label)
        held = self.held(task.url) if state.mode == "incremental" else None
        if held is None or walks.older_than(held.captured_at, self.options.full_every, now()):
            return task
        return replace(task, etag=held.etag, last_modified=held.last_modified)

    def _gap(self) -> FetchTask | None:
        kinds: tuple[queue.TodoKind, ...] = ("listing", "article") if self.options.details else ("listing",)
        asked_for_all = self.options.mode == "full"
        for row in queue.pending(self.db, self.run_id, 1, kinds, given_up_too=asked_for_all):
            label = "gap" if row["attempts"] else "detail" if row["kind"] == "article" else "rest"
            return FetchTask(row["url"], row["kind"], row["category"], None, label)
        return None

    def remaining(self) -> int:
        """How many tasks are known to be left; a guess for progress bars."""
        left = len(self._sections) + len(self._listings)
        if self.walk_id is not None:
            pages = self._state.pages if self._state else ()
            declared = pages[-1].declared if pages else None
            left += max(0, declared.pages + 1 - len(pages)) if declared else 1
        return left + queue.open_gaps(self.db, details=self.options.details)

    # --- section pages ---------------------------------------------------------------------

    def section_done(self, url: str) -> None:
        """A section page was read, or failed; it is not asked for again in this run."""
        self._sections = deque(task for task in self._sections if task.url != url)

    def queue(self, listings: dict[str, str]) -> None:
        """Category names and addresses to be walked, those of the plan only, each once.

        However often an address failed: a category that is no longer walked is lost without a word."""
        for name, url in listings.items():
            wanted = not self.options.categories or name in self.options.categories
            if (
                not wanted
                or name in self._queued
                or any(same_page(url, other, self.site.names) for other in self._starts)
            ):
                continue
            self._queued.add(name)
            self._starts.add(url)
            self._listings.append((name, url))

    def queue_unlinked(self, section: str) -> None:
        """Categories known from before that the site's own section page links to no more.

        Only where the user left the choice to us; their articles may well be there still. One that is not
        linked and whose address failed time and again was closed by the site: that was told often enough."""
        if self.options.start_urls or self.options.categories:
            return
        linked = set(self.found.values())
        names = {url: name for name, url in categories.known_categories(self.db).items()}
        self.queue(
            {
                name: url
                for url, name in names.items()
                if name not in self.found
                and url not in linked
                and same_site(url, section, self.site.names)
                and not queue.given_up(self.db, url, "listing")
            }
        )

    # --- walks -----------------------------------------------------------------------------

    def begin_walk(self, category: str, start_url: str) -> bool:
        """Begin a category's walk or take up the one that was cut short; True if it has pages already."""
        self._state = None
        # The page's own name for the category counts, and may differ from that of the link to it.
        names = {url: name for name, url in categories.known_categories(self.db).items()}
        category = names.get(start_url, category)
        self._queued.add(category)
        self._starts.add(start_url)
        self._listings = deque(one for one in self._listings if one[0] != category)
        self.walk_id = walks.unfinished_walk(self.db, category)
        if self.walk_id is not None:
            return walks.has_pages(self.db, self.walk_id)
        mode = self._mode(category)
        self.walk_id = walks.open_walk(self.db, self.run_id, category, start_url, mode)
        return False

    def _mode(self, category: str) -> Mode:
        """Incremental only on the ground of a certified full walk, and not when one is due."""
        if walks.last_certified(self.db, category, "full") is None:
            return "full"
        if self.options.mode is not None:
            return self.options.mode
        if not walks.last_walk_certified(self.db, category):
            return "full"
        due = walks.due_for_full(self.db, category, self.options.full_every, now())
        return "full" if due else "incremental"

    def was_walked(self, category: str) -> bool:
        """Whether a category's walk was finished in this run."""
        return any(walk.category == category for walk in self.walks)

    def page_filed(self, task: FetchTask, seen: PageSeen) -> None:
        """After the transaction: the state in memory follows the archive's."""
        if task.walk_id != self.walk_id or self._state is None or not self._state.pages:
            self._state = None  # the first page may have renamed the walk
        else:
            self._state = replace(self._state, pages=(*self._state.pages, seen))

    def step_failed(self) -> None:
        self._state = None

    def drop_walk(self) -> None:
        """After the transaction that took the walk under way out of the archive."""
        self.walk_id = self._state = None

    def unqueue(self, url: str, category: str | None) -> None:
        """A category that was to be walked from an address does not start there, but may elsewhere."""
        self._queued.discard(category or "")
        self._starts.discard(url)
        self._listings = deque(one for one in self._listings if one[1] != url)

    def cut_short(self, why: str) -> WalkResult | None:
        """The walk under way, if any, as one that the next run continues."""
        if self.walk_id is None:
            return None
        state = walks.load_walk(self.db, self.walk_id, self.run_id)
        unfinished = Certificate(False, (f"{why}; the next run continues",), None, 0)
        return WalkResult.of(state.category, state.mode, unfinished)

    def _finish_walk(self, walk_id: int, state: WalkState, certificate: Certificate) -> None:
        mode: Mode = "full" if is_full(state) else "incremental"
        at = now()
        with self.db.atomic():
            if certificate.certified and mode == "full":
                doubt = disappearance.loss_in_doubt(self.db, walk_id, state.category, certificate, at)
                if doubt is not None:
                    certificate = replace(certificate, certified=False, reasons=(doubt,), absent=frozenset())
            walks.finish_walk(self.db, walk_id, certificate, at, mode=mode)
            disappearance.apply_certificate(self.db, walk_id, state.category, certificate, at)
            if certificate.certified:
                self.listed[state.category] = articles_listed(state, mode)
                queue.settle_listings(self.db, state.category)
                self._want_skipped(walk_id, state)
            else:
                self._want_rest(walk_id, state)
        self.walk_id = self._state = None
        self.walks.append(WalkResult.of(state.category, mode, certificate))

    def lists(self, category: str, article: int) -> bool:
        """Whether a category lists an article still; yes, where no certified walk of this run says no."""
        listed = self.listed.get(category)
        return listed is None or article in listed

    def _want_skipped(self, walk_id: int, state: WalkState) -> None:
        """Details that an earlier run left, by its user's wish, of articles further down."""
        for url in without_detail(self.db, state.category) if self.options.details else ():
            if same_site(url, state.start_url, self.site.names):
                queue.want(self.db, self.run_id, url, "article", state.category, walk_id)

    def _want_rest(self, walk_id: int, state: WalkState) -> None:
        """A walk without a certificate: pages that it did not come to are read for their own sake.

        The way to them is told by links, those of earlier walks among them: where a page can't be had, the
        nearest behind it are the foothold from which the others are reached."""
        for page in state.pages:
            self.want_behind(page, state.category, walk_id)
        declared = [page.declared for page in state.pages if page.declared]
        last = declared[-1].pages if declared else MOST_PAGES
        known = known_pages(self.db, state.category)
        unread = known.keys() - {one.page for one in declared}
        for number in sorted(unread)[:FOOTHOLDS]:
            if number <= last:
                self._want_page(number, known[number], state.category, walk_id)

    def want_behind(self, page: PageSeen, category: str | None, walk_id: int | None = None) -> None:
        """Put the pages that a listing page links to on the list."""
        last = page.declared.pages if page.declared else MOST_PAGES
        onward = page.declared.page + 1 if page.declared else None
        for number, url in page.page_urls.items():
            if number <= last:
                self._want_page(number, url, category, walk_id)
        if page.next_url is not None and (onward is None or onward <= last):
            self._want_page(onward, page.next_url, category, walk_id)

    def _want_page(self, number: int | None, url: str, category: str | None, walk_id: int | None) -> None:
        """Each number once, and of pages without one a hundred: where addresses change with every
        page, there is an end all the same."""
        if url in self.read or url in self._rest:
            return
        if number is None:
            number = min((0, *(n for c, n in self._rest.values() if c == category))) - 1
        if number > MOST_PAGES or number < -MOST_UNNUMBERED or (category, number) in self._rest.values():
            return
        self._rest[url] = (category, number)
        queue.want(self.db, self.run_id, url, "listing", category, walk_id)


def articles_listed(state: WalkState, mode: Mode) -> frozenset[int]:
    """What a certified walk found listed: each page as last read, and for one that did not go to
    the end, what was known to stand below. Pure."""
    last_read = {
        page.declared.page: page.articles
        for page in state.pages
        if page.declared is not None and fault(page, page.declared.page) is None
    }
    seen = frozenset(article for articles in last_read.values() for article in articles)
    return seen if mode == "full" else seen | (state.live or frozenset())
