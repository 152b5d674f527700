"""Clocks that jump, and captures that say they come from the future."""

from __future__ import annotations

import doctest
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.archive_pages import CITY, RIVER, SCHOOL, Filling, at, entry, filling

from yiqihui_spider.archive.articles import ordering
from yiqihui_spider.archive.articles.disappearance import apply_certificate
from yiqihui_spider.archive.articles.ordering import Stretch, agreeing, placed, stretches
from yiqihui_spider.archive.state import queue, walks
from yiqihui_spider.items import Certificate

FAR = "2099-01-01T00:00:00+00:00"
LONG_AGO = "1970-01-01T00:00:30+00:00"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Filling]:
    with filling(tmp_path / "a.db") as filled:
        yield filled


def runs(here: Filling, *pages: tuple[str, str, int]) -> None:
    """A run for each (time, text, views)."""
    for when, body, views in pages:
        here.new_run()
        here.listing(when, entry(body, 1, views=views))


def bodies(here: Filling) -> list[str]:
    return [row[2] for row in here.versions()]


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(ordering).failed == 0


@pytest.mark.parametrize("wrong", [FAR, at(3), at(2, 20), LONG_AGO, "2019-04-01T00:00:00+00:00"])
def test_one_run_with_a_wrong_clock_changes_no_order(here: Filling, wrong: str) -> None:
    runs(here, (at(1), CITY, 10), (at(2), CITY, 20), (wrong, RIVER, 30), (at(2, 12), SCHOOL, 40))
    assert bodies(here) == [CITY, RIVER, SCHOOL]
    assert here.one("SELECT body, views, views_at, last_seen_at FROM articles") == (
        SCHOOL, 40, at(2, 12), at(2, 12),
    )  # fmt: skip
    assert here.rows("SELECT observed_at, views FROM view_counts ORDER BY observed_at, capture_id") == [
        (at(1), 10), (at(2), 20), (at(2), 30), (at(2, 12), 40),
    ]  # fmt: skip
    assert here.rows("SELECT captured_at, observed_at FROM captures WHERE observed_at IS NOT NULL") == [
        (wrong, at(2))
    ]


def test_a_first_run_with_a_clock_ahead_freezes_nothing(here: Filling) -> None:
    runs(here, (FAR, CITY, 10), (at(2), RIVER, 20), (at(3), SCHOOL, 30))
    assert bodies(here) == [CITY, RIVER, SCHOOL]
    assert here.one("SELECT views, views_at, first_seen_at FROM articles") == (30, at(3), at(2))


def test_a_clock_behind_from_the_start_is_put_right_later(here: Filling) -> None:
    runs(here, (LONG_AGO, CITY, 10), (at(2), RIVER, 20))
    assert bodies(here) == [CITY, RIVER]
    assert here.one("SELECT views, views_at FROM articles") == (20, at(2))


def test_places_are_put_right_too(here: Filling) -> None:
    runs(here, (at(1), CITY, 10), (FAR, CITY, 10), (at(2), CITY, 10))
    assert here.one("SELECT first_listed_at, last_listed_at FROM article_categories") == (at(1), at(2))


def test_a_clock_put_right_by_a_little_within_a_run(here: Filling) -> None:
    here.listing(at(1, 6, 10), entry(CITY, 1, views=1))
    here.listing(at(1, 6, 9), entry(RIVER, 1, views=2))
    here.listing(at(1, 6, 11), entry(SCHOOL, 1, views=3))
    assert bodies(here) == [CITY, RIVER, SCHOOL]
    assert [row[0] for row in here.rows("SELECT observed_at FROM view_counts ORDER BY capture_id")] == [
        at(1, 6, 10), at(1, 6, 10), at(1, 6, 11),
    ]  # fmt: skip


def test_every_page_of_a_run_with_a_clock_behind_comes_in_its_order(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 1))
    here.new_run()
    here.listing(LONG_AGO, entry(RIVER, 1))
    here.detail("1970-01-01T00:00:35+00:00", entry(SCHOOL, 1))
    assert bodies(here) == [CITY, RIVER, SCHOOL]
    assert here.rows("SELECT DISTINCT observed_at FROM sightings") == [(at(1),)]


def test_imports_stay_where_they_say_between_ours(here: Filling) -> None:
    runs(here, (at(1), CITY, 10), (FAR, CITY, 20), (at(9), CITY, 30))
    here.listing(at(5), entry(RIVER, 1, views=25), origin="import", time_source="warc")
    assert bodies(here) == [CITY, RIVER, CITY]
    assert here.one("SELECT views FROM articles") == 30


@pytest.mark.parametrize("origin", ["import", "wayback"])
def test_what_says_it_comes_from_the_future_counts_as_of_now(here: Filling, origin: str) -> None:
    with mock.patch.object(ordering, "clock_now", return_value=at(5)):
        here.listing(FAR, entry(CITY, 1, views=10), origin=origin, time_source="warc")
    assert here.one("SELECT captured_at, observed_at FROM captures") == (FAR, at(5))
    here.new_run()
    here.listing(at(6), entry(RIVER, 1, views=20))
    assert bodies(here) == [CITY, RIVER]
    assert here.one("SELECT views, last_seen_at FROM articles") == (20, at(6))


def test_reading_anew_keeps_the_order(here: Filling) -> None:
    from yiqihui_spider.archive.articles import store

    runs(here, (at(1), CITY, 10), (FAR, RIVER, 20), (at(2), SCHOOL, 30))
    before = here.everything()
    item = here.item(FAR, [entry(RIVER, 1, views=20)])
    store.replace_reading(here.db, 2, item, "1")
    assert here.everything() == before


# --- what is pure ----------------------------------------------------------------------------

MOMENTS = st.integers(1, 28).map(at) | st.sampled_from([FAR, LONG_AGO])


@given(st.lists(st.tuples(st.integers(1, 4), MOMENTS), max_size=12))
def test_every_capture_has_its_place_and_none_comes_before_an_earlier_one(
    said: list[tuple[int, str]],
) -> None:
    captures = [(number, run, when) for number, (run, when) in enumerate(said, 1)]
    found = list(stretches(captures))
    assert [one for stretch in found for one in stretch.captures] == [(c, when) for c, _, when in captures]
    times = placed(found)
    assert list(times) == [c for c, _, _ in captures]
    assert all(one <= other for one, other in pairwise(times.values()))
    assert set(times.values()) <= {when for _, when in said}


@given(st.lists(st.integers(1, 28), min_size=1, max_size=9))
def test_as_many_runs_as_can_be_are_believed(days: list[int]) -> None:
    found = [Stretch(run, [(run, at(day))], at(day)) for run, day in enumerate(days)]
    believed = sorted(agreeing(found))
    assert [days[i] for i in believed] == sorted(days[i] for i in believed)
    assert len(believed) == _longest(days)


def _longest(days: Sequence[int]) -> int:
    """Of a sequence that never falls; the slow way."""
    best: list[int] = []
    for i, day in enumerate(days):
        best.append(1 + max((best[j] for j in range(i) if days[j] <= day), default=0))
    return max(best)


# --- what a clock ahead would stop ---------------------------------------------------------------


def certified(here: Filling, when: str, absent: frozenset[int] = frozenset()) -> int:
    walk = walks.open_walk(here.db, here.run, "社群", "http://x/", "full", when)
    walks.finish_walk(here.db, walk, Certificate(True, (), 0, 0, absent), when)
    apply_certificate(here.db, walk, "社群", Certificate(True, (), 0, 0, absent), when)
    return walk


def test_a_walk_dated_in_the_future_does_not_put_off_the_next_full_one(here: Filling) -> None:
    certified(here, FAR)
    assert walks.due_for_full(here.db, "社群", 7, at(2))
    certified(here, at(2))
    assert not walks.due_for_full(here.db, "社群", 7, at(3))


def test_a_walk_begun_in_the_future_is_not_continued(here: Filling) -> None:
    walk = walks.open_walk(here.db, here.run, "社群", "http://x/", "full", FAR)
    assert walks.unfinished_walk(here.db, "社群", now=at(2)) is None
    assert "clock ahead" in here.one("SELECT reasons FROM walks WHERE id = ?", walk)


def test_what_was_given_up_in_the_future_is_tried_again(here: Filling) -> None:
    here.db.execute("UPDATE runs SET started_at = ?", [at(5)])
    queue.failed(here.db, here.run, "http://x/1", "article", "404", FAR, final=True)
    here.db.execute("UPDATE todo SET last_run = NULL")
    assert [row["url"] for row in queue.pending(here.db, here.run)] == ["http://x/1"]
    here.db.execute("UPDATE todo SET last_tried_at = ?", [at(4)])
    assert queue.pending(here.db, here.run) == []


def test_what_went_missing_in_the_future_can_be_gone(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 1))
    certified(here, FAR, frozenset({1}))
    assert here.one("SELECT state FROM articles") == "missing"
    certified(here, at(2), frozenset({1}))
    assert here.one("SELECT state FROM articles") == "gone"
