"""One meaning of white space and of what nobody sees, for pages and for texts that are compared."""

from __future__ import annotations

import doctest
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqihui_spider import characters
from yiqihui_spider.archive.articles.identity import content_hash, same_text
from yiqihui_spider.characters import BLANK, MARKS, SHAPERS, has_ink, one_line, squeeze
from yiqihui_spider.parse import scan
from yiqihui_spider.site.chinese import INK

NAMED = {
    "zero-width space": "\u200b",
    "byte-order mark": "\ufeff",
    "word joiner": "\u2060",
    "soft hyphen": "\u00ad",
    "left-to-right mark": "\u200e",
    "right-to-left mark": "\u200f",
    "Arabic letter mark": "\u061c",
    "right-to-left override": "\u202e",
    "pop direction": "\u202c",
    "isolate": "\u2067",
    "NUL": "\0",
    "escape": "\x1b",
    "C1 control": "\x9b",
    "unit separator": "\x1f",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "next line": "\x85",
    "vertical tab": "\x0b",
    "form feed": "\x0c",
    "no-break space": "\xa0",
    "ideographic space": "\u3000",
}


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(characters).failed == 0


@pytest.mark.parametrize("char", NAMED.values(), ids=NAMED)
def test_reader_and_archive_agree_on_what_nobody_sees(char: str) -> None:
    text = f"{char}社群{char}电商{char}"
    assert squeeze(text) == "社群电商"
    assert content_hash(text) == content_hash("社群电商")
    assert same_text(text, "社群电商")
    assert text.strip(BLANK) == f"社群{char}电商"
    assert scan.trim(text, 0, len(text)) == (1, len(text) - 1)
    assert not INK.search(char)
    assert not has_ink(char * 3)
    assert squeeze(one_line(text)) == "社群电商"
    assert one_line(text).isprintable()


@pytest.mark.parametrize("char", SHAPERS)
def test_what_shapes_a_character_stays_with_it(char: str) -> None:
    text = f"❤{char}"
    assert one_line(text) == text == text.strip(BLANK)
    assert content_hash(text) == content_hash("❤")


def test_every_mark_is_one_that_nobody_sees() -> None:
    assert {unicodedata.category(char) for char in MARKS} == {"Cc", "Cf"}
    assert not set(MARKS) & set(SHAPERS)
    assert len(set(MARKS)) == len(MARKS)


@given(st.text())
def test_squeezing_twice_changes_nothing(text: str) -> None:
    once = squeeze(text)
    assert squeeze(once) == once
    assert squeeze(one_line(text)) == once
