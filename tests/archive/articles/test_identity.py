from __future__ import annotations

import doctest
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.archive_pages import CITY, RIVER, SCHOOL

from yiqihui_spider.archive.articles import identity
from yiqihui_spider.archive.articles.identity import (
    ALIKE,
    content_hash,
    ends_with_ellipsis,
    is_beginning,
    likeness,
    paragraphs,
    same_text,
    squeeze,
    without_ending,
)

SPACES = " \t\r\n\x0b\u00a0\u2003\u3000\u200b\ufeff\u2060\u00ad"


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(identity).failed == 0


@given(st.lists(st.sampled_from([*SPACES, "社", "群", "A", "。"]), max_size=60))
def test_white_space_never_counts(characters: list[str]) -> None:
    text = "".join(characters)
    bare = "".join(c for c in characters if c not in SPACES)
    assert squeeze(text) == bare
    assert content_hash(text) == content_hash(bare)


def test_hash_is_sha256_of_the_squeezed_text() -> None:
    assert content_hash("社群\n 电商") == "1431d8be494aed12507a98eda6edf7902cdd613834e8f9efafe7d22a33f87f64"
    assert content_hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_hash_ignores_how_accents_are_composed() -> None:
    assert content_hash(unicodedata.normalize("NFD", "café 品牌")) == content_hash("café品牌")


def test_hash_takes_any_string() -> None:
    assert len(content_hash("\ud800坏字")) == 64


@pytest.mark.parametrize(
    ("one", "other"),
    [("社群电商", "社群电商。"), ("1V1", "1v1"), ("(一)", "\uff08一\uff09"), ("“好”", '"好"')],
)
def test_anything_but_white_space_counts(one: str, other: str) -> None:
    assert content_hash(one) != content_hash(other)
    assert not same_text(one, other)


@pytest.mark.parametrize(
    "short",
    [
        CITY[:30],
        CITY[:30] + "…",
        CITY[:30] + "……",
        CITY[:30] + "...",
        CITY[:30] + "。。。",
        CITY[:30] + "……[阅读全文]",
        CITY[:30] + " 查看全文>>",
        CITY[:30] + "...【详情】",
        "\u3000\u3000" + CITY[:12] + "\n" + CITY[12:30],
        CITY[:1],
        CITY[:-1],
        CITY + "…",
    ],
)
def test_beginnings(short: str) -> None:
    assert is_beginning(short, CITY)
    assert not is_beginning(CITY, short) or short == CITY + "…"


@pytest.mark.parametrize(
    "short", ["", "…", "阅读全文", CITY, " " + CITY, CITY[1:30], RIVER[:30], CITY[:30] + "另", CITY + "另"]
)
def test_not_beginnings(short: str) -> None:
    assert not is_beginning(short, CITY)


def test_a_text_that_really_ends_in_read_on_words_begins_as_it_stands() -> None:
    assert is_beginning("怎样查看详情", "怎样查看详情页的更新时间")


def test_a_full_stop_is_no_ellipsis() -> None:
    assert without_ending("平台在增长。") == "平台在增长。"
    assert not ends_with_ellipsis("平台在增长。")
    assert not ends_with_ellipsis("v1.0")


def test_paragraphs_counts_lines_with_text() -> None:
    texts = ("", " \n\u3000\n", "一", "一\r\n\r\n二", "一\n二\n三\n")
    assert [paragraphs(text) for text in texts] == [0, 0, 1, 2, 3]


def test_likeness_of_edits_excerpts_and_strangers() -> None:
    edited = CITY.replace("一半", "三分之一").replace("傍晚六点", "下午五点")
    assert 0.75 < likeness(CITY, edited) < 1
    assert likeness(CITY, CITY[:40] + "…") > 0.9
    assert likeness(CITY, RIVER + CITY) == 1.0
    assert likeness("", "") == 1.0
    assert likeness("", CITY) == 0.0
    assert likeness("社群", "社 群") == 1.0
    for one, other in ((CITY, RIVER), (RIVER, SCHOOL), (SCHOOL, CITY)):
        assert likeness(one, other) < 0.1 < ALIKE


@settings(max_examples=60)
@given(st.text(max_size=80), st.text(max_size=80))
def test_likeness_is_symmetric_and_bounded(one: str, other: str) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, one) == 1.0


def test_likeness_of_long_texts_is_quick() -> None:
    one = "".join(chr(0x4E00 + i * 7919 % 20000) for i in range(200_000))
    start = time.process_time()
    assert likeness(one, one[:100_000] + one[:100_000]) > 0.4
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    ("title", "body", "url", "label"),
    [
        ("甲题目", "第一句。", None, "甲题目"),
        (" 甲\n题目 ", "第一句。", None, "甲 题目"),
        ("\u200b ", "第一句。第二句。", None, "第一句。"),
        (None, "\n \n第一句！？第二句。", None, "第一句！？"),
        (None, "没有句号\n第二行。", None, "没有句号"),
        (None, "长" * 40 + "。", None, "长" * 40),
        (None, "长" * 39 + "。后面", None, "长" * 39 + "。"),
        (None, "长" * 41, None, "长" * 40),
        ("长" * 50, "第一句。", None, "长" * 50),
        (None, "", "http://www.178hui.com/news/view/5.html", "http://www.178hui.com/news/view/5.html"),
        (None, " \n", None, "?"),
    ],
)
def test_what_an_article_is_called(title: str | None, body: str, url: str | None, label: str) -> None:
    assert identity.label(title, body, url) == label


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("社群电商", "社群电商", 1.0),
        ("社 群", "社\n群", 1.0),
        ("社", "社群", 0.0),
        ("", "", 1.0),
        ("", "社群", 0.0),
        ("甲乙丙丁戊", "甲乙丙丁己", 2 / 3),
        ("甲乙丙丁", "子丑乙丙丁", 1 / 2),
        ("甲乙丙", "甲乙丁", 0.0),
        ("甲乙丙丁戊己庚", "甲乙丙", 1.0),
    ],
)
def test_how_much_of_the_shorter_text_stands_in_the_other(one: str, other: str, alike: float) -> None:
    """By pieces of three characters."""
    assert likeness(one, other) == likeness(other, one) == alike
