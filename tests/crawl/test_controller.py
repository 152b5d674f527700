"""The controller without Scrapy: tasks out, pages in, straight from the sample site."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.hui import read_page

from yiqihui_spider.archive.articles.store import save_capture
from yiqihui_spider.archive.state import queue
from yiqihui_spider.clock import now
from yiqihui_spider.crawl.controller import PATIENCE, CrawlController
from yiqihui_spider.crawl.options import CrawlOptions
from yiqihui_spider.crawl.outcome import decide
from yiqihui_spider.errors import Exit
from yiqihui_spider.items import Capture, FailureItem, FetchTask, PageItem
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import Session, open_session

START = "http://127.0.0.1:1/news/"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with open_session(tmp_path / "a.db", "crawl") as opened:
        yield opened


def answer(session: Session, site: SampleSite, task: FetchTask) -> PageItem:
    parts = urlsplit(task.url)
    response = site.get(parts.path + (f"?{parts.query}" if parts.query else ""))
    headers = list(response.headers.items())
    capture = session.warc.write_response(
        url=task.url, request_headers=b"GET / HTTP/1.1\r\n\r\n", status=response.status, reason="OK",
        headers=headers, body=response.body, captured_at=now(),
    )  # fmt: skip
    saved = save_capture(session.db, session.run_id, capture)
    kept = Capture(**{name: getattr(capture, name) for name in capture.__dataclass_fields__} | {"id": saved})
    content_type = response.headers["Content-Type"]
    text, page, reading = read_page(response.body, content_type, task.url)
    return PageItem(task.url, response.body, content_type, kept, task, text=text, page=page, reading=reading)


def drive(controller: CrawlController, site: SampleSite) -> list[FetchTask]:
    tasks = []
    while task := controller.next_task():
        tasks.append(task)
        controller.record_page(answer(controller.session, site, task))
    return tasks


def test_a_whole_crawl(session: Session) -> None:
    site = SampleSite()
    controller = CrawlController(session, CrawlOptions(start_urls=(START,)))
    tasks = drive(controller, site)
    kinds = [task.kind for task in tasks]
    assert kinds[0] == "section"
    assert (kinds.count("section"), kinds.count("listing"), kinds.count("article")) == (1, 8, 32)
    assert [task.category for task in tasks if task.kind == "listing"] == ["社群"] * 4 + ["购物资讯"] * 4
    assert controller.remaining() == 0
    summary = controller.finish(interrupted=False)
    assert [(walk.category, walk.certified, walk.distinct) for walk in summary.walks] == [
        ("社群", True, 23),
        ("购物资讯", True, 17),
    ]
    assert decide(summary) == (Exit.DONE, "certified")
    assert session.db["articles"].count == 32


def test_details_may_be_left_and_a_category_chosen(session: Session) -> None:
    options = CrawlOptions(categories=("购物资讯",), start_urls=(START,), details=False)
    controller = CrawlController(session, options)
    tasks = drive(controller, SampleSite())
    assert [task.kind for task in tasks] == ["section", *["listing"] * 4]
    assert [walk.category for walk in controller.finish(interrupted=False).walks] == ["购物资讯"]


def test_what_is_given_out_and_not_recorded_is_given_out_again(session: Session) -> None:
    """So that a crawl killed between the two loses nothing."""
    controller = CrawlController(session, CrawlOptions(start_urls=(START,)))
    task = controller.next_task()
    assert task is not None
    assert controller.next_task() == task
    controller.record_page(answer(session, SampleSite(), task))
    assert controller.next_task() != task


def test_a_crawl_whose_pages_never_come_back_ends(session: Session) -> None:
    controller = CrawlController(session, CrawlOptions(start_urls=(START,)))
    given = [controller.next_task() for _ in range(PATIENCE + 1)]
    assert given == [FetchTask(START, "section", label="section page")] * PATIENCE + [None]
    summary = controller.finish(interrupted=False)
    assert summary.errors == ["4 pages in a row were fetched and never came to be archived"]
    assert decide(summary)[0] == Exit.FAILED


def test_a_site_that_refuses_is_left_alone(session: Session) -> None:
    controller = CrawlController(session, CrawlOptions(start_urls=(START,)))
    site = SampleSite()
    asked = 0
    while task := controller.next_task():
        if task.kind == "section":
            controller.record_page(answer(session, site, task))
            continue
        asked += 1
        controller.record_failure(FailureItem(task, "503 Service Unavailable", "unreachable"))
    assert asked <= PATIENCE
    assert decide(controller.finish(interrupted=False))[0] == Exit.UNCERTIFIED, "the section did answer"


def test_a_site_that_never_answers_is_for_another_time(session: Session) -> None:
    controller = CrawlController(session, CrawlOptions(start_urls=(START,)))
    while task := controller.next_task():
        controller.record_failure(FailureItem(task, "DownloadTimeoutError", "unreachable"))
    assert decide(controller.finish(interrupted=False)) == (Exit.TRY_LATER, "site unreachable")


def test_a_fault_of_ours_over_a_page_is_told_and_the_page_kept(session: Session) -> None:
    controller = CrawlController(session, CrawlOptions(start_urls=(START,)))
    task = controller.next_task()
    assert task is not None
    controller.record_error(task, KeyError("x"))
    assert controller.summary.errors == [f"{START}: KeyError: 'x'"]
    rows = session.db.execute("SELECT url, kind, reason FROM todo").fetchall()
    assert rows == [(START, "section", "an error of ours: KeyError: 'x'")]


def test_a_full_disk_ends_the_run(session: Session) -> None:
    controller = CrawlController(session, CrawlOptions(start_urls=(START,)))
    task = controller.next_task()
    assert task is not None
    controller.record_error(task, OSError(28, "No space left on device"))
    assert controller.next_task() is None
    assert controller.summary.errors == ["No space left on device"]


def test_a_database_held_by_another_program_ends_the_run_for_now(session: Session) -> None:
    controller = CrawlController(session, CrawlOptions(start_urls=(START,)))
    site = SampleSite()
    task = controller.next_task()
    assert task is not None
    controller.record_page(answer(session, site, task))
    listing = controller.next_task()
    assert listing is not None
    item = answer(session, site, listing)
    session.db.execute("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(session.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as caught:
            controller.record_page(item)
        controller.record_error(listing, caught.value)
    assert controller.next_task() is None
    summary = controller.finish(interrupted=False)
    assert summary.errors == []
    assert decide(summary) == (Exit.TRY_LATER, "archive busy")
    after = CrawlController(session, CrawlOptions(start_urls=(START,)))
    assert after.next_task() is not None, "and the next run goes on"


# --- how long a site is bothered ---------------------------------------------------------------------

VIEW = "http://127.0.0.1:1/news/view/{}.html"


def at_details(session: Session) -> CrawlController:
    """A controller that has nothing before it but details that an earlier run left."""
    for number in range(1, 31):
        queue.want(session.db, session.run_id, VIEW.format(number), "article", None, None)
    return CrawlController(session, CrawlOptions(start_urls=(START,)))


def gone(session: Session, task: FetchTask, status: int) -> FailureItem:
    capture = session.warc.write_response(
        url=task.url, request_headers=b"GET / HTTP/1.1\r\n\r\n", status=status, reason="", headers=[],
        body=b"x", captured_at=now(),
    )  # fmt: skip
    return FailureItem(
        task, f"{status}", "http", replace(capture, id=save_capture(session.db, session.run_id, capture))
    )


def failures_until_left(session: Session, *kinds: str, status: int | None = None) -> int:
    """How many details of 30 are tried when each fails so, the kinds by turns."""
    controller = at_details(session)
    for count in range(30):
        task = controller.next_task()
        if task is None or task.kind != "article":
            return count
        kind = kinds[count % len(kinds)]
        controller.record_failure(
            gone(session, task, status) if status else FailureItem(task, "x", kind)  # type: ignore[arg-type]
        )
    return 30


@pytest.mark.parametrize(
    ("kinds", "tried"),
    [
        (("unreachable",), PATIENCE),
        (("broken",), PATIENCE),
        (("unreachable", "broken"), PATIENCE),
        (("http",), PATIENCE),
        (("closed",), 1),
        (("strange",), 30),
        (("forbidden",), 30),
        (("unreachable", "broken", "unreachable", "strange"), 30),
    ],
)
def test_patience(session: Session, kinds: tuple[str, ...], tried: int) -> None:
    assert failures_until_left(session, *kinds) == tried


@pytest.mark.parametrize(("status", "tried"), [(404, 30), (410, 30), (403, PATIENCE), (500, PATIENCE)])
def test_pages_that_are_gone_are_no_refusal(session: Session, status: int, tried: int) -> None:
    assert failures_until_left(session, "http", status=status) == tried


def test_a_page_in_between_renews_patience(session: Session) -> None:
    controller = CrawlController(session, CrawlOptions(start_urls=(START,)))
    site = SampleSite()
    asked = 0
    while task := controller.next_task():
        asked += 1
        if task.kind == "article" and asked % PATIENCE:
            controller.record_failure(FailureItem(task, "x", "unreachable"))
        else:
            controller.record_page(answer(session, site, task))
    assert asked == 1 + 8 + 32


# --- other pages than asked for -----------------------------------------------------------------------


def strange(
    session: Session, controller: CrawlController, text: str = "<p>系统繁忙</p>", status: int = 200
) -> FetchTask:
    """Answer the next task with a page that is none."""
    task = controller.next_task()
    assert task is not None
    item = answer(session, SampleSite(), task)
    _, page, reading = read_page(text.encode(), "text/html; charset=utf-8", task.url)
    capture = replace(item.capture, http_status=status)
    controller.record_page(replace(item, body=text.encode(), page=page, reading=reading, capture=capture))
    return task


def test_an_odd_answer_is_asked_for_once_more(session: Session) -> None:
    controller = at_details(session)
    assert strange(session, controller) == strange(session, controller)
    assert controller.summary.failures == [f"{VIEW.format(1)}: not a detail page: no article with its marker"]
    assert controller.next_task() != FetchTask(VIEW.format(1), "article", None, None, "detail")
    assert controller.finish(interrupted=False).layout == [], "an error page is no new layout"


def test_no_answer_is_asked_for_twice_where_all_are_odd(session: Session) -> None:
    controller = at_details(session)
    asked = [strange(session, controller).url for _ in range(12)]
    assert len(set(asked)) == 12 - PATIENCE // 2, "the first ones twice, then each once"


@pytest.mark.parametrize(("status", "noted"), [(200, 1), (203, 1), (404, 0)])
def test_what_is_not_understood_is_kept_for_a_better_parser(
    session: Session, status: int, noted: int
) -> None:
    strange(session, at_details(session), status=status)
    kept = session.db.execute("SELECT count(*) FROM captures WHERE parser_version IS NOT NULL").fetchone()
    assert kept == (noted,)


def test_a_section_page_without_links_is_a_new_layout_and_asked_for_no_more(session: Session) -> None:
    controller = CrawlController(session, CrawlOptions(start_urls=(START,)))
    strange(session, controller)
    strange(session, controller)
    assert controller.next_task() is None
    summary = controller.finish(interrupted=False)
    assert summary.layout == [f"{START}: no link to a category listing on the section page"]
    assert decide(summary) == (Exit.LAYOUT, "layout not understood")


def test_a_good_reading_takes_back_what_was_not_understood(session: Session) -> None:
    controller = CrawlController(session, CrawlOptions(start_urls=(START,)))
    controller.record_page(answer(session, SampleSite(), controller.next_task() or FetchTask("", "section")))
    task = controller.next_task()
    assert task is not None
    item = answer(session, SampleSite(), task)
    assert item.reading is not None
    controller.record_page(replace(item, reading=replace(item.reading, declared=None)))
    assert list(controller._layout.values()) == ["a listing page without a pager that can be read"]
    drive(controller, SampleSite())
    assert controller.finish(interrupted=False).layout == []


# --- what is kept of a failure ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "attempts", "unreachable", "forbidden"),
    [
        ("unreachable", 1, 1, 0),
        ("broken", 1, 1, 0),
        ("closed", 0, 1, 0),
        ("forbidden", 1, 0, 1),
        ("strange", 1, 0, 0),
        ("http", 1, 0, 0),
    ],
)
def test_what_is_kept_of_a_failure(
    session: Session, kind: str, attempts: int, unreachable: int, forbidden: int
) -> None:
    controller = CrawlController(session, CrawlOptions(start_urls=(START,)))
    task = controller.next_task()
    assert task is not None
    controller.record_failure(FailureItem(task, "no \x1b[31m\u202ego at http://me:pw@x/", kind))  # type: ignore[arg-type]
    reason = "no \ufffd[31m\ufffdgo at http://***@x/"
    assert session.db.execute("SELECT url, reason, attempts FROM todo").fetchall() == [
        (START, reason, attempts)
    ]
    summary = controller.summary
    assert summary.failures == [f"{START}: {reason}"]
    assert (len(summary.unreachable), len(summary.forbidden)) == (unreachable, forbidden)
    assert controller.next_task() is None, "a section page is asked for once"


@pytest.mark.parametrize(("status", "given_up"), [(404, 1), (410, 1), (403, 0)])
def test_a_detail_that_is_gone_is_given_up(session: Session, status: int, given_up: int) -> None:
    controller = at_details(session)
    task = controller.next_task()
    assert task is not None
    controller.record_failure(gone(session, task, status))
    assert session.db.execute("SELECT count(*) FROM todo WHERE given_up_at IS NOT NULL").fetchone() == (
        given_up,
    )


def test_a_listing_that_is_gone_is_not_given_up(session: Session) -> None:
    controller = CrawlController(session, CrawlOptions(start_urls=(START,)))
    controller.record_page(answer(session, SampleSite(), controller.next_task() or FetchTask("", "section")))
    task = controller.next_task()
    assert task is not None
    assert task.kind == "listing"
    controller.record_failure(gone(session, task, 404))
    assert session.db.execute("SELECT kind, given_up_at FROM todo").fetchall() == [("listing", None)]


# --- the end -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interrupted", "halt", "words"),
    [
        (True, False, "interrupted"),
        (True, True, "interrupted"),
        (False, True, "the run ended early"),
        (False, False, "the site stopped answering"),
    ],
)
def test_a_walk_cut_short_says_why(session: Session, interrupted: bool, halt: bool, words: str) -> None:
    controller = CrawlController(session, CrawlOptions(start_urls=(START,)))
    controller.record_page(answer(session, SampleSite(), controller.next_task() or FetchTask("", "section")))
    assert controller.next_task() is not None
    if halt:
        controller.halt(KeyError("x"))
        controller.halt(KeyError("x"))
        assert controller.summary.errors == ["KeyError: 'x'"], "said once"
    summary = controller.finish(interrupted=interrupted)
    assert [walk.reasons for walk in summary.walks] == [(f"{words}; the next run continues",)]


def test_a_category_asked_for_that_is_not_there(session: Session) -> None:
    controller = CrawlController(
        session, CrawlOptions(categories=("社群", "没有的"), start_urls=(START,), details=False)
    )
    drive(controller, SampleSite())
    summary = controller.finish(interrupted=False)
    assert summary.failures == ["no category 没有的 on the section page (found: 社群, 购物资讯)"]
    assert decide(summary)[0] == Exit.UNCERTIFIED


def test_details_on_other_hosts_are_not_fetched(session: Session) -> None:
    controller = CrawlController(session, CrawlOptions(start_urls=(START,)))
    site = SampleSite(links="absolute")
    tasks = drive(controller, site)
    assert [task.kind for task in tasks] == ["section", "section"], "all of them lead elsewhere"
    assert controller.finish(interrupted=False).layout
