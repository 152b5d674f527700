"""HTML, text, and HTML wrapped in something else."""

from __future__ import annotations

import doctest
import json
import time
from html import escape

import pytest
from support.hui import read_page

from yiqihui_spider.parse import markup
from yiqihui_spider.parse.markup import LINK_NUMBERS, MARKDOWN, SOURCE, Form, form_of, holds_tags, marked_up

PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>甲</title></head><body>
<div>当前位置:<a href="/">首页</a>&gt;<a href="/news/">一起惠资讯</a>&gt;社群&gt;文章列表</div><h2>社群</h2>
<ul><li><h3><a href="/news/view/101.html">甲题目</a></h3><div>甲文第一句在这里。第二句也在这里。</div>
<div><span>一起惠</span><span>2019-04-13 09:30:07</span><em>407 次</em></div></li></ul>
<div>1-1/1 记录1/1 页</div></body></html>"""
FRAGMENT = PAGE.partition("<body>\n")[2].partition("</body>")[0]
DUMP = """当前位置:首页>一起惠资讯>社群>文章列表
社群
甲文第一句在这里。第二句也在这里。
一起惠2019-04-13 09:30:07407 次
1-1/1 记录1/1 页
"""
TYPES = (
    None,
    "",
    "text/html",
    "text/html charset=utf-8",
    "text/plain",
    "application/octet-stream",
    "image/png",
)
SITE = "http://www.178hui.com/news/list-3-1.html"


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(markup).failed == 0


PAGES = {
    "whole": PAGE,
    "fragment": FRAGMENT,
    "without head": PAGE.partition("</head>")[2],
    "BOM": "\ufeff" + PAGE,
    "blank lines": "\r\n\r\n" + PAGE,
    "comments and XML": '<?xml version="1.0"?><!-- saved --><!-- x -->' + PAGE,
    "a line before": "存于今日\n" + PAGE,
    "its address before": f"{SITE}\n\n{PAGE}",
    "a warning before": "<br />\n<b>Warning</b>: mysql_connect() in <b>/a.php</b> on line <b>3</b><br />\n"
    + PAGE,
    "a notice before": "Notice in /a.php on line 3\n" + PAGE,
    "XHTML": PAGE.replace("<html>", '<html xmlns="http://www.w3.org/1999/xhtml">'),
    "capitals": PAGE.replace("DOCTYPE html", "DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'").upper(),
    "no doctype": PAGE.removeprefix("<!DOCTYPE html>"),
    "only html after a line": "存于今日\n" + PAGE.removeprefix("<!DOCTYPE html>"),
}
WRAPPED = {
    "JSON": json.dumps({"url": SITE, "html": PAGE}, ensure_ascii=False),
    "JSON in ASCII": json.dumps({"url": SITE, "html": PAGE}),
    "JSON of a fragment": json.dumps([FRAGMENT], ensure_ascii=False),
    "JSON with escaped ends": json.dumps({"html": DUMP + "</p>"}).replace("</", "<\\/"),
    "JSON with escaped angles": json.dumps({"html": DUMP + "<p>"}).replace("<", "\\u003c"),
    "JSON of a text": json.dumps({"body": DUMP}, ensure_ascii=False),
    "JSON lines": "\n".join(json.dumps({"html": PAGE}, ensure_ascii=False) for _ in range(3)),
    "CSV": 'url,html\n{},"{}"\n'.format(SITE, PAGE.replace('"', '""')),
    "CSV that opens a line": 'url,html\n"{}\n","\n{}"\n'.format(SITE, PAGE.replace('"', '""')),
    "TSV": f"{SITE}\t{PAGE}",
    "escaped HTML": PAGE.replace("<", "&lt;").replace(">", "&gt;"),
    "head of HTTP": f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{PAGE}",
    "saved headers": f"Content-Type: text/html\r\nServer: x\r\n\r\n{PAGE}",
    "small warc": f"warc/1.0\r\nwarc-type: response\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{PAGE}",
    "ARC": f"{SITE} 1.2.3.4 20190701000000 text/html 999\nHTTP/1.1 200 OK\n\n{PAGE}",
    "ARC without heads": f"{SITE} 1.2.3.4 20190701000000 text/html 999\n{PAGE}",
    "mail": f"From: <Saved by Blink>\nMIME-Version: 1.0\n\n------MultipartBoundary--x\n\n{PAGE}",
    "boundary": f"------MultipartBoundary--x\n\n{PAGE}",
    "several after a line": f"存于今日\n{PAGE}\n{PAGE}",
    "a dump with tags": DUMP + "<div>甲</div>",
    "a dump with one tag": DUMP.replace("第二句", "<br>第二句"),
    "a dump with a link": DUMP.replace("第二句", '<a href="/x">第二句</a>'),
    "a dump and a page": DUMP + PAGE,
    "Markdown with HTML": "# 社群\n\n<div>甲</div>\n\n" + DUMP,
    "YAML": f"html: |\n  {PAGE}",
    "SQL": f"INSERT INTO pages VALUES (1, '{PAGE}');",
}
TEXTS = {
    "a dump": DUMP,
    "signs": DUMP.replace("第二句", "3 < 4,<3,a<b,《一》,<一起惠>,<b@c.cn>,a<b>c,1<2>0,AT&T,&nbsp;"),
    "empty": "",
    "brackets": "[一] {二}\n" + DUMP,
}


@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize("name", PAGES)
def test_pages_are_read_whatever_is_declared(name: str, content_type: str | None) -> None:
    assert form_of(PAGES[name], content_type) == "html"
    text, _, reading = read_page(PAGES[name].encode(), content_type, SITE)
    assert text.refused is None
    assert "<" not in text.text
    if name == "capitals":
        return
    (article,) = reading.articles
    assert (article.title, article.site_id, article.views) == ("甲题目", 101, 407)
    assert article.body == "甲文第一句在这里。第二句也在这里。"


@pytest.mark.parametrize("content_type", [*TYPES, "application/json", "text/csv", "message/rfc822"])
@pytest.mark.parametrize("name", WRAPPED)
def test_html_in_something_else_makes_no_row(name: str, content_type: str | None) -> None:
    """A dump with tags that is declared to be HTML is HTML: a reader sees none of its tags."""
    text, page, reading = read_page(WRAPPED[name].encode(), content_type, SITE)
    assert holds_tags(WRAPPED[name]) or name == "JSON of a text"
    assert "".join(segment.span.of(text.text) for segment in page.segments) == text.text
    if name.startswith(("a dump with", "Markdown")) and content_type in (
        "text/html",
        "text/html charset=utf-8",
    ):
        assert text.refused is None
        assert "<" not in text.text
        return
    of_json = name.startswith("JSON") and name != "JSON of a fragment"
    assert text.refused == ("JSON, which is no text dump" if of_json else "HTML tags in what is no HTML page")
    assert (reading.kind, reading.articles, reading.declared) == ("other", (), None)
    assert reading.problems == (text.refused,)
    assert {residue.reason for residue in reading.residues} == {text.refused}


@pytest.mark.parametrize("content_type", [*TYPES, "application/json", "text/csv"])
@pytest.mark.parametrize("name", TEXTS)
def test_texts_stay_as_they_are(name: str, content_type: str | None) -> None:
    text, _, reading = read_page(TEXTS[name].encode(), content_type, SITE)
    assert (text.text, text.refused) == (TEXTS[name], None)
    assert len(reading.articles) == TEXTS[name].count("07407 次")


@pytest.mark.thorough
@pytest.mark.parametrize(
    "text",
    [
        "<div " * 200_000,
        "<" * 1_000_000,
        "&lt;" * 250_000,
        "<!doctype html" * 70_000,
        "\\u003c/" * 150_000,
        "a:\n" * 300_000,
        "<html></html>" * 80_000,
        "</html>" * 100_000,
    ],
)
def test_it_takes_no_time(text: str) -> None:
    start = time.process_time()
    form: Form = form_of(f"x{text}<p>", "text/html")
    assert form in ("html", "wrapped")
    assert time.process_time() - start < 4


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (DUMP.replace("第二句", "[第二句](http://www.178hui.com/x)"), MARKDOWN),
        (DUMP + "![图](/1.png)\n", MARKDOWN),
        (DUMP + "[1. 题目](/news/view/1.html)\n", MARKDOWN),
        (DUMP + "[1]: http://www.178hui.com/news/view/1.html\n", MARKDOWN),
        (DUMP + "[[http://www.178hui.com/news/view/1.html][题目]]\n", MARKDOWN),
        (DUMP + "甲题目\n------\n甲文。\n乙题目\n------\n", MARKDOWN),
        (DUMP + "**甲题目**\n甲文。\n**乙题目**\n", MARKDOWN),
        ("[1]甲\n" + DUMP + "[2]乙\n  1. http://a.b/1\n  2. file:///c/2\n", LINK_NUMBERS),
        ("### [甲题目](http://www.178hui.com/news/view/1.html)\n" + DUMP, None),
        (DUMP + "[1]见下\n[2]同上\n", None),
        (DUMP.replace("第二句", "张**说,李**说:[一](二)"), None),
        (DUMP + "# 话题 #\n──────\n", None),
    ],
)
def test_what_a_tool_put_into_a_text_makes_no_row(text: str, why: str | None) -> None:
    assert marked_up(text) == why
    page, _, reading = read_page(text.encode(), "text/plain", SITE)
    assert page.refused == why
    assert bool(reading.articles) is (why is None)


def test_the_source_of_a_page_is_not_the_page() -> None:
    """A browser's view of the source, saved as a page."""
    lines = "".join(
        f"<tr><td><td>{escape(line)}</td></tr>" for line in PAGE.replace("><", ">\n<").splitlines()
    )
    page, _, reading = read_page(
        f"<html><body><table>{lines}</table></body></html>".encode(), "text/html", SITE
    )
    assert page.refused == SOURCE
    assert reading.articles == ()


@pytest.mark.parametrize("piece", ["[", "](", "[a](", "[a](/", "!", "![", "**", "a\n---\n", "[[http://"])
def test_marks_are_looked_for_in_linear_time(piece: str) -> None:
    began = time.process_time()
    marked_up(piece * (2_000_000 // len(piece)))
    assert time.process_time() - began < 3
