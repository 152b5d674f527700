"""Titles: every title of the sample site with every odd thing in or about it, as links and as lines."""

from __future__ import annotations

import doctest
import itertools
from html import escape

import pytest
from support.hui import read_page
from support.odd_titles import (
    CATEGORY,
    CHARACTERS,
    LAYOUTS,
    NUMBERS,
    ODD,
    SAMPLE,
    SITE,
    flattened,
    wrapped,
)

from yiqihui_spider.archive.articles.identity import content_hash, same_text
from yiqihui_spider.characters import squeeze
from yiqihui_spider.items import ParsedPage
from yiqihui_spider.parse import titles
from yiqihui_spider.parse.normalise import tidy
from yiqihui_spider.sample.pages import article_lines

pytestmark = pytest.mark.thorough


def rows(reading: ParsedPage) -> list[tuple[object, ...]]:
    return [
        (a.site_id, a.url, a.body, a.published_at, a.views, a.source, a.excerpt) for a in reading.articles
    ]


def same_titles(one: ParsedPage, other: ParsedPage) -> bool:
    pairs = zip(one.articles, other.articles, strict=True)
    return all(a.title and b.title and same_text(a.title, b.title) for a, b in pairs)


def read(html: str, path: str) -> ParsedPage:
    return read_page(html.encode(), "text/html; charset=utf-8", SITE + path)[2]


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(titles).failed == 0


@pytest.mark.parametrize("tag", ["h3", "div", "p", "dt"])
@pytest.mark.parametrize("name", ODD)
def test_titles_in_a_listing(name: str, tag: str) -> None:
    path = SAMPLE.address(CATEGORY, 1)
    html = plain = SAMPLE.get(path).text
    for article in SAMPLE.on_page(CATEGORY, 1):
        old = f"{escape(article.title)}</a></h3>"
        assert old in html
        html = html.replace(old, f"{ODD[name](article.title)}</a></h3>")
    html = html.replace("<h3>", f"<{tag}>").replace("</h3>", f"</{tag}>")
    expected, got = read(plain, path), read(html, path)
    assert len(got.articles) == len(SAMPLE.on_page(CATEGORY, 1))
    assert rows(got) == rows(expected)
    assert same_titles(got, expected)
    assert got.residues == ()
    assert got.problems == ()
    assert all("\n" not in (a.title or "") for a in got.articles)


@pytest.mark.parametrize("where", ["both", "heading", "breadcrumb"])
@pytest.mark.parametrize("name", ODD)
def test_titles_of_detail_pages(name: str, where: str) -> None:
    for article in SAMPLE.on_page(CATEGORY, 1)[:6]:
        path = f"/news/view/{article.number}.html"
        html = plain = SAMPLE.get(path).text
        odd = ODD[name](article.title)
        if where != "breadcrumb":
            html = html.replace(f"<h1>{escape(article.title)}</h1>", f"<h1>{odd}</h1>")
        if where != "heading":
            html = html.replace(f"&gt;{escape(article.title)}</div>", f"&gt;{odd}</div>")
        expected, got = read(plain, path), read(html, path)
        assert got.kind == "article"
        assert got.category == expected.category
        assert rows(got) == rows(expected)
        assert same_titles(got, expected)
        assert got.residues == ()


@pytest.mark.parametrize("where", ["both", "heading", "breadcrumb"])
@pytest.mark.parametrize("name", ODD)
def test_a_detail_page_that_quotes_a_marker_is_no_listing(name: str, where: str) -> None:
    article = SAMPLE.on_page(CATEGORY, 1)[1]
    path = f"/news/view/{article.number}.html"
    html = SAMPLE.get(path).text.replace("</p>", "</p><p>一起惠2018-03-01 08:00:0012 次</p>", 1)
    odd = ODD[name](article.title)
    if where != "breadcrumb":
        html = html.replace(f"<h1>{escape(article.title)}</h1>", f"<h1>{odd}</h1>")
    if where != "heading":
        html = html.replace(f"&gt;{escape(article.title)}</div>", f"&gt;{odd}</div>")
    got = read(html, path)
    assert (got.kind, got.category, len(got.articles)) == ("article", article.categories[0], 1)
    assert same_text(got.articles[0].title or "", article.title)
    assert got.articles[0].views == article.detail_marker[2]


@pytest.mark.parametrize("where", ["both", "heading", "breadcrumb"])
@pytest.mark.parametrize("odd", CHARACTERS.values(), ids=CHARACTERS)
def test_a_detail_page_as_text_with_odd_titles(odd: str, where: str) -> None:
    article = SAMPLE.on_page(CATEGORY, 1)[1]
    breadcrumbs, title, *others = article_lines(article)
    broken = f"{title[:2]}{odd}{title[2:]}"
    if where != "heading":
        breadcrumbs = breadcrumbs.replace(title, broken)
    text = "\n".join([breadcrumbs, title if where == "breadcrumb" else broken, *others])
    got = read_page(text.encode(), "text/plain", f"{SITE}/news/view/{article.number}.html")[2]
    assert (got.kind, got.category, got.residues) == ("article", article.categories[0], ())
    (found,) = got.articles
    assert same_text(found.title or "", title)
    assert content_hash(found.body) == content_hash("".join(article.lines))


# --- links -------------------------------------------------------------------------------

A = '<a href="/news/view/5.html"'
BODY = "早上八点开团,橘子不到一小时就卖完了。下午补货,傍晚又卖完了。"
MARKER = "<div><span>一起惠</span><span>2019-04-13 09:30:07</span><em>407 次</em></div>"
AGAIN = f"<p>{A}>橘子卖完了</a></p>"
CRUMBS = (
    "<div>当前位置:<a href=/>首页</a>&gt;<a href=/news/>一起惠资讯</a>&gt;社群&gt;文章列表</div><h2>社群</h2>"
)
OTHER = (
    f'<li><h3><a href="/news/view/4.html">苹果上架</a></h3><p>苹果{BODY}</p>{MARKER.replace("407", "9")}</li>'
)
PICTURE = f'{A}><img src="/p.gif"></a>'
SHAPES = {
    "plain": f"<h3>{A}>橘子卖完了</a></h3><p>{BODY}</p>",
    "image before": f"{PICTURE}<h3>{A}>橘子卖完了</a></h3><p>{BODY}</p>",
    "image in the heading": f"<h3>{PICTURE}{A}>橘子卖完了</a></h3><p>{BODY}</p>",
    "image behind": f"<h3>{A}>橘子卖完了</a></h3>{PICTURE}<p>{BODY}</p>",
    "image in the link": f"<h3>{A}><img src=/n.gif>橘子卖完了</a></h3><p>{BODY}</p>",
    "empty link before": f"<h3>{A}></a>{A}>橘子卖完了</a></h3><p>{BODY}</p>",
    "invisible link before": f"<h3>{A}>&#8203;</a>{A}>橘子卖完了</a></h3><p>{BODY}</p>",
    "two halves": f"<h3>{A}>橘子</a>{A}>卖完了</a></h3><p>{BODY}</p>",
    "halves, bold": f"<h3>{A}><b>橘子</b></a> {A}>卖完了</a></h3><p>{BODY}</p>",
    "read on in the heading": f"<h3>{A}>橘子卖完了</a> {A}>[详情]</a></h3><p>{BODY}</p>",
    "read on with brackets": f"<h3>{A}>橘子卖完了</a>[{A}>详情</a>]</h3><p>{BODY}</p>",
    "read on below": f"<h3>{A}>橘子卖完了</a></h3><p>{BODY}</p>{A}>阅读全文</a>",
    "repeated": f"<h3>{A}>橘子卖完了</a></h3>{AGAIN}<p>{BODY}</p>",
    "repeated with a mark": f"<h3>{A}>橘子卖完了</a></h3><p>{A}>\u200b橘子 卖完了</a></p><p>{BODY}</p>",
    "repeated twice": f"<h3>{A}>橘子卖完了</a></h3>{AGAIN * 2}<p>{BODY}</p>",
    "label before": f"<h3>[<a href='/news/s/'>社群</a>] {A}>橘子卖完了</a></h3><p>{BODY}</p>",
    "line break": f"<div>{A}>橘子<br>卖完了</a></div><p>{BODY}</p>",
    "line breaks": f"<div>{A}><br>橘子<br><br>卖完<br>了<br></a></div><p>{BODY}</p>",
    "line break, body behind": f"<div>{A}>橘子<br>卖完了</a><br>{BODY}</div>",
    "cut, whole in the attribute": f"<h3>{A} title='橘子卖完了'>橘子卖…</a></h3><p>{BODY}</p>",
    "cut with dots": f"<h3>{A} title='橘子卖完了'>橘子卖...</a></h3><p>{BODY}</p>",
    "cut, whole at the image": f"{A} title='橘子卖完了'><img></a><h3>{A}>橘子…</a></h3><p>{BODY}</p>",
    "attribute of something else": f"<h3>{A} title='点击查看'>橘子卖完了</a></h3><p>{BODY}</p>",
    "card": f"{A}><h3>橘子卖完了</h3><p>{BODY}</p></a>",
    "card with line breaks": f"{A}>橘子卖完了<br>{BODY}</a>",
    "body a link, too": f"<h3>{A}>橘子卖完了</a></h3><p>{A}>{BODY}</a></p>",
    "heading without a link": f"{PICTURE}<h3>橘子卖完了</h3><p>{BODY}</p>",
    "heading, then read on": f"<h3>橘子卖完了</h3><p>{BODY}</p>{A}>[阅读全文]</a>",
}


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("name", SHAPES)
def test_titles_as_links(name: str, first: bool) -> None:
    entries = [f"<li>{SHAPES[name]}{MARKER}</li>", OTHER]
    html = f"{CRUMBS}<ul>{''.join(entries if first else reversed(entries))}</ul><div>1-2/2 记录1/1 页</div>"
    got = read(f"<!DOCTYPE html><body>{html}</body>", "/news/s/")
    assert (got.residues, got.problems) == ((), ())
    by_number = {a.site_id: a for a in got.articles}
    article = by_number[5]
    assert squeeze(article.title or "") == "橘子卖完了"
    assert article.body == BODY
    assert article.url == f"{SITE}/news/view/5.html"
    assert (by_number[4].title, by_number[4].body) == ("苹果上架", f"苹果{BODY}")


# --- lines -------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("odd", ["", *(c for n, c in CHARACTERS.items() if c not in "\t\n\r\n")], ids=ascii)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_titles_on_lines_of_their_own(layout: str, odd: str, end: str) -> None:
    text = flattened(LAYOUTS[layout], lambda title: f"{odd}{title[:2]}{odd}{title[2:]}{odd}", end)
    page_text, page, got = read_page(text.encode(), "text/plain", SITE + "/news/s/")
    assert "".join(segment.span.of(page_text.text) for segment in page.segments) == text
    expected = SAMPLE.on_page(CATEGORY, 1)
    assert len(got.articles) == len(expected)
    for article, known in zip(got.articles, expected, strict=True):
        assert same_text(article.title or "", known.title)
        assert content_hash(article.body) == content_hash(known.listed)
        assert tidy(article.span.of(text)) == article.body
    assert got.residues == ()


@pytest.mark.parametrize(
    "form", ["{} <{}>", "  * {} <{}>", "[{}]({})", "### [{}]({})", "- [{}]({})", '## [{}]({} "甲")']
)
def test_a_text_that_tells_addresses(form: str) -> None:
    """As Firefox saves a page as text, and as Markdown."""

    def layout(title: str, body: str, marker: str) -> list[str]:
        return ["", form.format(title, f"{SITE}/news/view/{NUMBERS[title]}.html"), "", body, "", marker, ""]

    got = read_page(flattened(layout, str, "\n").encode(), None, "file:///page.txt")[2]
    assert [(a.title, a.site_id, a.url) for a in got.articles] == [
        (a.title, a.number, f"{SITE}/news/view/{a.number}.html") for a in SAMPLE.on_page(CATEGORY, 1)
    ]
    assert [content_hash(a.body) for a in got.articles] == [
        content_hash(a.listed) for a in SAMPLE.on_page(CATEGORY, 1)
    ]


@pytest.mark.parametrize(("first", "form"), [(1, "{}. {}"), (21, "{}、{}"), (9, " {}) {}")])
def test_titles_that_are_items_of_a_numbered_list(first: int, form: str) -> None:
    """As programs show a page that is one: lynx, w3m, a word processor."""
    numbers = itertools.count(first)

    def layout(title: str, body: str, marker: str) -> list[str]:
        return [form.format(next(numbers), title), body, marker]

    got = read_page(flattened(layout, str, "\n").encode(), None, "file:///page.txt")[2]
    assert [(a.title, content_hash(a.body)) for a in got.articles] == [
        (a.title, content_hash(a.listed)) for a in SAMPLE.on_page(CATEGORY, 1)
    ]


def test_numbers_that_do_not_count_the_entries_are_the_titles_own() -> None:
    assert dump("3. 甲题目\n甲文。", "5. 乙题目\n乙文。") == [
        ("3. 甲题目", "甲文。", False),
        ("5. 乙题目", "乙文。", False),
    ]


def test_an_article_that_is_listed_twice_has_its_title_twice() -> None:
    assert dump("甲题目\n甲文。", "乙题目\n乙文。", "甲题目\n甲文。") == [
        ("甲题目", "甲文。", False),
        ("乙题目", "乙文。", False),
        ("甲题目", "甲文。", False),
    ]


@pytest.mark.parametrize("width", [0, 36, 38, 40])
def test_a_dump_without_titles_has_none(width: int) -> None:
    """Whole lines, and lines that a browser broke."""

    def layout(title: str, body: str, marker: str) -> list[str]:
        return [*(wrapped(body, width) if width else [body]), marker]

    got = read_page(flattened(layout, str, "\n").encode(), None, "file:///dump.txt")[2]
    assert [(a.title, content_hash(a.body)) for a in got.articles] == [
        (None, content_hash(a.listed)) for a in SAMPLE.on_page(CATEGORY, 1)
    ]


HEAD = "当前位置:首页>一起惠资讯>社群>文章列表\n社群\n"


def dump(*bodies: str) -> list[tuple[str | None, str, bool]]:
    entries = "".join(f"{body}\n一起惠2019-04-13 09:30:0{9 - n}407 次\n" for n, body in enumerate(bodies))
    text = f"{HEAD}{entries}1-{len(bodies)}/{len(bodies)} 记录1/1 页\n"
    got = read_page(text.encode(), None, "file:///dump.txt")[2]
    assert (got.residues, got.problems) == ((), ())
    return [(a.title, a.body, a.excerpt) for a in got.articles]


@pytest.mark.parametrize(
    "bodies",
    [
        ("早上开团,人不少。\n晚上收摊。", "橘子卖完了。\n苹果还有。"),
        ("早上开团,人不少。\n晚上收摊。",),
        ("一、开团\n二、收摊\n三、总结", "橘子卖完了。", "苹果还有。"),
        ("文/张三\n早上开团。", "文/李四\n晚上收摊。"),
        ("开团\n早上开团。", "开团\n晚上收摊。"),
        ("早上八点开团\n晚上收摊",),
        ("橘子卖完了",),
    ],
)
def test_lines_that_are_no_titles_stay_in_the_text(bodies: tuple[str, ...]) -> None:
    assert dump(*bodies) == [(None, body, False) for body in bodies]


def test_a_lone_entry_with_a_title_by_its_looks() -> None:
    assert dump("橘子卖完了\n早上八点开团,一小时就卖完了。") == [
        ("橘子卖完了", "早上八点开团,一小时就卖完了。", False)
    ]


def test_most_entries_show_what_the_others_are() -> None:
    long = "为什么橘子总是第一个卖完。"
    assert dump(*(f"第{n}题\n文{n}。" for n in range(4)), f"{long}\n丙文。", "丁文第一句。") == [
        *((f"第{n}题", f"文{n}。", False) for n in range(4)),
        (long, "丙文。", False),
        (None, "丁文第一句。", False),
    ]


def test_titles_without_texts() -> None:
    assert dump("橘子卖完了", "苹果上架了", "社群怎么做?") == [
        ("橘子卖完了", "", True),
        ("苹果上架了", "", True),
        ("社群怎么做?", "", True),
    ]


def test_a_detail_page_as_text() -> None:
    for article in SAMPLE.on_page(CATEGORY, 1):
        lines = article_lines(article)
        got = read_page("\n".join(lines).encode(), "text/plain", f"{SITE}/news/view/{article.number}.html")[2]
        (found,) = got.articles
        assert (found.title, found.site_id) == (article.title, article.number)
        assert content_hash(found.body) == content_hash("".join(article.lines))
