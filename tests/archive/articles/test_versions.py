from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqihui_spider.archive.articles.identity import content_hash
from yiqihui_spider.archive.articles.rows import Observation
from yiqihui_spider.archive.articles.versions import (
    current,
    cut_pages,
    cut_titles,
    excerpt_hashes,
    is_excerpt,
    life_of,
    same_fetch,
    strangers,
    titled_texts,
    versions,
)

TEXTS = {"whole": "平台在增长,竞争也在加剧。", "short": "平台在增长", "other": "今天没有新的优惠。"}


def seen(hour: int, text: str = "whole", **values: Any) -> Observation:
    defaults: dict[str, Any] = {
        "capture_id": hour + 1,
        "position": 0,
        "observed_at": f"2026-11-{1 + hour // 24:02d}T{hour % 24:02d}:00:00+00:00",
        "run_id": 1,
        "kind": "listing",
        "title": None,
        "source": None,
        "url": None,
        "site_id": None,
        "published_at": None,
        "views": hour,
        "content_hash": text,
        "foreign_address": None,
        "views_printed": None,
        "body_chars": 5,
        "span_start": 0,
        "span_end": 1,
        "cut_short": False,
        "parser_version": "1",
    }
    if values.pop("detail", False):
        values["kind"] = "article"
    return Observation(**defaults | values)


def told(observations: list[Observation]) -> list[tuple[str, str | None, str]]:
    excerpts = excerpt_hashes(observations, TEXTS)
    return [(v.content_hash, v.title, v.first.observed_at[8:13]) for v in versions(observations, excerpts)]


def test_equal_neighbours_are_one_version() -> None:
    assert told([seen(0), seen(1), seen(2, "other"), seen(3, "other"), seen(4)]) == [
        ("whole", None, "01T00"),
        ("other", None, "01T02"),
        ("whole", None, "01T04"),
    ]


def test_an_excerpt_of_the_detail_page_of_the_same_fetch() -> None:
    assert told([seen(0, "short"), seen(1, detail=True)]) == [("whole", None, "01T01")]
    assert told([seen(0, detail=True), seen(1, "short")]) == [("whole", None, "01T00")]
    # It stays one in later runs, and was one in earlier ones.
    assert told(
        [seen(0, "short", run_id=9), seen(1, "short"), seen(2, detail=True), seen(50, "short", run_id=2)]
    ) == [("whole", None, "01T02")]


def test_a_text_that_grew_is_an_edit() -> None:
    grown = [("short", None, "01T00"), ("whole", None, "01T01")]
    assert told([seen(0, "short"), seen(1)]) == grown
    assert told([seen(0, "short"), seen(1, run_id=2, detail=True)]) == grown
    assert told([seen(0, "short", detail=True), seen(1, detail=True)]) == grown


def test_one_fetch_is_one_run_within_a_day() -> None:
    assert same_fetch(seen(0), seen(24))
    assert not same_fetch(seen(0), seen(25))
    assert told([seen(0, "short"), seen(25, detail=True)]) == [
        ("short", None, "01T00"),
        ("whole", None, "02T01"),
    ]


def test_a_text_that_is_no_beginning_is_no_excerpt() -> None:
    assert told([seen(0, "other"), seen(1, detail=True)]) == [
        ("other", None, "01T00"),
        ("whole", None, "01T01"),
    ]


def test_with_nothing_else_excerpts_are_the_versions() -> None:
    assert told([seen(0, "short", cut_short=True), seen(1, "other", cut_short=True)]) == [
        ("short", None, "01T00"),
        ("other", None, "01T01"),
    ]


def test_of_excerpts_alone_the_longest_is_the_text() -> None:
    """Listings that cut a text at different lengths, and a page that shows none of it."""
    texts = {"long": "平台在增长,竞争也……", "short": "平台在……", "none": ""}
    cut = [
        seen(n, key, cut_short=True)
        for n, key in enumerate(["short", "none", "long", "short", "long", "none"])
    ]
    assert [(v.content_hash, v.first.observed_at[8:13]) for v in life_of(cut, texts).versions] == [
        ("long", "01T02")
    ]
    assert [v.content_hash for v in life_of(cut[:2], {"short": texts["short"], "none": ""}).versions] == [
        "short"
    ]
    assert [v.content_hash for v in life_of(cut[1:2], {"none": ""}).versions] == ["none"]


def test_a_detail_page_is_an_excerpt_only_by_its_own_word() -> None:
    known = frozenset({"short"})
    assert is_excerpt(seen(0, "short"), known)
    assert not is_excerpt(seen(0, "short", detail=True), known)
    assert is_excerpt(seen(0, detail=True, cut_short=True), frozenset())


def test_a_title_learnt_later_belongs_to_the_version_that_stands() -> None:
    assert told([seen(0), seen(1, title="甲"), seen(2)]) == [("whole", "甲", "01T00")]


def test_a_new_title_is_a_version_and_a_text_without_title_inherits_one() -> None:
    assert told(
        [seen(0, title="甲"), seen(1, title="乙"), seen(2, "other"), seen(3, "other", title="丙")]
    ) == [
        ("whole", "甲", "01T00"),
        ("whole", "乙", "01T01"),
        ("other", "丙", "01T02"),
    ]
    assert told([seen(0, title="甲"), seen(1, "other")])[1] == ("other", "甲", "01T01")


def test_an_excerpt_tells_the_title() -> None:
    early = seen(0, "short", cut_short=True, title="甲")
    late = seen(2, "short", cut_short=True, title="乙")
    assert told([early, seen(1, detail=True), late]) == [("whole", "甲", "01T01"), ("whole", "乙", "01T02")]


def test_titles_that_were_cut() -> None:
    dots = [seen(0, title="平台在…"), seen(1, title="平台在增长")]
    assert cut_titles(dots) == {"平台在…"}
    assert told(dots) == [("whole", "平台在增长", "01T00")]
    beside_detail = [seen(0, title="平台在"), seen(1, title="平台在增长", detail=True)]
    assert cut_titles(beside_detail) == {"平台在"}
    assert cut_titles([seen(0, title="平台在"), seen(1, title="平台在增长")]) == frozenset()
    assert told([seen(0, title="平台在…")]) == [("whole", "平台在…", "01T00")]


def test_current_values_come_from_the_newest_page_that_has_them() -> None:
    first = seen(0, source="一起惠", url="u", site_id=7, published_at="p", views=9, detail=True)
    last = seen(2, views=5)
    twice = seen(2, views=8, position=1)
    now = current([first, seen(1, source="36氪"), last, twice])
    assert (now.source, now.url, now.site_id, now.published_at) == ("36氪", "u", 7, "p")
    assert (now.views, now.views_at) == (8, last.observed_at)
    assert (now.first_seen_at, now.last_seen_at, now.detail_at) == (
        first.observed_at, last.observed_at, first.observed_at,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("times", "published_at"),
    [
        (("09:17:24", "09:17:00"), "09:17:24"),
        (("09:17:00", "09:17:24"), "09:17:24"),
        (("09:17:24", "09:18:00"), "09:18:00"),
        (("09:18:33", "09:17:24", "09:17:00"), "09:17:24"),
        (("09:17:24", "09:18:33"), "09:18:33"),
    ],
)
def test_the_newest_time_counts_with_the_seconds_that_another_page_gives(
    times: tuple[str, ...], published_at: str
) -> None:
    pages = [seen(hour, published_at=f"2019-06-04T{time}+08:00") for hour, time in enumerate(times)]
    assert current(pages).published_at == f"2019-06-04T{published_at}+08:00"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(tuple(TEXTS)),
            st.booleans(),
            st.booleans(),
            st.sampled_from((None, "甲", "乙", "甲…")),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_versions_differ_from_their_neighbours_and_the_last_is_the_newest_text(
    pages: list[tuple[str, bool, bool, str | None]],
) -> None:
    observations = [
        seen(hour, text, detail=detail, cut_short=cut, title=title)
        for hour, (text, detail, cut, title) in enumerate(pages)
    ]
    excerpts = excerpt_hashes(observations, TEXTS)
    life = versions(observations, excerpts)
    keys = [(v.content_hash, v.title) for v in life]
    assert all(one != other for one, other in pairwise(keys))
    whole = [s for s in observations if not is_excerpt(s, excerpts)] or observations
    assert life[-1].content_hash == whole[-1].content_hash
    assert {v.content_hash for v in life} == {s.content_hash for s in whole}
    assert [v.first.observed_at for v in life] == sorted(v.first.observed_at for v in life)


def hashed(*texts: str) -> dict[str, str]:
    return {content_hash(text): text for text in texts}


@pytest.mark.parametrize(
    ("titles", "texts", "same"),
    [
        (["甲题目"], ["甲题目\n正文。", "正文。"], {"甲题目\n正文。": "正文。"}),
        (["甲 题目"], ["甲题目正文。", "正文。"], {"甲题目正文。": "正文。"}),
        (["甲题目", "乙题目"], ["乙题目甲题目正文。", "甲题目正文。", "正文。"],
         {"乙题目甲题目正文。": "正文。", "甲题目正文。": "正文。"}),
        (["甲题目"], ["甲题目甲题目正文。", "甲题目正文。", "正文。"],
         {"甲题目甲题目正文。": "正文。", "甲题目正文。": "正文。"}),
        (["甲题目"], ["甲题目\n正文。", "别的正文。"], {}),
        (["甲题目"], ["甲题目", "正文。"], {}),
        (["甲题目"], ["正文。甲题目", "正文。"], {}),
        ([None, " "], ["甲题目正文。", "正文。"], {}),
        (["甲题目"], ["甲题目正文。"], {}),
    ],
)  # fmt: skip
def test_texts_that_are_another_one_under_a_title(
    titles: list[str | None], texts: list[str], same: dict[str, str]
) -> None:
    observations = [seen(hour, title=title) for hour, title in enumerate(titles)]
    assert titled_texts(observations, hashed(*texts)) == {
        content_hash(one): content_hash(other) for one, other in same.items()
    }


LISTED_AT, OTHER_TIME = "2019-04-13T09:30:07+08:00", "2019-04-12T08:00:00+08:00"


@pytest.mark.parametrize(
    ("title", "time", "listed_title", "stranger"),
    [
        ("别的题目", OTHER_TIME, "甲题目", True),
        ("别的题目", LISTED_AT, "甲题目", False),
        ("甲题目", OTHER_TIME, "甲题目", False),
        ("甲 题目", OTHER_TIME, "甲题目", False),
        ("甲题…", OTHER_TIME, "甲题目", False),
        ("甲题目", OTHER_TIME, "甲题……", False),
        ("甲题", OTHER_TIME, "甲题目", True),
        (None, OTHER_TIME, "甲题目", False),
        ("别的题目", OTHER_TIME, None, False),
    ],
)
def test_an_address_that_showed_another_article(
    title: str | None, time: str, listed_title: str | None, stranger: bool
) -> None:
    listed = seen(0, title=listed_title, published_at=LISTED_AT)
    detail = seen(1, title=title, published_at=time, detail=True)
    assert strangers([listed, detail]) == (frozenset({2}) if stranger else frozenset())
    assert strangers([detail]) == frozenset(), "nothing was listed"
    assert strangers([listed, seen(1, title=title, published_at=time)]) == frozenset(), "no page of its own"


WHOLE_TEXT, HALF, OTHER_HALF = "甲文第一句在这里。第二句也在这里。", "甲文第一句在这里。", "甲文第一句"
LONG = "平台在增长,竞争也在加剧。今天没有新的优惠。今年也许会有,看看再说吧。"
DAY = 24


@pytest.mark.parametrize(
    ("shown", "cut"),
    [
        ([(0, "list", WHOLE_TEXT), (1, "detail", HALF)], {2}),
        ([(1, "detail", HALF), (2, "list", WHOLE_TEXT)], {1}),
        ([(0, "list", WHOLE_TEXT), (20 * DAY, "detail", HALF)], {2}),
        ([(0, "list", WHOLE_TEXT), (1, "detail", "")], {2}),
        ([(0, "list", WHOLE_TEXT), (1, "detail", "甲文第一\ufffd")], {2}),
        ([(0, "list", WHOLE_TEXT), (1, "detail", WHOLE_TEXT)], set()),
        ([(0, "list", WHOLE_TEXT), (1, "detail", WHOLE_TEXT + "第三句。")], set()),
        ([(0, "list", WHOLE_TEXT), (1, "detail", "另一篇文章。")], set()),
        # what came long before the longer text, grew
        ([(0, "detail", HALF), (2 * DAY, "list", WHOLE_TEXT)], set()),
        # what a listing has, or another page at another time, is an edit
        ([(0, "list", WHOLE_TEXT), (1, "detail", HALF), (2, "list", HALF)], set()),
        ([(0, "list", WHOLE_TEXT), (1, "detail", HALF), (3 * DAY, "detail", HALF)], set()),
        ([(0, "list", WHOLE_TEXT), (1, "detail", HALF), (2, "detail", HALF)], {2, 3}),
        ([(0, "list", WHOLE_TEXT), (1, "detail", HALF), (3 * DAY, "detail", OTHER_HALF)], {2, 3}),
        ([(0, "detail", WHOLE_TEXT), (1, "detail", HALF)], set()),
        # a piece is missing from within a sentence, or a sentence
        ([(0, "list", LONG), (1, "detail", LONG[:15] + LONG[22:])], {2}),
        ([(0, "list", LONG), (2 * DAY, "detail", LONG[:15] + LONG[22:])], set()),
        ([(0, "list", LONG), (1, "detail", LONG[:13] + LONG[22:])], set()),
    ],
)
def test_an_articles_own_page_that_was_cut_short(shown: list[tuple[int, str, str]], cut: set[int]) -> None:
    observations = [
        seen(hour, content_hash(text), detail=kind == "detail", capture_id=number)
        for number, (hour, kind, text) in enumerate(shown, 1)
    ]
    assert cut_pages(observations, {content_hash(text): text for _, _, text in shown}) == cut
