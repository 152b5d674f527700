"""Which times beside a count are markers, what source each names, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from support.hui import HUI, candidates, split

from yiqihui_spider.items import Span
from yiqihui_spider.parse.markers import ALONE, ANY, LOOSE, STRICT, Marker, find_markers, usual_limit
from yiqihui_spider.parse.tiling import Furniture

TIME = "2019-04-13 09:30:07407 次"
OLDER = "2019-04-12 08:00:00483 次"


def markers(text: str, furniture: Sequence[Span] = ()) -> list[Marker]:
    return find_markers(text, HUI, candidates(text), Furniture(text, furniture), 0, len(text))


def marker(text: str) -> tuple[str, int]:
    (found,) = markers(text)
    assert text[found.start : found.candidate.start].strip(" \u3000") == found.source
    return found.source, found.tier


def entries(text: str) -> list[tuple[str, str]]:
    """Source and body of each entry; nothing else may be on the page."""
    page = split(text)
    assert page.residues == ()
    return [(entry.source, entry.body.of(text)) for entry in page.entries]


@pytest.mark.parametrize(
    ("before", "source"),
    [
        ("正文。\n", ""),
        ("正文。\n一起惠", "一起惠"),
        ("正文。\n  一起惠返利网 ", "一起惠返利网"),
        ("正文。\r\u3000一起惠\u3000", "一起惠"),
        ("正文。\u2028一起惠", "一起惠"),
        ("正文。\n36氪", "36氪"),
        ("正文。\n" + "甲" * 30, "甲" * 30),
        ("正文。\n本站转自一起惠", "本站转自一起惠"),
        ("", ""),
        ("一起惠", "一起惠"),
        ("甲" * 10, "甲" * 10),
        ("\n\n36氪", "36氪"),
        ("正文。\n" + "甲" * 60 + "。\n36氪", "36氪"),
    ],
)
@pytest.mark.parametrize("after", ["", "\n", " \u3000\n下一篇的正文。"])
def test_on_a_line_of_its_own(before: str, source: str, after: str) -> None:
    assert marker(before + TIME + after) == (source, ALONE)


@pytest.mark.parametrize(
    ("before", "source", "tier"),
    [
        # what is too long for a source, or holds a sentence's end, is body and source in one
        ("正文。\n" + "甲" * 31, "", ANY),
        ("正文。\n晚上收摊。36氪", "36氪", LOOSE),
        ("正文。\n晚上收摊！", "", STRICT),
        # with no body above the line only a short name is a source, and not one that ends in ours
        ("甲" * 11, "", ANY),
        ("橘子一起惠", "一起惠", LOOSE),
        ("橘子。一起惠", "一起惠", STRICT),
        # our own signature
        ("正文。一起惠", "一起惠", STRICT),
        ("正文。一起惠返利网", "一起惠返利网", STRICT),
        ("正文……  一起惠 ", "一起惠", STRICT),
        ("正文一起惠", "一起惠", LOOSE),
        ("据“一起惠", "一起惠", ANY),
        # another's name, or none
        ("正文。", "", STRICT),
        ("正文。36氪", "36氪", LOOSE),
        ("正文。 36氪", "36氪", LOOSE),
        ("正文。" + "甲" * 10, "甲" * 10, LOOSE),
        ("正文。" + "甲" * 11, "", ANY),
        ("正文。他在", "", ANY),
        ("正文。我报", "", ANY),
        ("橘子。正文36氪，", "", ANY),
    ],
)
def test_glued_to_a_body(before: str, source: str, tier: int) -> None:
    assert marker(before + TIME) == (source, tier)
    assert marker(before + TIME + "\n下一篇的正文。") == (source, tier)


@pytest.mark.parametrize(
    ("before", "source", "tier"),
    [
        ("正文。一起惠", "一起惠", LOOSE),
        ("一起惠", "一起惠", LOOSE),
        ("正文一起惠", "一起惠", ANY),
        ("正文。", "", LOOSE),
        ("", "", LOOSE),
        ("正文。36氪", "36氪", ANY),
    ],
)
def test_a_sentence_that_goes_on_after_it_makes_it_less_sure(before: str, source: str, tier: int) -> None:
    assert marker(before + TIME + "点击，真不少。") == (source, tier)
    assert marker(before + TIME + "下一篇的正文。")[1] < tier or (before, tier) == ("正文。36氪", LOOSE)


def test_a_source_does_not_reach_into_the_marker_before() -> None:
    first, second = markers(f"正文。一起惠{TIME}一起惠{OLDER}")
    assert (first.source, second.source) == ("一起惠", "一起惠")
    assert second.start == first.end
    assert [m.source for m in markers(f"正文。\n一起惠{TIME}{OLDER}")] == ["一起惠", ""]


def test_a_source_does_not_reach_into_page_furniture() -> None:
    text = f"正文。\n热门一起惠{TIME}\n下一篇。"
    (found,) = markers(text, [Span(4, 6)])
    assert (found.source, found.tier) == ("一起惠", ALONE)
    (found,) = markers(f"正文。\n一起惠{TIME}分享\n下一篇。", [Span(31, 33)])
    assert (found.source, found.tier) == ("一起惠", ALONE)


def test_a_marker_with_labels_names_its_source() -> None:
    text = "橘子\n时间：2019-04-13 09:30 来源：36氪 浏览：407次\n正文。"
    (found,) = markers(text)
    assert (found.source, found.tier, found.start) == ("36氪", ALONE, 3)
    (found,) = markers("橘子\n时间：2019-04-13 09:30 浏览：407次\n正文。")
    assert (found.source, found.tier) == ("", ALONE)


def test_how_sure_a_marker_must_be_where_no_pager_says_how_many_there_are() -> None:
    assert usual_limit(markers(f"正文。\n一起惠{TIME}\n晚上收摊。一起惠{OLDER}")) == STRICT
    assert usual_limit(markers(f"正文。一起惠{TIME}晚上收摊。一起惠{OLDER}")) == LOOSE
    assert usual_limit([]) == LOOSE


# --- the same, as it shows in what is read of a page without a pager ------------------------------

HEAD = "当前位置:首页>一起惠资讯>社群>文章列表\n社群\n"


def test_both_forms_on_a_page_without_a_pager() -> None:
    """Beside markers with lines of their own, one in a line counts after a finished sentence only."""
    strict = f"{HEAD}甲的正文。\n一起惠{TIME}\n乙的正文。一起惠{OLDER}\n"
    assert entries(strict) == [("一起惠", "甲的正文。"), ("一起惠", "乙的正文。")]
    loose = f"{HEAD}甲的正文。\n一起惠{TIME}\n乙在说一起惠{OLDER}回事。\n一起惠2019-04-11 07:00:0095 次\n"
    page = split(loose)
    assert [entry.time for entry in page.entries] == ["2019-04-13 09:30:07", "2019-04-11 07:00:00"]
    assert page.entries[1].body.of(loose) == f"乙在说一起惠{OLDER}回事。"
    glued = f"{HEAD}甲的正文。一起惠{TIME}乙的正文一起惠{OLDER}丙的正文。36氪2019-04-11 07:00:0095 次"
    assert entries(glued) == [("一起惠", "甲的正文。"), ("一起惠", "乙的正文"), ("36氪", "丙的正文。")]
