from __future__ import annotations

import random
import time
from collections.abc import Iterable
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.listing_model import START, Change, Listing, Walked, address, full, incremental, walk

from yiqihui_spider.completeness.walk import MOST_PAGES, Read, is_full, most_reads, next_read
from yiqihui_spider.items import Certificate, Declared, PageSeen, WalkState

SHAPES = [(139, 20), (140, 20), (141, 20), (7, 2), (8, 2), (3, 1)]


def insert(listing: Listing) -> None:
    listing.insert()


def delete(place: int) -> Change:
    return lambda listing: listing.delete(place)


def back_date(place: int) -> Change:
    return lambda listing: listing.back_date(place % (len(listing.articles) + 1))


def edit(place: int) -> Change:
    return lambda listing: listing.edit(place)


def assert_proven(walked: Walked, listing: Listing) -> None:
    """Certified, and rightly so: what it saw is what is listed."""
    assert walked.certificate.certified, (walked.certificate, walked.labels)
    assert set(listing.articles) <= walked.seen
    assert walked.certificate.reasons == ()
    assert walked.certificate.declared_total == len(listing.articles)
    assert walked.certificate.distinct_articles == len(listing.articles)


# --- an undisturbed listing -------------------------------------------------------------------


def test_a_full_walk_reads_every_page_and_the_head_again() -> None:
    walked = walk(Listing(139, 20))
    assert [(read.url, read.label) for read in walked.reads] == [
        ("http://listing.example/list", "page 1"),
        ("http://listing.example/list?page=2", "page 2"),
        ("http://listing.example/list?page=3", "page 3"),
        ("http://listing.example/list?page=4", "page 4"),
        ("http://listing.example/list?page=5", "page 5"),
        ("http://listing.example/list?page=6", "page 6"),
        ("http://listing.example/list?page=7", "page 7"),
        ("http://listing.example/list", "head again"),
    ]
    assert walked.certificate == Certificate(True, (), 139, 139)
    assert is_full(walked.state)


@pytest.mark.parametrize(("size", "per_page"), [*SHAPES, (20, 20), (1, 20), (0, 20), (100, 3)])
@pytest.mark.parametrize("window", [None, 1, 2])
@pytest.mark.parametrize("numbers", [True, False])
def test_an_undisturbed_listing_is_certified_in_one_pass(
    size: int, per_page: int, window: int | None, numbers: bool
) -> None:
    listing = Listing(size, per_page, window=window, numbers=numbers)
    walked = walk(listing)
    assert_proven(walked, listing)
    assert len(walked.reads) == listing.pages + 1


def test_a_listing_of_one_page_is_read_twice() -> None:
    assert walk(Listing(6, 20)).labels == ["page 1", "head again"]


def test_an_empty_listing_is_proof_that_nothing_is_listed() -> None:
    walked = walk(Listing(0, 20), state=full(live=[1, 2]))
    assert walked.labels == ["page 1", "head again"]
    assert walked.certificate == Certificate(True, (), 0, 0, frozenset({1, 2}))


def test_edits_and_views_are_no_movement() -> None:
    listing = Listing(139, 20)
    walked = walk(listing, {number: [edit(5), edit(70)] for number in range(8)})
    assert_proven(walked, listing)
    assert len(walked.reads) == 8


def test_asking_again_gives_the_same_answer() -> None:
    walked = walk(Listing(7, 2), {2: [insert]})
    for length, read in enumerate(walked.reads):
        part = replace(walked.state, pages=walked.state.pages[:length])
        assert next_read(part) == next_read(part) == read
    assert next_read(walked.state) == walked.certificate


def test_what_is_read_after_the_end_changes_nothing() -> None:
    walked = walk(Listing(7, 2))
    more = replace(walked.state, pages=(*walked.state.pages, Listing(3, 2).page(1)))
    assert next_read(more) == walked.certificate


# --- one movement, at every page boundary ------------------------------------------------------

MOVES: dict[str, list[Change]] = {
    "insert": [insert],
    "two inserts": [insert, insert],
    "more than a page of inserts": [lambda listing: [listing.insert() for _ in range(listing.per_page + 1)]],
    "delete the first": [delete(0)],
    "delete the last": [delete(-1)],
    "delete plus insert": [delete(1), insert],
    "insert plus delete of it": [insert, delete(0)],
    "back-dated insert": [back_date(4)],
    "back-dated at the end": [lambda listing: listing.back_date(len(listing.articles))],
}


@pytest.mark.parametrize(("size", "per_page"), SHAPES)
@pytest.mark.parametrize("name", MOVES)
def test_a_single_movement_is_healed_wherever_it_happens(size: int, per_page: int, name: str) -> None:
    pages = Listing(size, per_page).pages
    for moment in range(1, pages + 1):
        listing = Listing(size, per_page)
        walked = walk(listing, {moment: MOVES[name]})
        assert_proven(walked, listing)
        assert len(walked.reads) <= most_reads(pages)


@pytest.mark.thorough
@pytest.mark.parametrize(("size", "per_page"), [(139, 20), (7, 2)])
@pytest.mark.parametrize("plus_insert", [False, True])
def test_a_deletion_anywhere_at_any_time_is_healed(size: int, per_page: int, plus_insert: bool) -> None:
    """Of articles seen already and of such not seen yet."""
    pages = Listing(size, per_page).pages
    for moment, place in product(range(1, pages + 1), range(size)):
        listing = Listing(size, per_page)
        walked = walk(listing, {moment: [delete(place), insert] if plus_insert else [delete(place)]})
        assert_proven(walked, listing)
        assert len(walked.reads) - (pages + 1) <= pages + 2


@pytest.mark.thorough
def test_any_two_movements_at_any_two_moments_are_healed_or_owned_up_to() -> None:
    changes: list[Change] = [insert, *(delete(place) for place in range(5))]
    certified = 0
    for one, other, first, second in product(changes, changes, range(1, 8), range(1, 8)):
        listing = Listing(5, 2)
        plan = {first: [one, other]} if first == second else {first: [one], second: [other]}
        walked = walk(listing, plan)
        if walked.certificate.certified:
            assert_proven(walked, listing)
            certified += 1
        else:
            assert walked.certificate.reasons
    assert certified == len(changes) ** 2 * 49


def test_healing_reads_only_what_moved() -> None:
    """All after page 3: what was read since stays good, on the word of the articles around it."""
    healed = {
        "insert": ([insert], ["head again", "healing page 2", "healing page 3", "head again"]),
        "delete": ([delete(25)], ["head again", "healing page 2", "healing page 3", "head again"]),
        "both": ([delete(25), insert], ["head again", "healing page 2", "head again"]),
    }
    for change, expected in healed.values():
        walked = walk(Listing(139, 20), {3: change})
        assert walked.labels[:7] == [f"page {number}" for number in range(1, 8)]
        assert walked.labels[7:] == expected


def test_what_slid_back_over_the_last_seam_is_fetched() -> None:
    """The article that the deletion moved to the end of page 3, from a page not yet read."""
    listing = Listing(139, 20)
    walked = walk(listing, {3: [delete(25), insert]})
    slid = listing.articles[60]
    assert slid in walked.seen
    assert listing.articles[0] in walked.seen


def test_a_movement_during_the_healing_is_healed_too() -> None:
    listing = Listing(139, 20)
    walked = walk(listing, {3: [insert], 9: [delete(30)], 12: [insert]})
    assert_proven(walked, listing)


def test_a_page_more_than_when_the_walk_began() -> None:
    listing = Listing(140, 20)
    walked = walk(listing, {7: [insert]})
    assert "page 8" in walked.labels
    assert_proven(walked, listing)


def test_the_last_page_gone_empty_is_no_page_any_more() -> None:
    listing = Listing(141, 20)
    walked = walk(listing, {7: [delete(3)]})
    assert walked.state.pages[7].declared == Declared(141, 140, 140, 8, 7)
    assert walked.state.pages[7].articles == ()
    assert_proven(walked, listing)


def test_a_listing_that_never_stands_still_is_not_certified() -> None:
    listing = Listing(139, 20)
    walked = walk(listing, {number: [insert] for number in range(1, 100)})
    assert not walked.certificate.certified
    assert len(walked.reads) <= most_reads(7)
    assert walked.certificate.reasons[-1] == "gave up after 28 pages read"
    assert any(reason.endswith(": the listing moved") for reason in walked.certificate.reasons)


def test_healing_ends_after_three_rounds() -> None:
    walked = walk(Listing(6, 20), {number: [insert] for number in range(1, 100)})
    assert walked.labels == ["page 1", "head again", "head again", "head again", "head again"]
    assert walked.certificate == Certificate(
        False,
        (
            "page 1 declared 10 articles when read again, 9 before: the listing moved",
            "gave up after 3 rounds of healing",
        ),
        10,
        10,
    )


# --- a server that does not play fair ---------------------------------------------------------


def spoil(
    page: int, change: Iterable[tuple[str, object]] | None = None, *, times: int = 99
) -> dict[str, object]:
    return {"page": page, "change": dict(change or ()), "times": times}


def spoiled_walk(listing: Listing, spoilt: dict[str, object], **options: object) -> Walked:
    """Answers for one page are changed, the first ``times`` times."""
    left = [spoilt["times"]]

    def spoiler(number: int, read: Read, answer: PageSeen) -> PageSeen:
        if read.url != address(spoilt["page"]) or left[0] == 0:  # type: ignore[arg-type]
            return answer
        left[0] -= 1  # type: ignore[operator]
        return replace(answer, **spoilt["change"])  # type: ignore[arg-type]

    return walk(listing, faults=spoiler, **options)  # type: ignore[arg-type]


HALF = [("articles", tuple(range(99, 88, -1)))]
NO_PAGER = [("declared", None), ("page_urls", {}), ("next_url", None), ("articles", (99, 98))]
NOTHING = [("declared", None), ("page_urls", {}), ("next_url", None), ("articles", ())]


@pytest.mark.parametrize("page", [1, 2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("change", [HALF, NO_PAGER, NOTHING])
def test_a_page_that_comes_broken_once_is_healed(page: int, change: list[tuple[str, object]]) -> None:
    listing = Listing(139, 20)
    walked = spoiled_walk(listing, spoil(page, change, times=1))
    assert_proven(walked, listing)
    assert len(walked.reads) <= 10


def test_half_a_document_again_and_again() -> None:
    walked = spoiled_walk(Listing(139, 20), spoil(3, HALF))
    assert walked.certificate.certified is False
    assert walked.certificate.reasons == ("page 3 held 11 articles where its range 41-60 promises 20",)
    assert walked.labels[-2:] == ["head again", "healing page 3"]


def test_no_pager_on_page_1() -> None:
    walked = spoiled_walk(Listing(139, 20), spoil(1, NO_PAGER))
    assert walked.labels == ["page 1", "page 1"]
    assert walked.certificate == Certificate(
        False, ("page 1 came without its pager: cut off, or not a listing page",), None, 2
    )


def test_a_page_cut_off_without_links_stops_no_walk_that_can_do_without() -> None:
    listing = Listing(139, 20, numbers=False)
    walked = spoiled_walk(listing, spoil(3, NO_PAGER, times=1))
    assert walked.labels[:4] == ["page 1", "page 2", "page 3", "head again"]
    assert_proven(walked, listing)


def test_a_page_that_repeats() -> None:
    listing = Listing(139, 20)
    twin = listing.page(2)
    same = [(name, getattr(twin, name)) for name in ("declared", "articles", "page_urls", "next_url")]
    walked = spoiled_walk(listing, spoil(3, same))
    assert walked.certificate.reasons == ("asked for page 3, got page 2",)
    assert walked.certificate.distinct_articles == 119


def test_a_page_that_repeats_under_the_right_number() -> None:
    """The pager says page 3, the articles are those of page 2: the count gives it away."""
    listing = Listing(139, 20)
    walked = spoiled_walk(listing, spoil(3, [("articles", listing.page(2).articles)]))
    assert not walked.certificate.certified
    assert len(walked.reads) <= most_reads(7)


def test_a_pager_that_loops() -> None:
    listing = Listing(139, 20, numbers=False)
    walked = spoiled_walk(listing, spoil(3, [("next_url", START)]))
    assert not walked.certificate.certified
    assert walked.certificate.reasons[0] == "asked for page 4, got page 1"
    assert len(walked.reads) <= 8


def test_next_goes_wrong_but_the_number_is_right() -> None:
    listing = Listing(139, 20)
    assert_proven(spoiled_walk(listing, spoil(3, [("next_url", START)])), listing)


def test_the_number_goes_wrong_but_next_is_right() -> None:
    listing = Listing(139, 20, window=1)
    walked = spoiled_walk(listing, spoil(3, [("page_urls", {4: START})]))
    assert_proven(walked, listing)


def test_a_missing_link_to_the_next_page() -> None:
    walked = spoiled_walk(Listing(139, 20, numbers=False), spoil(3, [("next_url", None)]))
    assert walked.labels == ["page 1", "page 2", "page 3"]
    assert walked.certificate.reasons == ("page 3 has no link to page 4",)


def test_a_missing_link_to_the_last_page() -> None:
    walked = spoiled_walk(Listing(139, 20, numbers=False), spoil(6, [("next_url", None)]))
    assert walked.labels == [f"page {number}" for number in range(1, 7)]
    assert walked.certificate.reasons == ("page 6 has no link to page 7",)


def test_a_start_that_is_no_page_at_all_and_promises_nothing() -> None:
    """What such an answer links to is not gone after, as nothing says that it is the listing's."""
    walked = spoiled_walk(Listing(5, 2), spoil(1, [("declared", Declared(1, 2, 5, 0, 3))]))
    assert walked.labels == ["page 1", "page 1"]
    assert walked.certificate.reasons == ("asked for page 1, got page 0",)


def test_a_total_that_differs_on_one_page_for_good() -> None:
    walked = spoiled_walk(Listing(139, 20), spoil(3, [("declared", Declared(41, 60, 140, 3, 7))]))
    assert not walked.certificate.certified
    assert walked.certificate.reasons[0] == "page 3 declared 140 articles, page 2 had 139: the listing moved"


def test_ranges_that_leave_a_gap() -> None:
    walked = spoiled_walk(Listing(139, 20), spoil(3, [("declared", Declared(42, 61, 139, 3, 7))]))
    assert not walked.certificate.certified
    assert walked.certificate.reasons[0] == "page 3 starts at 42 where page 2 ended at 40"


def test_a_last_page_that_is_not_the_end() -> None:
    listing = Listing(120, 20)
    walked = walk(
        listing,
        faults=lambda number, read, page: replace(page, declared=replace(page.declared, total=139)),  # type: ignore[type-var]
    )
    assert walked.certificate.reasons == ("the last page ends at 120 of 139",)


def test_residue_forbids_the_certificate_but_not_the_walk() -> None:
    walked = spoiled_walk(Listing(139, 20), spoil(5, [("residue_chars", 12)]))
    assert len(walked.reads) == 8
    assert walked.certificate == Certificate(
        False, ("page 5 holds 12 characters that nothing explains",), 139, 139
    )


def test_an_article_twice_on_one_page() -> None:
    listing = Listing(139, 20)
    twice = (*listing.page(4).articles[:19], listing.page(4).articles[0])
    walked = spoiled_walk(listing, spoil(4, [("articles", twice)]))
    assert "page 4 lists an article twice" in walked.certificate.reasons
    assert len(walked.reads) == 8


LASTING = {
    "an article hidden": [("articles", tuple(range(139, 120, -1)))],
    "one article too many": [("articles", tuple(range(139, 118, -1)))],
    "no pager that can be read": [("declared", None)],
    "no pager, but a link to the next page": [("declared", None), ("page_urls", {})],
    "no article that can be read": [("articles", ())],
    "an impossible range": [("declared", Declared(0, 0, 139, 1, 7))],
    "too many pages": [("declared", Declared(1, 20, 139, 1, 10**6))],
    "something unexplained": [("residue_chars", 5)],
}


@pytest.mark.parametrize("numbers", [True, False])
@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_on_page_1_hides_no_other_page(name: str, numbers: bool) -> None:
    walked = spoiled_walk(Listing(139, 20, numbers=numbers), spoil(1, LASTING[name]))
    assert set(range(1, 120)) <= walked.seen
    assert not walked.certificate.certified
    assert walked.certificate.reasons[0].startswith("page 1 ")
    assert len(walked.reads) == 8


@pytest.mark.parametrize("page", [2, 3, 7])
@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_on_another_page_hides_none_either(name: str, page: int) -> None:
    change = [(what, value) for what, value in LASTING[name] if what not in ("articles", "declared")]
    listing = Listing(139, 20)
    there = listing.page(page)
    assert there.declared is not None
    for what, value in LASTING[name]:
        if what == "articles":
            change.append((what, there.articles[1:]))
        elif what == "declared" and isinstance(value, Declared):
            change.append((what, replace(value, page=page)))
        elif what == "declared":
            change.append((what, None))
    walked = spoiled_walk(Listing(139, 20), spoil(page, change))
    assert set(range(1, 140)) - set(there.articles) <= walked.seen
    assert not walked.certificate.certified
    assert len(walked.reads) <= 10


@pytest.mark.parametrize("name", LASTING)
def test_known_ground_is_not_taken_from_a_page_that_lasts_wrong(name: str) -> None:
    """23 new ones, some of them on page 2; page 1 seems to end in known articles."""
    listing, state = known(139, 20)
    for _ in range(23):
        listing.insert()
    change = [(what, value) for what, value in LASTING[name] if what != "articles"]
    if len(change) < len(LASTING[name]):
        change.append(("articles", (*range(162, 146, -1), 3, 2, 1)))
    walked = spoiled_walk(listing, spoil(1, change), state=state)
    assert set(range(140, 143)) <= walked.seen
    assert not walked.certificate.certified
    assert len(walked.reads) <= 4


@pytest.mark.parametrize("numbers", [True, False])
def test_without_a_pager_on_any_page_the_links_are_followed(numbers: bool) -> None:
    listing = Listing(139, 20, numbers=numbers)
    walked = walk(listing, faults=lambda number, read, page: replace(page, declared=None))
    assert walked.labels == ["page 1", "page 1", *(f"page {number}" for number in range(2, 8))]
    assert walked.seen == set(range(1, 140))
    assert walked.certificate.reasons[0] == "page 1 came without its pager: cut off, or not a listing page"


def test_links_without_a_pager_that_lead_in_a_circle_end() -> None:
    listing = Listing(139, 20, numbers=False)
    walked = walk(
        listing,
        faults=lambda number, read, page: replace(page, declared=None, next_url=page.next_url or START),
    )
    assert walked.seen == set(range(1, 140))
    assert len(walked.reads) == 8


def test_four_lasting_faults_in_a_row_hide_no_page() -> None:
    listing = Listing(139, 20)

    def hide_one(number: int, read: Read, page: PageSeen) -> PageSeen:
        return replace(page, articles=page.articles[1:]) if read.url != address(7) else page

    walked = walk(listing, faults=hide_one)
    assert set(listing.page(7).articles) <= walked.seen
    assert walked.certificate.reasons[0] == "page 1 held 19 articles where its range 1-20 promises 20"
    assert len(walked.reads) == 8


def test_a_link_beyond_the_last_page_forbids_the_certificate() -> None:
    """A total that is always one too few, where the last page would hold that one."""
    listing = Listing(141, 20)

    def short(number: int, read: Read, page: PageSeen) -> PageSeen:
        declared = page.declared
        assert declared is not None
        return replace(page, declared=replace(declared, total=140, pages=7, last=min(declared.last, 140)))

    walked = walk(listing, faults=short)
    assert not walked.certificate.certified
    assert "page 1 links to page 8, but declares only 7" in walked.certificate.reasons
    assert 1 in walked.seen


@pytest.mark.parametrize(("place", "again"), [(0, 30), (5, 138), (25, 70), (19, 20)])
def test_an_article_twice_on_different_pages(place: int, again: int) -> None:
    """It stays so, whatever is read again: the walk says why, and leaves it."""
    listing = Listing(138, 20)
    listing.articles.insert(again, listing.articles[place])
    walked = walk(listing)
    assert not walked.certificate.certified
    assert any(
        words in reason
        for reason in walked.certificate.reasons
        for words in ("lists an article that is listed elsewhere", "only 138 different articles")
    )
    assert len(walked.reads) <= 16


def test_a_failed_read_ends_the_walk() -> None:
    state = replace(full(), pages=(Listing(7, 2).page(1),), failed=("page 2: 503 Service Unavailable",))
    assert next_read(state) == Certificate(False, ("page 2: 503 Service Unavailable",), 7, 2)


def test_three_wrong_answers_in_a_row_are_enough() -> None:
    listing = Listing(139, 20)
    head = listing.page(1)
    walked = walk(listing, faults=lambda number, read, page: replace(head, url=read.url))
    assert walked.labels == ["page 1", "page 2", "page 3", "page 4"]
    assert walked.certificate.reasons == (
        "asked for page 2, got page 1",
        "asked for page 3, got page 1",
        "asked for page 4, got page 1",
        "3 answers in a row were not the page asked for",
    )


def test_a_pager_that_promises_too_much_is_not_followed() -> None:
    """It is no evidence, but the pages that it links to are read."""
    walked = walk(
        Listing(60, 20),
        faults=lambda number, read, page: replace(
            page,
            declared=replace(page.declared, total=20 * 10**9, pages=10**9),  # type: ignore[type-var]
        ),
    )
    assert walked.labels == ["page 1", "page 1", "page 2", "page 3"]
    assert walked.certificate == Certificate(
        False,
        tuple(f"page {n} declared 1000000000 pages: a walk reads {MOST_PAGES} at most" for n in (1, 2, 3)),
        None,
        60,
    )


def test_many_reasons_are_cut_short() -> None:
    walked = walk(Listing(400, 20), faults=lambda number, read, page: replace(page, residue_chars=1))
    assert len(walked.certificate.reasons) == 12
    assert walked.certificate.reasons[0] == "page 1 holds 1 character that nothing explains"
    assert walked.certificate.reasons[-2:] == (
        "and 9 reasons more",
        "page 20 holds 1 character that nothing explains",
    )


# --- where the walk starts ---------------------------------------------------------------------


def test_a_start_that_is_not_page_1() -> None:
    listing = Listing(139, 20)
    start = replace(full(), start_url=address(3))
    walked = walk(listing, state=start)
    assert [read.url for read in walked.reads[:3]] == [address(3), address(1), address(2)]
    assert walked.reads[-1] == Read(address(1), "head again")
    assert_proven(walked, listing)
    assert len(walked.reads) == 9


def test_a_start_far_from_page_1_goes_down_by_the_numbers_shown() -> None:
    listing = Listing(139, 20, window=2)
    walked = walk(listing, state=replace(full(), start_url=address(7)))
    assert [read.url for read in walked.reads[:4]] == [address(7), address(5), address(3), address(1)]
    assert_proven(walked, listing)


def test_a_start_without_a_way_to_page_1() -> None:
    listing = Listing(139, 20, numbers=False)
    walked = walk(listing, state=replace(full(), start_url=address(3)))
    assert walked.certificate.reasons == ("page 3 came first, and no link leads from it to page 1",)


# --- absences -----------------------------------------------------------------------------------


def test_a_certified_full_walk_says_what_is_absent() -> None:
    listing = Listing(139, 20)
    before = set(listing.articles)
    listing.delete(50)
    listing.insert()
    walked = walk(listing, {4: [delete(10)]}, state=full(before))
    assert_proven(walked, listing)
    assert walked.certificate.absent == frozenset({139 - 50, 139 - 9})


def test_no_certificate_no_absence() -> None:
    listing = Listing(139, 20)
    before = set(listing.articles)
    listing.delete(50)
    walked = spoiled_walk(listing, spoil(3, HALF), state=full(before))
    assert walked.certificate.absent == frozenset()


# --- incremental walks ---------------------------------------------------------------------------


def known(size: int, per_page: int) -> tuple[Listing, WalkState]:
    listing = Listing(size, per_page)
    listing.stored.update(listing.articles)
    return listing, incremental(listing.articles)


@pytest.mark.parametrize(("size", "per_page"), [*SHAPES, (6, 20), (0, 20)])
def test_nothing_new_costs_two_requests(size: int, per_page: int) -> None:
    listing, state = known(size, per_page)
    walked = walk(listing, state=state)
    assert walked.labels == ["page 1", "head again"]
    assert walked.certificate.certified
    assert walked.certificate.absent == frozenset()


@pytest.mark.parametrize(("new", "pages"), [(1, 1), (17, 1), (18, 2), (20, 2), (37, 2), (38, 3), (41, 3)])
def test_news_are_read_down_to_known_ground(new: int, pages: int) -> None:
    listing, state = known(139, 20)
    for _ in range(new):
        listing.insert()
    walked = walk(listing, state=state)
    assert walked.labels == [*(f"page {number}" for number in range(1, pages + 1)), "head again"]
    assert walked.certificate.certified
    assert not is_full(walked.state)
    assert set(listing.articles) <= walked.seen | set(state.live or ())


def test_without_a_certified_walk_behind_it_all_is_read() -> None:
    listing = Listing(139, 20)
    walked = walk(listing, state=WalkState("社群", START, "incremental"))
    assert_proven(walked, listing)
    assert len(walked.reads) == 8
    assert is_full(walked.state)


def test_an_edited_text_is_no_known_ground() -> None:
    listing, state = known(139, 20)
    listing.edit(19)
    walked = walk(listing, state=state)
    assert walked.labels == ["page 1", "page 2", "head again"]
    assert walked.certificate.certified


def test_an_edited_text_above_known_ground_costs_nothing_more() -> None:
    listing, state = known(139, 20)
    listing.edit(3)
    assert walk(listing, state=state).labels == ["page 1", "head again"]


@pytest.mark.parametrize("place", [0, 1, 19, 20, 70, 138])
def test_a_deletion_since_makes_it_a_full_walk(place: int) -> None:
    listing, state = known(139, 20)
    deleted = listing.articles[place]
    listing.delete(place)
    listing.insert()
    walked = walk(listing, state=state)
    assert walked.labels == [*(f"page {number}" for number in range(1, 8)), "head again"]
    assert is_full(walked.state)
    assert_proven(walked, listing)
    assert walked.certificate.absent == frozenset({deleted})


def test_a_back_dated_article_makes_it_a_full_walk() -> None:
    listing, state = known(139, 20)
    listing.back_date(100)
    walked = walk(listing, state=state)
    assert is_full(walked.state)
    assert_proven(walked, listing)


def test_what_an_unfinished_walk_left_unread_is_found() -> None:
    """30 were new, 20 of them filed before the site broke down: page 1 alone looks known."""
    listing, state = known(139, 20)
    for _ in range(30):
        listing.insert()
    filed = listing.page(1).articles
    walked = walk(listing, state=incremental({*(state.live or ()), *filed}))
    assert walked.labels == [*(f"page {number}" for number in range(1, 10)), "head again"]
    assert_proven(walked, listing)


def test_an_insert_during_an_incremental_walk() -> None:
    listing, state = known(139, 20)
    walked = walk(listing, {1: [insert]}, state=state)
    assert walked.labels == ["page 1", "head again", "head again"]
    assert walked.certificate.certified
    assert listing.articles[0] in walked.seen


def test_an_article_put_in_below_during_an_incremental_walk_is_healed_there() -> None:
    """What was read before counts no more, page 1 neither; but that is no reason to read everything."""
    listing, state = known(12, 3)
    for _ in range(4):
        listing.insert()
    walked = walk(listing, {1: [insert, back_date(4)]}, state=state)
    assert walked.labels == ["page 1", "page 2", "head again", "healing page 2", "page 3", "head again"]
    assert walked.certificate == Certificate(True, (), 18, 9)


def test_a_deletion_during_an_incremental_walk() -> None:
    listing, state = known(139, 20)
    deleted = listing.articles[100]
    walked = walk(listing, {1: [delete(100)]}, state=state)
    assert_proven(walked, listing)
    assert walked.certificate.absent == frozenset({deleted})


def test_whether_a_walk_is_full_is_known_only_when_page_1_is() -> None:
    _, state = known(139, 20)
    assert not is_full(state)
    assert is_full(full())
    single, state = known(6, 20)
    assert is_full(replace(state, pages=(single.page(1),)))


# --- the hole, and what is done about it ------------------------------------------------------------


def test_the_one_hole_and_what_closes_it() -> None:
    """A deletion together with a back-dated insert: counts and head agree, an article is missed."""
    listing = Listing(139, 20)
    walked = walk(listing, {3: [delete(25), back_date(100)]})
    assert walked.certificate.certified
    assert set(listing.articles) - walked.seen == {79}
    assert_proven(walk(listing, state=full(walked.seen)), listing)


def test_the_hole_is_closed_where_the_archive_knows_better() -> None:
    """Something new amid the old, something old not there: all is read once more."""
    listing = Listing(139, 20)
    before = set(listing.articles)
    walked = walk(listing, {3: [delete(25), back_date(100)]}, state=full(before))
    assert_proven(walked, listing)
    assert walked.certificate.absent == frozenset({139 - 25})
    once_more = [f"page {number}" for number in range(2, 8)]
    assert walked.labels == ["page 1", *once_more, "head again", *once_more, "head again"]


@pytest.mark.parametrize("moments", [(1, 2, 2), (2, 3, 3), (1, 1, 2)])
def test_nothing_is_absent_on_the_word_of_a_restless_walk(moments: tuple[int, int, int]) -> None:
    """A deletion, an insert at the head and a swap hide each other: all is read once more."""
    for gone, low in product(range(5), range(4)):
        listing = Listing(5, 2)
        changes: dict[int, list[Change]] = {}

        def swap(listing: Listing, low: int = low) -> None:
            listing.articles[low : low + 2] = reversed(listing.articles[low : low + 2])

        for moment, change in zip(moments, (delete(gone), insert, swap), strict=True):
            changes.setdefault(moment, []).append(change)
        before = frozenset(listing.articles)
        walked = walk(listing, changes, state=full(before))
        assert_proven(walked, listing)
        assert walked.certificate.absent == before - set(listing.articles)


def test_an_article_that_was_elsewhere_meanwhile_is_no_double() -> None:
    """Deleted before page 1 was read again, and back in its place when the walk looked once more."""
    listing = Listing(7, 2)
    walked = walk(listing, {2: [delete(5)], 5: [lambda listing: listing.articles.insert(5, 2)]})
    assert_proven(walked, listing)


@pytest.mark.parametrize("page", [1, 2, 3, 4])
def test_a_total_that_is_one_less_once_is_healed(page: int) -> None:
    listing = Listing(7, 2)
    shown = listing.page(page).declared
    assert shown is not None
    less = [("declared", replace(shown, total=6, last=min(shown.last, 6)))]
    assert_proven(spoiled_walk(listing, spoil(page, less, times=1)), listing)


def test_below_a_pinned_article_two_inserts_and_a_deletion_are_told_from_quiet() -> None:
    """The pinned one keeps as many below it as it had, whatever comes and goes there: without the rule
    about what stands below such an article, one walk in sixty is certified and false."""
    dice = random.Random(1)
    certified = 0
    for _ in range(600):
        size, per_page = dice.randint(4, 9), dice.randint(2, 3)
        listing = Listing(size, per_page)
        changes: dict[int, list[Change]] = {}
        for change in dice.sample([back_date(1), back_date(1), delete(dice.randint(1, size - 1))], 3):
            changes.setdefault(dice.randint(1, listing.pages + 3), []).append(change)
        before = frozenset(listing.articles)
        walked = walk(listing, changes, state=full(before))
        if walked.certificate.certified:
            certified += 1
            assert set(listing.articles) <= walked.seen
            assert walked.certificate.absent == before - set(listing.articles)
    assert certified > 500


@pytest.mark.thorough
@pytest.mark.parametrize("pinned", [1, 2])
@pytest.mark.parametrize(("size", "per_page"), [(7, 3), (12, 3), (12, 5)])
def test_below_pinned_articles_a_deletion_and_an_insert_are_told_apart(
    size: int, per_page: int, pinned: int
) -> None:
    """What stays on top is no witness for what stands below, once new articles come in under it."""
    reads = -(-size // per_page) + 2
    for deleted, inserted, place in product(range(1, reads), range(1, reads), range(size)):
        listing = Listing(size, per_page)
        changes: dict[int, list[Change]] = {deleted: [delete(place)]}
        changes.setdefault(inserted, []).append(back_date(pinned))
        before = frozenset(listing.articles)
        walked = walk(listing, changes, state=full(before))
        if walked.certificate.certified:
            assert set(listing.articles) <= walked.seen
            assert walked.certificate.absent == before - set(listing.articles)


# --- properties ---------------------------------------------------------------------------------------

kinds = st.sampled_from(["insert", "delete", "edit"])
moves = st.lists(st.tuples(st.integers(1, 24), kinds, st.integers(0, 30)), max_size=8)
shapes = st.tuples(st.integers(0, 16), st.integers(1, 5))


def changes_of(tasks: list[tuple[int, str, int]]) -> dict[int, list[Change]]:
    made: dict[int, list[Change]] = {}
    for moment, kind, place in tasks:
        change = {"insert": insert, "delete": delete(place), "edit": edit(place), "back": back_date(place)}
        made.setdefault(moment, []).append(change[kind])
    return made


def assert_certificate_holds(listing: Listing, pages: int, state: WalkState, walked: Walked) -> None:
    assert len(walked.reads) <= most_reads(pages)
    live = state.live or frozenset()
    certificate = walked.certificate
    if not certificate.certified:
        assert certificate.reasons
        assert certificate.absent == frozenset()
    elif is_full(walked.state):
        assert_proven(walked, listing)
        assert certificate.absent == live - set(listing.articles)
    else:
        assert live <= set(listing.articles) <= live | walked.seen
        assert certificate.absent == frozenset()


@pytest.mark.thorough
@settings(max_examples=1000, deadline=None)
@given(shapes, moves, st.sampled_from([None, 1, 2]), st.booleans())
def test_certified_implies_that_nothing_live_was_missed(
    shape: tuple[int, int], tasks: list[tuple[int, str, int]], window: int | None, numbers: bool
) -> None:
    listing = Listing(*shape, window=window, numbers=numbers)
    pages = listing.pages
    assert_certificate_holds(listing, pages, full(), walk(listing, changes_of(tasks)))


@pytest.mark.thorough
@settings(max_examples=1000, deadline=None)
@given(shapes, moves, moves, st.booleans())
def test_certified_implies_the_same_for_what_the_archive_already_knew(
    shape: tuple[int, int], before: list[tuple[int, str, int]], tasks: list[tuple[int, str, int]], fully: bool
) -> None:
    listing = Listing(*shape)
    first = walk(listing)
    live = set(listing.articles)
    assert first.certificate.certified
    for change in (change for made in changes_of(before).values() for change in made):
        change(listing)
    pages = listing.pages
    state = full(live) if fully else incremental(live)
    assert_certificate_holds(listing, pages, state, walk(listing, changes_of(tasks), state=state))


@pytest.mark.thorough
@settings(max_examples=300, deadline=None)
@given(
    shapes, st.lists(st.tuples(st.integers(1, 24), st.sampled_from(["insert", "back"]), st.integers(0, 30)))
)
def test_back_dated_inserts_alone_slip_through_nowhere(
    shape: tuple[int, int], tasks: list[tuple[int, str, int]]
) -> None:
    listing = Listing(*shape)
    pages = listing.pages
    assert_certificate_holds(listing, pages, full(), walk(listing, changes_of(tasks)))


@settings(max_examples=300, deadline=None)
@given(shapes, st.integers(1, 12), kinds, st.integers(0, 30))
def test_a_single_movement_is_always_healed(
    shape: tuple[int, int], moment: int, kind: str, place: int
) -> None:
    listing = Listing(*shape)
    pages = listing.pages
    walked = walk(listing, changes_of([(moment, kind, place)]))
    if moment < len(walked.reads):
        assert_proven(walked, listing)
    assert len(walked.reads) - (pages + 1) <= pages + 2


numbers_ = st.integers(-1, 9)
garbage = st.builds(
    PageSeen,
    url=st.sampled_from([address(number) for number in range(1, 6)]),
    declared=st.none() | st.builds(Declared, numbers_, numbers_, numbers_, numbers_, numbers_),
    articles=st.lists(st.integers(1, 9), max_size=4).map(tuple),
    new_or_changed=st.lists(st.booleans(), max_size=4).map(tuple),
    page_urls=st.dictionaries(
        numbers_, st.sampled_from([address(number) for number in range(1, 6)]), max_size=4
    ),
    next_url=st.none() | st.sampled_from([address(number) for number in range(1, 6)]),
    residue_chars=st.integers(0, 2),
)


@pytest.mark.thorough
@settings(max_examples=400, deadline=None)
@given(
    st.lists(garbage, min_size=1, max_size=7),
    st.sampled_from([full(), full([1, 2, 3]), incremental([1, 2])]),
)
def test_whatever_the_server_says_the_walk_ends(pages: list[PageSeen], state: WalkState) -> None:
    """The answers have nothing to do with what was asked, and come round and round."""
    reads = 0
    while isinstance(next_read(state), Read):
        assert reads < most_reads(9) + most_reads(1)
        state = replace(state, pages=(*state.pages, pages[reads % len(pages)]))
        reads += 1
    assert isinstance(next_read(state), Certificate)
    assert is_full(state) in (True, False)


def test_an_endless_listing_that_always_makes_sense_is_left_after_a_bounded_number_of_pages() -> None:
    """Each page has new articles, and declares one page more than the one before."""
    state, rng = full(), random.Random(5)
    reads = 0
    while isinstance(task := next_read(state), Read):
        number = 1 if task.url == START else int(task.url.rpartition("=")[2])
        total = 20 * (number + 1)
        state = replace(
            state,
            pages=(
                *state.pages,
                PageSeen(
                    task.url,
                    Declared(20 * number - 19, 20 * number, total, number, number + 1),
                    tuple(rng.sample(range(10**9), 20)),
                    next_url=address(number + 1),
                ),
            ),
        )
        reads += 1
    assert reads == most_reads(2) == 13
    assert isinstance(task, Certificate)
    assert task.reasons[-1] == "gave up after 13 pages read"


def test_back_dating_is_named_among_the_reasons() -> None:
    walked = walk(Listing(6, 20), {number: [back_date(2)] for number in range(1, 100)})
    assert walked.certificate.reasons == (
        "page 1 showed that an article was put in below others",
        "page 1 declared 10 articles when read again, 9 before: the listing moved",
        "gave up after 3 rounds of healing",
    )


@pytest.mark.thorough
def test_a_long_listing_is_planned_quickly_enough() -> None:
    """6,000 articles with a movement in the middle: planning is nothing next to a polite delay."""
    listing = Listing(6000, 20)
    started = time.process_time()
    walked = walk(listing, {150: [delete(1000), insert]})
    assert_proven(walked, listing)
    assert (time.process_time() - started) / len(walked.reads) < 0.25
