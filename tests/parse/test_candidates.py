"""What a marker's time and count may look like, and how they are read."""

from __future__ import annotations

import pytest
from support.hui import candidates

from yiqihui_spider.parse.candidates import MOST_STAMPS, count


@pytest.mark.parametrize(
    ("printed", "time", "views", "inexact"),
    [
        ("2019-04-13 09:30:07407 次", "2019-04-13 09:30:07", 407, None),
        ("2019－04－13　09：30：07407次", "2019-04-13 09:30:07", 407, None),
        ("72019-04-13 09:30:07407 次", "2019-04-13 09:30:07", 407, None),
        ("2019/04/13 09:30:07407 次", "2019-04-13 09:30:07", 407, None),
        ("2019.04.13 09:30:07407 次", "2019-04-13 09:30:07", 407, None),
        ("2019-4-3 9:30:07407 次", "2019-04-03 09:30:07", 407, None),
        ("2019年4月13日 09:30:07407 次", "2019-04-13 09:30:07", 407, None),
        ("2019 年 04 月 13 日09:30:07 407 次", "2019-04-13 09:30:07", 407, None),
        ("2019-04-13 09:30 407 次", "2019-04-13 09:30:00", 407, None),
        ("2019-04-13 09:30:071.2万 次", "2019-04-13 09:30:07", 12_000, "1.2万"),
        ("2019-04-13 09:30:071,526 次", "2019-04-13 09:30:07", 1_526, None),
        ("2019-04-13 09:30:07１，５２６次", "2019-04-13 09:30:07", 1_526, None),
        ("2019-04-13 09:30:07100000+ 次", "2019-04-13 09:30:07", 100_000, "100000+"),
        ("2019-04-13 09:30:0710万+ 次", "2019-04-13 09:30:07", 100_000, "10万+"),
        ("2019-04-13 09:30:071.5亿次", "2019-04-13 09:30:07", 150_000_000, "1.5亿"),
        ("2019-04-13 09:30:07 1.2w次", "2019-04-13 09:30:07", 12_000, "1.2w"),
    ],
)
def test_forms_that_are_read(printed: str, time: str, views: int, inexact: str | None) -> None:
    (candidate,) = candidates(printed)
    assert (candidate.time, candidate.views, candidate.printed, candidate.fault) == (
        time,
        views,
        inexact,
        None,
    )


@pytest.mark.parametrize(
    "printed",
    [
        "2019-04-1309:30:07407 次",
        "2019-04-13 09:30:7 次",
        "19-04-13 09:30:07407 次",
        "13/04/2019 09:30:07407 次",
        "3小时前407 次",
        "一次买两箱,多次退货",
    ],
)
def test_forms_that_are_none(printed: str) -> None:
    assert candidates(printed) == []


@pytest.mark.parametrize(
    ("printed", "fault"),
    [
        ("2019-04-13 09:30:07 次", "no view count"),
        ("2019-04-13 09:30:07-5 次", "impossible view count -5"),
        ("2019-04-13 09:30407 次", "2019-04-13 09:30407 次 may be seconds or views"),
        ("2019-02-30 09:30:07407 次", "impossible date 2019-02-30 09:30:07"),
        ("时间：3小时前 来源：一起惠 浏览：407次", "impossible date 3小时前"),
        ("时间：2019-04-13 09:30 来源：一起惠 浏览：暂无", "impossible view count 暂无"),
        ("时间：2019-04-13 09:30 来源：一起惠", "no view count"),
        ("时间：2019-04-13 来源：一起惠 浏览：407次", "impossible date 2019-04-13"),
    ],
)
def test_faults(printed: str, fault: str) -> None:
    assert [candidate.fault for candidate in candidates(printed)] == [fault]


@pytest.mark.parametrize(
    ("printed", "time", "views", "source"),
    [
        ("时间：2019-04-13 09:30:07来源：一起惠浏览：407次", "2019-04-13 09:30:07", 407, "一起惠"),
        ("时间：2019-04-13 09:30 来源：36氪 浏览：1.2万次", "2019-04-13 09:30:00", 12_000, "36氪"),
        ("时间:2019-4-13 9:30\n来源:一起惠\n浏览:407次", "2019-04-13 09:30:00", 407, "一起惠"),
        ("来源：一起惠 | 发布时间：2019/04/13 09:30:07 | 阅读量：407", "2019-04-13 09:30:07", 407, "一起惠"),
        ("日期：2019-04-13 09:30:07 点击：407", "2019-04-13 09:30:07", 407, ""),
    ],
)
def test_labels_before_values(printed: str, time: str, views: int, source: str) -> None:
    text = f"甲题目\n{printed}\n甲文。"
    (candidate,) = candidates(text)
    assert (candidate.time, candidate.views, candidate.source, candidate.fault) == (time, views, source, None)
    assert text[candidate.start : candidate.end] == printed


def test_labels_in_a_sentence_are_no_marker() -> None:
    assert candidates("活动时间：2019-04-13 09:30 来源：官网,浏览：407次的人都说好。") == []


@pytest.mark.parametrize(
    "printed", ["", " ", "1.2", "1,52", "12,34,567", "万", "1.2.3万", "9999999亿", "007"]
)
def test_counts_that_are_none(printed: str) -> None:
    assert count(printed)[2] is not None


@pytest.mark.parametrize(
    ("printed", "views", "inexact"),
    [
        ("0", 0, None),
        ("9" * 12, 999_999_999_999, None),
        ("999,999,999,999", 999_999_999_999, None),
        ("9999亿", 999_900_000_000, "9999亿"),
        ("1.5千", 1_500, "1.5千"),
        ("3k", 3_000, "3k"),
        ("2萬", 20_000, "2萬"),
        ("1.05W", 10_500, "1.05W"),
        ("2億+", 200_000_000, "2億+"),
        ("300多", 300, "300多"),
        ("２万余", 20_000, "2万余"),
        (" 407\u3000", 407, None),
    ],
)
def test_counts(printed: str, views: int, inexact: str | None) -> None:
    assert count(printed) == (views, inexact, None)


@pytest.mark.parametrize(
    "printed", ["1" + "0" * 12, "0" * 13, "10000亿", "1,000,000,000,000", "00", "+5", "-5"]
)
def test_counts_of_which_nothing_is_kept(printed: str) -> None:
    assert count(printed) == (0, None, f"impossible view count {printed}")


@pytest.mark.parametrize(
    ("time", "possible"),
    [
        ("1994-12-31 23:59:59", False),
        ("1995-01-01 00:00:00", True),
        ("2100-12-31 23:59:59", True),
        ("2101-01-01 00:00:00", False),
        ("2019-04-13 24:00:00", False),
        ("2019-04-13 23:60:00", False),
        ("2019-13-13 09:30:00", False),
        ("2019-04-14 09:24:24", True),
    ],
)
def test_times_that_can_be(time: str, possible: bool) -> None:
    (candidate,) = candidates(f"{time}407 次")
    assert candidate.fault == (None if possible else f"impossible date {time}")


def test_each_marker_once_in_order_and_apart() -> None:
    glued, labelled = "2019-04-13 09:30:07407 次", "时间：2019-04-12 09:30 来源：36氪 浏览：95次"
    text = f"{glued}\n{labelled}\n{glued}\n{labelled}"
    found = candidates(text)
    assert [text[c.start : c.end] for c in found] == [glued, labelled, glued, labelled]
    assert [c.labelled for c in found] == [False, True, False, True]


def test_a_read_on_link_after_a_marker_is_of_it() -> None:
    text = "2019-04-13 09:30:07407 次 [阅读全文]\n2019-04-12 09:30:07407 次阅读全文的人"
    assert [text[c.start : c.end] for c in candidates(text)] == [
        "2019-04-13 09:30:07407 次 [阅读全文]",
        "2019-04-12 09:30:07407 次",
    ]


def test_a_flood_is_bounded() -> None:
    assert len(candidates("2019-04-13 09:30:07407 次" * (MOST_STAMPS + 10))) == MOST_STAMPS
