"""What the controller makes of each kind of answer, and what the archive then says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.hui import read_page

from yiqihui_spider.archive.articles.store import save_capture
from yiqihui_spider.clock import now
from yiqihui_spider.crawl.controller import PATIENCE, UNNAMED, CrawlController
from yiqihui_spider.crawl.options import CrawlOptions
from yiqihui_spider.items import FailureItem, FetchTask, PageItem
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import Session, open_session

HOST = "http://127.0.0.1:1"
START = f"{HOST}/news/"
LISTING = f"{HOST}/news/list.php?cat=3&page=1"
BUSY = "<p>系统繁忙</p>"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with open_session(tmp_path / "a.db", "crawl") as opened:
        yield opened


def page_item(session: Session, task: FetchTask, html: str | bytes) -> PageItem:
    body = html.encode() if isinstance(html, str) else html
    content_type = "text/html; charset=utf-8"
    capture = session.warc.write_response(
        url=task.url, request_headers=b"GET / HTTP/1.1\r\n\r\n", status=200, reason="OK",
        headers=[("Content-Type", content_type)], body=body, captured_at=now(),
    )  # fmt: skip
    kept = replace(capture, id=save_capture(session.db, session.run_id, capture))
    text, page, reading = read_page(body, content_type, task.url)
    return PageItem(task.url, body, content_type, kept, task, text=text, page=page, reading=reading)


def html_of(site: SampleSite, url: str) -> str:
    parts = urlsplit(url)
    return site.get(parts.path + (f"?{parts.query}" if parts.query else "")).body.decode()


def begin(session: Session, *, details: bool = False, **options: object) -> CrawlController:
    options = {"start_urls": (START,)} | options
    return CrawlController(session, CrawlOptions(details=details, **options))  # type: ignore[arg-type]


def give(controller: CrawlController, html: str) -> FetchTask:
    """Answer the next task with this."""
    task = controller.next_task()
    assert task is not None
    controller.record_page(page_item(controller.session, task, html))
    return task


def right(controller: CrawlController, site: SampleSite) -> FetchTask:
    """Answer the next task as the site does."""
    task = controller.next_task()
    assert task is not None
    controller.record_page(page_item(controller.session, task, html_of(site, task.url)))
    return task


def drive(controller: CrawlController, site: SampleSite) -> int:
    for count in range(1000):
        task = controller.next_task()
        if task is None:
            return count
        controller.record_page(page_item(controller.session, task, html_of(site, task.url)))
    raise AssertionError("it does not end")


def rows(session: Session, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in session.db.execute(sql)]


def test_pages_are_counted_once_each(session: Session) -> None:
    controller = begin(session, details=True)
    asked = drive(controller, SampleSite())
    assert controller.summary.pages == asked == 41


# --- a page that is no listing ------------------------------------------------------------------------


def test_an_error_page_for_a_listing_that_only_a_link_made_us_think_of(session: Session) -> None:
    controller, site = begin(session), SampleSite()
    right(controller, site)
    assert give(controller, BUSY) == give(controller, BUSY)
    drive(controller, site)
    summary = controller.finish(interrupted=False)
    assert summary.failures == [f"{LISTING}: not a listing page: no pager and no entries"]
    assert summary.layout == []
    assert [walk.certified for walk in summary.walks] == [False, True]


def test_an_error_page_for_a_listing_known_from_before_may_be_a_new_layout(session: Session) -> None:
    site = SampleSite()
    first = begin(session)
    drive(first, site)
    controller = begin(session, start_urls=(), categories=("社群",), mode="full")
    give(controller, BUSY)
    give(controller, BUSY)
    drive(controller, site)
    assert controller.finish(interrupted=False).layout == [
        f"{LISTING}: not a listing page: no pager and no entries"
    ]


def test_a_link_of_the_section_page_that_is_no_category(session: Session) -> None:
    """A page of the site's own without listing and articles: no walk, and nothing to complain of."""
    controller, site = begin(session), SampleSite()
    section = html_of(site, START).replace("</body>", '<a href="/news/about.html">关于</a></body>', 1)
    give(controller, section)
    for _ in range(8):
        right(controller, site)
    about = give(controller, "<div>当前位置:首页&gt;一起惠资讯&gt;关于</div><p>这里是关于。</p>")
    assert about.url == f"{HOST}/news/about.html"
    assert controller.next_task() is None
    summary = controller.finish(interrupted=False)
    assert (summary.failures, summary.layout) == ([], [])
    assert rows(session, "SELECT category FROM walks ORDER BY id") == [("社群",), ("购物资讯",)]
    assert rows(session, "SELECT count(*) FROM todo") == [(0,)]


# --- a listing that leaves something out --------------------------------------------------------------


def bare(html: str) -> str:
    """A listing page without breadcrumb and heading."""
    start, end = html.index("当前位置"), html.index("文章列表") + len("文章列表")
    return (html[:start] + html[end:]).replace("<h2>社群</h2>", "").replace("<h1>社群</h1>", "")


def test_a_listing_that_names_no_category_has_the_one_asked_for(session: Session) -> None:
    controller, site = begin(session), SampleSite()
    right(controller, site)
    task = give(controller, bare(html_of(site, LISTING)))
    assert task.category == "社群"
    assert rows(session, "SELECT category FROM captures WHERE kind = 'listing'") == [("社群",)]
    assert rows(session, "SELECT DISTINCT category FROM article_categories") == [("社群",)]
    assert rows(session, "SELECT category FROM walks") == [("社群",)]


@pytest.mark.parametrize(("asked", "name"), [((), UNNAMED), (("某类",), "某类")])
def test_a_start_page_that_is_a_listing_and_names_no_category(
    session: Session, asked: tuple[str, ...], name: str
) -> None:
    controller = begin(session, start_urls=(LISTING,), categories=asked)
    give(controller, bare(html_of(SampleSite(), LISTING)))
    assert rows(session, "SELECT category FROM walks") == [(name,)]


def test_a_start_page_that_lists_another_category_than_asked_for(session: Session) -> None:
    controller, site = begin(session, start_urls=(LISTING,), categories=("购物资讯", "海淘")), SampleSite()
    right(controller, site)
    right(controller, site)
    assert controller.next_task() is None
    summary = controller.finish(interrupted=False)
    assert summary.failures[0] == f"{LISTING}: the page lists 社群, not 购物资讯 or 海淘"
    assert rows(session, "SELECT count(*) FROM walks") == [(0,)]


def test_a_listing_whose_pager_is_not_read_still_shows_the_way(session: Session) -> None:
    controller, site = begin(session), SampleSite()
    right(controller, site)
    give(controller, html_of(site, LISTING).replace("记录", "条目"))
    ((numbers,),) = rows(session, "SELECT page_urls FROM walk_pages")
    assert json.loads(str(numbers)) == {
        str(number): f"{HOST}/news/list.php?cat=3&page={number}" for number in (2, 3)
    }


# --- what comes instead of an article -----------------------------------------------------------------


def at_a_detail(session: Session, site: SampleSite) -> CrawlController:
    controller = begin(session, details=True, categories=("社群",))
    while True:
        task = controller.next_task()
        assert task is not None
        if task.kind == "article":
            return controller
        controller.record_page(page_item(session, task, html_of(site, task.url)))


def test_another_article_at_an_articles_address(session: Session) -> None:
    site = SampleSite()
    controller = at_a_detail(session, site)
    task = controller.next_task()
    assert task is not None
    number = int(task.url.rpartition("/")[2].removesuffix(".html"))
    other = next(n for n in site.listings["社群"] if n != number)
    wrong = html_of(site, f"{HOST}/news/view/{other}.html")
    before = rows(session, "SELECT title, body, published_at FROM articles ORDER BY id")
    assert give(controller, wrong) == give(controller, wrong) == task
    (failure,) = controller.summary.failures
    assert failure.startswith(f"{task.url}: another article than listed at this address: ")
    assert rows(session, "SELECT title, body, published_at FROM articles ORDER BY id") == before


def test_an_article_cut_short_on_its_own_page(session: Session) -> None:
    site = SampleSite()
    controller = at_a_detail(session, site)
    task = controller.next_task()
    assert task is not None
    number = int(task.url.rpartition("/")[2].removesuffix(".html"))
    ((listed,),) = rows(session, f"SELECT body FROM articles WHERE site_id = {number}")
    page = html_of(site, task.url)
    for block in site.articles[number].blocks[1:]:
        page = page.replace(str(block), "")
    first = str(site.articles[number].blocks[0])
    page = page.replace(first, first[: len(first) // 2])
    assert len(str(listed)) > len(first) // 2
    give(controller, page)
    give(controller, page)
    (failure,) = controller.summary.failures
    assert failure.startswith(f"{task.url}: cut short: {len(first) // 2} of ")


# --- what failed --------------------------------------------------------------------------------------


def test_a_page_that_failed_is_not_asked_for_at_once_again(session: Session) -> None:
    controller, site = begin(session), SampleSite()
    right(controller, site)
    right(controller, site)
    task = controller.next_task()
    assert task is not None
    controller.record_failure(FailureItem(task, "500", "http"))
    after = controller.next_task()
    assert after is not None
    assert (after.url, after.category) != (task.url, task.category)


def test_a_failure_is_an_answer_too(session: Session) -> None:
    """Patience for pages that never come back begins anew with it, no sooner and no later."""
    controller, site = begin(session), SampleSite()
    right(controller, site)
    task = controller.next_task()
    assert task is not None
    controller.record_failure(FailureItem(task, "500", "http"))
    given = [controller.next_task() is not None for _ in range(PATIENCE + 1)]
    assert given == [True] * PATIENCE + [False]
