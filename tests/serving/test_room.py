"""The reading room's pages: what they tell, that they stay small, that what a page held stays text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from lxml import html
from support.archive_pages import CITY, Filling, at, entry
from support.sample_life import sample_life
from support.served import HOSTILE, Pages, evil_archive, fill

from yiqihui_spider.archive.schema.data_dictionary import meanings
from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.items import Residue, Span

MOST_BYTES = 100_000


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    path = tmp_path_factory.mktemp("room") / "a.db"
    sample_life(path)
    return Pages(path)


def page(pages: Pages, url: str, status: int = 200) -> Any:
    answer = pages.get(url)
    assert answer.status_code == status, answer.text[:500]
    assert len(answer.content) < MOST_BYTES
    return html.document_fromstring(answer.text)


def rows(tree: Any, path: str) -> list[str]:
    """The rows of a table, their cells apart by a blank."""
    return [" ".join(" ".join(row.xpath("th//text()|td//text()")).split()) for row in tree.xpath(path)]


def texts(tree: Any, path: str) -> list[str]:
    return [" ".join(found.text_content().split()) for found in tree.xpath(path)]


# --- the front page ---------------------------------------------------------------------------


def test_the_front_page(life: Pages) -> None:
    tree = page(life, "/")
    newest = "//section[@aria-labelledby='newest']//h3"
    assert texts(tree, newest)[:2] == ["年中大促前夜,先把这三张表填好", "一条消息撤回之后"]
    assert len(texts(tree, newest)) == 10
    assert rows(tree, "//section[@aria-labelledby='lately']//table//tr") == [
        "Category archived declared proven complete",
        "社群 23 23 2019-08-01",
        "购物资讯 16 16 2019-08-01",
    ]
    assert texts(tree, "//section[@aria-labelledby='lately']//li") == [
        "(更新)做团长的第一个月,我学会了写通知 version 3, 2019-07-18",
        "(更新)做团长的第一个月,我学会了写通知 version 2, 2019-07-04",
        "小程序里的菜场:摊主老周的新账本 back since 2019-08-01",
        "年底清单:十样不必等大促的日用品 gone, 2019-07-18",
    ]
    assert tree.xpath("//figure//rect/title/text()")[-1] == "2019-06: 2"
    assert tree.xpath("//form[@action='/search']//input[@name='q']")


def test_the_front_page_of_an_empty_archive_says_what_to_do(tmp_path: Path) -> None:
    open_archive(tmp_path / "a.db").close()
    pages = Pages(tmp_path / "a.db")
    assert texts(page(pages, "/"), "//dl/dt") == [
        "yiqihui crawl",
        "yiqihui import FILE",
        "yiqihui crawl --sample",
    ]
    assert texts(page(pages, "/search?q="), "//h2[@id='found']") == ["No articles Narrow"]
    assert texts(page(pages, "/search?q=社群"), "//h2[@id='found']") == ["Nothing found Narrow"]


# --- search -----------------------------------------------------------------------------------


def test_results_come_first_with_their_hits_marked(life: Pages) -> None:
    tree = page(life, f"/search?q={quote('社群')}")
    assert texts(tree, "//h2[@id='found']") == ["12 articles Narrow"]
    assert len(texts(tree, "//ol[@class='articles']/li")) == 12
    assert set(texts(tree, "//mark")) == {"社群"}
    assert tree.xpath("//ol[@class='articles']/li[1]//a/@href") == [f"/article/1?q={quote('社群')}"]
    before = html.tostring(tree, encoding="unicode")
    assert before.index('class="articles"') < before.index('id="narrow"')


@pytest.mark.parametrize(
    ("narrowing", "count"),
    [
        ("&category=社群", "12 articles"),
        ("&source=一起惠返利网", "1 article"),
        ("&since=2019-05", "4 articles"),
        ("&until=2018", "4 articles"),
        ("&since=2019-05&category=购物资讯", "2 articles"),
        ("&source=无此来源", "Nothing found"),
    ],
)
def test_filters(life: Pages, narrowing: str, count: str) -> None:
    (told,) = texts(page(life, f"/search?q=社群{narrowing}"), "//h2[@id='found']")
    assert told.startswith(count + " ")


def test_pages_of_results(life: Pages) -> None:
    tree = page(life, "/search?q=")
    assert texts(tree, "//nav[@class='pages']/span") == ["", "page 1 of 2"]
    assert tree.xpath("//a[@rel='next']/@href") == ["/search?q=&page=2"]
    second = page(life, "/search?q=&page=2")
    assert len(texts(second, "//ol[@class='articles']/li")) == 12
    assert second.xpath("//a[@rel='prev']/@href") == ["/search?q="]
    assert texts(page(life, "/search?q=&page=9999999"), "//ol[@class='articles']/li") == []


def test_a_time_that_is_none_is_said(life: Pages) -> None:
    tree = page(life, "/search?q=社群&since=gestern", 400)
    assert texts(tree, "//*[@role='alert']") == ["Not a time like 2019, 2019-04 or 2019-04-13: gestern"]


@pytest.mark.parametrize("q", ['"', "*", "|", "a" * 3000, "%00", "<script>alert(1)</script>", "社群 AND ("])
def test_any_query_is_a_page(life: Pages, q: str) -> None:
    tree = page(life, f"/search?q={quote(q, safe='%')}")
    assert tree.xpath("//script") == []


# --- an article -------------------------------------------------------------------------------


def test_an_articles_life(life: Pages) -> None:
    tree = page(life, "/article/22?q=团长")
    assert texts(tree, "//article/h1") == ["(更新)做团长的第一个月,我学会了写通知"]
    assert len(texts(tree, "//div[@class='body']/p")) == 4
    assert texts(tree, "//article/h1/mark") == ["团长"]
    assert texts(tree, "//table[@class='sides']//ins") == ["(更新)", "补记:文中提到的活动已经延长到七月底。"]
    assert texts(tree, "//table[@class='sides']//del") == []
    assert texts(tree, "//ul[@class='key']/li") == ["in listings", "on its own page"]
    assert len(tree.xpath("//figure//circle")) == 6 + 2  # and the key's
    assert rows(tree, "//section[@aria-labelledby='listed']//tbody/tr") == [
        "社群 2019-06-20 09:00 2019-08-01 09:00"
    ]
    captures = tree.xpath("//section[@aria-labelledby='behind']//tbody//a/@href")
    assert len(captures) == 6
    for address in captures:
        assert page(life, address).xpath("//iframe/@sandbox") == [""]


def test_a_disappearance_is_told_with_its_evidence(life: Pages) -> None:
    tree = page(life, "/article/31")
    steps = texts(tree, "//ol[@class='life']/li")
    assert steps[0] == "Last seen listed 2019-06-20 09:00."
    walk = "a certified walk over 购物资讯 saw 16 of 16 declared articles, and this was not among them"
    assert steps[1] == f"Missing 2019-07-04 09:00: {walk} (pages 1 2 3)"
    assert steps[2] == f"Gone 2019-07-18 09:00: {walk} (pages 1 2 3)"
    evidence = tree.xpath("//ol[@class='life']//a/@href")
    assert all(page(life, address) is not None for address in evidence)


def test_an_article_without_a_title_goes_by_its_label(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "a.db")
    filling.listing(at(1), entry(CITY))
    filling.listing(at(3), entry(CITY, views=300))
    filling.db.close()
    pages = Pages(tmp_path / "a.db")
    label = "城南的菜市场去年翻新了屋顶,摊位却比从前少了一半。"
    assert texts(page(pages, "/article/1"), "//h1") == [label]
    links = "//a[@href='/article/1' or starts-with(@href, '/article/1?')]"
    for url in ("/", "/search?q=", "/search?q=菜市场", "/yiqihui/articles", "/yiqihui/fastest_growing"):
        assert label in texts(page(pages, url), links)
    assert label in texts(page(pages, "/yiqihui/view_growth"), "//a[@href='/article/1']")


def test_a_long_text_comes_in_parts_and_many_versions_stay_small(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "a.db")
    for day in range(1, 25):
        body = "\n".join(
            f"第{day if number % 7 == 0 else 0}稿第{number}段。" + "字" * 300 for number in range(90)
        )
        filling.listing(at(day), entry(body, 11, title="长文", views=day))
    filling.db.close()
    pages = Pages(tmp_path / "a.db")
    first, last = page(pages, "/article/1"), page(pages, "/article/1?part=99")
    assert texts(first, "//nav[@class='pages']/span")[-1] == "part 1 of 3"
    assert texts(last, "//nav[@class='pages']/span")[0] == "part 3 of 3"
    assert texts(last, "//div[@class='body']/p")[-1].startswith("第0稿第89段。")
    assert texts(first, "//h2[@id='versions']") == ["24 versions"]


@pytest.mark.parametrize("url", ["/article/999", "/capture/999", "/capture/999/page", "/article/0"])
def test_what_is_not_there_is_not_found(life: Pages, url: str) -> None:
    assert texts(page(life, url, 404), "//h1") == ["Not found"]


@pytest.mark.parametrize("url", ["/article/x", "/article/99999999999999999999", "/nothing", "/capture/1/raw"])
def test_other_addresses_are_not_found(life: Pages, url: str) -> None:
    assert life.get(url).status_code == 404


# --- a captured page --------------------------------------------------------------------------


def test_a_captured_page_with_what_was_read_of_it(life: Pages) -> None:
    tree = page(life, "/capture/1")
    assert texts(tree, "//ul[@class='legend']/li")[0].startswith("breadcrumb 21 ")
    assert tree.xpath("//iframe/@src") == ["/capture/1/page"]
    assert len(texts(tree, "//section[@aria-labelledby='read']//li")) == 8
    inside = html.document_fromstring(life.get("/capture/1/page").text)
    markers = inside.xpath("//span[contains(@class, 'marker')]")
    assert markers[0].get("title") == "marker 1: 一起惠, 2019-06-18 09:30:00, 1,526 views"
    assert (
        "".join(texts(inside, "//span[@class='sp breadcrumb']")) == "当前位置:首页>一起惠资讯>社群>文章列表"
    )
    assert "首页" in texts(inside, "//span[@class='sp furniture']")[1]


@pytest.mark.parametrize("form", ["page", "text"])
def test_a_captured_page_may_do_nothing(life: Pages, form: str) -> None:
    answer = life.get(f"/capture/1/{form}")
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'self'; sandbox"
    )
    tree = html.document_fromstring(answer.text)
    assert tree.xpath("//script|//a|//link|//iframe|//form|//base|//@src|//@href|//@style") == []


def test_without_its_warc_file_a_capture_says_so(tmp_path: Path) -> None:
    sample_life(tmp_path / "a.db")
    for file in (tmp_path / "warc").iterdir():
        file.unlink()
    tree = page(Pages(tmp_path / "a.db"), "/capture/1")
    assert texts(tree, "//*[@role='alert']")[0].startswith("The page can’t be shown:")
    assert tree.xpath("//iframe") == []


def test_a_page_that_tries_everything_is_shown_and_does_nothing(tmp_path: Path) -> None:
    pages = Pages(evil_archive(tmp_path, "http://127.0.0.1:9/"))
    inside = pages.get("/capture/1/page").text
    assert "127.0.0.1" not in inside
    tree = html.document_fromstring(inside)
    assert (
        tree.xpath("//script|//iframe|//img[@src]|//form|//a|//object|//svg|//video|//template|//base") == []
    )
    assert [name for name in tree.xpath("//*/@*") if str(name.attrname).startswith("on")] == []
    assert "看不见的字" in texts(tree, "//span[@class='sp unread']")
    assert "甲文第一句在这里。" in "".join(texts(tree, "//span[@class='sp body']"))


# --- hostile, and in Chinese ------------------------------------------------------------------


def test_hostile_text_in_every_field_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    fill(path)
    filling = Filling(path)
    residue = Residue(Span(0, 8), HOSTILE, HOSTILE)
    evil = entry(HOSTILE, None, title=HOSTILE, source=HOSTILE, url="javascript:alert(1)")
    filling.listing(at(5), evil, category=HOSTILE, residues=(residue,))
    filling.db.execute("UPDATE captures SET url = ?, problems = json_array(?)", [HOSTILE, HOSTILE])
    filling.db.execute("UPDATE runs SET command = ?, outcome = ?", [HOSTILE, HOSTILE])
    filling.db.execute("UPDATE walks SET reasons = json_array(?), certified = 0", [HOSTILE])
    filling.db.close()
    pages = Pages(path)
    ids = [row["id"] for row in pages.rows("/yiqihui/articles.json?_shape=array")]
    urls = [
        "/",
        "/search?q=",
        f"/search?q={quote(HOSTILE)}",
        f"/search?q=&category={quote(HOSTILE)}",
        "/capture/1",
    ]
    for url in urls + [f"/article/{number}?q={quote(HOSTILE)}" for number in ids]:
        tree = page(pages, url)
        assert tree.xpath("//script|//img|//b|//*[@onerror]") == [], url
        assert not [href for href in tree.xpath("//@href") if href.startswith("javascript")], url
    assert HOSTILE in texts(page(pages, "/"), "//h3/a")


def test_in_chinese(life: Pages) -> None:
    for url in ("/?lang=zh", "/search?q=&lang=zh", "/article/31?lang=zh", "/capture/1?lang=zh"):
        tree = page(life, url)
        assert tree.get("lang") == "zh-CN"
        for aside in tree.xpath("//code|//title|//dl[@class='record']|//*[contains(@class, 'url')]"):
            aside.drop_tree()
        words = set(re.findall("[A-Za-z]{2,}", " ".join(tree.xpath("//body//text()"))))
        assert words <= {"SQL", "English", "UTC", "HTTP", "WARC"}, url
    assert life.get("/?lang=zh").headers["set-cookie"].startswith("lang=zh; ")
    assert texts(page(life, "/search?q=社群&lang=zh"), "//h2[@id='found']") == ["12 篇文章 缩小范围"]


def test_tables_and_queries_in_chinese(life: Pages) -> None:
    """But for the names of columns and what they mean, which are the database's own."""
    names = {"SQL", "English", "JSON", "CSV", "json", "ISO", "WARC", "Datasette", "ms", "docs", "md", "py"}
    names |= {"yiqihui", "analyze", "monitors", *meanings()}
    chinese = Pages(life.path, "zh")
    for url in ("/yiqihui", "/yiqihui/articles", "/yiqihui/how_complete", "/yiqihui/articles/22"):
        tree = page(chinese, url)
        assert tree.get("lang") == "zh-CN"
        own = "//table|//textarea|//pre|//dt|//select[@name='_filter_column']|//h1|//*[@class='crumbs']"
        own += "|//*[@lang='en']|//dl[@class='fields-of-row']|//ul[@class='plain']/li"
        for aside in tree.xpath(own):
            aside.drop_tree()
        assert set(re.findall("[A-Za-z_]{2,}", " ".join(tree.xpath("//body//text()")))) <= names, url
    answer = life.get("/yiqihui/articles?_lang=zh")
    assert answer.headers["set-cookie"].startswith("lang=zh; ")
    assert "32 行" in answer.text


def test_the_language_is_the_readers_else_the_servers(life: Pages) -> None:
    assert page(life, "/").get("lang") == "en"
    chinese = Pages(life.path, "zh")
    assert page(chinese, "/").get("lang") == "zh-CN"
    assert page(chinese, "/?lang=en").get("lang") == "en"
    assert page(chinese, "/?lang=xx").get("lang") == "zh-CN"
