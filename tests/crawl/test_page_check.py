"""Is this the page that was asked for? Each condition has a case on either side of it."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.archive_rows import add_article, add_capture, add_run, archive
from support.hui import HUI

from yiqihui_spider.archive.articles.listing_evidence import ListedAs
from yiqihui_spider.archive.state import categories, walks
from yiqihui_spider.crawl import page_check
from yiqihui_spider.crawl.frontier import Frontier
from yiqihui_spider.crawl.options import CrawlOptions
from yiqihui_spider.crawl.page_check import (
    NO_LISTING,
    PageCheck,
    another_article,
    cut_short,
    links,
    not_understood,
    pages_linked,
)
from yiqihui_spider.items import (
    ArticleItem,
    Capture,
    Declared,
    FetchTask,
    Link,
    PageItem,
    PageSeen,
    PageText,
    ParsedPage,
    Residue,
    Span,
    SplitPage,
)

HOME = "http://127.0.0.1:1"
SHE, GOU = f"{HOME}/news/list?cat=3", f"{HOME}/news/list?cat=5"
AT = "2019-04-13T09:30:07+08:00"
ARTICLE = ArticleItem("甲文。", AT, 407, title="甲题目")
DECLARED = Declared(1, 8, 23, 1, 3)


def listing(category: str | None = "社群", **more: object) -> ParsedPage:
    return ParsedPage("listing", category, DECLARED, (ARTICLE,), **more)  # type: ignore[arg-type]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with archive(tmp_path / "a.db") as opened:
        yield opened


def asked(
    db: Database, *, walk: str | None = "社群", pages: bool = False, **options: object
) -> tuple[PageCheck, FetchTask]:
    """Who judges, and a task of a walk over ``walk``, which has pages already or not."""
    run = add_run(db)
    judge = PageCheck(db, Frontier(db, run, CrawlOptions(**options), HUI))  # type: ignore[arg-type]
    if walk is None:
        return judge, FetchTask(SHE, "listing", "社群")
    walk_id = walks.open_walk(db, run, walk, SHE, "full")
    if pages:
        capture = add_capture(db, run, SHE, AT)
        walks.record_page(db, walk_id, PageSeen(SHE, DECLARED, (1,)), capture)
    return judge, FetchTask(SHE, "listing", walk, walk_id, "page 1")


def test_doctests() -> None:
    assert doctest.testmod(page_check).failed == 0


# --- listings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reading", "trouble"),
    [
        (listing(), None),
        (ParsedPage("listing", "社群", DECLARED), None),
        (ParsedPage("listing", "社群", None, (ARTICLE,)), None),
        (ParsedPage("listing", "社群"), NO_LISTING),
        (ParsedPage("article", "社群", DECLARED, (ARTICLE,)), NO_LISTING),
        (ParsedPage("other"), NO_LISTING),
    ],
)
def test_what_a_listing_page_is(db: Database, reading: ParsedPage, trouble: str | None) -> None:
    judge, task = asked(db)
    assert judge.not_the_listing(task, reading) == trouble


@pytest.mark.parametrize(
    ("options", "pages", "named", "trouble"),
    [
        ((), False, "社群", None),
        ((), False, "群聊", None),
        ((), True, "群聊", "the page lists 群聊, not 社群"),
        ((), True, "社群", None),
        ((), True, None, None),
        (("社群",), False, "群聊", "the page lists 群聊, not 社群"),
        (("社群", "购物资讯"), False, "群聊", "the page lists 群聊, not 社群 or 购物资讯"),
        (("社群", "群聊"), False, "群聊", None),
        (("购物资讯",), True, "社群", None),
    ],
)
def test_the_category_a_page_names(
    db: Database, options: tuple[str, ...], pages: bool, named: str | None, trouble: str | None
) -> None:
    judge, task = asked(db, pages=pages, categories=options)
    assert judge.not_the_listing(task, listing(named)) == trouble


def test_outside_a_walk_any_category_will_do(db: Database) -> None:
    judge, task = asked(db, walk=None, categories=("社群",))
    assert judge.not_the_listing(task, listing("群聊")) is None


def test_a_first_page_that_names_a_category_which_starts_elsewhere(db: Database) -> None:
    wrong = "the page lists 购物资讯, not 社群"
    judge, task = asked(db)
    judge.frontier.found["购物资讯"] = GOU
    assert judge.not_the_listing(task, listing("购物资讯")) == wrong
    judge.frontier.found["购物资讯"] = task.url
    assert judge.not_the_listing(task, listing("购物资讯")) is None
    judge.frontier.found.clear()
    categories.remember_category(db, "购物资讯", GOU, AT)
    assert judge.not_the_listing(task, listing("购物资讯")) is None, "社群 itself is not known: a new name"
    categories.remember_category(db, "社群", SHE, AT)
    assert judge.not_the_listing(task, listing("购物资讯")) == wrong
    assert judge.not_the_listing(task, listing("新名")) is None


# --- in place of a listing ----------------------------------------------------------------------------


def test_a_listing_that_has_moved(db: Database) -> None:
    away = ParsedPage("other", listing_urls={"社群": GOU})
    here = ParsedPage("other", listing_urls={"社群": SHE})
    judge, task = asked(db)
    assert judge.starts_elsewhere(task, away)
    assert not judge.starts_elsewhere(task, here)
    assert not judge.starts_elsewhere(task, ParsedPage("other", listing_urls={"购物资讯": GOU}))
    judge.frontier.found["社群"] = SHE
    assert not judge.starts_elsewhere(task, away), "a section page of this run led here: not in circles"


def test_a_listing_that_has_moved_while_it_was_walked(db: Database) -> None:
    judge, task = asked(db, pages=True)
    assert not judge.starts_elsewhere(task, ParsedPage("other", listing_urls={"社群": GOU}))


def test_a_listing_that_has_moved_is_known_by_its_address_outside_a_walk(db: Database) -> None:
    judge, task = asked(db, walk=None)
    away = ParsedPage("other", listing_urls={"社群": GOU})
    assert not judge.starts_elsewhere(task, away)
    categories.remember_category(db, "社群", SHE, AT)
    assert judge.starts_elsewhere(task, away)


def test_a_guess_is_what_only_a_link_of_this_run_makes_a_category(db: Database) -> None:
    judge, task = asked(db)
    assert not judge.is_guess(task)
    judge.frontier.found["社群"] = SHE
    assert judge.is_guess(task)
    assert not judge.is_guess(FetchTask(SHE, "listing", "社群")), "not without a walk"
    categories.remember_category(db, "社群", SHE, AT)
    assert not judge.is_guess(task)


def test_a_category_that_articles_are_known_to_stand_in_is_no_guess(db: Database) -> None:
    judge, task = asked(db)
    judge.frontier.found["社群"] = SHE
    place = {"category": "社群", "first_listed_at": AT, "last_listed_at": AT}
    db["article_categories"].insert({"article_id": add_article(db), **place})
    assert not judge.is_guess(task)


def item(trail: tuple[str, ...] | None) -> PageItem:
    page = None if trail is None else SplitPage((), "other", breadcrumb=trail)
    return PageItem(SHE, b"", None, Capture(SHE, AT, "sha1:X", "w", 0, 1), page=page)


@pytest.mark.parametrize(
    ("trail", "kind", "none"),
    [
        (("首页", "一起惠资讯", "社群"), "other", True),
        (("首页", "社群"), "article", True),
        (("首页", "社群频道"), "other", True),
        (("首页", "社群", "文章列表"), "other", False),
        (("首页", "社群"), "listing", False),
        (("首页", "一起惠资讯"), "other", False),
        (("首页", "用户登录"), "other", False),
        (("首页", " "), "other", False),
        ((), "other", False),
        (None, "other", False),
    ],
)
def test_a_page_of_the_sites_own_that_is_no_category(
    db: Database, trail: tuple[str, ...] | None, kind: str, none: bool
) -> None:
    judge, task = asked(db)
    reading = ParsedPage(kind)  # type: ignore[arg-type]
    assert not judge.is_no_category(item(trail), task, reading), "no guess"
    judge.frontier.found["社群"] = SHE
    assert judge.is_no_category(item(trail), task, reading) is none


def test_links_on_the_site_only() -> None:
    reading = ParsedPage("other", listing_urls={"社群": SHE, "友站": "http://x.example/"})
    assert links(reading, FetchTask(HOME + "/news/", "section"), HUI) == {"社群": SHE}


# --- articles -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listed", "another"),
    [
        ([], False),
        ([ListedAs(AT, "甲题目")], False),
        ([ListedAs(AT, "乙题目")], False),
        ([ListedAs("2019-04-12T09:30:07+08:00", "甲题目")], False),
        ([ListedAs("2019-04-12T09:30:07+08:00", "甲 题\u200b目")], False),
        ([ListedAs("2019-04-12T09:30:07+08:00", "甲题…")], False),
        ([ListedAs("2019-04-12T09:30:07+08:00", "甲题目(修订)")], False),
        ([ListedAs("2019-04-12T09:30:07+08:00", "乙题目")], True),
        ([ListedAs("2019-04-12T09:30:07+08:00", None)], True),
        ([ListedAs("2019-04-13T09:30:00+08:00", None)], False),
        ([ListedAs("2019-04-13T00:00:00+08:00", None)], False),
        ([ListedAs("2019-04-13T00:00:00+08:00", "乙题目")], True),
        ([ListedAs("2019-04-13T09:30:00+08:00", "乙题目")], True),
        ([ListedAs(None, "乙题目")], False),
        ([ListedAs("2019-04-12T09:30:07+08:00", "乙题目"), ListedAs(AT, "甲题目")], False),
    ],
)
def test_another_article(listed: list[ListedAs], another: bool) -> None:
    told = another_article(ARTICLE, listed)
    assert (told is not None) is another
    if told:
        assert told.startswith(
            "another article than listed at this address: 甲题目 of 2019-04-13T09:30:07+08:00, not "
        )


@pytest.mark.parametrize(
    ("found", "texts", "another"),
    [
        (("乙题目", "完全是另外一篇文章的正文。"), ["甲文第一句在这里。第二句也在这里。"], True),
        (("乙题目", "甲文第一句在这里。第二句改过了。"), ["甲文第一句在这里。第二句也在这里。"], False),
        (("甲题目", "完全是另外一篇文章的正文。"), ["甲文第一句在这里。第二句也在这里。"], False),
        (("乙题目", "完全是另外一篇文章的正文。"), [], False),
        (("乙题目", "完全是另外一篇文章的正文。"), [" "], False),
        ((None, "完全是另外一篇文章的正文。"), ["甲文第一句在这里。第二句也在这里。"], False),
        (("乙题目", ""), ["甲文第一句在这里。第二句也在这里。"], False),
    ],
)
def test_of_two_articles_of_one_second_title_and_text_tell(
    found: tuple[str | None, str], texts: list[str], another: bool
) -> None:
    title, body = found
    told = another_article(ArticleItem(body, AT, 407, title=title), [ListedAs(AT, "甲题目")], texts)
    assert (told is not None) == another


@pytest.mark.parametrize(
    ("body", "listed", "told"),
    [
        ("甲文第一句。", ["甲文第一句。第二句。"], "6 of 10"),
        ("甲文第一\ufffd", ["甲文第一句。第二句。"], "4 of 10"),
        ("甲文第一句。<", ["甲文第一句。第二句。"], "6 of 10"),
        ("甲文第一句。</", ["甲文第一句。第二句。"], "6 of 10"),
        ("甲文第一句。&ldq", ["甲文第一句。“第二句。"], "6 of 11"),
        ("甲文R&D", ["甲文R&D"], None),
        ("甲文第一句。第二句。<", ["甲文第一句。第二句。"], None),
        ("", ["甲文……"], "0 of 2"),
        ("甲文第一句。\n第二句。", ["甲文第一句。第二句。"], None),
        ("甲文第一句。第二句。", ["甲文第一……"], None),
        ("甲文另一句。", ["甲文第一句。第二句。"], None),
        ("", [""], None),
        ("甲文第一句。", [], None),
    ],
)  # fmt: skip
def test_a_page_that_breaks_off_where_the_listing_goes_on(
    body: str, listed: list[str], told: str | None
) -> None:
    whole = told and f"cut short: {told} characters that the listing shows of its text"
    assert cut_short(ArticleItem(body, AT, 407), listed) == whole


@pytest.mark.parametrize(
    ("asked_for", "came", "trouble"),
    [
        ("/news/view/1.html", "/news/view/1.html", None),
        ("/news/view/1.html", "/news/view/2.html", f"redirected to another article: {HOME}/news/view/2.html"),
        ("/news/view/1.html", "/a/1", None),
        ("/a/1", "/news/view/2.html", None),
    ],
)
def test_the_address_an_article_came_from(
    db: Database, asked_for: str, came: str, trouble: str | None
) -> None:
    judge, _ = asked(db)
    page = PageItem(HOME + came, b"", None, Capture(HOME, AT, "sha1:X", "w", 0, 1))
    task = FetchTask(HOME + asked_for, "article")
    assert judge.not_the_article(page, task, ParsedPage("article", articles=(ARTICLE,))) == trouble


@pytest.mark.parametrize(
    "reading",
    [
        ParsedPage("listing", articles=(ARTICLE,)),
        ParsedPage("article"),
        ParsedPage("article", articles=(ARTICLE, ARTICLE)),
    ],
)
def test_no_article_with_its_marker(db: Database, reading: ParsedPage) -> None:
    judge, _ = asked(db)
    page = PageItem(HOME, b"", None, Capture(HOME, AT, "sha1:X", "w", 0, 1))
    assert judge.not_the_article(page, FetchTask(HOME, "article"), reading) == (
        "not a detail page: no article with its marker"
    )


# --- what is not understood ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reading", "trouble"),
    [
        (listing(), None),
        (ParsedPage("article", articles=(ARTICLE,)), None),
        (ParsedPage("other"), None),
        (ParsedPage("listing", "社群", None, (ARTICLE,)), "a listing page without a pager that can be read"),
        (ParsedPage("listing", "社群", DECLARED), "a listing page without entries that can be read"),
        (
            ParsedPage("listing", "社群", Declared(1, 1, 1, 1, 1)),
            "a listing page without entries that can be read",
        ),
        (ParsedPage("listing", "社群", Declared(0, 0, 0, 1, 0)), None),
        (ParsedPage("listing", "社群", Declared(9, 8, 8, 2, 1)), None),
        (
            listing(residues=(Residue(Span(0, 3), "暂无次", "乙"), Residue(Span(5, 7), "次次", "甲"))),
            "5 characters unexplained (乙; 甲)",
        ),
        (
            ParsedPage("article", articles=(ARTICLE,), residues=(Residue(Span(0, 1), "x", "甲"),)),
            "1 character unexplained (甲)",
        ),
    ],
)
def test_not_understood(reading: ParsedPage, trouble: str | None) -> None:
    assert not_understood(reading) == trouble


def test_pages_that_a_listing_links_to_though_its_pager_is_not_read() -> None:
    def link(text: str, href: str) -> Link:
        return Link(0, 1, href, text)

    url = f"{HOME}/news/list.php?cat=3"
    text = PageText(
        "",
        (
            link("1", url + "#top"),
            link("2", f"{url}&page=2"),
            link(" [3] ", f"{url}&page=3"),
            link("4", f"{url}&page=4"),
            link("2", f"{url}&page=2&again"),
            link("下一页", f"{url}&page=2"),
            link("下一页", f"{url}&page=9"),
            link("5", "http://x.example/news/list.php?page=5"),
            link("6", f"{HOME}/zdm/6"),
            link("7", f"{HOME}/news/view/7.html"),
            link("10000", f"{url}&page=10000"),
            link("次", f"{url}&page=8"),
        ),
    )
    numbers = {2: f"{url}&page=2", 3: f"{url}&page=3", 4: f"{url}&page=4"}
    assert pages_linked(text, url, HUI) == (numbers, f"{url}&page=2")
    assert pages_linked(PageText(""), url, HUI) == ({}, None)
