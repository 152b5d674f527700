"""The controller between the spider and the archive: says what to fetch next, files what came.

Progress is written in the same transaction as the rows of the page it speaks of.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sqlite_utils import Database

from yiqihui_spider.archive.articles import store
from yiqihui_spider.archive.articles.store import SavedPage
from yiqihui_spider.archive.schema.opening import ArchiveBusy, is_busy
from yiqihui_spider.archive.state import categories, queue, walks
from yiqihui_spider.archive.state.captures import note_truncated
from yiqihui_spider.archive.state.lookup import note_other
from yiqihui_spider.characters import printable_line
from yiqihui_spider.clock import now
from yiqihui_spider.crawl.frontier import Frontier
from yiqihui_spider.crawl.options import CrawlOptions
from yiqihui_spider.crawl.outcome import Summary, never_met
from yiqihui_spider.crawl.page_check import NO_LISTING, PageCheck, links, not_understood, pages_linked
from yiqihui_spider.errors import YiqihuiError, in_words
from yiqihui_spider.items import PAGE_STATUSES, FailureItem, FetchTask, PageItem, PageSeen, ParsedPage
from yiqihui_spider.parse.read import reading_version
from yiqihui_spider.session import Session, event
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.urls import same_site, without_password

logger = logging.getLogger(__name__)

PATIENCE = 4
"""Steps in a row without an answer, or with a refusal, after which a run gives the site up until
next time; and odd answers in a row after which none is asked for a second time."""

UNNAMED = "未命名"
"""The category of a listing whose page and user name none."""
_SILENT = ("unreachable", "broken")
"""Failures in which no answer came whole."""


@dataclass(slots=True)
class CrawlController:
    session: Session
    options: CrawlOptions
    summary: Summary = field(default_factory=Summary)
    frontier: Frontier = field(init=False)
    page_check: PageCheck = field(init=False)
    _layout: dict[str, str] = field(default_factory=dict)
    """What was not understood, by address; a good reading of the address takes it back."""
    _odd: set[str] = field(default_factory=set)
    """Addresses that answered with another page than asked for, and are asked once more."""
    _gone: list[FailureItem] = field(default_factory=list)
    """Details that the site says are no more; whether they should be there, the walks will tell."""
    _odd_in_a_row: int = 0
    _refused_in_a_row: int = 0
    _unanswered: int = 0
    """Steps given out since one came back, as a page or a failure."""
    _halted: bool = False

    def __post_init__(self) -> None:
        self.frontier = Frontier(
            self.db, self._run, self.options, self.session.site, self.session.evidence.last_capture
        )
        self.page_check = PageCheck(self.db, self.frontier)

    @property
    def db(self) -> Database:
        return self.session.db

    @property
    def site(self) -> SiteProfile:
        return self.session.site

    @property
    def _run(self) -> int:
        return self.session.run_id

    # --- what next -----------------------------------------------------------------------

    def next_task(self) -> FetchTask | None:
        """The next thing to fetch; None at the end, and when going on makes no sense."""
        if self._halted or self._refused_in_a_row >= PATIENCE:
            return None
        if self._unanswered >= PATIENCE:  # dropped by a foreign pipeline, say: it would never end
            self.halt(YiqihuiError(f"{PATIENCE} pages in a row were fetched and never came to be archived"))
            return None
        self._unanswered += 1
        try:
            return self.frontier.next_task()
        except Exception as error:  # Scrapy would log it and call the crawl finished
            self.halt(error)
            return None

    def halt(self, error: BaseException) -> None:
        """A fault of ours that no further page would escape: end the run, and say why."""
        self._halted = True
        if is_busy(error) or isinstance(error, ArchiveBusy):
            logger.error("the run is ended early: another program holds the archive's database")
            self.summary.busy = True
            return
        logger.error("the run is ended early", exc_info=error)
        if (words := in_words(error)) not in self.summary.errors:
            self.summary.errors.append(words)

    def remaining(self) -> int:
        """How many tasks are known to be left; a guess for progress bars."""
        return self.frontier.remaining()

    # --- what came -----------------------------------------------------------------------

    def record_page(self, item: PageItem) -> None:
        """Archive a page and what it means for the work under way, in one transaction."""
        task = item.task
        assert task is not None
        self._refused_in_a_row = self._unanswered = 0
        self.frontier.read.add(task.url)
        reading = item.reading
        if reading is None:
            self._record_unchanged(item, task)
        elif task.kind == "section" and reading.kind != "listing":
            self._record_section(item, task, reading)
        elif task.kind == "section":
            self._record_start_listing(item, task, reading)
        elif task.kind == "listing":
            self._record_listing(item, task, reading)
        else:
            self._record_detail(item, task, reading)

    def _record_section(self, item: PageItem, task: FetchTask, reading: ParsedPage) -> None:
        found = links(reading, task, self.site)
        if not found:
            self._strange(item, task, "no link to a category listing on the section page", layout=True)
            return
        with self.db.atomic():
            store.save_section(self.db, item)
            queue.settle_sections(self.db)
        self.frontier.section_done(task.url)
        self.frontier.found |= found
        self.frontier.queue(found)
        self.frontier.queue_unlinked(task.url)
        self._count(task)

    def _record_start_listing(self, item: PageItem, task: FetchTask, reading: ParsedPage) -> None:
        """The start address proved to be a listing itself, so its page 1 is already here."""
        wanted = self.options.categories
        name = reading.category or next(iter(wanted), UNNAMED)
        if wanted and name not in wanted:
            self._strange(item, task, f"the page lists {name}, not {' or '.join(wanted)}")
            return
        if trouble := self.page_check.not_the_listing(replace(task, walk_id=None), reading):
            self._strange(item, task, trouble, layout=True)
            return
        task = replace(task, kind="listing", category=name)
        if self.frontier.was_walked(name):
            self._record_listing(item, replace(task, label="start page"), reading)
        else:
            begun = self.frontier.begin_walk(name, task.url)
            # A walk that was cut short goes on where it stood: this page is none that it asked for.
            walk_id = None if begun else self.frontier.walk_id
            label = "start page" if begun else "page 1"
            self._record_listing(item, replace(task, walk_id=walk_id, label=label), reading)
        queue.settle_sections(self.db)
        self.frontier.section_done(task.url)

    def _record_listing(self, item: PageItem, task: FetchTask, reading: ParsedPage) -> None:
        trouble = self.page_check.not_the_listing(task, reading)
        if trouble == NO_LISTING:
            self._record_no_listing(item, task, reading)
            return
        if trouble:
            self._strange(item, task, trouble)
            return
        category = reading.category or task.category or UNNAMED
        if reading.category is None:
            item.reading = reading = replace(reading, category=category)
        if reading.declared is None and item.text is not None:
            numbers, onward = pages_linked(item.text, item.url, self.site)
            item.reading = reading = replace(reading, page_urls=numbers, next_url=onward)
        with self.db.atomic():
            saved = store.save_page(self.db, self._run, item, parser_version=reading_version(self.site))
            reading = item.reading or reading  # what the archive knows may make a number doubtful
            seen = _seen(task, reading, saved, self.site)
            if task.walk_id is not None:
                self._file_walk_page(task.walk_id, seen, saved, category)
            elif task.label == "rest":
                self.frontier.want_behind(seen, category)
            queue.settle(self.db, task.url, "listing")
            self._want_details(saved.details_to_fetch, task, category)
        self.frontier.page_filed(task, seen)
        self._count(task, reading)

    def _file_walk_page(self, walk_id: int, seen: PageSeen, saved: SavedPage, category: str) -> None:
        if not walks.has_pages(self.db, walk_id):
            walks.rename_walk(self.db, walk_id, category)
            categories.remember_category(self.db, category, seen.url, now())
        walks.record_page(self.db, walk_id, seen, saved.capture_id)

    def _want_details(self, urls: Iterable[str], task: FetchTask, category: str | None) -> None:
        if not self.options.details:
            return
        for url in urls:
            if same_site(url, task.url, self.site.names):
                queue.want(self.db, self._run, url, "article", category, task.walk_id)

    def _record_no_listing(self, item: PageItem, task: FetchTask, reading: ParsedPage) -> None:
        if self.page_check.starts_elsewhere(task, reading):
            self._forget_walk(task)
            self.frontier.unqueue(task.url, task.category)
            self._record_section(item, task, reading)
        elif self.page_check.is_no_category(item, task, reading):
            store.save_section(self.db, item)
            self._forget_walk(task)
        else:
            self._strange(item, task, NO_LISTING, layout=not self.page_check.is_guess(task))

    def _forget_walk(self, task: FetchTask) -> None:
        """The walk that was to begin with this task has nothing to walk over."""
        with self.db.atomic():
            queue.settle(self.db, task.url, "listing")
            if task.walk_id is not None:
                walks.drop_walk(self.db, task.walk_id)
        if task.walk_id is not None:
            self.frontier.drop_walk()

    def _record_detail(self, item: PageItem, task: FetchTask, reading: ParsedPage) -> None:
        if trouble := self.page_check.not_the_article(item, task, reading):
            # What is no article may prove one to a better parser; one at a wrong address stays wrong.
            self._strange(item, task, trouble, readable=reading.kind != "article")
            return
        with self.db.atomic():
            store.save_page(self.db, self._run, item, parser_version=reading_version(self.site))
            queue.settle(self.db, task.url, "article")
        self._count(task, reading)

    def _record_unchanged(self, item: PageItem, task: FetchTask) -> None:
        """The server says (304) that the page is as we hold it."""
        held = self.session.evidence.last_capture(task.url)
        if held is None or task.walk_id is None:
            self._strange(item, task, "304 Not Modified to a request that held nothing")
            return
        with self.db.atomic():
            saved = store.save_unchanged(self.db, self._run, item.capture, held.capture_id)
            seen = replace(
                held.seen, articles=saved.article_ids, new_or_changed=saved.new_or_changed, label=task.label
            )
            walks.record_page(self.db, task.walk_id, seen, saved.capture_id)
            queue.settle(self.db, task.url, "listing")
            self._want_details(saved.details_to_fetch, task, task.category)
        self.frontier.page_filed(task, seen)
        self._count(task)

    def _count(self, task: FetchTask, reading: ParsedPage | None = None) -> None:
        self.summary.pages += 1
        self._odd_in_a_row = 0
        self._layout.pop(task.url, None)
        if reading is not None and (trouble := not_understood(reading)):
            self._layout[task.url] = trouble

    # --- what failed ---------------------------------------------------------------------

    def _strange(
        self, item: PageItem, task: FetchTask, reason: str, *, layout: bool = False, readable: bool = True
    ) -> None:
        """Another page than asked for. It may be a passing trouble of the site: ask once more."""
        if readable and item.capture.id is not None and item.capture.http_status in PAGE_STATUSES:
            # A better parser may make something of it: see reparse.
            note_other(self.db, item.capture.id, item.content_type, reason, reading_version(self.site))
        self._odd_in_a_row += 1
        if task.url not in self._odd and self._odd_in_a_row <= PATIENCE:
            self._odd.add(task.url)
            return
        if layout:
            self._layout[task.url] = printable_line(reason)
        self.record_failure(FailureItem(task, reason, "strange", item.capture))

    def record_failure(self, failure: FailureItem) -> None:
        """Keep a task that brought no page as still to do."""
        failure = replace(failure, reason=printable_line(without_password(failure.reason)))
        task, reason = failure.task, f"{failure.task.url}: {failure.reason}"
        self._unanswered = 0
        event("failed", logging.WARNING, url=task.url, reason=failure.reason)
        refused = failure.kind in _SILENT or (failure.kind == "http" and not _gone(failure))
        self._refused_in_a_row = self._refused_in_a_row + 1 if refused else 0
        self.frontier.step_failed()
        self.summary.failures.append(reason)
        cut = failure.capture
        if cut is not None and cut.id is not None and cut.truncated:
            note_truncated(self.db, cut.id, cut.truncated)
        if failure.kind in (*_SILENT, "closed"):
            self.summary.unreachable.append(reason)
        elif failure.kind == "forbidden":
            self.summary.forbidden.append(reason)
        self._keep_for_next_time(failure)
        if task.kind == "section":
            self.frontier.section_done(task.url)
        elif task.kind == "article" and _gone(failure):
            self._gone.append(failure)

    def _keep_for_next_time(self, failure: FailureItem) -> None:
        task = failure.task
        with self.db.atomic():
            if failure.kind == "closed":
                # No try of this page: the whole host is closed to us in this run.
                self._halted = True
                place = (task.url, task.kind, task.category, task.walk_id)
                queue.want(self.db, self._run, *place, failure.reason)
                return
            queue.failed(
                self.db,
                self._run,
                task.url,
                task.kind,
                failure.reason,
                now(),
                category=task.category,
                walk_id=task.walk_id,
                final=_gone(failure) and task.kind == "article",
            )

    def record_error(self, task: FetchTask, error: BaseException) -> None:
        """A fault of ours over one page: the page is kept as still to do, and the run goes on."""
        if isinstance(error, (sqlite3.Error, OSError)):  # a full disk, say
            self.halt(error)
            return
        self.summary.errors.append(f"{task.url}: {in_words(error)}")
        try:
            self.record_failure(FailureItem(task, f"an error of ours: {in_words(error)}", "strange"))
        except Exception as worse:  # the archive itself is in trouble
            self.halt(worse)

    # --- the end -------------------------------------------------------------------------

    def finish(self, *, interrupted: bool, ended_by: str = "") -> Summary:
        """Close the books of the run; a walk cut short stays open for the next run."""
        summary = self.summary
        summary.interrupted, summary.ended_by = interrupted, ended_by
        summary.walks = list(self.frontier.walks)
        why = (
            (f"ended by {ended_by}" if ended_by else "interrupted")
            if interrupted
            else "the run ended early"
            if self._halted
            else "the site stopped answering"
        )
        if unfinished := self.frontier.cut_short(why):
            summary.walks.append(unfinished)
        summary.layout = [f"{url}: {reason}" for url, reason in self._layout.items()]
        self._forgive_gone()
        self._check_asked()
        summary.gaps = queue.open_gaps(self.db, details=self.options.details)
        return summary

    def _forgive_gone(self) -> None:
        """A detail page that is gone, of an article that is listed no more, is no failure."""
        for failure in self._gone:
            if self.page_check.is_listed(failure.task):
                continue
            reason = f"{failure.task.url}: {failure.reason}"
            self.summary.failures.remove(reason)
            self.summary.gone.append(reason)
            queue.settle(self.db, failure.task.url, "article")

    def _check_asked(self) -> None:
        """Categories asked for and never met, or a section whose links led to no listing."""
        summary, found = self.summary, self.frontier.found
        if summary.failures or summary.errors or summary.interrupted:
            return
        if found and not summary.walks and not self.options.categories:
            summary.layout.append("no link of the section page led to a category listing")
        missed = {*self.options.categories} - {walk.category for walk in summary.walks}
        summary.failures += [never_met(name, found) for name in sorted(missed)]


def _seen(task: FetchTask, reading: ParsedPage, saved: SavedPage, site: SiteProfile) -> PageSeen:
    onward = reading.next_url
    return PageSeen(
        task.url,
        reading.declared,
        saved.article_ids,
        saved.new_or_changed,
        {number: url for number, url in reading.page_urls.items() if same_site(url, task.url, site.names)},
        onward if onward and same_site(onward, task.url, site.names) else None,
        reading.residue_chars,
        reading.problems,
        task.label,
    )


def _gone(failure: FailureItem) -> bool:
    return failure.capture is not None and failure.capture.http_status in (404, 410)
