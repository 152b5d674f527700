"""A readable diff of Chinese text."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqihui_spider.archive.articles.diff import sentence_diff


@pytest.mark.parametrize(
    ("old", "new", "rows"),
    [
        ("", "", []),
        ("甲。乙。", "甲。乙。", []),
        ("", "甲。", ["+ 甲。"]),
        ("甲。", "", ["- 甲。"]),
        ("甲。乙。丙。", "甲。丁。丙。", ["… 1", "- 乙。", "+ 丁。", "… 1"]),
        ("甲。乙。", "甲。乙。丙。丁", ["… 2", "+ 丙。", "+ 丁"]),
        ("甲。乙。丙。丁。戊。", "乙。丙。丁。己。", ["- 甲。", "… 3", "- 戊。", "+ 己。"]),
        ("他说:“好。”走了。", "他说:“好。”来了。", ["… 1", "- 走了。", "+ 来了。"]),
        (
            "甲\uff01乙\uff1f丙\uff1b丁",
            "甲\uff01乙\uff1f戊\uff1b丁",
            ["… 2", "- 丙\uff1b", "+ 戊\uff1b", "… 1"],
        ),
        ("一行\n二行\n", "一行\n三行\n", ["… 1", "- 二行", "+ 三行"]),
        ("a b c.", "a  b d.", ["- a b c.", "+ a b d."]),
    ],
)
def test_rows(old: str, new: str, rows: list[str]) -> None:
    assert sentence_diff(old, new) == rows


@pytest.mark.parametrize(
    ("fused", "spaced"),
    [
        ("标题第一句。第二句没有句号下一段。", "标题\n\n第一句。\n第二句没有句号\n下一段。"),
        ("甲\n乙。丙", "甲乙。\n丙"),
        ("甲 。乙", "甲。 乙"),
    ],
)
def test_paragraphs_alone_are_no_change(fused: str, spaced: str) -> None:
    assert sentence_diff(fused, spaced) == []
    assert sentence_diff(spaced, fused) == []


def test_a_fused_text_is_compared_with_its_paragraphs() -> None:
    fused = "标题第一句。第二句。"
    paragraphs = "标题\n第一句。\n第二句改了。"
    assert sentence_diff(fused, paragraphs) == ["… 1", "- 第二句。", "+ 第二句改了。"]


SENTENCES = st.lists(st.sampled_from(["甲。", "乙。", "丙\uff01", "丁\n"]), max_size=30)


@given(old=SENTENCES, new=SENTENCES)
def test_the_rows_account_for_every_sentence_of_both(old: list[str], new: list[str]) -> None:
    lines = "丁\n" in old and "丁\n" in new
    before, after = ([text.strip() for text in side] for side in (old, new))
    rows = sentence_diff("".join(old), "".join(new))
    if not lines:
        assert (rows == []) == (before == after)
        return
    same = sum(int(row[2:]) for row in rows if row.startswith("…"))
    gone = [row[2:] for row in rows if row.startswith("-")]
    come = [row[2:] for row in rows if row.startswith("+")]
    if rows:
        assert same + len(gone) == len(before)
        assert same + len(come) == len(after)
    else:
        assert before == after


def test_long_texts_of_few_different_sentences_are_quick() -> None:
    rng = random.Random(7)
    old, new = ("".join(rng.choice("甲乙丙丁") + "。" for _ in range(10_000)) for _ in range(2))
    start = time.process_time()
    assert len(sentence_diff(old, new)) > 100
    assert time.process_time() - start < 5
