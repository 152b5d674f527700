"""One marker at a time that can't be read, or only looks odd: no row is false, the others are exact."""

from __future__ import annotations

from html import escape

import pytest
from support.hui import read_page

from yiqihui_spider.items import ParsedPage
from yiqihui_spider.sample.article import Article
from yiqihui_spider.sample.site import SampleSite

pytestmark = pytest.mark.thorough

SITE = "http://www.178hui.com"
PAGER = "1-{n}/{n} 记录1/1 页首页1尾页"

READ = {
    "in units of ten thousand": ("{source}{time}1.2万 次", 12_000),
    "with a comma": ("{source}{time}1,526 次", 1_526),
    "with a wide comma": ("{source}{time}1，526 次", 1_526),
    "or more": ("{source}{time}100000+ 次", 100_000),
    "or more, in units": ("{source}{time}10万+ 次", 100_000),
    "in units of a hundred million": ("{source}{time}1.5亿 次", 150_000_000),
    "without a space": ("{source}{time}1526次", 1_526),
    "slashes": ("{source}{slashes}407 次", 407),
    "points": ("{source}{points}407 次", 407),
    "in words": ("{source}{words}407 次", 407),
}
UNREAD = {
    "no count yet": "{source}{time}暂无",
    "an unknown count": "{source}{time}阅读未知",
    "dashes": "{source}{time}--",
    "below zero": "{source}{time}-5 次",
    "a part of one": "{source}{time}1.2 次",
    "a comma in the wrong place": "{source}{time}1,52 次",
    "about": "{source}{time}约1.2万 次",
    "no count": "{source}{time} 次",
    "nothing after the time": "{source}{time}",
    "no seconds": "{source}{minutes}407 次",
    "no time of day": "{source}{day}407 次",
    "hours ago": "{source}3小时前407 次",
    "yesterday": "{source}昨天 09:30407 次",
    "day first": "{source}13/04/2019 09:30:07407 次",
    "two digits for the year": "{source}19-04-13 09:30:07407 次",
    "an impossible day": "{source}2019-02-30 09:30:07407 次",
    "an impossible hour": "{source}2019-04-13 25:30:07407 次",
    "no time": "一起惠407 次",
    "nothing but the source": "一起惠",
    "nothing": "",
}
QUOTE = "群主贴出一行:一起惠2018-03-01 08:00:00120 次,说是当天的记录。"

Row = tuple[str, int | None, str, str]


def articles() -> list[Article]:
    site = SampleSite()
    return [a for a in site.on_page("社群", 1) if a.excerpt is None]


def printed(form: str, article: Article) -> str:
    time = article.published
    return form.format(
        source=article.source,
        time=time,
        minutes=time[:16],
        day=time[:10],
        slashes=time.replace("-", "/"),
        points=time.replace("-", "."),
        words=f"{time[:4]}年{int(time[5:7])}月{int(time[8:10])}日{time[10:]}",
    )


def usual(article: Article) -> str:
    return f"{article.source}{article.published}{article.views} 次"


# --- the ways to print a page --------------------------------------------------------------------


def dump(bodies: list[str], markers: list[str], titles: list[str], glue: str = "\n") -> str:
    lines = [f"当前位置:首页>一起惠资讯>社群>文章列表{glue}社群"]
    for body, marker in zip(bodies, markers, strict=True):
        lines += [body, *([marker] if marker else [])]
    return glue.join([*lines, PAGER.format(n=len(bodies))])


def glued(bodies: list[str], markers: list[str], titles: list[str]) -> str:
    return dump([body.replace("\n", "") for body in bodies], markers, titles, "")


def listing(bodies: list[str], markers: list[str], titles: list[str], pager: bool = True) -> str:
    entries = "".join(
        f'<li><h3><a href="/news/view/{n}.html">{escape(title)}</a></h3><div>{body_html(body)}</div>'
        f"<div><span>{escape(marker)}</span></div></li>"
        for n, (body, marker, title) in enumerate(zip(bodies, markers, titles, strict=True))
    )
    foot = f"<div>{PAGER.format(n=len(bodies))}</div>" if pager else ""
    return f"<!DOCTYPE html><body>{CRUMBS}<h2>社群</h2><ul>{entries}</ul>{foot}</body>"


def flat(bodies: list[str], markers: list[str], titles: list[str]) -> str:
    """No element around an entry."""
    entries = "".join(
        f'<p><a href="/news/view/{n}.html">{escape(title)}</a></p><p>{body_html(body)}</p>'
        f"<p>{escape(marker)}</p>"
        for n, (body, marker, title) in enumerate(zip(bodies, markers, titles, strict=True))
    )
    return (
        f"<!DOCTYPE html><body>{CRUMBS}<h2>社群</h2>{entries}<div>{PAGER.format(n=len(bodies))}</div></body>"
    )


def without_pager(bodies: list[str], markers: list[str], titles: list[str]) -> str:
    return listing(bodies, markers, titles, pager=False)


def body_html(body: str) -> str:
    return "<br>".join(escape(line) for line in body.split("\n"))


CRUMBS = "<div>当前位置:<a href=/>首页</a>&gt;<a href=/news/>一起惠资讯</a>&gt;社群&gt;文章列表</div>"
WAYS = {"dump": dump, "glued": glued, "list": listing, "flat": flat, "no pager": without_pager}
HTML = ("list", "flat", "no pager")


def read(page: str) -> ParsedPage:
    return read_page(page.encode(), "text/html" if page.startswith("<") else None, f"{SITE}/news/s/")[2]


def rows(reading: ParsedPage) -> list[Row]:
    return [
        (a.published_at[:19].replace("T", " "), a.views, a.source or "", a.body) for a in reading.articles
    ]


def page_with(at: int, marker: str, way: str, quote: str | None = None) -> tuple[ParsedPage, list[Row]]:
    """A page with another marker in one place, perhaps with a quoted one in that article's text."""
    all_ = articles()
    bodies = [article.fused for article in all_]
    if quote is not None:
        bodies[at] = f"{bodies[at]}{quote}"
    markers = [usual(article) for article in all_]
    markers[at] = marker
    true = [
        (article.published, article.views, article.source, body if way != "glued" else body.replace("\n", ""))
        for article, body in zip(all_, bodies, strict=True)
    ]
    return read(WAYS[way](bodies, markers, [article.title for article in all_])), true


PLACES = range(len(articles()))


@pytest.mark.parametrize("way", WAYS)
def test_pages_as_they_are(way: str) -> None:
    reading, true = page_with(0, usual(articles()[0]), way)
    assert rows(reading) == true
    assert reading.residues == ()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", READ)
def test_forms_that_are_read(form: str, way: str) -> None:
    pattern, views = READ[form]
    for at in PLACES:
        article = articles()[at]
        reading, true = page_with(at, printed(pattern, article), way)
        true[at] = (article.published, views, *true[at][2:])
        assert rows(reading) == true
        assert reading.residues == ()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", UNREAD)
def test_forms_that_are_not(form: str, way: str) -> None:
    for at in PLACES:
        reading, true = page_with(at, printed(UNREAD[form], articles()[at]), way)
        others = [row for n, row in enumerate(true) if n != at]
        assert set(rows(reading)) <= set(others)
        assert reading.residue_chars > 0
        if way in HTML and (form, way) != ("nothing", "no pager"):
            assert rows(reading) == others


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", UNREAD)
@pytest.mark.parametrize(
    "quote",
    [
        QUOTE,
        "群主贴出一行:\n一起惠2018-03-01 08:00:00120 次\n说是当天的记录。",
        "\n一起惠2018-03-01 08:00:00120 次",
    ],
    ids=["in a line", "a line", "the last line"],
)
def test_a_quoted_marker_does_not_make_up_for_it(quote: str, form: str, way: str) -> None:
    for at in PLACES:
        reading, true = page_with(at, printed(UNREAD[form], articles()[at]), way, quote)
        others = [row for n, row in enumerate(true) if n != at]
        if form == "nothing" and "\n" in quote:
            continue  # it stands where a marker would, and nothing else does
        if form == "nothing after the time" and way == "glued" and at == PLACES[-1]:
            continue  # its seconds and the pager's first number are one
        assert not [row for row in rows(reading) if row not in others]
        assert reading.residue_chars > 0
