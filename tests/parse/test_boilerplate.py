"""What stands around the content, in many layouts: no class name, no id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.hui import candidates, from_html, read_page

from yiqihui_spider.parse.cut_off import CUT_OFF
from yiqihui_spider.parse.page_text import from_text

SITE = "http://www.178hui.com"
URL = f"{SITE}/news/list.php?cat=3"


def content(html: str) -> list[str]:
    """The lines of a page that are no furniture."""
    page = from_html(html, URL)
    kept, last = [], 0
    for span in page.furniture:
        kept.append(page.text[last : span.start])
        last = span.end
    return [line for line in "".join([*kept, page.text[last:]]).split("\n") if line]


# --- parts of pages ----------------------------------------------------------------------

NAV = "<ul><li><a href=/>首页</a></li><li><a href=/c>社群</a></li><li><a href=/d>购物资讯</a></li></ul>"
FOOT = "<div><p>版权所有 一起惠</p><p>客服:工作日九点到六点。</p></div>"
CRUMB = (
    "<div>当前位置:<a href=/>首页</a>&gt;<a href=/news/>一起惠资讯</a>"
    "&gt;<a href=/c>社群</a>&gt;文章列表</div>"
)
CRUMB_LINE = "当前位置:首页>一起惠资讯>社群>文章列表"


def side(kind: str, count: int = 5) -> str:
    row = {
        "links": "<li>{link}</li>",
        "dates": "<li>{link}<span>2019-04-0{n} 30{n}次</span></li>",
        "markers": "<li>{link}<p>某源2019-04-13 09:30:0{n}30{n} 次</p></li>",
    }[kind]
    link = "<a href=/news/view/9{0}.html>热门的第{0}条</a>"
    rows = "".join(row.format(n=n, link=link.format(n)) for n in range(1, count + 1))
    return f"<div><h3>热门文章</h3><ul>{rows}</ul></div>"


ENTRIES: dict[str, tuple[str, str]] = {
    "div": ("<div>{}</div>", "<div><h3>{title}</h3><div>{body}</div><p>{marker}</p></div>"),
    "two halves": ("<div>{}</div>", "<div><div><h3>{title}</h3>{body}</div><div><p>{marker}</p></div></div>"),
    "definitions": ("<div>{}</div>", "<dl><dt>{title}</dt><dd>{body}</dd><dd>{marker}</dd></dl>"),
    "list": ("<ul>{}</ul>", "<li><a href=/x><img></a>{title}<p>{body}</p><div>{marker}</div></li>"),
    "article": (
        "<section>{}</section>",
        "<article><header>{title}</header><p>{body}</p><footer>{marker}</footer></article>",
    ),
    "table": ("<table>{}</table>", "<tr><td>{title}<tr><td>{body}<tr><td>{marker}"),
    "siblings": ("<div>{}</div>", "<h3>{title}</h3><div>{body}</div><p>{marker}</p>"),
    "siblings without container": ("{}", "<h3>{title}</h3><div>{body}</div><p>{marker}</p>"),
    "divs without container": ("{}", "<div><h3>{title}</h3><div>{body}</div><p>{marker}</p></div>"),
    "line breaks": ("<div>{}</div>", "{title}<br>{body}<br>{marker}<br>"),
}
"""Around the entries, and one entry."""


def entries(form: str, count: int) -> tuple[str, list[str]]:
    visible, one = ENTRIES[form]
    html, lines = "", []
    for n in range(count):
        title, body = f"第{n}篇:怎样把团购群做长久", f"团长小周这样说:先把第{n}批货送准时,再谈拉新。"
        html += one.format(
            title=f'<a href="/news/view/{n}.html">{title}</a>',
            body=body,
            marker=f"一起惠<span>2019-04-13 09:30:{n:02d}</span><em>{400 + n} 次</em>",
        )
        lines += [title, body, f"一起惠2019-04-13 09:30:{n:02d}{400 + n} 次"]
    return visible.format(html), lines


PAGES = {
    "flat": "{nav}{top}{breadcrumb}{a}{heading}{b}{list}{c}{pager}{d}{foot}",
    "main": "{nav}{top}<div>{breadcrumb}{a}{heading}{b}{list}{c}{pager}</div>{d}{foot}",
    "columns": "{nav}{top}{breadcrumb}<div>{a}<div>{heading}{b}{list}{c}{pager}</div>{d}</div>{foot}",
    "pager below the columns": (
        "{nav}{top}{breadcrumb}<div>{a}<div>{heading}</div>{b}<div>{list}</div>{c}</div>{pager}{d}{foot}"
    ),
    "table": (
        "<table><tr><td colspan=2>{nav}{top}"
        "<tr><td>{a}<td>{breadcrumb}{heading}{b}{list}{c}{pager}<td>{d}</table>{foot}"
    ),
}
"""Where side bars can stand: ``top``, ``a`` to ``d``."""
PLACES = ("", "top", "a", "b", "c", "d", "abd")
PAGERS: dict[str, tuple[str, Callable[[str], list[str]]]] = {
    "one line": (
        "<div><span>{0}</span><a href=?1>首页</a><a href=?2>2</a><a href=?3>下一页</a></div>",
        lambda counts: [f"{counts}首页2下一页"],
    ),
    "list": (
        "<ul><li>{0}</li><li><a href=?1>首页</a></li><li>2</li><li><a href=?3>下一页</a></li></ul>",
        lambda counts: [counts, "首页", "2", "下一页"],
    ),
}


def layouts(form: str, frame: str) -> Iterator[tuple[tuple[object, ...], str, list[str]]]:
    for place, kind, count, pager in product(PLACES, ("links", "dates", "markers"), (1, 2, 5, 20), PAGERS):
        slots = {name: side(kind) if name in (place, *place) else "" for name in ("top", "a", "b", "c", "d")}
        listed, lines = entries(form, count)
        counts = f"21-{20 + count}/139 记录2/7 页"
        html, links = PAGERS[pager]
        page = PAGES[frame].format(
            nav=NAV,
            breadcrumb=CRUMB,
            heading="<h2>社群</h2>",
            list=listed,
            pager=html.format(counts),
            foot=FOOT,
            **slots,
        )
        yield (place, kind, count, pager), page, [CRUMB_LINE, "社群", *lines, *links(counts)]


@pytest.mark.parametrize("frame", PAGES)
@pytest.mark.parametrize("form", ENTRIES)
def test_a_listing_in_any_layout(form: str, frame: str) -> None:
    wrong = [case for case, html, lines in layouts(form, frame) if content(html) != lines]
    assert wrong == []


# --- listings, one by one ----------------------------------------------------------------


def listing(inner: str) -> str:
    return f"{NAV}<div>{CRUMB}<h2>社群</h2>{inner}</div>{side('markers', 2)}{FOOT}"


def test_pagers_above_and_below() -> None:
    pager = "<p>1-2/2 记录1/1 页</p>"
    listed, lines = entries("div", 2)
    assert content(listing(pager + listed + pager)) == [
        CRUMB_LINE,
        "社群",
        "1-2/2 记录1/1 页",
        *lines,
        "1-2/2 记录1/1 页",
    ]


def test_without_a_pager() -> None:
    listed, lines = entries("div", 3)
    assert content(listing(listed)) == [CRUMB_LINE, "社群", *lines]


def test_without_a_breadcrumb() -> None:
    listed, lines = entries("div", 3)
    html = f"{NAV}<div>{listed}<p>1-3/3 记录1/1 页</p></div>{side('markers', 2)}"
    assert content(html) == [*lines, "1-3/3 记录1/1 页"]


def test_one_entry_too_few_keeps_the_side_bar_out_all_the_same() -> None:
    listed, lines = entries("list", 4)
    assert content(listing(f"{listed}<p>1-5/9 记录1/2 页</p>")) == [
        CRUMB_LINE,
        "社群",
        *lines,
        "1-5/9 记录1/2 页",
    ]


def test_one_entry_of_many_is_no_reason_to_drop_the_rest() -> None:
    """A grammar that has changed for all entries but one: the others must show up as residue."""
    listed, lines = entries("list", 5)
    changed = listed
    for n in range(1, 5):
        changed = changed.replace(f"2019-04-13 09:30:{n:02d}", "13 Apr 2019")
    got = content(listing(f"{changed}<p>1-5/9 记录1/2 页</p>"))
    assert [line for line in lines if line not in got and "2019" not in line] == []


@pytest.mark.parametrize("bar", ["", side("markers", 2)])
def test_markers_that_are_no_longer_understood_hide_nothing(bar: str) -> None:
    listed, _ = entries("list", 5)
    changed = listed.replace(":", "时")
    html = f"{NAV}<div>{CRUMB}<h2>社群</h2>{changed}<p>1-5/9 记录1/2 页</p></div>{bar}{FOOT}"
    assert from_html(html, URL).furniture == ()


def test_an_empty_listing_has_no_entries_to_lose() -> None:
    html = (
        f"{NAV}<div>{CRUMB}<h2>社群</h2><p>0-0/0 记录1/1 页<a href=?1>首页</a></p></div>{side('links')}{FOOT}"
    )
    assert content(html) == [CRUMB_LINE, "社群", "0-0/0 记录1/1 页首页"]


def test_an_empty_listing_with_a_side_bar_that_has_markers() -> None:
    html = f"{NAV}<div>{CRUMB}<h2>社群</h2><p>0-0/0 记录1/1 页</p></div>{side('markers')}{FOOT}"
    assert content(html) == [CRUMB_LINE, "社群", "0-0/0 记录1/1 页"]
    reading = read_page(html.encode(), "text/html", URL)[2]
    assert (reading.kind, reading.articles, reading.residues) == ("listing", (), ())


def test_two_pagers_that_contradict_each_other_hide_no_entries() -> None:
    listed, lines = entries("list", 2)
    html = f"{RELATED}{listed}<p>{lines[2]}</p><p>1-2/9 记录1/5 页</p><p>1-3/3 记录1/1 页</p>"
    _, page, reading = read_page(html.encode(), "text/html", URL)
    assert reading.articles == ()  # which of three markers are two entries, nothing says
    shown = "".join(residue.text for residue in reading.residues)
    assert all(line in shown for line in lines)
    assert "the pager declares 2 entries (1-2/9, page 1 of 5), found 0" in page.problems


def test_a_body_on_the_marker_line() -> None:
    rows = "".join(
        f"<div><a href=/news/view/{n}.html>题{n}</a><br>{'长话' * 60}。<i>2019-04-13 09:30:0{n}</i>7 次</div>"
        for n in range(2)
    )
    got = content(listing(f"<div>{rows}</div><p>1-2/2 记录1/1 页</p>"))
    assert got[:2] == [CRUMB_LINE, "社群"]
    assert [line[-23:] for line in got[2:]] == [
        "题0",
        "。2019-04-13 09:30:007 次",
        "题1",
        "。2019-04-13 09:30:017 次",
        "1-2/2 记录1/1 页",
    ]


def test_a_lone_entry_with_tags_beside_its_marker() -> None:
    entry = (
        "<li><h3><a href=/news/view/1.html>题</a></h3><p>正文。</p>"
        "<div><span>标签:社群</span><p>2019-04-13 09:30:071 次</p></div></li>"
    )
    assert content(listing(f"<ul>{entry}</ul><p>21-21/21 记录3/3 页</p>"))[2:] == [
        "题",
        "正文。",
        "标签:社群",
        "2019-04-13 09:30:071 次",
        "21-21/21 记录3/3 页",
    ]


def test_a_look_alike_at_the_end_of_a_paragraph_hides_nothing() -> None:
    listed, lines = entries("div", 3)
    more = listed.replace("再谈拉新。", "再谈拉新。<p>上次是2019-04-01 08:00:0012 次</p>", 1)
    got = content(listing(f"{more}<p>1-3/3 记录1/1 页</p>"))
    assert [line for line in lines if line not in got] == []


def test_what_follows_the_pager_in_a_flat_page_is_furniture() -> None:
    listed, lines = entries("siblings without container", 2)
    html = f"{NAV}{CRUMB}<h2>社群</h2>{listed}<p>1-2/2 记录1/1 页</p><p>欢迎投稿。</p><p>联系我们</p>"
    assert content(html) == [CRUMB_LINE, "社群", *lines, "1-2/2 记录1/1 页"]


def test_a_notice_before_entries_that_all_look_alike() -> None:
    listed, lines = entries("siblings", 5)
    html = listed.replace("<div>", "<div><p>栏目公告:端午放假。</p>", 1)
    assert content(listing(f"{html}<p>1-5/5 记录1/1 页</p>")) == [
        CRUMB_LINE,
        "社群",
        *lines,
        "1-5/5 记录1/1 页",
    ]


# --- pages that give no hold ---------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<p>一</p><nav>二</nav><footer>三</footer>",
        NAV + FOOT,
        side("markers"),
        CRUMB + "<p>一</p>" + FOOT,
        f"<div>当前位置:首页&gt;一起惠资讯</div><h1>一起惠资讯</h1>{side('markers')}{FOOT}",
        f"<div>当前位置:首页&gt;一起惠资讯&gt;社群</div>{side('markers', 2)}{FOOT}",
        "<p>1-20/139 记录1/7 页</p>" + NAV,
        "<div>当前位置:首页&gt;一起惠资讯&gt;社群&gt;题</div><h1>题</h1><p>正文,没有来源和时间。</p>" + FOOT,
        "<p>一起惠2019-04-13 09:30:07407 次</p><p>正文。</p>" + FOOT,
    ],
)
def test_no_furniture_without_landmarks(html: str) -> None:
    assert from_html(html, URL).furniture == ()


def test_a_dump_has_no_furniture() -> None:
    page = from_text(
        f"首页\n{CRUMB_LINE}\n社群\n正文。\n一起惠2019-04-13 09:30:07407 次\n1-1/1 记录1/1 页\n尾"
    )
    assert page.furniture == ()


# --- detail pages --------------------------------------------------------------------------

TITLE = "团购群里怎样报价>三条经验"
DETAIL_CRUMB = (
    "<div>当前位置:<a href=/>首页</a>&gt;<a href=/news/>一起惠资讯</a>&gt;<a href=/c>购物资讯</a>&gt;{}</div>"
)
DETAIL_MARKER = "<span>一起惠返利网</span>2019-05-30 09:21:32<em>582 次</em>"
MARKER_LINE = "一起惠返利网2019-05-30 09:21:32582 次"
BODY = ["开团之前,先把运费算清楚。", "一", "有人问过这样的问题:便宜从哪里来?", "答案是把规矩写在群公告里"]
PARAGRAPHS = "".join(f"<p>{line.replace('这样', '<a href=//q.com>这样</a>')}</p>" for line in BODY)
ARTICLES = {
    "blocks": "<h1>{title}</h1><div>{marker}</div><div>{body}</div>",
    "title and marker together": "<div><h1>{title}</h1><div>{marker}</div></div><div>{body}</div>",
    "article": "<article><header><h1>{title}</h1><p>{marker}</p></header><div>{body}</div></article>",
    "marker with tools": "<h1>{title}</h1><div><p>{marker}</p><p>字号:大中小</p></div><div>{body}</div>",
    "paragraphs beside the marker": "<h1>{title}</h1><p>{marker}</p>{body}",
    "marker in the body": "<h2>{title}</h2><div><p>{marker}</p>{body}</div>",
    "line breaks": "<div><b>{title}</b><br>{marker}<br>{body}</div>",
    "table": "<table><tr><td><b>{title}</b><tr><td>{marker}<tr><td>{body}</table>",
}
DETAIL_PAGES = {
    "flat": "{nav}{top}{breadcrumb}{a}{article}{rest}{d}{foot}",
    "main": "{nav}{top}<div>{breadcrumb}{a}{article}{rest}</div>{d}{foot}",
    "columns": "{nav}{top}{breadcrumb}<div>{a}<div>{article}</div>{rest}{d}</div>{foot}",
    "table": (
        "<table><tr><td colspan=3>{nav}{top}<tr><td>{a}<td>{breadcrumb}{article}{rest}<td>{d}</table>{foot}"
    ),
}
RELATED = (
    "<div><h4>相关文章</h4>"
    "<ul><li><a href=/news/view/7.html>旧文</a><li><a href=/news/view/8.html>旧事</a></ul></div>"
)
STEPS = "<div><p>上一篇:<a href=/news/view/1.html>某一篇</a></p><p>下一篇:没有了</p></div>"


def detail(frame: str, form: str, rest: str = "", crumb_title: str = TITLE, **slots: str) -> str:
    article = ARTICLES[form].format(title=TITLE, marker=DETAIL_MARKER, body=PARAGRAPHS)
    bars = {name: slots.get(name, "") for name in ("top", "a", "d")}
    breadcrumb = DETAIL_CRUMB.format(crumb_title)
    return DETAIL_PAGES[frame].format(
        nav=NAV, breadcrumb=breadcrumb, article=article, rest=rest, foot=FOOT, **bars
    )


def article_lines(form: str, crumb_title: str = TITLE) -> list[str]:
    tools = ["字号:大中小"] if form == "marker with tools" else []
    return [f"当前位置:首页>一起惠资讯>购物资讯>{crumb_title}", TITLE, MARKER_LINE, *tools, *BODY]


@pytest.mark.parametrize("frame", DETAIL_PAGES)
@pytest.mark.parametrize("form", ARTICLES)
def test_a_detail_page_in_any_layout(form: str, frame: str) -> None:
    wrong = []
    for places, kind, count, rest in product(
        ((), ("top",), ("a",), ("d",), ("a", "d")),
        ("links", "dates", "markers"),
        (1, 5),
        ("", RELATED, STEPS, STEPS + RELATED),
    ):
        html = detail(frame, form, rest, **dict.fromkeys(places, side(kind, count)))
        if content(html) != article_lines(form):
            wrong.append((places, kind, count, rest))
    assert wrong == []


@pytest.mark.parametrize("short", ["团购群里怎样…", "团购群里怎样..."])
def test_a_title_cut_short_in_the_breadcrumb(short: str) -> None:
    html = detail("main", "blocks", crumb_title=short, a=side("markers"))
    assert content(html) == article_lines("blocks", short)


def test_a_title_that_the_breadcrumb_does_not_give() -> None:
    html = detail("main", "blocks", crumb_title="正文", d=side("links"))
    assert content(html) == article_lines("blocks", "正文")


def test_prose_under_a_furniture_heading_is_content() -> None:
    more = "<div><h4>推荐阅读</h4><p>这里其实还是正文,作者接着往下说。</p><p>第二段也是正文。</p></div>"
    got = content(detail("main", "blocks", more))
    assert got[-2:] == ["这里其实还是正文,作者接着往下说。", "第二段也是正文。"]


def test_a_footer_with_prose_inside_the_article_is_content() -> None:
    got = content(detail("main", "blocks", "<footer><p>作者按:以上写于团购季之前。</p></footer>"))
    assert got[-1] == "作者按:以上写于团购季之前。"


# --- read to the end -----------------------------------------------------------------------


@pytest.mark.parametrize("frame", DETAIL_PAGES)
@pytest.mark.parametrize("form", ARTICLES)
def test_a_detail_page_reads_as_its_article_in_any_layout(form: str, frame: str) -> None:
    """Side bars with furniture headings between breadcrumb and title, and a title with a ``>``."""
    wrong = []
    for place, kind, rest in product(("top", "a", "d"), ("links", "dates", "markers"), ("", STEPS + RELATED)):
        html = detail(frame, form, rest, **{place: side(kind, 1)})
        _, page, reading = read_page(html.encode(), "text/html", f"{SITE}/news/view/5.html")
        body = "\n".join(article_lines(form)[3:])
        got = [(a.body, a.title, a.views, a.site_id) for a in reading.articles]
        whole = (reading.category, page.residues, page.problems) == ("购物资讯", (), ())
        if not whole or got != [(body, TITLE, 582, 5)]:
            wrong.append((place, kind, rest))
    assert wrong == []


FRAGMENTS = st.sampled_from([
    NAV, FOOT, CRUMB, CRUMB.replace("&gt;文章列表", ""), DETAIL_CRUMB.format(TITLE),
    DETAIL_CRUMB.format("题"),
    f"<h1>{TITLE}</h1>", "<h1>题</h1>", "<h2>社群</h2>", "<h3>热门文章</h3>", PARAGRAPHS, "<p>一句话。</p>",
    f"<p>{DETAIL_MARKER}</p>", f"<p>{DETAIL_MARKER}点击</p>", "<p>2019-02-30 09:30:07407 次</p>",
    "<p>1-2/2 记录1/1 页</p>", "1-2/9 记录1/5 页<a href=?2>下一页</a>", "<p>21-21/21 记录3/3 页</p>",
    "<p>0-0/0 记录1/1 页</p>", side("links", 2), side("dates", 1), side("markers", 1), side("markers", 2),
    RELATED, STEPS, *(entries(form, 2)[0] for form in ENTRIES), entries("siblings", 1)[0],
    *("<div>", "</div>", "<aside>", "</aside>", "<nav>", "</nav>", "<ul><li>", "</ul>", "<footer>", "<br>"),
    *("<table><tr><td>", "<td>", "</table>", "<span>", "</span>", "<pre>题\n"),
])  # fmt: skip


@pytest.mark.thorough
@settings(max_examples=1500, deadline=None)
@given(html=st.lists(FRAGMENTS, max_size=10).map("".join))
def test_nothing_vanishes_whatever_is_put_together(html: str) -> None:
    """A page with a marker in it gives an article or residue, unless a pager says there is nothing, or
    says that it breaks off."""
    text, page, reading = read_page(html.encode(), "text/html; charset=utf-8", URL)
    assert "".join(segment.span.of(text.text) for segment in page.segments) == text.text
    if candidates(text.text) and all(pager.total for pager in page.pagers):
        assert reading.articles or reading.residues or reading.problems == (CUT_OFF,)
