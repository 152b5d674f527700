from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.listing_model import Listing

from yiqihui_spider.completeness.certificate import (
    Evidence,
    back_dated,
    blemishes,
    contradictions,
    fault,
    head_change,
    pages_of,
)
from yiqihui_spider.items import Declared, PageSeen


def page(
    first: int, last: int, total: int, number: int, pages: int, *articles: int, residue: int = 0
) -> PageSeen:
    declared = Declared(first, last, total, number, pages)
    return PageSeen("http://listing.example/", declared, articles, residue_chars=residue)


ONE = page(1, 2, 5, 1, 3, 50, 40)
TWO = page(3, 4, 5, 2, 3, 30, 20)
THREE = page(5, 5, 5, 3, 3, 10)

# --- one answer ------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "answer"), [(1, ONE), (2, TWO), (3, THREE), (1, page(0, 0, 0, 1, 1))])
def test_a_page_without_fault(asked: int, answer: PageSeen) -> None:
    assert fault(answer, asked) is None


@pytest.mark.parametrize(
    ("asked", "answer", "words"),
    [
        (2, PageSeen("u", None, (1,)), "page 2 came without its pager: cut off, or not a listing page"),
        (3, TWO, "asked for page 3, got page 2"),
        (2, page(3, 4, 5, 2, 3, 30), "page 2 held 1 article where its range 3-4 promises 2"),
        (2, page(3, 4, 5, 2, 3, 30, 20, 10), "page 2 held 3 articles where its range 3-4 promises 2"),
        (4, page(6, 5, 5, 4, 3), "page 4 declared 6-5 of 5, page 4 of 3: there is no such range"),
        (2, page(3, 9, 5, 2, 3, 30), "page 2 declared 3-9 of 5, page 2 of 3: there is no such range"),
        (1, page(0, 1, 5, 1, 3, 30), "page 1 declared 0-1 of 5, page 1 of 3: there is no such range"),
        (2, page(0, 0, 0, 1, 1), "page 2 came empty, declaring 0 articles"),
        (1, page(0, 0, 0, 1, 1, 7), "page 1 declared 0-0 of 0, page 1 of 1: there is no such range"),
    ],
)
def test_a_faulty_answer(asked: int, answer: PageSeen, words: str) -> None:
    assert fault(answer, asked) == words


def test_an_empty_listing_has_a_page_1_all_the_same() -> None:
    assert pages_of(page(0, 0, 0, 1, 0)) == 1


# --- the pages together ------------------------------------------------------------------------


def test_pages_that_tile_the_listing() -> None:
    assert contradictions({1: ONE, 2: TWO, 3: THREE}, whole=True) == []
    assert contradictions({1: ONE, 2: TWO}, whole=False) == []
    assert contradictions({}, whole=True) == []


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        (
            {1: ONE, 2: page(3, 4, 6, 2, 3, 30, 20), 3: page(5, 6, 6, 3, 3, 10, 5)},
            ["page 2 declared 6 articles, page 1 had 5: the listing moved"],
        ),
        (
            {1: ONE, 2: TWO, 3: page(5, 5, 5, 3, 4, 10)},
            ["page 3 declared 4 pages, page 2 had 3"],
        ),
        (
            {1: page(1, 1, 5, 1, 3, 50), 2: TWO, 3: THREE},
            ["page 2 starts at 3 where page 1 ended at 1"],
        ),
        ({1: ONE, 2: TWO}, ["the last page ends at 4 of 5"]),
        ({1: page(2, 3, 3, 1, 1, 7, 8)}, ["page 1 starts at 2"]),
        (
            {1: ONE, 2: page(3, 4, 5, 2, 3, 40, 30), 3: THREE},
            ["only 4 different articles on pages that declare 5"],
        ),
    ],
)
def test_pages_that_contradict_each_other(pages: dict[int, PageSeen], words: list[str]) -> None:
    assert contradictions(pages, whole=True) == words


def test_a_seam_is_looked_at_only_between_neighbours() -> None:
    assert contradictions({1: ONE, 3: THREE}, whole=False) == []


def test_what_a_second_reading_would_not_mend() -> None:
    stained = page(3, 4, 5, 2, 3, 30, 30, residue=1)
    assert blemishes({1: ONE, 2: stained}) == [
        "page 2 holds 1 character that nothing explains",
        "page 2 lists an article twice",
    ]


@pytest.mark.parametrize(
    ("again", "words"),
    [
        (ONE, None),
        (
            page(1, 2, 5, 1, 3, 60, 50),
            "page 1 had changed when read again (1 new article): the listing moved",
        ),
        (page(1, 2, 5, 1, 3, 40, 50), "page 1 had changed when read again: the listing moved"),
        (
            page(1, 2, 4, 1, 3, 50, 40),
            "page 1 declared 4 articles when read again, 5 before: the listing moved",
        ),
        (page(1, 2, 5, 1, 4, 50, 40), "page 1 declared another range when read again"),
    ],
)
def test_the_head_read_again(again: PageSeen, words: str | None) -> None:
    assert head_change(ONE, again) == words


def test_news_belong_at_the_head() -> None:
    pages = {2: TWO, 1: ONE}
    assert back_dated(pages, frozenset({30, 20})) == set()
    assert back_dated(pages, frozenset({50, 20})) == {40, 30}
    assert back_dated(pages, frozenset()) == set()


# --- evidence that a page still stands --------------------------------------------------------


def evidence(*readings: tuple[int, PageSeen]) -> Evidence:
    made = Evidence()
    for moment, (number, reading) in enumerate(readings):
        made.add(moment, number, reading)
    return made


def test_a_page_stands_while_an_article_above_it_keeps_its_distance_to_the_end() -> None:
    grown = page(1, 2, 6, 1, 3, 60, 50)
    made = evidence((1, ONE), (2, page(3, 4, 6, 2, 3, 40, 30)), (1, grown))
    assert made.good(2, 6, moment=2)


def test_a_page_under_another_total_is_no_page_of_this_listing() -> None:
    made = evidence((1, ONE), (2, TWO), (1, page(1, 2, 6, 1, 3, 60, 50)))
    assert not made.good(2, 6, moment=2)
    assert made.good(2, 5, moment=2)


def test_a_page_is_doubtful_once_something_below_may_be_gone() -> None:
    """50 went from four below it to three: a deletion, and who knows when and where."""
    made = evidence((1, ONE), (2, page(3, 4, 5, 2, 3, 30, 20)), (1, page(1, 2, 5, 1, 3, 60, 50)))
    assert not made.good(2, 5, moment=2)


def test_a_page_above_the_witness_is_not_vouched_for() -> None:
    low = page(5, 5, 5, 3, 3, 10)
    made = evidence((3, low), (2, TWO), (3, low))
    assert not made.good(2, 5, moment=2)
    assert made.good(2, 5, moment=1)


def test_a_page_read_before_the_witness_was_is_not_vouched_for() -> None:
    made = evidence((3, THREE), (2, TWO), (2, TWO))
    assert not made.good(3, 5, moment=2)


def test_evidence_is_passed_on_from_witness_to_witness() -> None:
    """Page 2 is vouched for by 50 from the first to the third reading, then by 40."""
    made = evidence(
        (1, ONE),
        (2, page(4, 5, 6, 2, 3, 30, 20)),
        (1, page(1, 3, 6, 1, 3, 60, 50, 40)),
        (1, page(1, 3, 6, 1, 3, 60, 50, 40)),
    )
    assert made.good(2, 6, moment=3)


def test_more_below_than_before_means_back_dating_and_nothing_older_counts() -> None:
    made = evidence((1, ONE), (2, TWO))
    assert made.add(2, 1, page(1, 2, 6, 1, 3, 50, 40)) is False
    assert not made.good(2, 5, moment=1)
    assert made.good(1, 6, moment=2)


operations = st.lists(
    st.tuples(st.sampled_from(["read", "read", "insert", "delete"]), st.integers(0, 11)), max_size=25
)


@pytest.mark.thorough
@settings(max_examples=800, deadline=None)
@given(st.integers(1, 12), st.integers(1, 4), operations)
def test_what_is_proven_to_stand_does(size: int, per_page: int, tasks: list[tuple[str, int]]) -> None:
    """In whatever order pages are read: a page that is good for the total of the latest
    reading is, article for article, what the site would show at that moment."""
    listing, made, moment = Listing(size, per_page), Evidence(), 0
    for kind, place in tasks:
        if kind == "insert":
            listing.insert()
        elif kind == "delete":
            listing.delete(place)
        else:
            number = place % listing.pages + 1
            shown = listing.page(number)
            if fault(shown, number) is None:
                assert made.add(moment, number, shown)
                for other in range(1, listing.pages + 1):
                    if made.good(other, len(listing.articles), moment):
                        assert made.kept[other].page.articles == listing.page(other).articles
            moment += 1


def test_an_article_that_only_sinks_was_never_back() -> None:
    """Every article, the first that the archive ever kept, too: back is what stood there before."""
    made = evidence((1, page(1, 1, 1, 1, 1, 1)), (1, page(1, 1, 2, 1, 2, 1)), (1, page(1, 1, 3, 1, 3, 1)))
    assert made.doubled is False
