"""What comes first: the walk under way, what is still to do, section pages, new walks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.archive_rows import add_capture
from support.hui import HUI

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.archive.state import categories, queue, walks
from yiqihui_spider.archive.state.captures import begin_run
from yiqihui_spider.archive.state.last_capture import LastCapture
from yiqihui_spider.clock import now
from yiqihui_spider.crawl.frontier import Frontier, articles_listed
from yiqihui_spider.crawl.options import CrawlOptions
from yiqihui_spider.crawl.outcome import WalkResult
from yiqihui_spider.items import Certificate, Declared, FetchTask, PageSeen, WalkState

SHE, GOU = "http://a/list?cat=3", "http://a/list?cat=5"
AT = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = open_archive(tmp_path / "a.db")
    yield opened
    opened.close()


def frontier(db: Database, **options: object) -> Frontier:
    run = begin_run(db, "crawl", "test", pid=1, host="h")
    return Frontier(db, run, CrawlOptions(**options), HUI)  # type: ignore[arg-type]


def test_a_new_archive_begins_at_the_section_the_site_module_assumes(db: Database) -> None:
    assert frontier(db).next_task() == FetchTask(HUI.start_url, "section", label="section page")


def test_start_addresses_come_in_their_order(db: Database) -> None:
    here = frontier(db, start_urls=("http://a/1", "http://a/2"))
    assert here.remaining() == 2
    for url in ("http://a/1", "http://a/2"):
        task = here.next_task()
        assert task == FetchTask(url, "section", label="section page")
        here.section_done(url)
    assert here.next_task() is None
    assert here.remaining() == 0


def test_listings_found_are_walked_each_once_and_only_if_wanted(db: Database) -> None:
    here = frontier(db, start_urls=("http://a/",), categories=("社群",))
    here.section_done("http://a/")
    here.queue({"社群": SHE, "购物资讯": GOU})
    here.queue({"社群": SHE})
    task = here.next_task()
    assert task is not None
    assert (task.url, task.kind, task.category, task.walk_id) == (SHE, "listing", "社群", here.walk_id)
    assert here.next_task() == task, "asked again, the same: it is not read yet"
    assert here.remaining() == 1


def test_known_categories_need_no_section_page(db: Database) -> None:
    categories.remember_category(db, "社群", SHE, AT)
    task = frontier(db, categories=("社群",)).next_task()
    assert task is not None
    assert (task.url, task.kind) == (SHE, "listing")
    by_address = frontier(db, start_urls=(SHE,)).next_task()
    assert by_address is not None
    assert (by_address.url, by_address.kind) == (SHE, "listing")


def test_what_is_still_to_do_comes_before_anything_new(db: Database) -> None:
    detail = "http://a/news/view/1.html"
    first = frontier(db)
    queue.want(db, first.run_id, detail, "article", "社群", None)
    here = frontier(db)
    assert here.next_task() == FetchTask(detail, "article", "社群", None, "detail")
    without = frontier(db, details=False).next_task()
    assert without is not None
    assert without.kind == "section"


def test_an_articles_page_noted_as_a_listings_is_read_as_what_it_is(db: Database) -> None:
    """As before the profile that knows the site's new addresses was adopted."""
    article = "http://www.178hui.com/news/view/4447.html"
    queue.failed(
        db, frontier(db).run_id, article, "listing", "not a listing page", AT, category="社群", walk_id=None
    )
    assert frontier(db).next_task() == FetchTask(article, "article", "社群", None, "detail")
    assert [(row["url"], row["kind"]) for row in queue.remaining(db)] == [(article, "article")]


def test_a_walk_cut_short_is_taken_up(db: Database) -> None:
    first = frontier(db, start_urls=("http://a/",))
    first.section_done("http://a/")
    first.queue({"社群": SHE})
    begun = first.next_task()
    assert begun is not None
    result = first.cut_short("interrupted")
    assert result is not None
    assert (result.certified, result.reasons) == (False, ("interrupted; the next run continues",))
    second = frontier(db, start_urls=("http://a/",))
    second.section_done("http://a/")
    second.queue({"社群": SHE})
    again = second.next_task()
    assert again is not None
    assert again.walk_id == begun.walk_id


# --- what mode, what on condition ----------------------------------------------------------------


def walked(db: Database, mode: str = "full", certified: bool = True, at: str | None = None) -> int:
    run = begin_run(db, "crawl", "test", pid=1, host="h")
    walk = walks.open_walk(db, run, "社群", SHE, mode)  # type: ignore[arg-type]
    walks.finish_walk(db, walk, Certificate(certified, (), 3, 3), at or now())
    categories.remember_category(db, "社群", SHE, AT)
    return walk


def mode_of_next(db: Database, **options: object) -> str:
    here = frontier(db, categories=("社群",), **options)
    assert here.next_task() is not None
    return str(db.execute("SELECT mode FROM walks WHERE id = ?", [here.walk_id]).fetchone()[0])


@pytest.mark.parametrize(
    ("before", "options", "mode"),
    [
        ([], {"mode": "incremental"}, "full"),
        ([{"certified": False}], {"mode": "incremental"}, "full"),
        ([{"mode": "incremental"}], {"mode": "incremental"}, "full"),
        ([{}], {}, "incremental"),
        ([{}], {"mode": "full"}, "full"),
        ([{}, {"certified": False}], {}, "full"),
        ([{}, {"certified": False}], {"mode": "incremental"}, "incremental"),
        ([{}, {"mode": "incremental"}], {}, "incremental"),
        ([{"at": AT}], {}, "full"),
        ([{"at": AT}], {"full_every": 1e6}, "incremental"),
        ([{"at": AT}], {"mode": "incremental"}, "incremental"),
    ],
)
def test_the_mode_of_a_walk(
    db: Database, before: list[dict[str, object]], options: dict[str, object], mode: str
) -> None:
    for walk in before:
        walked(db, **walk)  # type: ignore[arg-type]
    categories.remember_category(db, "社群", SHE, AT)
    assert mode_of_next(db, **options) == mode


@pytest.mark.parametrize(
    ("mode", "captured_at", "full_every", "etag"),
    [
        ("incremental", None, 7, '"v1"'),
        ("full", None, 7, None),
        ("incremental", AT, 7, None),
        ("incremental", AT, 1e6, '"v1"'),
    ],
)
def test_pages_are_asked_for_on_condition_only_on_the_way_to_known_ground(
    db: Database, mode: str, captured_at: str | None, full_every: float, etag: str | None
) -> None:
    walked(db)
    seen = PageSeen(SHE, None, ())
    held = LastCapture(1, SHE, captured_at or now(), "sha1:X", '"v1"', None, seen)
    run = begin_run(db, "crawl", "test", pid=1, host="h")
    options = CrawlOptions(categories=("社群",), mode=mode, full_every=full_every)  # type: ignore[arg-type]
    task = Frontier(db, run, options, HUI, lambda url: held if url == SHE else None).next_task()
    assert task is not None
    assert (task.url, task.etag) == (SHE, etag)


# --- start addresses and links ---------------------------------------------------------------------


def test_a_listing_is_queued_once_by_whatever_name_or_address(db: Database) -> None:
    here = frontier(db, start_urls=("http://a/",))
    here.queue({"社群": "http://178hui.com/list", "群聊": "http://www.178hui.com/list#top", "社": GOU})
    assert list(here._listings) == [("社群", "http://178hui.com/list"), ("社", GOU)]


def test_a_category_is_walked_however_often_its_first_page_failed(db: Database) -> None:
    here = frontier(db)
    queue.want(db, here.run_id, SHE, "listing", "社群", None)
    db.execute("UPDATE todo SET given_up_at = ?", [AT])
    here.queue({"社群": SHE, "购物资讯": GOU})
    assert list(here._listings) == [("社群", SHE), ("购物资讯", GOU)]


def test_one_that_is_linked_no_more_is_given_up(db: Database) -> None:
    here, gone, kept = frontier(db), f"{HUI.start_url}gone", f"{HUI.start_url}kept"
    for name, url in (("社群", gone), ("购物资讯", kept)):
        categories.remember_category(db, name, url, AT)
    queue.want(db, here.run_id, gone, "listing", "社群", None)
    db.execute("UPDATE todo SET given_up_at = ?", [AT])
    here.queue_unlinked(HUI.start_url)
    assert list(here._listings) == [("购物资讯", kept)]


def test_a_walk_begun_is_queued_no_more(db: Database) -> None:
    here = frontier(db)
    here.queue({"社群": SHE, "购物资讯": GOU})
    assert here.begin_walk("社群", "http://a/other") is False
    assert list(here._listings) == [("购物资讯", GOU)]
    here.queue({"社群": "http://a/third", "别名": "http://a/other"})
    assert list(here._listings) == [("购物资讯", GOU)]
    assert not here.was_walked("社群")
    here.walks.append(WalkResult("社群", True, (), 1, 1, "full"))
    assert here.was_walked("社群")
    assert not here.was_walked("购物资讯")


def test_an_address_that_starts_no_category_may_be_found_elsewhere(db: Database) -> None:
    here = frontier(db)
    here.queue({"社群": SHE, "购物资讯": GOU})
    here.unqueue(SHE, "社群")
    assert list(here._listings) == [("购物资讯", GOU)]
    here.queue({"社群": "http://a/new"})
    assert ("社群", "http://a/new") in here._listings


# --- pages for their own sake ------------------------------------------------------------------------


def wanted(db: Database) -> list[str]:
    return [row[0] for row in db.execute("SELECT url FROM todo WHERE kind = 'listing' ORDER BY id")]


def seen(
    number: int | None, pages: int = 3, urls: dict[int, str] | None = None, onward: str | None = None
) -> PageSeen:
    declared = None if number is None else Declared(1, 1, 23, number, pages)
    return PageSeen(f"{SHE}&p={number}", declared, (1,), (True,), urls or {}, onward)


def test_pages_behind_a_page(db: Database) -> None:
    here = frontier(db)
    here.read.add("http://a/2")
    here.want_behind(seen(1, 3, {2: "http://a/2", 3: "http://a/3", 4: "http://a/4"}, "http://a/2b"), "社群")
    assert wanted(db) == ["http://a/3", "http://a/2b"]
    here.want_behind(seen(3, 3, {3: "http://a/3?again"}, "http://a/beyond"), "社群")
    assert wanted(db) == ["http://a/3", "http://a/2b"], "each number once, none behind the last"
    here.want_behind(seen(1, 3, {3: "http://a/5-3"}), "购物资讯")
    assert wanted(db)[2:] == ["http://a/5-3"], "per category"


def test_pages_behind_a_page_without_a_pager(db: Database) -> None:
    here = frontier(db)
    here.want_behind(seen(None, urls={2: "http://a/2", 5001: "http://a/5001", 5000: "http://a/5000"}), "社群")
    assert wanted(db) == ["http://a/2", "http://a/5000"]
    for number in range(150):
        here.want_behind(seen(None, onward=f"http://a/next{number}"), "社群")
        here.want_behind(seen(None, onward=f"http://a/next{number}"), "社群")
    assert len(wanted(db)) == 2 + 100


@pytest.mark.parametrize(("certified", "behind"), [(True, []), (False, ["http://a/2", "http://a/3"])])
def test_a_walk_without_a_certificate_leaves_the_rest_to_be_read(
    db: Database, certified: bool, behind: list[str]
) -> None:
    here = frontier(db)
    here.begin_walk("社群", SHE)
    assert here.walk_id is not None
    state = WalkState("社群", SHE, "full", (seen(1, 3, {2: "http://a/2", 3: "http://a/3"}),))
    here._finish_walk(here.walk_id, state, Certificate(certified, (), 23, 1))
    assert wanted(db) == behind
    assert here.walk_id is None
    assert here.lists("社群", 1)
    assert here.lists("社群", 2) is not certified
    assert here.lists("购物资讯", 2), "of which no certified walk tells"


def test_earlier_walks_tell_the_way_where_the_pages_do_not(db: Database) -> None:
    run = begin_run(db, "crawl", "test", pid=1, host="h")
    capture = add_capture(db, run, SHE, AT)
    before = walks.open_walk(db, run, "社群", SHE, "full")
    walks.record_page(db, before, seen(1, 3, {2: "http://a/2"}), capture)
    walks.record_page(db, before, seen(3, 3), capture)
    known = [f"{SHE}&p=1", "http://a/2", f"{SHE}&p=3"]
    for pages, behind in (
        ((seen(1, 1),), []),
        ((seen(1, 3),), known[1:]),
        ((), known),
        ((seen(None),), known),
    ):
        here = frontier(db)
        here.begin_walk("社群", SHE)
        assert here.walk_id is not None
        state = WalkState("社群", SHE, "full", pages)
        here._finish_walk(here.walk_id, state, Certificate(False, (), None, 0))
        assert wanted(db) == behind
        db.execute("DELETE FROM todo")


def test_a_certificate_stands_for_the_category_s_pages_that_were_to_be_read(db: Database) -> None:
    here = frontier(db)
    here.want_behind(seen(None, urls={2: "http://a/2"}), "社群")
    here.want_behind(seen(None, urls={2: "http://b/2"}), "购物资讯")
    here.begin_walk("社群", SHE)
    assert here.walk_id is not None
    here._finish_walk(
        here.walk_id, WalkState("社群", SHE, "full", (seen(1, 1),)), Certificate(True, (), 1, 1)
    )
    assert wanted(db) == ["http://b/2"]


@pytest.mark.parametrize(
    ("options", "walked_too"),
    [({}, True), ({"start_urls": ("http://a/",)}, False)],
)
def test_a_category_that_is_linked_no_more_is_walked_where_the_choice_is_ours(
    db: Database, options: dict[str, object], walked_too: bool
) -> None:
    categories.remember_category(db, "社群", SHE, AT)
    categories.remember_category(db, "外站", "http://b/list", AT)
    here = frontier(db, **options)
    here.queue_unlinked("http://a/")
    assert list(here._listings) == ([("社群", SHE)] if walked_too else [])


def test_what_a_certified_walk_found_listed() -> None:
    def read(number: int, *articles: int, total: int = 4) -> PageSeen:
        first = 2 * number - 1
        return PageSeen(SHE, Declared(first, first + len(articles) - 1, total, number, 2), articles)

    pages = (read(1, 9, 1), read(2, 2, 3), replace(read(1, 5), declared=None), read(1, 1, 4), read(2, 7))
    state = WalkState("社群", SHE, "full", pages, live=frozenset({8}))
    assert articles_listed(state, "full") == {1, 4, 7}
    assert articles_listed(state, "incremental") == {1, 4, 7, 8}
    assert articles_listed(replace(state, live=None), "incremental") == {1, 4, 7}
    short = replace(state, pages=(read(1, 9, 1), PageSeen(SHE, Declared(1, 2, 4, 1, 2), (6,))))
    assert articles_listed(short, "full") == {1, 9}, "a page at fault does not count"


@pytest.mark.parametrize(("read", "left"), [(0, 1), (1, 3), (2, 2), (3, 1)])
def test_how_much_of_a_walk_is_left(db: Database, read: int, left: int) -> None:
    """Of three pages, page 1 once more at the end; before the first nobody knows."""
    here = frontier(db, categories=("社群",), start_urls=("http://a/",))
    here.section_done("http://a/")
    here.queue({"社群": SHE})
    for number in range(1, read + 1):
        task = here.next_task()
        assert task is not None
        assert task.walk_id is not None
        seen = PageSeen(
            task.url, Declared(number, number, 3, number, 3), (number,),
            page_urls={n: f"{SHE}&page={n}" for n in (1, 2, 3)},
        )  # fmt: skip
        walks.record_page(db, task.walk_id, seen, add_capture(db, here.run_id, task.url, AT))
        here.page_filed(task, seen)
    assert here.next_task() is not None
    assert here.remaining() == left


def test_a_walk_taken_up_says_whether_it_has_pages(db: Database) -> None:
    first = frontier(db)
    assert first.begin_walk("社群", SHE) is False
    walk_id = first.walk_id
    assert walk_id is not None
    assert frontier(db).begin_walk("社群", SHE) is False
    walks.record_page(
        db, walk_id, PageSeen(SHE, Declared(1, 1, 1, 1, 1), (1,)), add_capture(db, first.run_id, SHE, AT)
    )
    second = frontier(db)
    assert second.begin_walk("社群", SHE) is True
    assert second.walk_id == walk_id


def test_after_a_failure_the_walk_is_read_from_the_archive_again(db: Database) -> None:
    here = frontier(db)
    here.begin_walk("社群", SHE)
    task = here.next_task()
    assert task is not None
    queue.failed(
        db, here.run_id, task.url, "listing", "500", now(), category="社群", walk_id=task.walk_id, final=False
    )
    here.step_failed()
    after = here.next_task()
    assert (after is None) or after.walk_id is None
    assert [walk.certified for walk in here.walks] == [False]
