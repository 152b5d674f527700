"""Which of a listing's entries are believed."""

from __future__ import annotations

import pytest
from support.hui import split

from yiqihui_spider.parse.listing import HIDES, OUT_OF_ORDER, SURPLUS, culprits

HEAD = "当前位置:首页>一起惠资讯>社群>文章列表\n社群\n"
NAMES = "甲乙丙丁戊己"


@pytest.mark.parametrize(
    ("times", "odd", "odd_below_a_pinned_one"),
    [
        ("", [], []),
        ("99", [], []),
        ("937", [], []),
        ("9876", [], []),
        ("9988", [], []),
        ("9376", [1], [1]),
        ("9786", [1, 2], [1, 2]),
        ("5987", [0], []),
        ("8976", [0, 1], []),
        ("8999", [0], []),
        ("9867", [2, 3], [2, 3]),
        ("8769", [3], [3]),
        ("7586", [1, 2], [1, 2]),
        ("7676", [1, 2], [1, 2]),
        ("98761", [], []),
        ("93716", [], []),
        ("6987", [0], []),
    ],
)
def test_which_entries_are_out_of_order(
    times: str, odd: list[int], odd_below_a_pinned_one: list[int]
) -> None:
    """Each digit is a time; a listing is newest first."""
    assert culprits(times, pinned=False) == odd
    assert culprits(times, pinned=True) == odd_below_a_pinned_one


def time(day: int) -> str:
    return f"2019-04-{day:02} 09:30:07"


def listing(*entries: str, first: int = 1, count: int | None = None, page: int = 1) -> str:
    count = len(entries) if count is None else count
    last = first + count - 1
    return f"{HEAD}{''.join(entries)}{first}-{last}/{last} 记录{page}/{page} 页\n"


def entry(name: str, day: int, body: str | None = None) -> str:
    return f"{body or name + '的正文。'}\n一起惠{time(day)}407 次\n"


def read(text: str) -> tuple[list[str], list[str]]:
    """The bodies that are believed, and why others are not."""
    page = split(text)
    assert "".join(segment.span.of(text) for segment in page.segments) == text
    reasons = dict.fromkeys(segment.reason or "" for segment in page.residues)
    return [one.body.of(text) for one in page.entries], list(reasons)


def names(*kept: str) -> list[str]:
    return [f"{name}的正文。" for name in kept]


def test_a_page_on_which_nothing_is_odd() -> None:
    assert read(listing(*(entry(name, 20 - n) for n, name in enumerate(NAMES)))) == (names(*NAMES), [])


@pytest.mark.parametrize("page", [1, 2])
def test_an_article_pinned_on_top(page: int) -> None:
    """On page 1 it may be older than those below; on another it is doubted, and so is what follows."""
    days = (1, 20, 19, 18, 17)
    text = listing(*map(entry, NAMES, days), first=1 if page == 1 else 21, page=page)
    assert read(text) == ((names(*"甲乙丙丁戊"), []) if page == 1 else (names(*"丙丁戊"), [OUT_OF_ORDER]))


def test_one_entry_out_of_order_costs_its_neighbour_too() -> None:
    """What divides them may be quoted."""
    days = (20, 3, 19, 18, 17)
    assert read(listing(*map(entry, NAMES, days))) == (names(*"甲丁戊"), [OUT_OF_ORDER])


def test_more_markers_than_entries() -> None:
    quoted = entry("乙", 19, f"乙说。\n一起惠{time(3)}95 次\n他又说。")
    kept, why = read(listing(entry("甲", 20), quoted, entry("丙", 18), entry("丁", 17)))
    assert (kept, why) == (names(*"甲丙丁"), [SURPLUS])
    undecided = entry("乙", 19, f"乙说。\n一起惠{time(19)}95 次\n他又说。")
    assert read(listing(entry("甲", 20), undecided, entry("丙", 18), entry("丁", 17))) == ([], [SURPLUS])


def test_fewer_markers_than_entries() -> None:
    """What holds two lines where the others hold one may hide the one that lacks."""
    two = entry("乙", 19, "乙的正文。\n36氪 前天\n丙的正文。")
    kept, why = read(listing(entry("甲", 20), two, entry("丁", 17), count=4))
    assert kept == names(*"甲丁")
    assert why[0] == HIDES
    kept, why = read(
        listing(entry("甲", 20), entry("乙", 19, "乙的正文。\n丙的正文。"), entry("丁", 17), count=4)
    )
    assert (kept, why) == (names(*"甲丁"), [HIDES])


def test_an_own_signature_behind_the_last_marker() -> None:
    """The marker before it may be quoted in a text whose own marker was not read."""
    entries = [entry(name, 20 - n) for n, name in enumerate("甲乙丙丁")]
    assert read(listing(*entries[:3], f"{entries[3]}一起惠\n")) == (
        names(*"甲乙丙"), [SURPLUS, "after the last marker"],
    )  # fmt: skip


@pytest.mark.parametrize("count", [1, 2])
def test_a_pager_above_the_list_and_below_it(count: int) -> None:
    pager = f"1-{count}/{count} 记录1/1 页\n"
    text = f"{HEAD}{pager}{''.join(entry(name, 20 - n) for n, name in enumerate(NAMES[:count]))}{pager}"
    page = split(text)
    assert (len(page.entries), page.residues, page.problems) == (count, (), ())
