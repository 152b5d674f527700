"""No page takes more than linear time, and none more memory than a small machine has."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from support.hui import read_page

from yiqihui_spider.parse.page_text import TOO_LARGE

pytestmark = pytest.mark.thorough

TRAIL = '当前位置:<a href="/">首页</a>&gt;<a href="/news/">一起惠资讯</a>&gt;社群&gt;'
CRUMBS = f"<div>{TRAIL}文章列表</div><h2>社群</h2>"
DETAIL = f"<div>{TRAIL}甲题目</div><h1>甲题目</h1>"
MARKER = "<div>一起惠2019-04-13 09:30:07407 次</div>"
PAGER = '<div>1-20/139 记录1/7 页<a href="?p=2">2</a><a href=?p=2>下一页</a></div>'
OWN = '<a href="/news/view/5.html">题</a>'
ENTRY = f"<li><h3>{OWN}</h3><p>文。</p>{MARKER}</li>"
SIDE = "<aside><h4>热门文章</h4><a href=/x>x</a></aside>"

SplitPage = Callable[[int], str]


def listing(inner: SplitPage) -> SplitPage:
    return lambda n: f"{CRUMBS}{inner(n)}{ENTRY}{PAGER}"


def detail(inner: SplitPage) -> SplitPage:
    return lambda n: f"{DETAIL}{MARKER}<p>正文在这里。</p>{inner(n)}"


SHAPES: dict[str, SplitPage] = {
    "entries": lambda n: f"{CRUMBS}<ul>{ENTRY * (n // 4)}</ul>{PAGER}",
    "entries and pagers": lambda n: CRUMBS + (ENTRY + PAGER) * (n // 4),
    "pagers": lambda n: CRUMBS + ENTRY + PAGER * n,
    "pagers and links": lambda n: CRUMBS + ENTRY + PAGER * (n // 2) + "<a href=/x>1</a>" * n,
    "links": listing(lambda n: OWN * n),
    "links in a body": lambda n: f"{CRUMBS}<h3>{OWN}</h3><p>{OWN * n}</p>{MARKER}{PAGER}",
    "links in a line": lambda n: f"{CRUMBS}<p>{('文' + OWN) * n}</p>{MARKER}{PAGER}",
    "read-on links": lambda n: (
        f"{CRUMBS}<h3>{OWN}</h3><p>{OWN.replace('题', '全文') * n}文</p>{MARKER}{PAGER}"
    ),
    "repeated titles": lambda n: f"{CRUMBS}<h3>{OWN}</h3>{f'<p>{OWN}</p>' * n}<p>文。</p>{MARKER}{PAGER}",
    "halved titles": lambda n: f"{CRUMBS}<h3>{OWN * n}</h3><p>文。</p>{MARKER}{PAGER}",
    "broken title": lambda n: (
        f"{CRUMBS}<div><a href=/news/view/5.html>{'题<br>' * n}</a></div>文。{MARKER}{PAGER}"
    ),
    "lines of an entry": lambda n: f"{CRUMBS}{'<p>行</p>' * n}{MARKER}{PAGER}",
    "titles as lines": lambda n: CRUMBS + f"<p>题</p><p>文。</p>{MARKER}" * (n // 2) + PAGER,
    "side bars": listing(lambda n: SIDE * n),
    "side bars before": lambda n: SIDE * n + ENTRY + PAGER,
    "nested side bars": listing(lambda n: "<aside>热门文章<br><a href=/x>x</a>" * n),
    "headings in nested blocks": listing(
        lambda n: "<div>热门文章<br><a href=/x>x</a>" * 1500 + "热门文章<br>" * n + "</div>" * 1500
    ),
    "side bars and entries": lambda n: CRUMBS + (ENTRY + SIDE) * (n // 4) + PAGER,
    "deep entries": lambda n: f"{CRUMBS}<div>1-1/1 记录1/1 页</div>{'<div>' * 1800}{f'<p>x</p>{MARKER}' * n}",
    "markers": lambda n: f"{CRUMBS}{MARKER * n}{PAGER}",
    "markers in a side bar": listing(lambda n: f"<aside>热门文章{MARKER * n}<a href=/x>x</a></aside>"),
    "breadcrumbs": lambda n: CRUMBS * n + ENTRY + PAGER,
    "long breadcrumb": lambda n: (
        f"<div>当前位置:首页&gt;社群&gt;{'题' * 9 * n}</div>{f'<h2>题</h2>{MARKER}' * n}"
    ),
    "related lists": detail(lambda n: "<div>相关文章</div><ul><li><a href=/x>x</a></li></ul>" * n),
    "related headings": detail(lambda n: "<div>相关文章</div>" * n),
    "related headings in one block": detail(lambda n: f"<div>{'<b>相关文章</b><br>' * n}</div>"),
    "related headings in wrappers": detail(lambda n: f"{'<div>' * 20}相关文章{'</div>' * 20}" * (n // 10)),
    "footers": detail(lambda n: "<footer>copyright</footer>" * n),
    "one flat body": detail(lambda n: "正文在这里。<br>" * n + "<div>版权所有</div>"),
    "deep blocks": listing(lambda n: "<div>文" * n),
    "deep links": listing(lambda n: "<a href=/x><span>文" * n),
    "deep headings": listing(lambda n: "<h3>文" * n),
    "cells": listing(lambda n: f"<table><tr>{'<td>文' * n}</table>"),
    "nested tables": listing(lambda n: "<table><tr><td>文" * n),
    "ends without beginnings": listing(lambda n: "</p>" * n),
    "formatting": listing(lambda n: "<p><b><i><u><font>" * n),
    "comments": listing(lambda n: "<!-- x -->" * n),
    "open comments": listing(lambda n: "<!-- " * n),
    "attributes": listing(lambda n: f"<div {' '.join(f'a{i}=1' for i in range(n))}>"),
    "a long attribute": listing(lambda n: f"<div title='{'x' * 20 * n}'>"),
    "addresses": listing(lambda n: "".join(f"<a href='a/../{i}.html?x=社'>{i}</a>" for i in range(n))),
    "replayed addresses": listing(lambda n: "<a href='/web/2019/web/2019/http:/x'>x</a>" * n),
    "entities": listing(lambda n: "&amp;&lt;&nbsp;&#8203;" * n),
    "brackets": listing(lambda n: "<" * 9 * n),
    "quotes": listing(lambda n: "<a '" * n),
    "white space": listing(lambda n: "\u3000 \u200b" * 9 * n),
    "styles": listing(lambda n: f"<div style='{'display:' * n}'>"),
    "images in links": listing(lambda n: "<a href=/news/view/5.html><img></a>" * n),
    "toolbars": listing(lambda n: "<!-- BEGIN WAYBACK TOOLBAR INSERT -->" * n),
}


def seconds(html: str) -> float:
    body = f"<!DOCTYPE html><body>{html}".encode()
    times = []
    for _ in range(2):
        start = time.process_time()
        read_page(body, "text/html", "http://www.178hui.com/news/s/")
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("name", SHAPES)
def test_time_grows_no_faster_than_the_page(name: str) -> None:
    """Four times the page: four times the time, where the square would be sixteen times."""
    small = max(seconds(SHAPES[name](1000)), 0.01)
    assert seconds(SHAPES[name](4000)) < 9 * small


MEMORY = """
import re, sys
from pathlib import Path
from yiqihui_spider.parse.read import read_page
from yiqihui_spider.site import built_in
body = b"<!DOCTYPE html><body>" + sys.argv[1].encode() * int(sys.argv[2])
url = "http://www.178hui.com/news/s/"
text, page, reading = read_page(body, "text/html", url, built_in("178hui"))
status = Path("/proc/self/status").read_text()  # not ru_maxrss: there a parent's size counts too
print(int(re.search(r"VmHWM:\\s*(\\d+)", status).group(1)) // 1024)
print(text.refused)
"""
WHOLE = 64 * 1024 * 1024
"""No response and no file is held that is larger."""


@pytest.mark.parametrize(
    ("segment", "count", "refused"),
    [
        ("<a href=/x>x</a>", 120_000, None),
        ("<p>文", 240_000, None),
        ("文", 16_000_000, None),
        ("<b>", WHOLE // 3, TOO_LARGE),
        ("x", WHOLE, TOO_LARGE),
        ("文", WHOLE // 3, TOO_LARGE),
    ],
)
def test_memory(segment: str, count: int, refused: str | None) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, segment, str(count)], capture_output=True, text=True, check=True
    )
    megabytes, why = done.stdout.splitlines()
    assert why == str(refused)
    assert int(megabytes) < 500
