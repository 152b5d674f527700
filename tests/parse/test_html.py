"""HTML to lines and links: what a reader sees."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.hui import from_html

from yiqihui_spider.items import Link, PageText
from yiqihui_spider.parse.html import read

URL = "http://www.178hui.com/news/list.php?cat=3"


def page(html: str) -> PageText:
    return from_html(html, URL)


# --- lines -------------------------------------------------------------------------------

LINES = {
    "inline elements do not end a line": (
        "<p>一起惠<span>2019-04-13 09:30:07</span><em>407 次</em></p>",
        "一起惠2019-04-13 09:30:07407 次",
    ),
    "more inline elements": (
        "<p>一<b>二</b><i>三</i><font color=red>四</font><x-y>五</x-y></p>",
        "一二三四五",
    ),
    "blocks end a line": ("<div>一<p>二</p>三<ul><li>四<li>五</ul>六</div>", "一\n二\n三\n四\n五\n六"),
    "headings, definitions, quotes": (
        "<h1>一</h1><h6>二</h6><dl><dt>三<dd>四</dl><blockquote>五</blockquote>六",
        "一\n二\n三\n四\n五\n六",
    ),
    "newer elements": (
        "<header>一</header><main><article>二</article><section>三</section></main><footer>四</footer>",
        "一\n二\n三\n四",
    ),
    "br and hr": ("一<br>二<br/><br>三<hr>四", "一\n二\n三\n四"),
    "blocks inside inline elements": ("<a href=x><h3>一</h3><div>二</div></a>", "一\n二"),
    "white space collapses": ("<p>  一 \n\t 二  <b> 三</b>四\r\n</p>", "一 二 三四"),
    "white space between inline elements": ("<p><b>一</b> <i>二</i>\n<u>三</u></p>", "一 二 三"),
    "no-break spaces are spaces": ("<p>&nbsp;&nbsp;407&nbsp;次 &nbsp;x\u00a0</p>", "407 次 x"),
    "ideographic spaces stay inside, not around": ("<p>　　一　二　</p><p>　</p>", "一　二"),
    "ideographic space between elements": ("<p>一　<b>　二</b></p>", "一　　二"),
    "empty lines are dropped": ("<p></p><p> </p><div><br><p>一</p><br></div>", "一"),
    "pre keeps its lines": ("<pre>一  二\n\n  三\r\n四</pre>五", "一  二\n三\n四\n五"),
    "cells of data": (
        "<table><tr><td>一</td><td><b>二</b></td><th>三</th></tr><tr><td>四</td></tr></table>",
        "一 二 三\n四",
    ),
    "cells of layout": ("<table><tr><td>一<td><p>二</p>三<td>四</table>", "一\n二\n三\n四"),
    "cells with line breaks": ("<table><tr><td>一<br>二</td><td>三</td></tr></table>", "一\n二\n三"),
    "nested tables": (
        "<table><tr><td>一<table><tr><td>二<td>三</table>四<td>五</table>",
        "一\n二 三\n四\n五",
    ),
    "entities": ("<p>&lt;b&gt; &amp; &#20013;&#x6587; &bogus; &copy;</p>", "<b> & 中文 &bogus; ©"),
    "comments": ("<p>一<!-- 二 -->三<!-- <p> -->四</p><!--[if IE]><p>五</p><![endif]-->", "一三四"),
    "scripts and styles": ("<p>一<script>'<p>二</p>'</script>三<style>p{}</style>四</p>", "一三四"),
    "never shown": (
        "<noscript><p>一</p></noscript><template><p>二</p></template><iframe>三</iframe><noframes>四</noframes>"
        "<object>五</object><audio>六</audio><video>七</video><canvas>八</canvas>九",
        "九",
    ),
    "form values": (
        "<form>关键词<input value=一><select><option>二</select><textarea>三</textarea>"
        "<button>四</button></form>",
        "关键词",
    ),
    "hidden attribute": ("<p hidden>一</p><p hidden=''>二<b>三</b></p>四<p>五</p>", "四\n五"),
    "display none": (
        "<p style='color:red;display:none'>一</p><p style='DISPLAY : NONE !important'>二<i>三</i></p>四",
        "四",
    ),
    "visibility hidden": ("<p style='visibility: hidden'>一</p>二", "二"),
    "not hidden": (
        "<p style='display:none;display:block'>一</p><p style='x-display:none'>二</p>"
        "<p aria-hidden=true>三</p><p style='display:'>四</p>",
        "一\n二\n三\n四",
    ),
    "tail of something hidden": ("<p>一<span hidden>二</span>三</p>", "一三"),
    "head and title": (
        "<head><title>题</title><meta name=d content=x><link href=x></head><body><p>一</p>",
        "一",
    ),
    "body text that strays into an unclosed head": (
        "<head><title>题</title><section><p>一</p></section>",
        "一",
    ),
    "no html, no body": ("一<p>二", "一\n二"),
    "nothing but text": ("一 二\n三", "一 二 三"),
    "unclosed and wrongly nested": ("<div><b>一<p>二</b>三</div></div></p>四<li>五", "一\n二三\n四\n五"),
    "frames": ("<frameset><frame src=a><noframes>一</noframes></frameset>", ""),
    "svg": ("<p>一<svg><title>二</title><text>三</text></svg>四</p>", "一四"),
    "ruby": ("<ruby>汉<rp>(</rp><rt>hàn</rt><rp>)</rp></ruby>", "汉hàn"),
    "xhtml": (
        '<?xml version="1.0" encoding="gb2312"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>一<br/>二</p>',
        "一\n二",
    ),
    "php left over": ("<p>一<?php echo '二' ?>三</p>", "一三"),
    "a lone angle bracket": ("<p>1 < 2,3 > 2</p>", "1 < 2,3 > 2"),
    "NUL": ("<p>一\0二</p>", "一二"),
    "empty": ("", ""),
    "white space": (" \n\t\0 ", ""),
    "upper case": ("<DIV>一<BR>二</DIV><SCRIPT>三</SCRIPT>", "一\n二"),
}


@pytest.mark.parametrize("case", LINES)
def test_lines(case: str) -> None:
    html, expected = LINES[case]
    assert page(html).text == expected


def test_title() -> None:
    assert page("<title> 社群 \n 一起惠 </title><svg><title>图</title></svg>").title == "社群 一起惠"
    assert page("<p>一</p>").title is None
    assert page("<title> </title>").title is None


# --- links -------------------------------------------------------------------------------


def test_a_link_stands_where_its_text_stands() -> None:
    got = page("<ul><li>看 <a href='/news/view/1.html'> 第一 <b>篇</b> </a>。<li><a href=/b>二</a></ul>")
    assert got.text == "看 第一 篇 。\n二"
    assert got.links == (
        Link(2, 6, "http://www.178hui.com/news/view/1.html", "第一 篇"),
        Link(9, 10, "http://www.178hui.com/b", "二"),
    )


def test_adjacent_links() -> None:
    got = page("<p>7 页<a href=?page=1>首页</a><a href=?page=2>2</a></p>")
    assert [(n.start, n.end, n.text) for n in got.links] == [(3, 5, "首页"), (5, 6, "2")]


def test_a_link_around_lines_is_one_link_for_each() -> None:
    got = page("<div>零<a href=/x><h3>一</h3><p>二</p></a></div>")
    assert [(n.start, n.end, n.text, n.href) for n in got.links] == [
        (2, 3, "一", "http://www.178hui.com/x"),
        (4, 5, "二", "http://www.178hui.com/x"),
    ]


@pytest.mark.parametrize(
    ("html", "text", "place"),
    [
        ("<a href=/x><img src=y></a><p>一</p>", "一", 0),
        ("<p>一<a href=/x><img></a></p><p>二</p>", "一\n二", 1),
        ("<p>一</p><a href=/x><span><img></span></a><p>二</p>", "一\n二", 2),
        ("<p>一</p><a href=/x><img></a><!-- end -->", "一", 1),
        ("<a href=/x><svg></svg></a>", "", 0),
    ],
)
def test_an_image_link_has_a_place_and_no_length(html: str, text: str, place: int) -> None:
    got = page(html)
    assert got.text == text
    assert got.links == (Link(place, place, "http://www.178hui.com/x", "", image=True),)


def test_an_image_beside_text_makes_no_image_link() -> None:
    (link,) = page("<a href=/x><img>一</a>").links
    assert (link.text, link.image) == ("一", False)


@pytest.mark.parametrize(
    "html",
    [
        "<a>一</a>",
        "<a name=top>一</a>",
        "<a href=/x></a>一",
        "<a href=/x hidden>二</a>一",
        "<div style='display:none'><a href=/x>二</a></div>一",
        "<noscript><a href=/x>二</a></noscript>一",
        "<!-- <a href=/x>二</a> -->一",
    ],
)
def test_no_link(html: str) -> None:
    got = page(html)
    assert (got.text, got.links) == ("一", ())


def test_a_link_inside_a_link_closes_it() -> None:
    got = page("<a href=/1>一<a href=/2>二</a>")
    assert [(n.text, n.href[-2:]) for n in got.links] == [("一", "/1"), ("二", "/2")]


# --- attacks -----------------------------------------------------------------------------

_MARKER = "<p>一起惠2019-04-13 09:30:07407 次</p>"
_CRUMB = "<div>当前位置:首页&gt;一起惠资讯&gt;社群&gt;文章列表</div>"
_PAGER = "<div>1-20/139 记录1/7 页</div>"
_DETAIL = f"<div>当前位置:首页&gt;资讯&gt;社群&gt;题</div><h1>题</h1>{_MARKER}<p>正文。</p>"

ATTACKS = {
    "deep blocks": "<div>" * 100_000 + "见底",
    "deep inline": "<b>" * 100_000 + "见底",
    "deep tables": "<table><tr><td>" * 30_000 + "见底",
    "deep links": "<a href=/x>" * 60_000 + "见底",
    "deep and closed": "<div>" * 50_000 + "见底" + "</div>" * 50_000,
    "angle brackets": "<" * 5_000_000,
    "open tags": "<div " * 500_000,
    "closing tags": "</div>" * 300_000,
    "unclosed comment": "<!--" + "一" * 2_000_000,
    "comment openings": "<!--" * 500_000,
    "paragraphs": "<p>" * 200_000,
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">见底",
    "quoted attributes": "<p " + " ".join(f'a{n}=">"' for n in range(60_000)) + ">见底",
    "attributes by slashes": "<p" + "".join(f"/a{n}" for n in range(60_000)) + ">见底",
    "attributes without spaces": "<p " + "".join(f'a{n}="1"' for n in range(60_000)) + ">见底",
    "unclosed quotes": "<a \"'<a '\"" * 200_000,
    "ampersands": "&" * 2_000_000,
    "entities": "&amp;" * 400_000,
    "entity bomb": '<!DOCTYPE x [<!ENTITY a "一"><!ENTITY b "&a;&a;">]>' + "&b;" * 10_000,
    "white space": "<b>　</b>" * 100_000 + " " * 2_000_000 + "见底",
    "style": '<p style="' + "display " * 100_000 + '">见底',
    "address": '<a href="' + "/.." * 100_000 + '">见底</a>',
    "line breaks": "见底<br>" * 100_000,
    "pre": "<pre>" + "见底\n" * 300_000,
    "counts": "1次" * 200_000,
    "pager words": "记录" * 200_000,
    "digits": _CRUMB + _MARKER + _PAGER + "<p>" + "1" * 1_000_000 + "见底",
    "markers": _CRUMB + _MARKER * 10_000 + _PAGER,
    "nested entries": _CRUMB + ("<div>文" + _MARKER) * 10_000 + _PAGER,
    "markers far down": _CRUMB + "<div>" * 1900 + f"<div>文{_MARKER}</div>" * 5000 + "</div>" * 1900 + _PAGER,
    "breadcrumbs": _CRUMB * 10_000,
    "long breadcrumb": _CRUMB[:-6] + "&gt;" * 200_000,
    "headings": _DETAIL + "<p>相关文章</p>" * 20_000,
    "headings and links": _DETAIL + "<p>相关文章</p><div><a href=/x>链接</a></div>" * 10_000,
    "headings that are links": _DETAIL + "<p><a href=/x>相关文章</a></p>" * 20_000,
    "comments before": "<!---->" * 14_000 + "见底",
    "pager and blank lines": _CRUMB + "<pre>1-1/9 记录1/9 页" + "\n" * 200_000 + "1\n" * 200_000 + "见底",
    "asides": _DETAIL + "<aside>" * 1500 + "<p>这是一句话。</p>" * 10_000,
    "links": "<a href=/x>见底</a>" * 50_000,
    "image links": "<a href=/x><img></a>" * 50_000,
    "NULs": "\0" * 1_000_000,
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_answered_in_time(name: str) -> None:
    html = ATTACKS[name]
    start = time.process_time()
    got = page(html)
    assert time.process_time() - start < 20
    assert len(got.text) <= len(html)
    assert ("见底" in html) == ("见底" in got.text)


def test_what_stands_too_deep_for_the_parser_is_read_without_structure() -> None:
    html = "<div>" * 3000 + "<a href=/x>一</a><script>二</script><p>三" + "</div>" * 3000 + "<p>四<!-- 五 -->"
    got = page(html)
    assert got.text == "一\n三\n四"
    assert got.links == (Link(0, 1, "http://www.178hui.com/x", "一"),)


def test_surrogates() -> None:
    assert page("\ud800<p>\udc00一\ud83d\ude00</p>").text == "\ufffd\n\ufffd一\U0001f600"
    assert page("<p>&#xD800;&#0;&#x110000;一").text.endswith("一")


# --- properties --------------------------------------------------------------------------

_TAGS = re.findall(r"\w+", "a b br div em h3 img li p pre script span style table td tr ul title aside svg")
_ATTRIBUTES = [
    "",
    ' href="/news/view/7.html"',
    " href=x hidden",
    ' style="display:none"',
    " href='#'",
    ' href="',
]
_PIECES = st.one_of(
    st.builds("<{}{}>".format, st.sampled_from(_TAGS), st.sampled_from(_ATTRIBUTES)),
    st.builds("</{}>".format, st.sampled_from(_TAGS)),
    st.text(alphabet="一二。 \n\t\u00a0\u3000<>&;\"'/!-x\u2028", max_size=6),
    st.sampled_from(
        [
            "当前位置:首页&gt;一起惠资讯&gt;社群&gt;文章列表",
            "当前位置:首页&gt;一起惠资讯&gt;社群&gt;一二",
            "一起惠2019-04-13 09:30:07407 次",
            "1-2/9 记录1/5 页首页",
            "0-0/0 记录1/1 页",
            "热门文章",
            "<!--",
            "-->",
        ]
    ),
)


@pytest.mark.thorough
@settings(max_examples=400, deadline=None)
@given(st.lists(_PIECES, max_size=40).map("".join))
def test_offsets_and_spans_always_fit(html: str) -> None:
    got = page(html)
    for link in got.links:
        assert got.text[link.start : link.end] == link.text
        assert link.image == (link.start == link.end)
        assert "\n" not in link.text
    assert list(got.links) == sorted(got.links, key=lambda link: (link.start, link.end))
    last = -1
    for span in got.furniture:
        assert last < span.start < span.end <= len(got.text)
        assert span.start == 0 or got.text[span.start - 1] == "\n"
        assert span.end == len(got.text) or got.text[span.end] == "\n"
        last = span.end
    for line in got.text.split("\n") if got.text else ():
        assert line == line.strip() != ""


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES, max_size=30).map("".join))
def test_nodes_nest(html: str) -> None:
    o = read(html).tree
    for node, parent in enumerate(o.parents):
        assert parent < node
        assert 0 <= o.starts[node] <= o.ends[node] <= len(o.text)
        if parent >= 0:
            assert o.starts[parent] <= o.starts[node]
            assert o.ends[node] <= o.ends[parent]
    assert [o.line(n) for n in o.lines] == ([*o.text.split("\n")] if o.text else [])
    for n in o.lines:
        assert n in o.lines_of(o.line_nodes[n])


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_in_a_paragraph_is_kept(text: str) -> None:
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f\s<>&\ud800-\udfff\ufeff\ufffe\uffff]", "", text)
    assert re.sub(r"\s", "", page(f"<p>{plain}</p>").text) == plain
