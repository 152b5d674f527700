"""Pages of other sites, in the shapes of real ones: none is taken for the archive's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.layout_runs import HUI, answer_key

from yiqihui_spider.learn import Page, Verdict, learn
from yiqihui_spider.sample.site import SampleSite

KNOWN = sorted(SampleSite().articles.values(), key=lambda one: one.published, reverse=True)


def forum(n: int) -> str:
    return (
        f"<tbody><tr><th><a href='/thread-{n}-1-1.html'>求推荐靠谱的返利群第{n}楼</a></th>"
        f"<td><cite>楼主{n}</cite><em>2024-3-{n % 27 + 1}</em></td><td><a>{n}</a><em>{n * 37}</em></td>"
        f"<td>2024-3-28 10:{n % 60:02}</td></tr></tbody>"
    )


def shop(n: int) -> str:
    day = f"2024-03-{n % 27 + 1:02}"
    return f"<li><a href='/item/{n}.html'>保温杯{n}号</a><em>￥{n}9.9</em> 已售{n * 11}件 上架：{day}</li>"


def blog(n: int) -> str:
    return (
        f"<article><h2><a href='/2024/03/post-{n}/'>第{n}篇随笔</a></h2>"
        f"<p>今天又下雨了,记一笔第{n}天的事。路上很滑。</p>"
        f"<footer>2024-03-{n % 27 + 1:02} | 阅读({n * 13}) | 评论({n % 5})</footer></article>"
    )


def quoted(n: int) -> str:
    """A search engine's results: titles and beginnings of the archive's own articles."""
    one = KNOWN[n % len(KNOWN)]
    link = f"<h3><a href='/link?url={n}x'>{one.title}</a></h3>"
    return f"<div>{link}<span>{one.fused[:40]}…</span><cite>www.178hui.com</cite> {2000 + n % 24}-05-06</div>"


def portal(n: int) -> str:
    day = f"March {n % 27 + 1}, 2024"
    return f"<div><a href='/news/world-{n}'>Minister visits site {n}</a><p>It was a long day. {day}</p></div>"


def code(n: int) -> str:
    stars = f"{n},{n % 900 + 99:03}"
    return f"<li><a href='/x/repo{n}'>x/repo{n}</a><p>A tool.</p> ★ {stars} Updated {n} days ago</li>"


@pytest.mark.parametrize("entry", [forum, shop, blog, quoted, portal, code])
def test_nothing_is_learned_from_them(entry: Callable[[int], str]) -> None:
    pages = [_page(entry, number) for number in range(3)]
    lesson = learn(pages, HUI, answer_key(SampleSite()))
    assert lesson.verdict in (Verdict.NOTHING, Verdict.IN_PART)
    assert lesson.verdict is Verdict.NOTHING or entry is quoted
    assert lesson.reasons


def _page(entry: Callable[[int], str], number: int) -> Page:
    entries = "".join(map(entry, range(number * 8 + 1, number * 8 + 9)))
    pager = f"共24条 第{number + 1}/3页 <a href='?p=1'>首页</a> <a href='?p={number + 2}'>下一页</a>"
    html = f"<title>列表</title><h1>列表</h1><ul>{entries}</ul><div>{pager}</div>"
    url = f"http://www.other.example/list?p={number + 1}"
    return Page(url, url, html.encode(), "text/html; charset=utf-8")
