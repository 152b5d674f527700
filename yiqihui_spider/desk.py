"""The desk between the spider and the archive: says what to fetch next, files what came.

All progress is in the archive (``walks``, ``walk_pages``, ``todo``), written in the same
transaction as the rows of the page it speaks of.  What is only here can be lost at any
moment: a run that is killed is continued by asking the archive again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sqlite_utils import Database

from yiqihui_spider import site
from yiqihui_spider.addresses import same_site
from yiqihui_spider.archive import presence, progress, store
from yiqihui_spider.archive.held import held_page
from yiqihui_spider.archive.store import SavedPage
from yiqihui_spider.clock import now
from yiqihui_spider.items import (
    Certificate,
    Declared,
    FailureItem,
    PageItem,
    PageSeen,
    Reading,
    Step,
    WalkState,
)
from yiqihui_spider.outcome import Summary, WalkResult
from yiqihui_spider.plan import CrawlPlan, Mode
from yiqihui_spider.read import PARSER_VERSION
from yiqihui_spider.session import Session
from yiqihui_spider.walk import is_full, next_read

PATIENCE = 4
"""Steps in a row without an answer after which a run gives the site up until next time."""

UNNAMED = "未命名"
"""The category of a listing whose page and user name none."""

NO_LISTING = "not a listing page: no pager and no entries"


@dataclass(slots=True)
class CrawlDesk:
    session: Session
    plan: CrawlPlan
    summary: Summary = field(default_factory=Summary)
    _sections: deque[Step] = field(default_factory=deque)
    """Start pages not yet read."""
    _listings: deque[tuple[str, str]] = field(default_factory=deque)
    """Category and start address of walks not yet begun."""
    _queued: set[str] = field(default_factory=set)
    _listed_on_section: set[str] = field(default_factory=set)
    _read: set[str] = field(default_factory=set)
    """Addresses answered in this run."""
    _walk_id: int | None = None
    _unreachable_in_a_row: int = 0

    def __post_init__(self) -> None:
        known = progress.known_categories(self.db)
        wanted = self.plan.categories
        if wanted and not self.plan.start_urls and all(name in known for name in wanted):
            self._listings.extend((name, known[name]) for name in wanted)
            self._queued.update(wanted)
            return
        starts = self.plan.start_urls or (site.START_URL,)
        self._sections.extend(Step(url, "section", purpose="section page") for url in starts)

    @property
    def db(self) -> Database:
        return self.session.db

    @property
    def _run(self) -> int:
        return self.session.run_id

    # --- what next -----------------------------------------------------------------------

    def next_step(self) -> Step | None:
        """The next thing to fetch: the walk under way, then what is still to do, then new walks."""
        while self._unreachable_in_a_row < PATIENCE:
            if self._walk_id is not None:
                step = self._walk_step(self._walk_id)
                if step is not None:
                    return step
            elif gap := self._gap():
                return gap
            elif self._sections:
                return self._sections[0]
            elif self._listings:
                self._begin_walk(*self._listings.popleft())
            else:
                return None
        return None

    def _walk_step(self, walk_id: int) -> Step | None:
        """The walk's next page, or None when it has ended (and is filed)."""
        state = progress.load_walk(self.db, walk_id, self._run)
        read = next_read(state)
        if isinstance(read, Certificate):
            self._finish_walk(walk_id, state, read)
            return None
        step = Step(read.url, "listing", state.category, walk_id, read.purpose)
        held = held_page(self.db, step.url)
        return step if held is None else replace(step, etag=held.etag, last_modified=held.last_modified)

    def _gap(self) -> Step | None:
        for row in progress.pending(self.db, self._run):
            if row["kind"] == "article" and not self.plan.details:
                continue
            purpose = "gap" if row["attempts"] else "detail"
            return Step(row["url"], row["kind"], row["category"], None, purpose)
        return None

    def _begin_walk(self, category: str, start_url: str) -> None:
        self._walk_id = progress.unfinished_walk(self.db, category)
        if self._walk_id is None:
            mode = self._mode(category)
            self._walk_id = progress.open_walk(self.db, self._run, category, start_url, mode)

    def _mode(self, category: str) -> Mode:
        """Incremental only on the ground of a certified full walk, and not when one is due."""
        if progress.last_certified(self.db, category, "full") is None:
            return "full"
        if self.plan.mode is not None:
            return self.plan.mode
        if not progress.last_walk_certified(self.db, category):
            return "full"
        due = progress.due_for_full(self.db, category, self.plan.full_every, now())
        return "full" if due else "incremental"

    def _finish_walk(self, walk_id: int, state: WalkState, certificate: Certificate) -> None:
        mode: Mode = "full" if is_full(state) else "incremental"
        at = now()
        with self.db.atomic():
            progress.finish_walk(self.db, walk_id, certificate, at, mode=mode)
            presence.apply_certificate(self.db, walk_id, state.category, certificate, at)
            if certificate.certified:
                progress.settle_listings(self.db, state.category)
            else:
                self._want_rest(walk_id, state)
        self._walk_id = None
        self.summary.walks.append(WalkResult.of(state.category, mode, certificate))

    def _want_rest(self, walk_id: int, state: WalkState) -> None:
        """A walk that could not go on: its other pages are fetched for their own sake."""
        if not state.failed:
            return
        read = {page.url for page in state.pages} | self._read
        for page in state.pages:
            self._want_pages(page.page_urls, page.declared, state.category, read, walk_id)

    def _want_pages(
        self,
        urls: dict[int, str],
        declared: Declared | None,
        category: str | None,
        read: set[str],
        walk_id: int | None = None,
    ) -> None:
        last = declared.pages if declared else 0
        for number, url in urls.items():
            if number <= last and url not in read:
                progress.want(self.db, self._run, url, "listing", category, walk_id)

    # --- what came -----------------------------------------------------------------------

    def record_page(self, item: PageItem) -> None:
        """Archive a page and what it means for the work under way, in one transaction."""
        step = item.step
        assert step is not None
        self._unreachable_in_a_row = 0
        self._read.add(step.url)
        reading = item.reading
        if reading is None:
            self._record_unchanged(item, step)
        elif step.kind == "section" and reading.kind != "listing":
            self._record_section(item, step, reading)
        elif step.kind == "section":
            self._record_listing(item, self._as_first_page(step, reading), reading)
        elif step.kind == "listing":
            self._record_listing(item, step, reading)
        else:
            self._record_detail(item, step, reading)

    def _record_section(self, item: PageItem, step: Step, reading: Reading) -> None:
        found = {name: url for name, url in reading.listing_urls.items() if same_site(url, step.url)}
        if not found:
            self._strange(item, step, "no link to a category listing on the section page")
            return
        with self.db.atomic():
            store.save_section(self.db, item)
            progress.settle(self.db, step.url, "section")
        self._sections.popleft()
        self._listed_on_section |= set(found)
        self.summary.pages += 1
        for name, url in found.items():
            if (not self.plan.categories or name in self.plan.categories) and name not in self._queued:
                self._queued.add(name)
                self._listings.append((name, url))

    def _as_first_page(self, step: Step, reading: Reading) -> Step:
        """The start address proved to be a listing itself: its page 1 is already here."""
        name = reading.category or next(iter(self.plan.categories), UNNAMED)
        self._sections.popleft()
        self._queued.add(name)
        self._begin_walk(name, step.url)
        return replace(step, kind="listing", category=name, walk_id=self._walk_id, purpose="page 1")

    def _record_listing(self, item: PageItem, step: Step, reading: Reading) -> None:
        trouble = self._not_the_listing(step, reading)
        if trouble == NO_LISTING and self._drop_candidate(item, step):
            return
        if trouble:
            self._strange(item, step, trouble)
            return
        category = reading.category or step.category or UNNAMED
        if item.reading is not None and reading.category is None:
            item.reading = replace(reading, category=category)
        with self.db.atomic():
            saved = store.save_page(self.db, self._run, item, parser_version=PARSER_VERSION)
            if step.walk_id is not None:
                self._file_walk_page(step, reading, saved, category)
            else:
                self._want_pages(reading.page_urls, reading.declared, category, self._read)
            progress.settle(self.db, step.url, "listing")
            self._want_details(saved.wanted, step, category)
        self._count(item, reading)

    def _file_walk_page(self, step: Step, reading: Reading, saved: SavedPage, category: str) -> None:
        assert step.walk_id is not None
        if not progress.has_pages(self.db, step.walk_id):
            progress.rename_walk(self.db, step.walk_id, category)
            progress.remember_category(self.db, category, step.url, now())
        seen = PageSeen(
            step.url,
            reading.declared,
            saved.article_ids,
            saved.fresh,
            {number: url for number, url in reading.page_urls.items() if same_site(url, step.url)},
            reading.next_url if reading.next_url and same_site(reading.next_url, step.url) else None,
            reading.residue_chars,
            reading.problems,
            step.purpose,
        )
        progress.record_page(self.db, step.walk_id, seen, saved.capture_id)

    def _want_details(self, urls: Iterable[str], step: Step, category: str) -> None:
        if not self.plan.details:
            return
        for url in urls:
            if same_site(url, step.url):
                progress.want(self.db, self._run, url, "article", category, step.walk_id)

    def _not_the_listing(self, step: Step, reading: Reading) -> str | None:
        """Why this page is not the listing page asked for, or None."""
        if reading.kind != "listing" or not (reading.declared or reading.articles):
            return NO_LISTING
        wanted = self.plan.categories
        if step.walk_id is None or reading.category is None:
            return None
        first = not progress.has_pages(self.db, step.walk_id)
        if first and wanted and reading.category not in wanted:
            return f"the page lists {reading.category}, not {' or '.join(wanted)}"
        if not first and reading.category != step.category:
            return f"the page lists {reading.category}, not {step.category}"
        return None

    def _drop_candidate(self, item: PageItem, step: Step) -> bool:
        """A link of the section page that looked like a category and is none: not a failure."""
        guessed = step.walk_id is not None and step.category in self._listed_on_section
        if not guessed or step.category in progress.known_categories(self.db):
            return False
        assert step.walk_id is not None
        with self.db.atomic():
            store.save_section(self.db, item)
            progress.drop_walk(self.db, step.walk_id)
        self._walk_id = None
        return True

    def _record_detail(self, item: PageItem, step: Step, reading: Reading) -> None:
        if reading.kind != "article" or len(reading.articles) != 1:
            self._strange(item, step, "not a detail page: no article with its marker")
            return
        with self.db.atomic():
            store.save_page(self.db, self._run, item, parser_version=PARSER_VERSION)
            progress.settle(self.db, step.url, "article")
        self._count(item, reading)

    def _record_unchanged(self, item: PageItem, step: Step) -> None:
        """The server says (304) that the page is as we hold it."""
        held = held_page(self.db, step.url)
        if held is None or step.walk_id is None:
            self._strange(item, step, "304 Not Modified to a request that held nothing")
            return
        with self.db.atomic():
            saved = store.save_unchanged(self.db, self._run, item.capture, held.capture_id)
            seen = replace(held.seen, fresh=(False,) * len(held.seen.articles), purpose=step.purpose)
            progress.record_page(self.db, step.walk_id, seen, saved.capture_id)
            progress.settle(self.db, step.url, "listing")
        self.summary.pages += 1

    def _count(self, item: PageItem, reading: Reading) -> None:
        self.summary.pages += 1
        if reading.residue_chars:
            reasons = "; ".join(sorted({residue.reason for residue in reading.residues}))
            self.summary.layout.append(f"{item.url}: {reading.residue_chars} characters unexplained ({reasons})")

    # --- what failed ---------------------------------------------------------------------

    def _strange(self, item: PageItem, step: Step, reason: str) -> None:
        if step.kind != "article":
            self.summary.layout.append(f"{step.url}: {reason}")
        self.record_failure(FailureItem(step, reason, "strange", item.capture))

    def record_failure(self, failure: FailureItem) -> None:
        """Keep a step that brought no page as still to do."""
        step, reason = failure.step, f"{failure.step.url}: {failure.reason}"
        unreachable = failure.kind == "unreachable"
        self._unreachable_in_a_row = self._unreachable_in_a_row + 1 if unreachable else 0
        self.summary.failures.append(reason)
        if unreachable:
            self.summary.unreachable.append(reason)
        elif failure.kind == "forbidden":
            self.summary.forbidden.append(reason)
        with self.db.atomic():
            progress.failed(
                self.db,
                self._run,
                step.url,
                step.kind,
                failure.reason,
                now(),
                category=step.category,
                walk_id=step.walk_id,
                final=failure.kind == "http" and step.kind == "article",
            )
        if step.kind == "section" and self._sections:
            self._sections.popleft()

    def remaining(self) -> int:
        """How many steps are known to be left; a guess for progress bars."""
        left = len(self._sections) + len(self._listings)
        if self._walk_id is not None:
            pages = progress.load_walk(self.db, self._walk_id).pages
            declared = pages[-1].declared if pages else None
            left += max(0, declared.pages + 1 - len(pages)) if declared else 1
        return left + (progress.open_gaps(self.db) if self.plan.details else 0)

    # --- the end -------------------------------------------------------------------------

    def finish(self, *, interrupted: bool) -> Summary:
        """Close the books of the run; a walk cut short stays open for the next run."""
        self.summary.interrupted = interrupted
        if self._walk_id is not None:
            state = progress.load_walk(self.db, self._walk_id)
            why = "interrupted" if interrupted else "the site stopped answering"
            cut = Certificate(False, (f"{why}; the next run continues",), None, 0)
            self.summary.walks.append(WalkResult.of(state.category, state.mode, cut))
        self._check_asked()
        self.summary.gaps = progress.open_gaps(self.db, details=self.plan.details)
        return self.summary

    def _check_asked(self) -> None:
        """Categories asked for and never met, or a section whose links led to no listing."""
        if self.summary.failures or self.summary.interrupted:
            return
        if self._listed_on_section and not self.summary.walks and not self.plan.categories:
            self.summary.layout.append("no link of the section page led to a category listing")
        met = {walk.category for walk in self.summary.walks}
        for name in self.plan.categories:
            if name not in met:
                known = ", ".join(sorted(self._listed_on_section)) or "none"
                self.summary.failures.append(f"no category {name} on the section page (found: {known})")
