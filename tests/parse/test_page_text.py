"""From bytes to page text: HTML or dump, addresses, whole pages."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.hui import from_html, page_text
from support.paths import FIXTURES as ALL_FIXTURES

from yiqihui_spider.items import PageText
from yiqihui_spider.parse.page_text import from_text

FIXTURES = ALL_FIXTURES / "page_text"
URL = "http://www.178hui.com/news/list.php?cat=3"


def hrefs(html: str, url: str = URL, encoding: str = "utf-8") -> list[str]:
    return [link.href for link in from_html(html, url, encoding).links]


# --- whole pages -------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", [None, "text/html", "text/html; charset=utf-8"])
@pytest.mark.parametrize("case", sorted(path.parent.name for path in FIXTURES.glob("*/input.html")))
def test_page(case: str, content_type: str | None) -> None:
    expected = json.loads((FIXTURES / case / "expected.json").read_text("utf-8"))
    got = page_text((FIXTURES / case / "input.html").read_bytes(), content_type, expected["url"])
    assert got.text.split("\n") == expected["lines"]
    assert (got.title, got.encoding) == (expected["title"], expected["encoding"])
    assert [span.of(got.text).split("\n") for span in got.furniture] == expected["furniture"]
    links = [[n.start, n.text, n.href, *(["image"] if n.image else [])] for n in got.links]
    assert links == expected["links"]


# --- HTML or text ------------------------------------------------------------------------

DUMP = "当前位置:首页>一起惠资讯>社群>文章列表\r\n社群\r\n\r\n  正文 <b@不是.标签>  \r\n"


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("<p>一</p>", None, "一"),
        (" \r\n\t<div>一</div>", None, "一"),
        ("\ufeff<p>一</p>", None, "一"),
        ("<!-- x --><p>一</p>", "", "一"),
        ("<p>一</p>", "application/octet-stream", "一"),
        ("<p>一</p>", "text/plain", "一"),
        ("<p>一</p>", "Text/Plain; charset=utf-8", "一"),
        ("<!DOCTYPE html><p>一</p>", "text/plain", "一"),
        ("<!-- saved --> <HTML><p>一</p>", "text/plain", "一"),
        ("一<br>二", "text/html", "一\n二"),
        ("一\n二 < 三", "text/html", "一\n二 < 三"),
        ("<一起惠> 二\n三", None, "<一起惠> 二\n三"),
        ("< 3 元\n四", None, "< 3 元\n四"),
        ("<", None, "<"),
        ("一<p>二", None, "一<p>二"),
        ('{"a": "<p>一</p>"}', "application/json", '{"a": "<p>一</p>"}'),
        (DUMP, None, DUMP),
        (DUMP, "text/plain", DUMP),
        ("", None, ""),
        ("", "text/html", ""),
    ],
)
def test_html_is_told_from_text(body: str, content_type: str | None, text: str) -> None:
    assert page_text(body.encode(), content_type, URL).text == text


@pytest.mark.parametrize("name", ["utf-8", "gb18030", "utf-16"])
def test_a_dump_keeps_every_character(name: str) -> None:
    got = page_text(DUMP.encode(name), None, URL)
    assert (got.text, got.links, got.furniture, got.title) == (DUMP, (), (), None)


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_from_text_changes_nothing(text: str) -> None:
    assert from_text(text) == PageText(text)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200) | st.text(max_size=100).map(lambda text: f"<p>{text}".encode("utf-8", "replace")),
    st.sampled_from([None, "", "text/html", "text/plain", "text/html; charset=gbk", ";;;", "image/png"]),
    st.sampled_from([URL, "", "http://[", "file:///tmp/x.html"]),
)
def test_never_raises(body: bytes, content_type: str | None, url: str) -> None:
    got = page_text(body, content_type, url)
    assert all(got.text[link.start : link.end] == link.text for link in got.links)


# --- addresses ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("/news/view/1.html", "http://www.178hui.com/news/view/1.html"),
        ("view/1.html", "http://www.178hui.com/news/view/1.html"),
        ("?cat=3&page=2", "http://www.178hui.com/news/list.php?cat=3&page=2"),
        ("?cat=3&amp;page=2", "http://www.178hui.com/news/list.php?cat=3&page=2"),
        ("../zdm/./a.html", "http://www.178hui.com/zdm/a.html"),
        ("/a/../b.html", "http://www.178hui.com/b.html"),
        ("//m.178hui.com/x", "http://m.178hui.com/x"),
        ("https://178hui.com/news/", "https://178hui.com/news/"),
        ("HTTP://178hui.com/", "http://178hui.com/"),
        ("/a.html#top", "http://www.178hui.com/a.html"),
        (" /a\n.html\t", "http://www.178hui.com/a.html"),
        ("/a b.html", "http://www.178hui.com/a%20b.html"),
        ("/%E4%B8%80.html", "http://www.178hui.com/%E4%B8%80.html"),
        ("/社群?c=社群", "http://www.178hui.com/%E7%A4%BE%E7%BE%A4?c=%E7%A4%BE%E7%BE%A4"),
        ("/news/", "http://www.178hui.com/news/"),
        ("/", "http://www.178hui.com/"),
    ],
)
def test_addresses_are_absolute(href: str, expected: str) -> None:
    assert hrefs(f'<a href="{href}">一</a>') == [expected]


@pytest.mark.parametrize(
    "href",
    [
        "",
        " ",
        "#",
        "#top",
        "javascript:void(0)",
        "JavaScript:x",
        "mailto:a@b.c",
        "tel:1",
        "data:text/html,x",
        "http://[",
    ],
)
def test_what_leads_to_no_page_is_no_link(href: str) -> None:
    assert hrefs(f'<a href="{href}">一</a>') == []


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("/x/", "http://www.178hui.com/x/a"),
        ("https://178hui.com/y/z.html", "https://178hui.com/y/a"),
        ("", "http://www.178hui.com/news/a"),
        ("http://[", "http://www.178hui.com/news/a"),
    ],
)
def test_base(base: str, expected: str) -> None:
    assert hrefs(f'<base target=_blank><base href="{base}"><base href="/late/"><a href=a>一</a>') == [
        expected
    ]


ARCHIVE = "https://web.archive.org/web/20190705081500"


@pytest.mark.parametrize(
    ("url", "base"),
    [
        (URL, ""),
        (f"{ARCHIVE}/{URL}", ""),
        ("file:///home/saved.html", f'<base href="{ARCHIVE}/{URL}">'),
        ("file:///home/saved.html", f'<base href="/web/2019/{URL}">'),
    ],
)
@pytest.mark.parametrize(
    "href",
    [
        f"{ARCHIVE}/http://www.178hui.com/news/view/1.html",
        f"{ARCHIVE}id_/http://www.178hui.com/news/view/1.html#top",
        "//web.archive.org/web/20190705081500/http://www.178hui.com/news/view/1.html",
        "/web/20190705081500/http://www.178hui.com/news/view/1.html",
        "http://localhost:8080/coll/20190705081500mp_/http://www.178hui.com/news/view/1.html",
        "view/1.html",
        "/news/view/1.html",
    ],
)
def test_what_a_web_archive_made_of_addresses_is_undone(url: str, base: str, href: str) -> None:
    assert hrefs(f'{base}<a href="{href}">一</a>', url) == ["http://www.178hui.com/news/view/1.html"]


def test_an_archives_own_bar_is_no_text_of_the_page() -> None:
    bar = f'<div id="wm-ipp-base"><a href="{ARCHIVE}/{URL}">Wayback</a> 12 captures</div>'
    print_ = '<div id="wm-ipp-print">The Wayback Machine - https://web.archive.org/web/</div>'
    begin, end = "<!-- BEGIN WAYBACK TOOLBAR INSERT -->", "<!-- END WAYBACK TOOLBAR INSERT -->"
    for html in (
        f"{begin}<p>12 captures</p>{bar}{end} {print_}",
        f"{begin}{end}{bar}{print_}",
        f"{bar}{print_}",
    ):
        assert from_html(f"<body>{html}<p>一</p></body>", URL).text == "一"
    assert from_html(f"<body>{begin}<p>一</p></body>", URL).text == "一"


def test_a_query_is_written_in_the_encoding_of_the_page() -> None:
    body = '<!doctype html><meta charset=gb2312><a href="list.asp?c=社群&喆">一</a>'.encode("gbk")
    (link,) = page_text(body, None, URL).links
    assert link.href == "http://www.178hui.com/news/list.asp?c=%C9%E7%C8%BA&%86%B4"
    assert hrefs("<a href='?c=社'>一</a>", encoding="cp1252") == [
        "http://www.178hui.com/news/list.php?c=%E7%A4%BE",
    ]
    assert hrefs("<a href='?c=社'>一</a>", encoding="no such") == [
        "http://www.178hui.com/news/list.php?c=%E7%A4%BE",
    ]


def test_a_saved_page_without_an_address_keeps_its_relative_links() -> None:
    assert hrefs("<a href=/news/view/1.html>一</a><a href=javascript:x>二</a>", "") == ["/news/view/1.html"]
    assert hrefs("<a href=view/1.html>一</a>", "file:///home/a/b.html") == ["file:///home/a/view/1.html"]


@pytest.mark.parametrize(
    "body", ["<!---->" * 30 + "x", "<!--" + "-->" * 40 + "x", "<?xml >" * 1000 + "x", "<a " * 30_000]
)
def test_telling_html_from_text_takes_no_time(body: str) -> None:
    start = time.process_time()
    assert page_text(body.encode(), None, URL).text
    assert time.process_time() - start < 5
