"""The desk without Scrapy: steps out, pages in, straight from the sample site."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from yiqihui_spider.archive.captures import save_capture
from yiqihui_spider.clock import now
from yiqihui_spider.desk import PATIENCE, CrawlDesk
from yiqihui_spider.items import Capture, FailureItem, PageItem, Step
from yiqihui_spider.outcome import Exit, decide
from yiqihui_spider.plan import CrawlPlan
from yiqihui_spider.read import read_page
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import Session, open_session

START = "http://127.0.0.1:1/news/"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with open_session(tmp_path / "a.db", "crawl") as opened:
        yield opened


def answer(session: Session, site: SampleSite, step: Step) -> PageItem:
    parts = urlsplit(step.url)
    response = site.get(parts.path + (f"?{parts.query}" if parts.query else ""))
    headers = list(response.headers.items())
    capture = session.warc.write_response(
        url=step.url, request_headers=b"GET / HTTP/1.1\r\n\r\n", status=response.status, reason="OK",
        headers=headers, body=response.body, captured_at=now(),
    )  # fmt: skip
    saved = save_capture(session.db, session.run_id, capture)
    kept = Capture(**{name: getattr(capture, name) for name in capture.__dataclass_fields__} | {"id": saved})
    content_type = response.headers["Content-Type"]
    text, page, reading = read_page(response.body, content_type, step.url)
    return PageItem(step.url, response.body, content_type, kept, step, text=text, page=page, reading=reading)


def drive(desk: CrawlDesk, site: SampleSite) -> list[Step]:
    steps = []
    while step := desk.next_step():
        steps.append(step)
        desk.record_page(answer(desk.session, site, step))
    return steps


def test_a_whole_crawl(session: Session) -> None:
    site = SampleSite()
    desk = CrawlDesk(session, CrawlPlan(start_urls=(START,)))
    steps = drive(desk, site)
    kinds = [step.kind for step in steps]
    assert kinds[0] == "section"
    assert (kinds.count("section"), kinds.count("listing"), kinds.count("article")) == (1, 8, 32)
    assert [step.category for step in steps if step.kind == "listing"] == ["社群"] * 4 + ["购物资讯"] * 4
    assert desk.remaining() == 0
    summary = desk.finish(interrupted=False)
    assert [(walk.category, walk.certified, walk.distinct) for walk in summary.walks] == [
        ("社群", True, 23),
        ("购物资讯", True, 17),
    ]
    assert decide(summary) == (Exit.DONE, "certified")
    assert session.db["articles"].count == 32


def test_details_may_be_left_and_a_category_chosen(session: Session) -> None:
    plan = CrawlPlan(categories=("购物资讯",), start_urls=(START,), details=False)
    desk = CrawlDesk(session, plan)
    steps = drive(desk, SampleSite())
    assert [step.kind for step in steps] == ["section", *["listing"] * 4]
    assert [walk.category for walk in desk.finish(interrupted=False).walks] == ["购物资讯"]


def test_what_is_given_out_and_not_recorded_is_given_out_again(session: Session) -> None:
    """So that a crawl killed between the two loses nothing."""
    desk = CrawlDesk(session, CrawlPlan(start_urls=(START,)))
    step = desk.next_step()
    assert step is not None
    assert desk.next_step() == step
    desk.record_page(answer(session, SampleSite(), step))
    assert desk.next_step() != step


def test_a_crawl_whose_pages_never_come_back_ends(session: Session) -> None:
    desk = CrawlDesk(session, CrawlPlan(start_urls=(START,)))
    given = [desk.next_step() for _ in range(PATIENCE + 1)]
    assert given == [Step(START, "section", purpose="section page")] * PATIENCE + [None]
    summary = desk.finish(interrupted=False)
    assert summary.errors == ["4 pages in a row were fetched and never came to be archived"]
    assert decide(summary)[0] == Exit.FAILED


def test_a_site_that_refuses_is_left_alone(session: Session) -> None:
    desk = CrawlDesk(session, CrawlPlan(start_urls=(START,)))
    site = SampleSite()
    asked = 0
    while step := desk.next_step():
        if step.kind == "section":
            desk.record_page(answer(session, site, step))
            continue
        asked += 1
        desk.record_failure(FailureItem(step, "503 Service Unavailable", "unreachable"))
    assert asked <= PATIENCE
    assert decide(desk.finish(interrupted=False))[0] == Exit.UNCERTIFIED, "the section did answer"


def test_a_site_that_never_answers_is_for_another_time(session: Session) -> None:
    desk = CrawlDesk(session, CrawlPlan(start_urls=(START,)))
    while step := desk.next_step():
        desk.record_failure(FailureItem(step, "DownloadTimeoutError", "unreachable"))
    assert decide(desk.finish(interrupted=False)) == (Exit.TRY_LATER, "site unreachable")


def test_a_fault_of_ours_over_a_page_is_told_and_the_page_kept(session: Session) -> None:
    desk = CrawlDesk(session, CrawlPlan(start_urls=(START,)))
    step = desk.next_step()
    assert step is not None
    desk.record_error(step, KeyError("x"))
    assert desk.summary.errors == [f"{START}: KeyError: 'x'"]
    rows = session.db.execute("SELECT url, kind, reason FROM todo").fetchall()
    assert rows == [(START, "section", "an error of ours: KeyError: 'x'")]


def test_a_full_disk_ends_the_run(session: Session) -> None:
    desk = CrawlDesk(session, CrawlPlan(start_urls=(START,)))
    step = desk.next_step()
    assert step is not None
    desk.record_error(step, OSError(28, "No space left on device"))
    assert desk.next_step() is None
    assert desk.summary.errors == ["No space left on device"]


def test_a_database_held_by_another_program_ends_the_run_for_now(session: Session) -> None:
    desk = CrawlDesk(session, CrawlPlan(start_urls=(START,)))
    site = SampleSite()
    step = desk.next_step()
    assert step is not None
    desk.record_page(answer(session, site, step))
    listing = desk.next_step()
    assert listing is not None
    item = answer(session, site, listing)
    session.db.execute("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(session.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as caught:
            desk.record_page(item)
        desk.record_error(listing, caught.value)
    assert desk.next_step() is None
    summary = desk.finish(interrupted=False)
    assert summary.errors == []
    assert decide(summary) == (Exit.TRY_LATER, "archive busy")
    after = CrawlDesk(session, CrawlPlan(start_urls=(START,)))
    assert after.next_step() is not None, "and the next run goes on"
