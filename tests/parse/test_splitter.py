"""The splitter: every shape in ``fixtures/``, the real page, properties, and time."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.hui import HUI, candidates, split
from support.paths import FIXTURES as ALL_FIXTURES
from support.paths import SHARED

from yiqihui_spider.items import Span, SplitPage
from yiqihui_spider.parse import listing
from yiqihui_spider.parse.splitter import MOST_ENTRIES
from yiqihui_spider.sample.pages import article_lines
from yiqihui_spider.sample.site import SampleSite

FIXTURES = ALL_FIXTURES / "split"
REAL = SHARED / "real" / "listing-page-2.txt"
CASES = sorted(path.parent.name for path in FIXTURES.glob("*/input.txt"))

HEAD = "当前位置:首页>一起惠资讯>社群>文章列表"
MARKER = "一起惠2019-04-13 09:30:07407 次"


def tiled(text: str, furniture: tuple[Span, ...] = ()) -> SplitPage:
    """Split, having checked that the pieces tile the text and that none is empty."""
    page = split(text, furniture)
    assert "".join(segment.span.of(text) for segment in page.segments) == text
    ends = [0, *(segment.span.end for segment in page.segments)]
    assert [segment.span.start for segment in page.segments] == ends[:-1]
    assert all(segment.span.start < segment.span.end for segment in page.segments)
    assert all(segment.reason for segment in page.residues)
    return page


def entries(text: str, page: SplitPage) -> list[tuple[str, str, int, str]]:
    return [(e.source, e.time, e.views, e.body.of(text)) for e in page.entries]


def summary(text: str, page: SplitPage) -> dict[str, Any]:
    return {
        "kind": page.kind,
        "breadcrumb": list(page.breadcrumb),
        "heading": page.heading,
        "entries": [
            {"source": source, "time": printed, "views": views, "body": body}
            for source, printed, views, body in entries(text, page)
        ],
        "pagers": [[p.first, p.last, p.total, p.page, p.pages] for p in page.pagers],
        "furniture": [p.span.of(text) for p in page.segments if p.kind == "furniture"],
        "residues": [[p.span.of(text), p.reason] for p in page.residues],
        "problems": list(page.problems),
    }


# --- cases -------------------------------------------------------------------------------------


def test_there_are_cases() -> None:
    assert {"glued", "impossible-dates", "two-pages", "cut-off", "detail", "empty-listing"} <= set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_case(case: str) -> None:
    text = (FIXTURES / case / "input.txt").read_bytes().decode("utf-8")
    expected = json.loads((FIXTURES / case / "expected.json").read_text("utf-8"))
    assert summary(text, tiled(text)) == expected


def test_real_page() -> None:
    if not REAL.exists():
        pytest.skip(f"the real page is not in the repository and {REAL} does not exist")
    text = REAL.read_text("utf-8")
    page = tiled(text)
    expected = json.loads((FIXTURES / "listing-page-2" / "expected.json").read_text("utf-8"))
    assert (list(page.breadcrumb), page.heading) == (expected["breadcrumb"], expected["heading"])
    assert len(page.entries) == 20
    assert page.residues == page.problems == ()
    assert page.pager is not None
    pager = expected["pager"]
    assert (page.pager.first, page.pager.last, page.pager.total) == (21, 40, 139)
    assert (page.pager.page, page.pager.pages) == (pager["page"], pager["pages"]) == (2, 7)
    rows = [
        {
            "source": source,
            "time": printed,
            "views": views,
            "body_chars": len(body),
            "sha256": hashlib.sha256(body.encode()).hexdigest(),
        }
        for source, printed, views, body in entries(text, page)
    ]
    assert rows == expected["articles"]


def test_real_page_without_line_breaks() -> None:
    if not REAL.exists():
        pytest.skip(f"the real page is not in the repository and {REAL} does not exist")
    text = REAL.read_text("utf-8")
    glued = text.replace("\n", "")
    page = tiled(glued)
    assert entries(glued, page) == entries(text, split(text))
    assert page.residues == page.problems == ()


UNPROVEN = "2019-03-18 10:10:10"
"""One of the sample's articles ends in a number, and its marker begins with its time: in text without
lines nothing but the count of entries says that the marker is one."""


@pytest.mark.parametrize("glued", [False, True])
def test_sample_listings(glued: bool) -> None:
    site = SampleSite()
    unproven = []
    for category in site.categories:
        for number in range(1, site.pages(category) + 1):
            text = site.dump(category, number, glued=glued)
            page = tiled(text)
            articles = [
                (a.source, a.published, a.views, a.listed + ("" if a.excerpt is None else "阅读全文"))
                for a in site.on_page(category, number)
            ]
            assert page.heading == category
            if glued and articles[-1][1] == UNPROVEN:
                unproven.append((category, number))
                assert entries(text, page) == articles[:-1]
                body = articles[-1][3]
                (residue,) = page.residues
                assert residue.span.of(text) == f"{body}{UNPROVEN}95 次"
                assert page.problems == ("the pager declares 8 entries (1-8/17, page 1 of 3), found 7",)
                continue
            assert entries(text, page) == articles
            assert (page.residues, page.problems) == ((), ())
    assert unproven == ([("购物资讯", 1)] if glued else [])


@pytest.mark.parametrize("glue", ["\n", ""])
def test_sample_articles(glue: str) -> None:
    for article in SampleSite().articles.values():
        text = glue.join(article_lines(article))
        page = tiled(text)
        assert entries(text, page) == [(*article.detail_marker, glue.join(article.lines))]
        assert (page.kind, page.heading) == ("article", article.title)
        assert page.residues == page.problems == ()


# --- furniture ---------------------------------------------------------------------------------


def test_furniture_is_never_content() -> None:
    nav, bar = "首页\n购物\n", "\n热门文章\n一只杯子\n一起惠2019-05-01 09:00:0099 次\n"
    main = f"{HEAD}\n社群\n早上八点开团。\n{MARKER}\n1-1/1 记录1/1 页首页尾页"
    text = nav + main + bar
    page = tiled(text, (Span(len(nav + main), len(text)), Span(0, len(nav))))
    assert entries(text, page) == [("一起惠", "2019-04-13 09:30:07", 407, "早上八点开团。")]
    assert [p.span.of(text) for p in page.segments if p.kind == "furniture"] == ["首页\n购物", bar.strip()]
    assert page.residues == page.problems == ()


def test_breadcrumb_and_pager_inside_furniture_are_read() -> None:
    head, tail = f"示例站点\n{HEAD}\n", "1-1/1 记录1/1 页首页尾页\n版权"
    body = f"社群\n早上八点开团。\n{MARKER}\n"
    text = head + body + tail
    page = tiled(text, (Span(0, len(head)), Span(len(head + body), len(text))))
    assert page.breadcrumb == ("首页", "一起惠资讯", "社群", "文章列表")
    assert page.heading == "社群"
    assert [(p.first, p.last, p.total) for p in page.pagers] == [(1, 1, 1)]
    assert [p.span.of(text) for p in page.segments if p.kind == "furniture"] == ["示例站点", "版权"]
    assert entries(text, page) == [("一起惠", "2019-04-13 09:30:07", 407, "早上八点开团。")]


def test_furniture_inside_a_body_leaves_the_longer_part_and_reports_the_other() -> None:
    first, advert, second = "开头。\n", "广告\n", "正文在这里,比开头长得多。\n"
    text = first + advert + second + MARKER
    page = tiled(text, (Span(len(first), len(first + advert)),))
    assert entries(text, page) == [("一起惠", "2019-04-13 09:30:07", 407, "正文在这里,比开头长得多。")]
    assert [(p.span.of(text), p.reason) for p in page.residues] == [
        ("开头。", "cut off from its body by page furniture")
    ]


def test_a_side_bar_between_breadcrumb_and_title() -> None:
    head = "当前位置:首页>一起惠资讯>社群>券后>原价怎么办\n"
    bar, rest = "热门文章\n一只杯子\n", f"券后>原价怎么办\n{MARKER}\n满50减5。\n相关文章\n旧文"
    text = head + bar + rest
    page = tiled(text, (Span(len(head), len(head + bar)),))
    assert page.breadcrumb == ("首页", "一起惠资讯", "社群", "券后>原价怎么办")
    assert entries(text, page) == [("一起惠", "2019-04-13 09:30:07", 407, "满50减5。")]
    assert (page.kind, page.heading, page.residues) == ("article", "券后>原价怎么办", ())
    assert [p.span.of(text) for p in page.segments if p.kind == "furniture"] == [
        bar.strip(),
        "相关文章\n旧文",
    ]


def test_running_text_below_a_side_bars_heading_is_shown() -> None:
    more = "团长后来又讲了第二件事:" + "先问清楚仓库里还剩多少货,再写通知;" * 3 + "然后收款。"
    head = f"{HEAD.replace('文章列表', '一张券')}\n一张券\n{MARKER}\n"
    text = f"{head}满50减5。\n推荐阅读:一篇旧文\n{more}\n短句。\n{more}"
    page = tiled(text)
    assert entries(text, page) == [("一起惠", "2019-04-13 09:30:07", 407, "满50减5。")]
    assert [
        (p.kind, p.span.of(text), p.reason) for p in page.segments if p.kind in ("furniture", "residue")
    ] == [
        ("furniture", "推荐阅读:一篇旧文", None),
        ("residue", more, "running text below a side bar's heading"),
        ("furniture", "短句。", None),
        ("residue", more, "running text below a side bar's heading"),
    ]


def test_side_bars_alone_are_shown() -> None:
    text = f"当前位置:首页>一起惠资讯\n热门文章\n一只杯子\n{MARKER}"
    page = tiled(text)
    assert (page.kind, page.entries) == ("other", ())
    assert [(p.span.of(text), p.reason) for p in page.residues] == [
        (f"热门文章\n一只杯子\n{MARKER}", "a side bar's heading, and no article")
    ]


def test_furniture_that_would_hide_all_there_is_is_not_believed() -> None:
    text = f"{HEAD}\n社群\n早上八点开团。\n{MARKER}\n1-1/1 记录1/1 页"
    page = tiled(text, (Span(len(HEAD), text.index("\n1-1")),))
    assert entries(text, page) == [("一起惠", "2019-04-13 09:30:07", 407, "早上八点开团。")]


def test_an_empty_listing_may_have_markers_in_its_side_bar() -> None:
    text = f"{HEAD}\n社群\n0-0/0 记录1/1 页\n热门文章\n一只杯子\n{MARKER}"
    for furniture in ((), (Span(text.index("热门"), len(text)),)):
        page = tiled(text, furniture)
        assert (page.kind, page.entries, page.residues, page.problems) == ("listing", (), (), ())


def test_furniture_that_is_no_stretch_of_the_text() -> None:
    text = f"早上八点开团。\n{MARKER}"
    page = tiled(text, (Span(-5, 0), Span(90, 99), Span(7, 3), Span(2, 2)))
    assert entries(text, page) == [("一起惠", "2019-04-13 09:30:07", 407, "早上八点开团。")]


# --- single rules --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "source", "views"),
    [
        ("2019-06-04 09:17:24483 次", "", 483),
        ("2019-06-04 09:17:24483次", "", 483),
        ("2019-06-04 09:17:24 483 次", "", 483),
        ("2019-06-04 09:17:240 次", "", 0),
        ("36氪2019-06-04 09:17:24483 次", "36氪", 483),
        ("21世纪经济报道 2019-06-04 09:17:24483 次", "21世纪经济报道", 483),
        ("“新榜”2019-06-04 09:17:24483 次", "“新榜”", 483),
        (
            "一家名字很长也没有人听说过的地方报纸2019-06-04 09:17:24483 次",
            "一家名字很长也没有人听说过的地方报纸",
            483,
        ),
        ("2019-06-04 09:17:24123456789012 次", "", 123456789012),
    ],
)
def test_marker_lines(line: str, source: str, views: int) -> None:
    text = f"早上八点开团。\n{line}\n晚上收摊。\n{MARKER}"
    assert entries(text, tiled(text))[0] == (source, "2019-06-04 09:17:24", views, "早上八点开团。")


@pytest.mark.parametrize(
    "line",
    [
        "他在2019-04-13 09:30:07407 次点击后离开",
        "他说2019-04-13 09:30:07407 次是记录,不是时间",
        "2019年4月13日,群里很热闹",
        "8月26日那天",
        "团长每天卖407 次",
    ],
)
def test_no_markers(line: str) -> None:
    text = f"早上八点开团。\n{line}\n晚上收摊。\n{MARKER}"
    body = f"早上八点开团。\n{line}\n晚上收摊。"
    assert entries(text, tiled(text)) == [("一起惠", "2019-04-13 09:30:07", 407, body)]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("一起惠0000-04-13 09:30:07407 次", "impossible date 0000-04-13 09:30:07"),
        ("一起惠0001-01-01 00:00:00407 次", "impossible date 0001-01-01 00:00:00"),
        ("一起惠1994-12-31 23:59:59407 次", "impossible date 1994-12-31 23:59:59"),
        ("一起惠2101-01-01 00:00:00407 次", "impossible date 2101-01-01 00:00:00"),
        ("一起惠9999-12-31 23:59:59407 次", "impossible date 9999-12-31 23:59:59"),
        ("一起惠2019-04-13 24:00:00407 次", "impossible date 2019-04-13 24:00:00"),
        ("一起惠2019-04-13 23:59:60407 次", "impossible date 2019-04-13 23:59:60"),
        ("一起惠2019-04-13 09:30:07 次", "no view count"),
        ("一起惠2019-04-13 09:30:07-5 次", "impossible view count -5"),
        ("一起惠2019-04-13 09:30:071.2 次", "impossible view count 1.2"),
        ("一起惠2019-04-13 09:30:071,52 次", "impossible view count 1,52"),
        ("一起惠2019-04-13 09:30:5407 次", "impossible view count 07"),
        ("一起惠2019-04-13 09:30407 次", "2019-04-13 09:30407 次 may be seconds or views"),
        ("一起惠2019/13/04 09:30:07407 次", "impossible date 2019-13-04 09:30:07"),
        ("2019-04-13 09:30:07407", "2019-04-13 09:30:07407"),
        ("2019-04-13 09:30:7407次数", "2019-04-13 09:30:7407次数"),
        (f"2019-04-13 09:30:07{'1' * 41} 次", f"impossible view count {'1' * 41}"),
        ("12019-04-13-09:30:07407 次", "2019-04-13-09:30:07407 次"),
        ("36氪2019-04-13 09:30:07暂无", "2019-04-13 09:30:07暂无"),
        ("一起惠2019-04-13 09:30:07阅读未知", "2019-04-13 09:30:07阅读未知"),
        ("一起惠2019-04-13 09时30分07秒407 次", "2019-04-13 09时30分07秒407 次"),
        ("一起惠2019-04-13407 次", "2019-04-13407 次"),
        ("一起惠3小时前407 次", "3小时前407 次"),
        ("昨天 09:30407 次", "昨天 09:30407 次"),
        ("一起惠407 次", "407 次"),
        ("一起惠暂无", "暂无"),
        ("一起惠2019-04-13 09:30:071234567890123 次", "impossible view count 1234567890123"),
        ("一起惠2019-04-13 09:30:0712345678901234567890 次", "impossible view count 12345678901234567890"),
    ],
)
def test_markers_that_cant_be_read_are_shown_with_what_stood_before(line: str, fault: str) -> None:
    text = f"早上八点开团。\n{line}\n晚上收摊。\n{MARKER}"
    page = tiled(text)
    assert entries(text, page) == [("一起惠", "2019-04-13 09:30:07", 407, "晚上收摊。")]
    assert [(p.span.of(text), p.reason) for p in page.residues] == [
        ("早上八点开团。", f"text before a marker that can't be read: {fault}"),
        (line, f"marker that can't be read: {fault}"),
    ]
    assert f"a marker that can't be read: {fault}" in page.problems


@pytest.mark.parametrize(
    "newline", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", " \n\n "]
)
def test_any_line_break_will_do(newline: str) -> None:
    pager = "1-2/2 记录1/1 页首页1尾页"
    lines = [HEAD, "社群", "早上八点开团。", "晚上收摊。", MARKER, "第二篇。", MARKER, pager]
    text = newline.join(lines)
    page = tiled(text)
    assert [body for *_, body in entries(text, page)] == [f"早上八点开团。{newline}晚上收摊。", "第二篇。"]
    assert (page.heading, page.residues, page.problems) == ("社群", (), ())
    text = newline.join(
        [HEAD.replace("文章列表", "一张券"), "一张券", MARKER, "满50减5。", "相关文章", "旧文"]
    )
    page = tiled(text)
    assert [body for *_, body in entries(text, page)] == ["满50减5。"]
    assert (page.kind, page.heading, page.residues) == ("article", "一张券", ())


@pytest.mark.parametrize("glue", ["\n", ""])
def test_markers_without_a_body_between(glue: str) -> None:
    text = glue.join([HEAD, "社群", MARKER, MARKER, MARKER, "1-3/3 记录1/1 页"])
    page = tiled(text)
    assert entries(text, page) == [("一起惠", "2019-04-13 09:30:07", 407, "")] * 3
    assert page.residues == page.problems == ()


@pytest.mark.parametrize("size", [300, 390, 500, 10_000])
def test_a_very_long_title_hides_nothing(size: int) -> None:
    """Beyond a breadcrumb's width a title isn't told from a body; then the body is shown."""
    title = "题" * size
    text = f"当前位置:首页>一起惠资讯>社群>{title}\n{title}\n{MARKER}\n满50减5。"
    page = tiled(text)
    if size == 300:
        assert (page.kind, page.heading, page.residues) == ("article", title, ())
        assert entries(text, page) == [("一起惠", "2019-04-13 09:30:07", 407, "满50减5。")]
    else:
        assert [p.span.of(text) for p in page.residues] == ["满50减5。"]
        assert page.problems != ()


def test_the_pager_decides_between_readings() -> None:
    glued = f"早上八点开团。36氪{MARKER[3:]}晚上收摊,后台写着2019-04-13 09:30:0799 次{MARKER}"
    assert len(tiled(f"{glued}1-2/2 记录1/1 页首页").entries) == 2


def test_a_marker_that_only_makes_up_the_number_is_not_believed() -> None:
    """Neither a finished sentence nor a known name stands before the second: it may be quoted, and what
    follows it may belong to either side."""
    text = (
        f"早上八点开团。36氪{MARKER[3:]}晚上收摊,后台写着2019-04-13 09:30:0799 次{MARKER}1-3/3 记录1/1 页首页"
    )
    page = tiled(text)
    assert [e.views for e in page.entries] == [407]
    assert [(p.span.of(text), p.reason) for p in page.residues] == [
        (f"晚上收摊,后台写着2019-04-13 09:30:0799 次{MARKER}", listing.HIDES)
    ]


def test_a_marker_in_a_line_that_makes_up_the_number_is_not_believed() -> None:
    """The second entry's own marker is lost without a trace; its text quotes one."""
    quoting = f"群里贴出一行。{MARKER.replace('04-13', '04-12')} 是前一天的记录。"
    last = MARKER.replace("04-13", "04-11")
    text = f"早上八点开团。\n{MARKER}\n{quoting}\n晚上收摊。\n{last}\n1-3/3 记录1/1 页首页"
    page = tiled(text)
    assert [e.time for e in page.entries] == ["2019-04-13 09:30:07"]
    assert {p.reason for p in page.residues} == {listing.IN_A_LINE}
    assert page.problems != ()


def test_fewer_entries_than_declared_in_text_without_lines() -> None:
    """Nothing says where the missing ones are: any entry may hold one."""
    text = f"早上八点开团。36氪{MARKER[3:]}晚上收摊。{MARKER}1-9/9 记录1/1 页首页"
    page = tiled(text)
    assert page.entries == ()
    assert page.problems == (
        "may hold a marker that was not read",
        "the pager declares 9 entries (1-9/9, page 1 of 1), found 0",
    )


@pytest.mark.parametrize(
    "quote",
    [
        "他抄下:2019-04-13 09:30:0799 次",
        "他抄下一起惠2019-04-13 09:30:0799 次,",
        "他抄下2018-03-01 09:30:0799 次",
    ],
)
def test_a_quoted_marker_does_not_make_up_for_a_missing_one(quote: str) -> None:
    text = f"早上八点开团。36氪{MARKER[3:]}晚上收摊,{quote}然后走了。{MARKER}1-3/3 记录1/1 页首页"
    assert [body for *_, body in entries(text, tiled(text))] == ["早上八点开团。"]


def numbered(times: list[str]) -> str:
    """A page of the listing with one entry at each time."""
    lines = [HEAD, "社群", *(f"第{n}篇。\n一起惠2019-{at} 09:30:07407 次" for n, at in enumerate(times))]
    return "\n".join(lines)


def test_an_entry_too_many_is_reported_whatever_it_looks_like() -> None:
    text = numbered(["05-04", "05-03", "04-01", "05-02", "05-01"]) + "\n1-4/9 记录1/3 页"
    page = tiled(text)
    assert [e.time[5:10] for e in page.entries] == ["05-04", "05-03", "05-01"]
    assert page.problems == (
        "the page holds more markers than entries; this one may be quoted",
        "the pager declares 4 entries (1-4/9, page 1 of 3), found 3",
        "not newest first: 2019-05-02 09:30:07 follows 2019-04-01 09:30:07; one of them may be no marker",
    )


def test_a_look_alike_in_place_of_a_missing_entry_is_reported() -> None:
    """As many as the pager says; only the order of time gives it away."""
    text = numbered(["05-04", "05-03", "04-01", "05-01"]) + "\n1-4/9 记录1/3 页"
    page = tiled(text)
    assert [e.time[5:10] for e in page.entries] == ["05-04", "05-03"]
    assert page.problems == (
        "out of the order of time; what divides it from its neighbour may be quoted",
        "the pager declares 4 entries (1-4/9, page 1 of 3), found 2",
        "not newest first: 2019-05-01 09:30:07 follows 2019-04-01 09:30:07; one of them may be no marker",
    )


@pytest.mark.parametrize(
    "times", [["05-04", "05-04", "05-03", "05-01"], ["05-01", "05-02", "05-03", "05-04"], ["05-01", "05-02"]]
)
def test_an_order_that_proves_nothing(times: list[str]) -> None:
    assert tiled(f"{numbered(times)}\n1-{len(times)}/9 记录1/3 页").problems == ()


def test_an_article_with_marker_lines_in_its_text_says_so() -> None:
    title = "当前位置:首页>一起惠资讯>社群>一张券\n一张券\n"
    text = f"{title}{MARKER}\n满50减5。\n别处\n{MARKER}\n完。"
    page = tiled(text)
    assert entries(text, page) == [
        ("一起惠", "2019-04-13 09:30:07", 407, f"满50减5。\n别处\n{MARKER}\n完。"),
    ]
    assert page.problems == ("an article's page with 1 more marker in its text",)


# --- properties ----------------------------------------------------------------------------------

WORDS = ("记录", "当前位置:首页", ">一起惠资讯", ">文章列表", "\n社群\n", "2019-04-13 09:30:07")
MORE_WORDS = (
    "2019-02-30 ",
    "一起惠",
    "1-2/2 记录1/1 页",
    "下一页",
    "尾页",
    MARKER,
    "\n相关文章\n",
    "阅读全文",
)
LINES = (f"\n{MARKER}\n", f"{HEAD}\n社群\n")
GRAMMAR = st.lists(
    st.sampled_from([*"0123456789-:/ \n\r\u3000\ufeff次页>…。“”氪", *WORDS, *MORE_WORDS, *LINES]), max_size=60
).map("".join)
SPANS = st.lists(
    st.tuples(st.integers(-3, 300), st.integers(-3, 300)).map(lambda pair: Span(*pair)), max_size=4
)


@pytest.mark.thorough
@settings(max_examples=400, deadline=None)
@given(text=st.one_of(st.text(max_size=300), GRAMMAR), furniture=SPANS)
def test_pieces_tile_any_text(text: str, furniture: list[Span]) -> None:
    page = tiled(text, tuple(furniture))
    bodies = [p.span for p in page.segments if p.kind == "body"]
    assert bodies == [e.body for e in page.entries if e.body.start < e.body.end]
    assert [p.span for p in page.segments if p.kind == "marker"] == [e.marker for e in page.entries]
    assert [p.span for p in page.segments if p.kind == "pager"] == [p.span for p in page.pagers]


@pytest.mark.thorough
@settings(max_examples=400, deadline=None)
@given(text=GRAMMAR, furniture=SPANS)
def test_nothing_vanishes(text: str, furniture: list[Span]) -> None:
    """Text with a marker in it gives an entry or residue, unless a pager says there is nothing."""
    page = tiled(text, tuple(furniture))
    if candidates(text) and all(pager.total for pager in page.pagers):
        assert page.entries or page.residues


LETTERS = "团长仓库橙子快递社群abcXYZ0123456789-:/%→─(),，：“"
HANZI = "团长仓库橙子快递"
SOURCE = st.one_of(
    st.sampled_from(["", "一起惠", "一起惠返利网", "36氪", "21世纪经济报道"]),
    st.text(alphabet="巷口观察渔港日报36abc", min_size=1, max_size=8),
)
SENTENCE = st.builds(
    lambda first, rest, end: first + rest + end,
    st.sampled_from(HANZI),
    st.text(alphabet=LETTERS, max_size=90),
    st.sampled_from("。！？"),
)
MOMENT = st.integers(10**9, 2 * 10**9).map(
    lambda seconds: datetime.fromtimestamp(seconds, HUI.zone).strftime("%Y-%m-%d %H:%M:%S")
)
Row = tuple[str, str, int, str]


def row(body: st.SearchStrategy[str]) -> st.SearchStrategy[Row]:
    return st.tuples(SOURCE, MOMENT, st.integers(0, 10**9), body)


def listed(body: st.SearchStrategy[str]) -> st.SearchStrategy[list[Row]]:
    """Newest first, as a listing has them."""
    return st.lists(row(body), max_size=6).map(lambda rows: sorted(rows, key=lambda r: r[1], reverse=True))


def assembled(rows: list[Row], glue: str, before: int, after: int) -> str:
    """A listing page that holds these entries, with ``before`` and ``after`` others on other pages."""
    lines = [HEAD, "社群"]
    for source, printed, views, body in rows:
        lines += [body, f"{source}{printed}{views} 次"]
    first, last = (before + 1, before + len(rows)) if rows else (0, 0)
    total = last + after if rows else 0
    lines.append(f"{first}-{last}/{total} 记录2/7 页首页上一页1234567下一页尾页")
    return glue.join(lines)


PARAGRAPHS = st.lists(SENTENCE, min_size=1, max_size=4).map("\n".join)


@pytest.mark.thorough
@settings(max_examples=150, deadline=None)
@given(rows=listed(PARAGRAPHS), before=st.integers(0, 99), after=st.integers(0, 99))
def test_entries_of_an_assembled_page_come_back(rows: list[Row], before: int, after: int) -> None:
    for ending in ("\n", "\r\n"):
        text = assembled(rows, "\n", before, after).replace("\n", ending)
        page = tiled(text)
        assert entries(text, page) == [(*r[:3], r[3].replace("\n", ending)) for r in rows]
        assert page.residues == page.problems == ()


@pytest.mark.thorough
@settings(max_examples=150, deadline=None)
@given(rows=listed(SENTENCE), before=st.integers(0, 99), after=st.integers(0, 99))
def test_entries_of_a_glued_page_come_back(rows: list[Row], before: int, after: int) -> None:
    text = assembled(rows, "", before, after)
    page = tiled(text)
    assert entries(text, page) == rows
    assert page.residues == page.problems == ()


@settings(max_examples=100, deadline=None)
@given(row=row(PARAGRAPHS), title=st.text(alphabet=HANZI, min_size=2, max_size=20))
def test_an_assembled_article_comes_back(row: Row, title: str) -> None:
    source, printed, views, body = row
    breadcrumbs = f"当前位置:首页>一起惠资讯>社群>{title}"
    text = f"{breadcrumbs}\n{title}\n{source}{printed}{views} 次\n{body}\n上一篇:别的\n相关文章"
    page = tiled(text)
    assert entries(text, page) == [row]
    assert (page.kind, page.heading, page.residues, page.problems) == ("article", title, (), ())


# --- time ----------------------------------------------------------------------------------------

ARTICLE_HEAD = f"当前位置:首页>一起惠资讯>社群>一张券\n一张券\n{MARKER}\n"


SHORT_UNITS = ("1", "-", " ", "\n", "次", "1次", "1 次", "1\n", "\r\n ", "团", "…", "\u3000")
LONG_UNITS = ("2019-", "2019-04-13 09:30:07", "记录", "1/1 记录", "首页", "当前位置:首页>")


@pytest.mark.thorough
@pytest.mark.parametrize("head", ["", ARTICLE_HEAD, "1-1/1 记录1/1 页"], ids=["bare", "article", "pager"])
@pytest.mark.parametrize(
    "unit", [*SHORT_UNITS, *LONG_UNITS, "当前位置:首页>一起惠资讯>", "一起惠", "相关文章\n", "上一篇"]
)
def test_no_input_makes_it_slow(unit: str, head: str) -> None:
    """Two million characters, in seconds; anything quadratic would take hours."""
    text = head + unit * (2_000_000 // len(unit))
    start = time.process_time()
    page = split(text)
    assert time.process_time() - start < 20
    assert sum(segment.span.end - segment.span.start for segment in page.segments) == len(text)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "unit",
    [
        f"团。\n{MARKER}\n",
        "1-1/1 记录1/1 页\n",
        "1-1/1 记录1/1 页\n\n\n1\n",
        "当前位置:首页>\n",
        f"团。{MARKER}",
    ],
)
def test_many_small_pieces(unit: str) -> None:
    text = unit * 20_000
    start = time.process_time()
    page = tiled(text)
    assert time.process_time() - start < 20
    assert len(page.entries) == (MOST_ENTRIES if MARKER in unit else 0)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "text",
    [
        "1-1/1 记录1/1 页" + "\n" * 300_000 + "1\n" * 300_000,
        "1-1/1 记录1/1 页" + " " * 300_000 + "1 " * 300_000 + "x",
        "1-1/1 记录1/1 页\n" * 130_000,
        ARTICLE_HEAD + "\n" * 500_000 + "相关文章\n" * 100_000,
        "当前位置:首页>题\n" * 100_000,
    ],
    ids=["blank lines and links", "spaces and links", "pagers", "blank lines and headings", "breadcrumbs"],
)
def test_two_things_together_make_it_slow_neither(text: str) -> None:
    start = time.process_time()
    tiled(text, (Span(30, 60),))
    assert time.process_time() - start < 20
