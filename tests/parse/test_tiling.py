"""Pieces that tile a text, and the stretches of it that are page furniture."""

from __future__ import annotations

import pytest

from yiqihui_spider.items import Segment, Span
from yiqihui_spider.parse.tiling import Furniture, tiles

TEXT = "甲文 广告\n乙文 版权 "


def furniture(*spans: tuple[int, int], text: str = TEXT) -> Furniture:
    return Furniture(text, [Span(*span) for span in spans])


@pytest.mark.parametrize(
    ("spans", "merged"),
    [
        ([], []),
        ([(3, 5)], [(3, 5)]),
        ([(9, 11), (3, 5)], [(3, 5), (9, 11)]),
        ([(3, 5), (5, 7)], [(3, 7)]),
        ([(3, 8), (4, 6)], [(3, 8)]),
        ([(3, 5), (6, 7)], [(3, 5), (6, 7)]),
        ([(1, 2), (5, 7), (6, 9)], [(1, 2), (5, 9)]),
        ([(4, 4)], []),
        ([(6, 2)], []),
        ([(-3, 1)], [(0, 1)]),
        ([(10, 99)], [(10, 12)]),
        ([(-5, -1), (40, 50)], []),
        ([(0, 0), (0, 2)], [(0, 2)]),
    ],
)
def test_stretches_are_in_order_inside_the_text_and_apart(
    spans: list[tuple[int, int]], merged: list[tuple[int, int]]
) -> None:
    found = furniture(*spans)
    assert found.boundaries == merged
    assert found.edges == {place for stretch in merged for place in stretch}


@pytest.mark.parametrize(
    ("stretch", "covered"),
    [((0, 3), False), ((0, 4), True), ((4, 5), True), ((5, 9), False), ((5, 10), True), ((11, 12), False)],
)
def test_what_furniture_reaches_into(stretch: tuple[int, int], covered: bool) -> None:
    assert furniture((3, 5), (9, 11)).covers(*stretch) is covered
    assert furniture().covers(*stretch) is False


@pytest.mark.parametrize(("place", "end"), [(0, 0), (3, 0), (4, 5), (5, 5), (9, 5), (10, 11), (12, 11)])
def test_where_the_furniture_before_a_place_ends(place: int, end: int) -> None:
    assert furniture((3, 5), (9, 11)).end_before(place) == end
    assert furniture().end_before(place) == 0


@pytest.mark.parametrize(
    ("spans", "stretch", "parts"),
    [
        ([], (0, 12), [(0, 11)]),
        ([], (2, 3), []),
        ([], (5, 5), []),
        ([(3, 5)], (0, 12), [(0, 2), (6, 11)]),
        ([(3, 5)], (4, 12), [(6, 11)]),
        ([(3, 5)], (0, 4), [(0, 2)]),
        ([(3, 5)], (3, 5), []),
        ([(3, 5)], (0, 2), [(0, 2)]),
        ([(3, 5), (9, 11)], (0, 12), [(0, 2), (6, 8)]),
        ([(3, 5), (9, 11)], (7, 12), [(7, 8)]),
        ([(0, 12)], (0, 12), []),
    ],
)
def test_what_of_a_stretch_is_content(
    spans: list[tuple[int, int]], stretch: tuple[int, int], parts: list[tuple[int, int]]
) -> None:
    assert furniture(*spans).free(*stretch) == parts


def test_more_furniture() -> None:
    some = furniture((3, 5))
    assert some.and_also([]) is some
    assert some.and_also([Span(9, 11), Span(4, 6)]).boundaries == [(3, 6), (9, 11)]


def pieces(text: str, found: list[Segment]) -> list[tuple[str, str, str | None]]:
    assert "".join(segment.span.of(text) for segment in found) == text
    return [(segment.kind, segment.span.of(text), segment.reason) for segment in found]


def test_what_nothing_claims_is_told() -> None:
    body = Segment("body", Span(6, 8))
    assert pieces(TEXT, tiles(TEXT, [body], furniture((3, 5)))) == [
        ("residue", "甲文", "unexplained"),
        ("blank", " ", None),
        ("furniture", "广告", None),
        ("blank", "\n", None),
        ("body", "乙文", None),
        ("blank", " ", None),
        ("residue", "版权", "unexplained"),
        ("blank", " ", None),
    ]


def test_claims_that_overlap_take_each_only_what_is_left() -> None:
    claims = [
        Segment("marker", Span(1, 5)), Segment("body", Span(0, 2)), Segment("pager", Span(3, 4)),
        Segment("heading", Span(5, 11), "why"),
    ]  # fmt: skip
    assert pieces(TEXT, tiles(TEXT, claims, furniture())) == [
        ("body", "甲文", None),
        ("marker", " 广告", None),
        ("heading", "\n乙文 版权", "why"),
        ("blank", " ", None),
    ]


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([], ["residue 甲文 广告\n乙文 版权", "blank  "]),
        (
            [(0, 2), (3, 5)],
            ["body 甲文", "blank  ", "body 广告", "blank \n", "residue 乙文 版权", "blank  "],
        ),
        (
            [(0, 2), (4, 5)],
            ["body 甲文", "blank  ", "residue 广", "body 告", "blank \n", "residue 乙文 版权", "blank  "],
        ),
        ([(1, 12)], ["residue 甲", "body 文 广告\n乙文 版权 "]),
    ],
)
def test_between_claims(claims: list[tuple[int, int]], expected: list[str]) -> None:
    found = tiles(TEXT, [Segment("body", Span(*claim)) for claim in claims], furniture())
    assert [f"{kind} {text}" for kind, text, _ in pieces(TEXT, found)] == expected


def test_an_empty_text_has_no_pieces() -> None:
    assert tiles("", [], furniture(text="")) == []
