from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.hui import page_starts, parts, split

from yiqihui_spider.sample.site import SampleSite

SITE = SampleSite()
WHERE = [("社群", 1), ("社群", 2), ("社群", 3), ("购物资讯", 1)]
PAGES = [SITE.dump(*where) for where in WHERE]
DETAILS = [SITE.dump_article(number) for number in (4102, 4117, 4131)]


def bare(page: str) -> str:
    """Without breadcrumb and heading."""
    return page.split("\n", 2)[2]


def cut(data: bytes, encoding: str = "utf-8", **options: int) -> list[bytes]:
    return list(parts(io.BytesIO(data).read, encoding, **options))


def in_crumbs(data: bytes, size: int) -> Callable[[int], bytes]:
    stream = io.BytesIO(data)
    return lambda asked: stream.read(min(asked, size))


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
@pytest.mark.parametrize("between", ["\n", "\n\n\n", "\r\n", ""])
def test_every_page_of_a_dump_is_a_part(encoding: str, between: str) -> None:
    pages = [PAGES[0], DETAILS[0], PAGES[1], PAGES[2], DETAILS[1], DETAILS[2]]
    if not between:
        pages = [SITE.dump("社群", page, glued=True) for page in (1, 2, 3)]
    found = cut(between.join(pages).encode(encoding), encoding)
    assert [part.decode(encoding).strip("\r\n") for part in found] == pages


def test_pages_without_breadcrumbs_end_with_their_pagers() -> None:
    pages = [bare(page) for page in PAGES]
    assert [part.decode().strip() for part in cut("\n".join(pages).encode())] == pages


def test_a_page_that_breaks_off_behind_the_last_pager_is_a_part() -> None:
    rest = bare(PAGES[1]).rpartition("\n")[0]
    found = cut(f"{bare(PAGES[0])}\n{rest}".encode())
    assert [part.decode().strip() for part in found] == [bare(PAGES[0]), rest]


def test_a_pager_above_and_below_its_list_begins_nothing() -> None:
    page = bare(PAGES[1])
    pager = page.rpartition("\n")[2]
    assert page_starts(f"{pager}\n{page}") == []
    twice = f"{pager}\n{page}\n{pager}\n{page}"
    assert page_starts(twice) == [len(f"{pager}\n{page}")]


def test_a_sentence_that_names_the_words_cuts_nothing() -> None:
    text = "他说当前位置:首页>一起惠资讯>社群 是面包屑,而 21-40/139 记录2/7 页 是分页。\n" * 40
    assert page_starts(text) == []


def test_one_page_is_one_part_with_what_stands_around_it() -> None:
    text = f"\ufeff前言一行\n{PAGES[0]}\n\n版权所有\n"
    assert cut(text.encode()) == [text.encode()]


def test_cuts_do_not_depend_on_how_the_bytes_arrive() -> None:
    data = ("\n".join([*PAGES, *DETAILS, ""]) * 30).encode()
    whole = cut(data)
    assert len(whole) == 7 * 30
    assert list(parts(in_crumbs(data, 4097), "utf-8")) == whole


def test_the_parts_of_a_dump_hold_what_the_pages_hold() -> None:
    found = cut("\n".join(PAGES).encode())
    assert [len(split(part.decode()).entries) for part in found] == [len(SITE.on_page(*w)) for w in WHERE]
    assert [split(part.decode()).residues for part in found] == [()] * 4


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_text_without_pages_is_cut_at_lines_below_the_limit(encoding: str) -> None:
    data = ("这一行没有标记\n" * 5000).encode(encoding)
    found = cut(data, encoding, limit=10_000)
    assert b"".join(found) == data
    assert all(0 < len(part) <= 10_000 and part.decode(encoding).endswith("\n") for part in found)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_a_line_without_end_is_cut_between_characters(encoding: str) -> None:
    data = ("字" * 30_000 + "a").encode(encoding)
    found = cut(data, encoding, limit=10_001)
    assert "".join(part.decode(encoding) for part in found) == data.decode(encoding)
    assert max(map(len, found)) <= 10_001


FRAGMENTS = st.sampled_from(
    [
        PAGES[0][:300], bare(PAGES[3]), DETAILS[0], "\n", "\r\n", "当前位置:首页>一起惠资讯>社群>文章列表",
        "1-20/20 记录1/1 页", "一起惠2019-04-13 09:30:07407 次", "字" * 50,
    ]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(FRAGMENTS | st.text(max_size=20), max_size=12).map("".join), st.sampled_from([64, 700, 10_000])
)
def test_every_byte_is_in_exactly_one_part(text: str, limit: int) -> None:
    data = text.encode("utf-8", "surrogatepass")
    found = cut(data, limit=limit)
    assert b"".join(found) == data
    assert all(0 < len(part) <= limit for part in found)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["utf-8", "gb18030", "utf-16-le", "cp1252"]))
def test_bytes_that_make_no_sense_are_kept_too(noise: bytes, encoding: str) -> None:
    page = (PAGES[0] + "\n").encode(encoding, "replace")
    data = page + noise + page
    assert b"".join(cut(data, encoding)) == data
