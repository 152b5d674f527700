"""Where breadcrumbs and pagers stand, and what they say."""

from __future__ import annotations

import pytest
from support.hui import HUI, candidates

from yiqihui_spider.items import Span
from yiqihui_spider.parse import scan
from yiqihui_spider.parse.tiling import Furniture

HOME = "当前位置:首页>一起惠资讯>"
MARKER = "一起惠2019-04-13 09:30:07407 次"
TITLE = "券后>原价怎么办"


def crumb(text: str, *furniture: tuple[int, int]) -> tuple[str, tuple[str, ...], str | None] | None:
    """What of the text the breadcrumb takes, its trail, and the title glued to it."""
    visible = Furniture(text, [Span(*span) for span in furniture])
    found = scan.breadcrumbs(text, HUI, candidates(text), visible.edges, visible.boundaries)
    if not found:
        return None
    (one,) = found
    return one.span.of(text), one.trail, one.heading.of(text) if one.heading else None


@pytest.mark.parametrize(
    ("line", "trail", "leads_to_listing"),
    [
        (f"{HOME}社群>文章列表", ("首页", "一起惠资讯", "社群", "文章列表"), True),
        (f"{HOME}社群", ("首页", "一起惠资讯", "社群"), False),
        ("  当前位置： 首页＞一起惠资讯 » 社群 > 文章列表", ("首页", "一起惠资讯", "社群", "文章列表"), True),
        ("当前位置:首页", ("首页",), False),
    ],
)
def test_a_breadcrumb(line: str, trail: tuple[str, ...], leads_to_listing: bool) -> None:
    text = f"{line}\n社群的正文。\n"
    (one,) = scan.breadcrumbs(text, HUI, [], ())
    assert (one.span.of(text), one.trail, one.leads_to_listing) == (line.strip(), trail, leads_to_listing)


def test_words_of_a_breadcrumb_in_a_sentence_are_none() -> None:
    assert crumb("我的当前位置:首页>一起惠资讯>社群") is None


@pytest.mark.parametrize(
    ("after", "trail"),
    [
        (f"\n{TITLE}\n{MARKER}\n正文。", ("购物资讯", TITLE)),
        (f"\n \n\u3000{TITLE}\n{MARKER}\n正文。", ("购物资讯", TITLE)),
        ("\n券后> 原价 怎么办\n" + MARKER, ("购物资讯", "券后> 原价 怎么办")),
        (f"\n别的题目\n{MARKER}\n正文。", ("购物资讯", "券后", "原价怎么办")),
        ("\n怎么办\n" + MARKER, ("购物资讯", "券后", "原价怎么办")),
        ("\n原价怎么办\n" + MARKER, ("购物资讯", "券后", "原价怎么办")),
        ("", ("购物资讯", "券后", "原价怎么办")),
    ],
)
def test_a_title_that_holds_a_step_is_known_by_its_second_place(after: str, trail: tuple[str, ...]) -> None:
    line = f"{HOME}购物资讯>{TITLE}"
    assert crumb(line + after) == (line, ("首页", "一起惠资讯", *trail), None)


@pytest.mark.parametrize(
    ("between", "furniture"),
    [
        ("热门\n", [(0, 2)]),
        ("热门\n分享 广告\n", [(0, 2), (3, 5), (6, 8)]),
        ("", []),
        ("热门\n广告\n", [(0, 6)]),
    ],
)
def test_the_second_place_of_a_title_may_stand_below_furniture(
    between: str, furniture: list[tuple[int, int]]
) -> None:
    line = f"{HOME}购物资讯>{TITLE}"
    start = len(line) + 1
    text = f"{line}\n{between}{TITLE}\n{MARKER}\n正文。"
    before = [(a + start, b + start) for a, b in furniture]
    behind = text.index("正文")
    expected = (line, ("首页", "一起惠资讯", "购物资讯", TITLE), None)
    assert crumb(text, *before) == expected
    assert crumb(text, *before, (behind, behind + 2)) == expected


def test_a_title_that_goes_on_in_the_next_line() -> None:
    text = f"{HOME}购物资讯>团长的\n第一个月\n团长的\n第一个月\n{MARKER}\n正文。"
    assert crumb(text) == (
        f"{HOME}购物资讯>团长的\n第一个月",
        ("首页", "一起惠资讯", "购物资讯", "团长的 第一个月"),
        "团长的\n第一个月",
    )
    whole = f"{HOME}购物资讯>团长的第一个月\n团长的\n第一个月\n{MARKER}\n正文。"
    assert crumb(whole) == (
        f"{HOME}购物资讯>团长的第一个月",
        ("首页", "一起惠资讯", "购物资讯", "团长的 第一个月"),
        "团长的\n第一个月",
    )
    long = f"{HOME}购物资讯>{'长' * 30}题\n{'长' * 30}\n题\n{MARKER}\n正文。"
    found = crumb(long)
    assert found is not None
    assert found[2] == f"{'长' * 30}\n题"
    far = f"{HOME}购物资讯>团长的\n第一个月\n团长的\n第一个月\n{'甲' * 401}\n{MARKER}\n正文。"
    assert crumb(far) == (
        f"{HOME}购物资讯>团长的", ("首页", "一起惠资讯", "购物资讯", "团长的"), None
    )  # fmt: skip


def test_a_title_glued_to_its_breadcrumb_and_marker() -> None:
    text = f"{HOME}购物资讯>团长的第一个月团长的第一个月{MARKER}正文。"
    assert crumb(text) == (
        f"{HOME}购物资讯>团长的第一个月",
        ("首页", "一起惠资讯", "购物资讯", "团长的第一个月"),
        "团长的第一个月",
    )
    untold = f"{HOME}购物资讯>团长的第一个月{MARKER}正文。"
    assert crumb(untold) == (f"{HOME}购物资讯>", ("首页", "一起惠资讯", "购物资讯"), None)


def test_a_breadcrumb_with_a_text_glued_to_it() -> None:
    text = f"{HOME}购物资讯>{'长' * 500}"
    assert crumb(text) == (f"{HOME}购物资讯>", ("首页", "一起惠资讯", "购物资讯"), None)
    assert crumb("当前位置:首页" + "长" * 500) is None


# --- pagers ----------------------------------------------------------------------------------

COUNTS = "21-40/139 记录2/7 页"


def pagers(text: str, *edges: int) -> list[str]:
    found = scan.pagers(text, HUI, {candidate.end for candidate in candidates(text)}, edges)
    assert all((p.first, p.last, p.total, p.page, p.pages) == (21, 40, 139, 2, 7) for p in found)
    return [pager.span.of(text) for pager in found]


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        (COUNTS, COUNTS),
        (f"正文。\n {COUNTS} \n版权", COUNTS),
        (f"正文。\n{COUNTS}首页上一页1234567下一页尾页", f"{COUNTS}首页上一页1234567下一页尾页"),
        (f"正文。\n{COUNTS} 首页 1 2\n3 4\n下一页 尾页\n1 2", f"{COUNTS} 首页 1 2\n3 4\n下一页 尾页"),
        (f"正文。{COUNTS}首页上一页12下一页尾页版权", f"{COUNTS}首页上一页12下一页尾页"),
        (f"正文。{COUNTS}首页12 345个人", f"{COUNTS}首页"),
        (f"{MARKER}{COUNTS}又说", COUNTS),
        (f"{MARKER} \n\u3000{COUNTS}又说", COUNTS),
        (f"{MARKER}{COUNTS}123{HOME}社群>文章列表", f"{COUNTS}123"),
    ],
)
def test_where_a_pager_stands(text: str, taken: str) -> None:
    assert pagers(text) == [taken]


@pytest.mark.parametrize("text", [f"他说{COUNTS}又说", f"{MARKER}他说{COUNTS}又说", f"{COUNTS}又说"])
def test_its_words_in_a_sentence_are_none(text: str) -> None:
    assert pagers(text) == []


def test_furniture_divides_lines() -> None:
    assert pagers(f"热门{COUNTS}", 2) == [COUNTS]


def test_a_pager_stands_near_its_marker() -> None:
    """White space between them, but not any amount of it."""
    assert pagers(f"{MARKER}{' ' * 62}\u200b{COUNTS}又说") == [COUNTS]
    assert pagers(f"{MARKER}{' ' * 63}\u200b{COUNTS}又说") == []


def unread(text: str) -> list[str]:
    return [span.of(text) for span in scan.unread_pagers(text, HUI, 0, len(text))]


def test_lines_that_hold_what_a_pager_holds_in_other_words() -> None:
    assert unread("正文。\n 21-40/139 条 第2/7页 \n上一页 1 2 3 下一页\n版权所有") == [
        "21-40/139 条 第2/7页",
        "上一页 1 2 3 下一页",
    ]
    assert unread("上一页" + "长" * 197) == ["上一页" + "长" * 197]
    assert unread("上一页" + "长" * 198) == []
    assert len(unread("下一页\n" * 21)) == 21
    assert len(unread("下一页\n" * 30)) == 21
    assert unread("\n" * 19_997 + "下一页") == ["下一页"]
    assert unread("\n" * 19_998 + "下一页") == []
