"""What looks like a marker and can't be read: where it stands, and how sure that is."""

from __future__ import annotations

import pytest
from support.hui import HUI, candidates

from yiqihui_spider.items import Span
from yiqihui_spider.parse.markers import find_markers
from yiqihui_spider.parse.suspects import suspects
from yiqihui_spider.parse.tiling import Furniture

TIME = "2019-04-13 09:30:07"
SURE, HINT, OPEN = "sure", "only a hint", "sure, but not where it ends"


def found(text: str, *furniture: tuple[int, int]) -> list[tuple[str, str]]:
    visible = Furniture(text, [Span(*span) for span in furniture])
    known = find_markers(text, HUI, candidates(text), visible, 0, len(text))
    return [
        (text[one.start : one.end], HINT if one.hint else SURE if one.sure_end else OPEN)
        for one in suspects(text, HUI, known, visible, 0, len(text))
    ]


@pytest.mark.parametrize(
    ("source", "rest", "how"),
    [
        # our signature
        ("", "一起惠", HINT),
        ("", "一起惠返利网", HINT),
        ("一起惠", "407 次", SURE),
        ("一起惠", "暂无", SURE),
        # a count alone, or after another name
        ("", "暂无", HINT),
        ("36氪", "407 次", HINT),
        ("", "浏览：407", HINT),
        # a time that can be read, and no count
        ("", TIME, SURE),
        ("一起惠", TIME, SURE),
        ("", f"{TIME}暂无", SURE),
        ("", f"{TIME}约1,526 次", SURE),
        ("", f"{TIME}{'x' * 21}", SURE),
        ("甲" * 31, f"{TIME}暂无", SURE),
        ("好，", f"{TIME}暂无", SURE),
        # less than a time, with a count or without
        ("", "3小时前407 次", SURE),
        ("一起惠", "3小时前407 次", SURE),
        ("", "3小时前暂无", SURE),
        ("", "3小时前", HINT),
        ("", "昨天 09:30407 次", SURE),
        ("", "昨天 09:30", HINT),
        ("", "2019-04-13407 次", SURE),
        ("", "2019-04-13 暂无", SURE),
        ("", "2019-04-13", HINT),
        ("", "8月26日 407 次", SURE),
        ("", "8月26日", HINT),
        ("", "09:30", HINT),
        ("一起惠", "09:30", SURE),
        ("", "09:30:07", HINT),
        ("36氪", "09:30:07", HINT),
        ("", "09:30:07407 次", HINT),
        ("一起惠", "2019-04-13 09时30分407 次", SURE),
        ("", "13/04/2019 09:30:07407 次", SURE),
        ("甲" * 30, "昨天 09:30", HINT),
        # not without a count, nor in a text
        ("", "昨天 09:30" + "x" * 20, HINT),
        ("", "昨天 09:30 1,526", HINT),
    ],
)
def test_a_line(source: str, rest: str, how: str) -> None:
    assert found(source + rest) == [(rest, how)]
    assert found(f"正文。\n{source}{rest}\n下一篇的正文。") == [(rest, how)]
    assert found(f"正文。\n  {source}{rest}\n下一篇的正文。") == [(rest, how)]


@pytest.mark.parametrize(
    "line",
    [
        "一起惠好",
        "正文一起惠",
        "他在昨天 09:30",
        "我们3小时前",
        "甲" * 31 + "昨天 09:30",
        "昨天 09:30，人很多",
        "昨天 09:30" + "x" * 21,
        "好。407 人",
        "他在407 次",
        "昨天 09:30" + "长" * 74,
        f"一起惠{TIME}407 次",
        f"{TIME}1,526 次",
        "",
        "  ",
    ],
)
def test_a_line_that_is_none(line: str) -> None:
    assert found(line) == []
    assert found(f"正文。\n{line}\n下一篇的正文。") == []


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        (f"正文。一起惠{TIME}暂无下一篇的正文。", [("一起惠", HINT), (f"{TIME}暂无", SURE)]),
        (f"正文。一起惠{TIME}下一篇的正文。", [("一起惠", HINT), (TIME, OPEN)]),
        (f"正文。{TIME}约1.2万次下一篇", [(f"{TIME}约1.2万次", SURE)]),
        (f"正文。{TIME}说，好", [(TIME, OPEN)]),
        ("正文。3小时前407次下一篇", [("3小时前407次", SURE)]),
        ("正文。一起惠407次下一篇", [("一起惠", HINT), ("407次", SURE)]),
        ("正文。一起惠暂无下一篇", [("一起惠", HINT), ("暂无", SURE)]),
        ("正文。一起惠下一篇", [("一起惠", HINT)]),
        ("他8月26日407次", [("8月26日407次", SURE)]),
        ("正文。2019-4-13 9:30:07暂无次下一篇", [("2019-4-13 9:30:07暂无次", SURE)]),
        (f"正文。2019-04-13 09:30 {'x' * 12}次好", []),
        ("他在09:30来了407次", []),
        ("他8月26日来了407次", []),
        ("正文一起惠下一篇", []),
        (f"正文。一起惠{TIME}407 次下一篇", []),
    ],
)
def test_in_a_line(line: str, parts: list[tuple[str, str]]) -> None:
    found_here = found(line)
    assert [one for one in found_here if one != ("一起惠", HINT) or ("一起惠", HINT) in parts] == parts


@pytest.mark.parametrize("dots", ["", "…", "……", ".........", "(!)"])
def test_what_else_stands_on_its_line_is_of_it(dots: str) -> None:
    assert found(f"正文。{TIME}加载中{dots}\n下一篇") == [(f"{TIME}加载中{dots}", SURE)]


def test_furniture_holds_none() -> None:
    text = "正文。\n3小时前\n下一篇的正文。"
    assert found(text, (4, 8)) == []
    assert found(text, (4, 5)) == []
    assert found(text, (0, 3)) == [("3小时前", HINT)]


def test_they_are_apart_and_in_order() -> None:
    text = f"正文。\n3小时前407 次\n一起惠{TIME}407 次\n昨天\n文。\n暂无\n一起惠{TIME}407 次"
    assert found(text) == [("3小时前407 次", SURE), ("昨天", HINT), ("暂无", HINT)]
