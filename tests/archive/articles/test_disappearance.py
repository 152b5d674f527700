"""Missing, gone, returned: on certified evidence only, in a real archive file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database
from support.archive_rows import add_article, add_capture, add_run, add_sighting, archive, day

from yiqihui_spider.archive.articles import disappearance
from yiqihui_spider.archive.articles.disappearance import Changes, Place, judge, mark_seen
from yiqihui_spider.archive.state import walks
from yiqihui_spider.items import Certificate, PageSeen

A, B = "社群", "购物资讯"
NOTHING = Changes()


@dataclass
class Archive:
    """An archive and, in miniature, what a crawl does to it."""

    db: Database
    run: int = 0
    walks: dict[str, int] = field(default_factory=dict)

    def sees(self, category: str, at: str, *articles: int, origin: str = "live") -> int:
        """A listing page was captured; the capture's id."""
        capture = add_capture(self.db, self.run, category, at, origin=origin, category=category)
        for article in articles:
            add_sighting(self.db, capture, article, at, category=category)
        mark_seen(self.db, articles, category, at)
        return capture

    def walk(self, category: str, at: str, *articles: int, ok: bool = True, mode: str = "full") -> Changes:
        """One walk that begins and ends at ``at`` and sees these articles, by its own certificate."""
        db = self.db
        walk = walks.open_walk(db, self.run, category, category, mode, at)  # type: ignore[arg-type]
        capture = self.sees(category, at, *articles)
        walks.record_page(db, walk, PageSeen(category, None, articles), capture)
        live = walks.load_walk(db, walk).live or frozenset()
        reasons = () if ok else ("page 2 moved",)
        absent = live - set(articles) if ok and mode == "full" else frozenset()
        certificate = Certificate(ok, reasons, len(articles), len(articles), absent)
        self.walks[at] = walk
        with db.atomic():
            walks.finish_walk(db, walk, certificate, at)
            return disappearance.apply_certificate(db, walk, category, certificate, at)

    def state(self, article: int) -> str:
        return str(self.db.execute("SELECT state FROM articles WHERE id = ?", [article]).fetchone()[0])

    def absences(self) -> list[tuple[Any, ...]]:
        return self.db.execute(
            "SELECT article_id, last_seen_at, missing_at, gone_at, returned_at FROM absences ORDER BY id"
        ).fetchall()

    def missing_since(self, article: int) -> dict[str, str | None]:
        rows = self.db.execute(
            "SELECT category, missing_since FROM article_categories WHERE article_id = ?", [article]
        )
        return dict(rows.fetchall())


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Archive]:
    with archive(tmp_path / "a.db") as db:
        yield Archive(db, add_run(db))


# --- the rule ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("places", "state"),
    [
        ([], "present"),
        ([Place(day(1), None)], "present"),
        ([Place(day(1), day(2), 1)], "missing"),
        ([Place(day(1), day(2), 2)], "gone"),
        ([Place(day(1), day(2), 5), Place(day(1), None)], "present"),
        ([Place(day(1), day(2), 5), Place(day(1), day(3), 1)], "missing"),
        ([Place(day(1), day(2), 2), Place(day(1), day(3), 2)], "gone"),
    ],
)
def test_judge(places: list[Place], state: str) -> None:
    assert judge(places) == state


# --- one category -----------------------------------------------------------------------------


def test_missing_after_one_certified_walk_and_gone_after_two(here: Archive) -> None:
    stays, leaves = add_article(here.db), add_article(here.db)
    assert here.walk(A, day(1), stays, leaves) == NOTHING
    assert here.walk(A, day(2), stays) == Changes(missing=(leaves,))
    assert (here.state(stays), here.state(leaves)) == ("present", "missing")
    assert here.absences() == [(leaves, day(1), day(2), None, None)]
    assert here.walk(A, day(3), stays) == Changes(gone=(leaves,))
    assert (here.state(stays), here.state(leaves)) == ("present", "gone")
    assert here.absences() == [(leaves, day(1), day(2), day(3), None)]
    walks = here.db.execute("SELECT missing_walk_id, gone_walk_id FROM absences").fetchall()
    assert walks == [(here.walks[day(2)], here.walks[day(3)])]
    assert here.walk(A, day(4), stays) == NOTHING
    assert here.absences() == [(leaves, day(1), day(2), day(3), None)]


def test_three_walks_in_the_same_second(here: Archive) -> None:
    article = add_article(here.db)
    here.walk(A, day(1), article)
    assert here.walk(A, day(1)) == Changes(missing=(article,))
    assert here.walk(A, day(1)) == Changes(gone=(article,))


def test_applying_a_certificate_twice_changes_nothing_more(here: Archive) -> None:
    article = add_article(here.db)
    here.walk(A, day(1), article)
    here.walk(A, day(2))
    again = disappearance.apply_certificate(
        here.db, here.walks[day(2)], A, Certificate(True, (), 0, 0, frozenset({article})), day(2)
    )
    assert again == NOTHING
    assert (here.state(article), len(here.absences())) == ("missing", 1)


def test_walks_that_are_not_certified_or_not_full_are_no_evidence(here: Archive) -> None:
    article = add_article(here.db)
    here.walk(A, day(1), article)
    assert here.walk(A, day(2), ok=False) == NOTHING
    assert here.walk(A, day(3), mode="incremental") == NOTHING
    assert here.walk(B, day(4)) == NOTHING
    assert here.missing_since(article) == {A: None}
    assert here.walk(A, day(5)) == Changes(missing=(article,))
    assert here.walk(A, day(6), ok=False) == NOTHING
    assert here.walk(A, day(7), mode="incremental") == NOTHING
    assert here.walk(B, day(8)) == NOTHING
    assert here.state(article) == "missing"


def test_what_an_uncertified_walk_saw_can_go_missing_at_the_first_certified_one(here: Archive) -> None:
    article = add_article(here.db)
    here.walk(A, day(1), article, ok=False)
    assert here.walk(A, day(2)) == Changes(missing=(article,))
    assert here.absences() == [(article, day(1), day(2), None, None)]


def test_what_was_only_imported_is_never_missing(here: Archive) -> None:
    listed_then, detail_only = add_article(here.db), add_article(here.db)
    here.sees(A, "2019-04-13T01:30:07+00:00", listed_then, origin="import")
    capture = add_capture(here.db, here.run, "d", day(1), kind="article")
    add_sighting(here.db, capture, detail_only, day(1))
    for number in (1, 2, 3):
        assert here.walk(A, day(number)) == NOTHING
    assert here.missing_since(listed_then) == {A: None}
    assert here.missing_since(detail_only) == {}
    assert (here.state(listed_then), here.state(detail_only)) == ("present", "present")


# --- two categories ---------------------------------------------------------------------------


def test_missing_only_when_missing_in_every_category(here: Archive) -> None:
    article = add_article(here.db)
    here.walk(A, day(1), article)
    here.walk(B, day(1), article)
    assert here.walk(A, day(2)) == NOTHING
    assert here.walk(A, day(3)) == NOTHING
    assert here.missing_since(article) == {A: day(2), B: None}
    assert here.walk(B, day(4)) == Changes(missing=(article,))
    assert here.absences() == [(article, day(1), day(4), None, None)]
    # A was walked once more since it went missing there, B was not.
    assert here.walk(A, day(5)) == NOTHING
    assert here.walk(B, day(6)) == Changes(gone=(article,))


def test_gone_waits_for_the_category_walked_less_often(here: Archive) -> None:
    article = add_article(here.db)
    here.walk(A, day(1), article)
    here.walk(B, day(1), article)
    here.walk(A, day(2))
    assert here.walk(B, day(2)) == Changes(missing=(article,))
    assert here.walk(B, day(3)) == NOTHING
    assert here.walk(B, day(4)) == NOTHING
    assert here.walk(A, day(5)) == Changes(gone=(article,))


def test_last_seen_is_the_last_listing_anywhere(here: Archive) -> None:
    article = add_article(here.db)
    here.walk(A, day(1), article)
    here.walk(B, day(3), article)
    here.walk(A, day(4))
    here.walk(B, day(5))
    assert here.absences() == [(article, day(3), day(5), None, None)]


# --- back again -------------------------------------------------------------------------------


def test_a_return_clears_it_and_the_interval_stays(here: Archive) -> None:
    article = add_article(here.db)
    for number, seen in ((1, (article,)), (2, ()), (3, ()), (4, (article,)), (5, ())):
        here.walk(A, day(number), *seen)
    assert here.state(article) == "missing"
    assert here.absences() == [
        (article, day(1), day(2), day(3), day(4)),
        (article, day(4), day(5), None, None),
    ]
    assert here.missing_since(article) == {A: day(5)}


def test_a_return_in_another_category_counts(here: Archive) -> None:
    article = add_article(here.db)
    here.walk(A, day(1), article)
    here.walk(A, day(2))
    assert mark_seen(here.db, [article], B, day(3)) == (article,)
    assert here.state(article) == "present"
    assert here.missing_since(article) == {A: day(2), B: None}
    assert here.absences() == [(article, day(1), day(2), None, day(3))]


def test_an_older_capture_clears_nothing_but_narrows_the_interval(here: Archive) -> None:
    article = add_article(here.db)
    here.walk(A, day(5), article)
    here.walk(A, day(10))
    for at in (day(1), day(7)):
        here.sees(A, at, article, origin="wayback")
        assert here.state(article) == "missing"
        assert here.missing_since(article) == {A: day(10)}
    assert here.absences() == [(article, day(7), day(10), None, None)]
    rows = here.db.execute("SELECT first_listed_at, last_listed_at FROM article_categories").fetchall()
    assert rows == [(day(1), day(7))]


def test_a_capture_between_missing_and_gone_clears_nothing_later(here: Archive) -> None:
    article = add_article(here.db)
    here.walk(A, day(1), article)
    here.walk(A, day(2))
    here.walk(A, day(4))
    assert mark_seen(here.db, [article], A, day(3)) == ()
    assert here.state(article) == "gone"
    assert mark_seen(here.db, [article], A, day(5)) == (article,)
    assert here.absences() == [(article, day(1), day(2), day(4), day(5))]


@pytest.mark.parametrize(("when", "back"), [(2, False), (3, True), (4, True)])
def test_what_is_as_new_as_the_evidence_against_an_article_clears_it(
    here: Archive, when: int, back: bool
) -> None:
    away, other = add_article(here.db), add_article(here.db)
    here.walk(A, day(1), away, other)
    here.walk(A, day(3), other)
    ((since,),) = here.db.execute("SELECT missing_since FROM article_categories WHERE article_id = ?", [away])
    assert since == day(3)
    assert mark_seen(here.db, [away], A, day(when)) == ((away,) if back else ())


def test_a_sighting_said_to_be_late_clears_nothing(here: Archive) -> None:
    away, partly = add_article(here.db), add_article(here.db)
    here.walk(A, day(1), away, partly)
    here.walk(B, day(1), partly)
    here.walk(A, day(2))
    assert mark_seen(here.db, [away, partly], A, day(3), newest=False) == ()
    assert here.state(away) == "missing"
    assert here.missing_since(partly) == {A: day(2), B: None}
    assert mark_seen(here.db, [partly], A, day(3)) == ()
    assert here.missing_since(partly) == {A: None, B: None}


def test_a_detail_page_does_not_bring_an_article_back(here: Archive) -> None:
    """A detail page has no part in presence: filing its sighting leaves the state alone."""
    article = add_article(here.db)
    here.walk(A, day(1), article)
    here.walk(A, day(2))
    capture = add_capture(here.db, here.run, "d", day(3), kind="article")
    add_sighting(here.db, capture, article, day(3))
    assert here.walk(A, day(4)) == Changes(gone=(article,))


def test_seeing_widens_the_time_listed_in_either_direction(here: Archive) -> None:
    article = add_article(here.db)
    for at in (day(5), day(3), day(4), day(9)):
        mark_seen(here.db, [article, article], A, at)
    rows = here.db.execute("SELECT * FROM article_categories").fetchall()
    assert rows == [(article, A, day(3), day(9), None)]
    mark_seen(here.db, [], A, day(10))
    assert here.db.execute("SELECT * FROM article_categories").fetchall() == rows


def test_seeing_what_is_known_writes_nothing(here: Archive) -> None:
    articles = [add_article(here.db) for _ in range(20)]
    mark_seen(here.db, articles, A, day(5))
    before = here.db.conn.total_changes
    mark_seen(here.db, articles, A, day(5))
    assert here.db.conn.total_changes == before


# --- two rows made one ------------------------------------------------------------------------


def become_one(here: Archive, keep: int, drop: int) -> str:
    """As merging does: places joined, a place missing only if missing under both; absences moved."""
    here.db.execute(
        """
        INSERT INTO article_categories SELECT ?, category, first_listed_at, last_listed_at, missing_since
        FROM article_categories WHERE article_id = ?
        ON CONFLICT DO UPDATE SET last_listed_at = max(last_listed_at, excluded.last_listed_at),
          missing_since = min(missing_since, excluded.missing_since)
        """,
        [keep, drop],
    )
    here.db.execute("UPDATE absences SET article_id = ? WHERE article_id = ?", [keep, drop])
    here.db.execute("DELETE FROM articles WHERE id = ?", [drop])
    state = disappearance.reconcile(here.db, keep)
    assert state == here.state(keep)
    return state


def test_an_absence_under_one_name_was_none_if_the_other_was_listed(here: Archive) -> None:
    one, other = add_article(here.db), add_article(here.db)
    here.walk(A, day(1), one)
    here.walk(A, day(2), other)
    assert become_one(here, one, other) == "present"
    assert here.absences() == [(one, day(1), day(2), None, day(2))]


def test_an_absence_contradicted_by_no_later_listing_is_withdrawn(here: Archive) -> None:
    one, other = add_article(here.db), add_article(here.db)
    here.walk(B, day(1), other)
    here.walk(A, day(2), one)
    here.walk(A, day(3))
    assert become_one(here, one, other) == "present"
    assert here.absences() == []


def test_of_two_absences_the_better_founded_judgement_stays(here: Archive) -> None:
    one, other = add_article(here.db), add_article(here.db)
    here.walk(A, day(1), one, other)
    here.walk(A, day(2), other)
    here.walk(A, day(3))
    assert (here.state(one), here.state(other)) == ("gone", "missing")
    assert become_one(here, one, other) == "missing"
    assert here.absences() == [(one, day(2), day(3), None, None)]


def test_two_gone_articles_are_one_gone_article(here: Archive) -> None:
    one, other = add_article(here.db), add_article(here.db)
    for number, seen in ((1, (one, other)), (2, ()), (3, ())):
        here.walk(A, day(number), *seen)
    assert become_one(here, one, other) == "gone"
    assert here.absences() == [(one, day(1), day(2), day(3), None)]


# --- any story --------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(st.sampled_from([A, B]), st.sets(st.integers(1, 3)), st.booleans()), min_size=1, max_size=14
)


def expected(steps: list[tuple[str, set[int], bool]], article: int) -> str:
    """An article's state, told from the whole story at once."""
    listed_in = {category for category, seen, _ in steps if article in seen}
    misses = []
    for category in listed_in:
        mine = [(article in seen, ok) for name, seen, ok in steps if name == category]
        last = max(index for index, (seen, _) in enumerate(mine) if seen)
        misses.append(sum(ok for _, ok in mine[last + 1 :]))
    if not misses or min(misses) == 0:
        return "present"
    return "gone" if min(misses) >= 2 else "missing"


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_whatever_happens_the_state_follows_from_the_certified_walks(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, set[int], bool]]
) -> None:
    with archive(tmp_path_factory.mktemp("story") / "a.db") as db:
        here = Archive(db, add_run(db))
        articles = [add_article(db) for _ in range(3)]
        assert articles == [1, 2, 3]
        for number, (category, seen, ok) in enumerate(steps, start=1):
            here.walk(category, day(number), *sorted(seen), ok=ok)
            states = {article: here.state(article) for article in articles}
            assert states == {article: expected(steps[:number], article) for article in articles}
        still_open = {row[0] for row in here.absences() if row[4] is None}
        assert still_open == {article for article in articles if here.state(article) != "present"}


# --- a clock set back -----------------------------------------------------------------------------


def test_a_clock_set_back_makes_nothing_gone_at_once(here: Archive) -> None:
    """The walk of a wrong date ahead did show the article, so it is no second word against it."""
    stays, leaves = add_article(here.db), add_article(here.db)
    here.walk(A, "2030-01-01T00:00:00+00:00", stays, leaves)
    assert here.walk(A, day(2), stays) == Changes(missing=(leaves,))
    assert here.walk(A, day(3), stays) == Changes(gone=(leaves,))


def test_a_clock_set_back_hides_no_return(here: Archive) -> None:
    article = add_article(here.db)
    here.walk(A, day(1), article)
    here.walk(A, "2030-01-01T00:00:00+00:00")
    assert here.state(article) == "missing"
    assert mark_seen(here.db, [article], A, day(2)) == ()
    assert mark_seen(here.db, [article], A, day(2), latest=True) == (article,)
    assert (here.state(article), here.missing_since(article)) == ("present", {A: None})
    ((_, _, missing_at, _, returned_at),) = here.absences()
    assert returned_at == missing_at == "2030-01-01T00:00:00+00:00"


# --- most of a listing gone at once -------------------------------------------------------------


def doubt(here: Archive, at: str, *articles: int) -> str | None:
    """What a certified full walk that sees these articles is doubted for; it is filed accordingly."""
    db = here.db
    walk = walks.open_walk(db, here.run, A, A, "full", at)
    capture = here.sees(A, at, *articles)
    walks.record_page(db, walk, PageSeen(A, None, articles), capture)
    live = walks.load_walk(db, walk).live or frozenset()
    seen = len(articles)
    certificate = Certificate(True, (), seen, seen, live - set(articles))
    why = disappearance.loss_in_doubt(db, walk, A, certificate, at)
    if why is not None:
        certificate = Certificate(False, (why,), seen, seen)
    walks.finish_walk(db, walk, certificate, at)
    disappearance.apply_certificate(db, walk, A, certificate, at)
    return why


@pytest.mark.parametrize(
    ("listed", "left", "doubted"),
    [
        (5, 1, False),  # four may go at once
        (6, 1, True),
        (10, 5, False),  # no more than are left
        (11, 5, True),
        (12, 6, False),
        (1, 1, False),
        (1, 0, True),  # none is left
    ],
)
def test_how_much_may_vanish_at_once(here: Archive, listed: int, left: int, doubted: bool) -> None:
    articles = [add_article(here.db) for _ in range(listed)]
    here.walk(A, day(1), *articles)
    why = doubt(here, day(2), *articles[:left])
    words = (
        f"{listed - left} of the articles listed before vanished at once, {left} are listed now: "
        "not believed before it has been so for 24 hours"
    )
    assert why == (words if doubted else None)
    assert here.state(articles[-1]) == ("present" if doubted or left == listed else "missing")


def test_what_has_been_so_for_a_day_is_believed(here: Archive) -> None:
    article = add_article(here.db)
    here.walk(A, day(1), article)
    assert doubt(here, day(2)) is not None
    assert doubt(here, day(2).replace("06:", "22:")) is not None
    assert doubt(here, day(3)) is None
    assert here.state(article) == "missing"


def test_what_was_seen_again_in_between_begins_the_doubt_anew(here: Archive) -> None:
    article = add_article(here.db)
    here.walk(A, day(1), article)
    assert doubt(here, day(2)) is not None
    here.walk(A, day(3), article, ok=False)
    assert doubt(here, day(4)) is not None
    assert doubt(here, day(5)) is None
