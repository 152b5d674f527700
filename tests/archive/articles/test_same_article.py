"""What makes two entries one article, and two texts one text, from page to row."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from support.archive_pages import CITY, RIVER, SCHOOL, Filling, at, entry, filling, url_of
from support.hui import HUI
from support.import_files import Warc, bring_in, rows

from yiqihui_spider.archive.articles.identity import label
from yiqihui_spider.archive.articles.rebuild import STRANGER
from yiqihui_spider.items import MIXED_UP, ArticleItem

TITLE = "菜市场翻新以后"
PARAGRAPHS = CITY.replace("。", "。\n").strip()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Filling]:
    with filling(tmp_path / "a.db") as filled:
        yield filled


# --- a number counts only with its host --------------------------------------------------------


def elsewhere(body: str, host: str, number: int = 101, **values: Any) -> ArticleItem:
    address = f"http://{host}/news/view/{number}.html"
    return entry(body, number, url=address, foreign=True, **values)


def test_one_number_on_three_sites_is_three_articles(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 101), origin="import")
    here.listing(at(2), elsewhere(RIVER, "a.example"), origin="import")
    here.listing(at(3), elsewhere(SCHOOL, "b.example"), origin="import")
    here.listing(at(4), elsewhere(RIVER + "又一句。", "A.example"), entry(CITY, 101), origin="import")
    assert here.rows("SELECT site_id, foreign_address, body FROM articles ORDER BY id") == [
        (101, None, CITY),
        (None, "//a.example/news/view/101.html", RIVER + "又一句。"),
        (None, "//b.example/news/view/101.html", SCHOOL),
    ]
    assert here.one("SELECT count(*) FROM article_versions") == 4


def test_the_same_text_at_the_same_second_on_two_sites_is_two(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 101), elsewhere(CITY, "a.example"), origin="import")
    here.listing(at(2), elsewhere(CITY, "a.example"), entry(CITY, 101), origin="import")
    assert here.rows("SELECT site_id, count(*) FROM articles GROUP BY 1") == [(None, 1), (101, 1)]
    assert here.one("SELECT count(*) FROM view_counts") == 4


def test_a_dump_finds_an_article_of_another_site_by_its_text(here: Filling) -> None:
    here.listing(at(1), entry(CITY), origin="import")
    here.listing(at(2), elsewhere(CITY, "a.example"), origin="import")
    assert here.one("SELECT foreign_address FROM articles") == "//a.example/news/view/101.html"
    here.listing(at(3), entry(CITY), origin="import")
    assert here.one("SELECT count(*) FROM articles") == 1


def test_imported_from_any_host(tmp_path: Path) -> None:
    def page(number: int, title: str, day: int) -> bytes:
        marker = f"<div>一起惠2019-04-{day:02d} 09:30:0740{day % 10} 次</div>"
        link = f"<h3><a href='/news/view/{number}.html'>{title}</a></h3>"
        head = (
            "<div>当前位置:<a href='/'>首页</a>&gt;<a href='/news/'>一起惠资讯</a>&gt;社群&gt;文章列表</div>"
        )
        body = f"<ul><li>{link}<div>{title}的正文在这里,一共只有一句。</div>{marker}</li></ul>"
        return f"<html><body>{head}<h2>社群</h2>{body}<div>1-1/1 记录1/1 页</div></body></html>".encode()

    warc = Warc()
    for host, title, day in (
        ("www.178hui.com", "甲题目", 13),
        ("m.178hui.com", "甲题目", 13),
        ("a.example", "乙题目", 11),
    ):
        warc.response(f"http://{host}/news/list-3-1.html", page(101, title, day))
    archive = tmp_path / "a.db"
    bring_in(archive, warc.save(tmp_path / "w.warc.gz"), any_host=True)
    sql = "SELECT title, site_id, published_at, foreign_address FROM articles ORDER BY id"
    assert rows(archive, sql) == [
        ("甲题目", 101, "2019-04-13T09:30:07+08:00", None),
        ("乙题目", None, "2019-04-11T09:30:07+08:00", "//a.example/news/view/101.html"),
    ]
    assert rows(archive, "SELECT count(*) FROM article_versions") == [(2,)]


@pytest.mark.parametrize(
    "host", ["www.178hui.com", "178HUI.com.", "news.178hui.com", "localhost", "127.0.0.1", "::1"]
)
def test_hosts_of_the_site(host: str) -> None:
    assert HUI.is_own_host(host)


@pytest.mark.parametrize(
    "host", ["evil178hui.com", "178hui.com.example", "1127.0.0.1", "127.0.0.1.example", ""]
)
def test_hosts_of_others(host: str) -> None:
    assert not HUI.is_own_host(host)


# --- a title before a text --------------------------------------------------------------------


@pytest.mark.parametrize("glue", ["\n", "\r\n", " ", "", "\u2028", "\n\u200b\n"])
def test_a_text_under_its_title_is_no_version_in_any_order(tmp_path: Path, glue: str) -> None:
    pages = (
        (at(1), entry(TITLE + glue + CITY, 5)),
        (at(2), entry(CITY, 5, title=TITLE)),
        (at(3), entry("\u200b" + TITLE + glue + PARAGRAPHS, 5)),
    )
    for number, order in enumerate(permutations(pages)):
        with filling(tmp_path / f"{number}.db") as here:
            for when, article in order:
                here.listing(when, article, origin="import")
            assert here.versions() == [(1, TITLE, CITY, at(1))]
            assert here.one("SELECT count(*) FROM view_counts") == 3


def test_a_title_line_hides_no_edit(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 5, title=TITLE), origin="import")
    here.listing(at(2), entry(RIVER, 5, title=TITLE), origin="import")
    here.listing(at(3), entry(TITLE + "\n" + CITY, 5), origin="import")
    assert [row[2] for row in here.versions()] == [CITY, RIVER, CITY]
    here.listing(at(4), entry("别的一行\n" + CITY, 5), origin="import")
    assert len(here.versions()) == 4


@pytest.mark.parametrize(
    "mark", ["\u200b", "\ufeff", "\u2028", "\u00ad", "\u2060", "\u202e", "\u2067", "\ufe0f", "\x85"]
)
def test_what_nobody_sees_makes_no_version(here: Filling, mark: str) -> None:
    here.listing(at(1), entry(CITY, 5, title=TITLE))
    here.listing(
        at(2), entry(mark + CITY[:9] + mark + CITY[9:], 5, title=mark + TITLE[:2] + mark + TITLE[2:])
    )
    assert len(here.versions()) == 1


@pytest.mark.parametrize("end", ["…", "...", "……", "。。。"])
def test_a_title_cut_short_is_no_edit_but_another_is(here: Filling, end: str) -> None:
    here.listing(at(1), entry(CITY, 5, title=TITLE[:4] + end))
    here.listing(at(2), entry(CITY, 5, title=TITLE))
    here.listing(at(3), entry(CITY, 5, title=TITLE[:4] + end))
    assert [row[1] for row in here.versions()] == [TITLE]
    here.listing(at(4), entry(CITY, 5, title="完全不同的题目"))
    here.listing(at(5), entry(CITY, 5, title=TITLE))
    assert [row[1] for row in here.versions()] == [TITLE, "完全不同的题目", TITLE]


# --- another article's page at the address ---------------------------------------------------------


def test_a_page_of_another_article_changes_nothing_in_any_order(tmp_path: Path) -> None:
    other = {"title": "另一篇", "published_at": "2018-01-01T00:00:00+08:00"}
    pages = (
        ("listing", at(1), entry(CITY, 5, title=TITLE, views=1)),
        ("detail", at(2), entry(SCHOOL, 5, views=999, **other)),
        ("detail", at(3), entry(PARAGRAPHS, 5, title=TITLE, views=4)),
    )
    for number, order in enumerate(permutations(pages)):
        with filling(tmp_path / f"{number}.db") as here:
            for kind, when, article in order:
                getattr(here, kind)(when, article, origin="import")
            assert here.versions() == [(1, TITLE, PARAGRAPHS, at(1))]
            assert here.one("SELECT title, views, published_at FROM articles") == (
                TITLE,
                4,
                "2019-06-04T09:17:24+08:00",
            )
            assert here.rows("SELECT observed_at, views FROM view_counts ORDER BY 1") == [
                (at(1), 1),
                (at(3), 4),
            ]
            assert here.one("SELECT problems FROM captures WHERE captured_at = ?", at(2)) == f'["{STRANGER}"]'
            assert (
                here.rows("SELECT 1 FROM captures WHERE problems <> '[]' AND captured_at <> ?", at(2)) == []
            )
            assert here.rows("SELECT 1 FROM former_times") == []


def test_a_link_that_leads_to_quite_another_article_is_not_believed(here: Filling) -> None:
    other = {"title": "另一篇", "published_at": "2018-01-01T00:00:00+08:00"}
    here.listing(at(1), entry(CITY, 5, title=TITLE, views=1))
    here.listing(at(2), entry(SCHOOL, 5, views=9, **other))
    assert here.rows("SELECT site_id, url, title, body FROM articles ORDER BY id") == [
        (5, url_of(5), TITLE, CITY),
        (None, None, "另一篇", SCHOOL),
    ]
    told = here.one("SELECT problems FROM captures WHERE captured_at = ?", at(2))
    assert told == f'["{MIXED_UP}: 5"]'
    here.listing(at(3), entry(CITY, 5, title=TITLE, views=2), entry(SCHOOL, 6, views=9, **other))
    assert here.rows("SELECT site_id, url, title FROM articles ORDER BY id") == [
        (5, url_of(5), TITLE),
        (6, url_of(6), "另一篇"),
    ]
    assert here.one("SELECT problems FROM captures WHERE captured_at = ?", at(3)) == "[]"
    assert [version for version, *_ in here.versions()] == [1, 1]


def test_a_new_title_or_a_new_time_alone_is_an_edit(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 5, title=TITLE))
    here.detail(at(2), entry(CITY, 5, title="新的题目"))
    here.detail(at(3), entry(CITY, 5, title="新的题目", published_at="2019-07-01T00:00:00+08:00"))
    assert here.one("SELECT title, published_at FROM articles")[1] == "2019-06-04T09:17:24+08:00"
    here.listing(at(4), entry(CITY, 5, title="新的题目", published_at="2019-07-01T00:00:00+08:00"))
    assert here.one("SELECT title, published_at FROM articles") == ("新的题目", "2019-07-01T00:00:00+08:00")
    assert here.rows("SELECT 1 FROM captures WHERE problems <> '[]'") == []


# --- what a page does not tell ------------------------------------------------------------------------


def test_without_a_count_there_is_none(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 5, views=None))
    assert here.one("SELECT views, views_at FROM articles") == (None, None)
    assert here.rows("SELECT 1 FROM view_counts") == []
    here.listing(at(2), entry(CITY, 5, views=12_000, views_printed="1.2万"))
    here.detail(at(3), entry(CITY, 5, views=None))
    here.listing(at(4), entry(CITY, 5, views=None))
    assert here.one("SELECT views, views_at, last_seen_at FROM articles") == (12_000, at(2), at(4))
    assert here.rows("SELECT observed_at, views, kind, printed FROM view_counts") == [
        (at(2), 12_000, "listing", "1.2万")
    ]


def test_of_two_entries_the_higher_count_and_how_it_was_printed(here: Filling) -> None:
    for pair in ((("1.2万", 12_000), (None, 9)), ((None, 9), ("1.2万", 12_000))):
        here.listing(at(1), *(entry(CITY, 5, views=views, views_printed=printed) for printed, views in pair))
    assert here.rows("SELECT views, printed FROM view_counts") == [(12_000, "1.2万")] * 2


def test_a_time_without_seconds_takes_none_away(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 5, published_at="2019-04-13T09:30:07+08:00"))
    here.detail(at(2), entry(CITY, 5, published_at="2019-04-13T09:30:00+08:00"))
    assert here.one("SELECT published_at FROM articles") == "2019-04-13T09:30:07+08:00"


@pytest.mark.parametrize(
    ("title", "body", "told"),
    [
        ("甲题目", "正文。", "甲题目"),
        (" 甲\u2028题\u200b目 ", "正文。", "甲 题目"),
        (None, "第一句。第二句。", "第一句。"),
        ("\u200b", "\n\u200b\n  第一句吗?第二句。", "第一句吗?"),
        (None, "没有句号的一行\n第二行", "没有句号的一行"),
        (None, "长" * 100 + "。", "长" * 40),
        (None, "", "http://x/"),
    ],
)
def test_every_article_can_be_called_something(title: str | None, body: str, told: str) -> None:
    assert label(title, body, "http://x/") == told


def test_the_label_follows_the_title(here: Filling) -> None:
    here.listing(at(1), entry(CITY))
    assert here.one("SELECT label FROM articles") == CITY[: CITY.index("。") + 1][:40]
    here.listing(at(2), entry(CITY, 5, title=TITLE))
    assert here.one("SELECT label FROM articles") == TITLE
