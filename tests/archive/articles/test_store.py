from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.archive_pages import CITY, RIVER, SCHOOL, Filling, at, entry, filling, url_of
from support.archive_rows import add_walk_page

from yiqihui_spider.archive.articles import store
from yiqihui_spider.archive.articles.identity import content_hash
from yiqihui_spider.items import Capture, Declared, PageItem, ParsedPage, Residue, Span

PARAGRAPHS = CITY.replace("。", "。\n")
EDITED = CITY.replace("一半", "三分之一")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Filling]:
    with filling(tmp_path / "a.db") as filled:
        yield filled


# --- one page ------------------------------------------------------------------------------------


def test_a_listing_page_becomes_rows(here: Filling) -> None:
    one = entry(CITY, 5561, views=407, source="一起惠", title="菜市场翻新之后")
    other = entry(RIVER, None, views=12, published_at="2019-05-30T09:21:32+08:00", span=Span(200, 280))
    saved = here.listing(
        at(1),
        one,
        other,
        declared=Declared(21, 22, 139, 2, 7),
        residues=(Residue(Span(300, 304), "怪字怪字", "no marker after it"),),
    )
    assert saved == store.SavedPage(1, (1, 2), (True, True), (url_of(5561),))
    assert here.one(
        "SELECT kind, category, declared_first, declared_last, declared_total, declared_page, declared_pages,"
        " entries, residue_chars, parser_version, content_type, captured_at FROM captures"
    ) == ("listing", "社群", 21, 22, 139, 2, 7, 2, 4, "1", "text/html", at(1))
    assert here.rows("SELECT capture_id, span_start, span_end, text, reason FROM residues") == [
        (1, 300, 304, "怪字怪字", "no marker after it")
    ]
    assert here.rows(
        "SELECT id, site_id, url, title, body, source, published_at, views, views_at, body_chars,"
        " content_hash, first_seen_at, last_seen_at, state, excerpt, detail_at FROM articles"
    ) == [
        (
            1, 5561, url_of(5561), "菜市场翻新之后", CITY, "一起惠", "2019-06-04T09:17:24+08:00", 407, at(1),
            len(CITY), content_hash(CITY), at(1), at(1), "present", 0, None,
        ),
        (
            2, None, None, None, RIVER, None, "2019-05-30T09:21:32+08:00", 12, at(1), len(RIVER),
            content_hash(RIVER), at(1), at(1), "present", 0, None,
        ),
    ]  # fmt: skip
    assert here.rows(
        "SELECT article_id, version, title, body, content_hash, seen_at, capture_id, span_start, span_end,"
        " parser_version, text_capture_id FROM article_versions WHERE article_id = 2"
    ) == [(2, 1, None, RIVER, content_hash(RIVER), at(1), 1, 200, 280, "1", None)]
    assert here.rows("SELECT article_id, observed_at, views, capture_id FROM view_counts") == [
        (1, at(1), 407, 1),
        (2, at(1), 12, 1),
    ]
    assert here.rows("SELECT * FROM article_categories") == [
        (1, "社群", at(1), at(1), None),
        (2, "社群", at(1), at(1), None),
    ]


def test_a_page_not_read_is_refused(here: Filling) -> None:
    item = PageItem("http://www.178hui.com/", b"", None, here.capture("http://www.178hui.com/", at(1)))
    with pytest.raises(ValueError, match="was not read"):
        store.save_page(here.db, here.run, item, parser_version="1")
    assert here.one("SELECT count(*) FROM captures") == 0


def test_a_page_without_entries(here: Filling) -> None:
    reading = ParsedPage("listing", "社群", problems=("no entries",))
    item = PageItem("http://www.178hui.com/x", b"", None, here.capture("http://www.178hui.com/x", at(1)))
    item.reading = reading
    assert store.save_page(here.db, here.run, item, parser_version="1") == store.SavedPage(1, (), ())
    assert here.one("SELECT entries, problems FROM captures") == (0, '["no entries"]')


def test_a_page_is_saved_whole_or_not_at_all(here: Filling) -> None:
    def save_and_fail() -> None:
        with here.db.atomic():
            here.listing(at(1), entry(CITY, 1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        save_and_fail()
    assert {name: rows for name, rows in here.everything().items() if rows} == {}
    here.db.execute(
        "CREATE TRIGGER trouble BEFORE INSERT ON observations BEGIN SELECT RAISE(ABORT, 'disk on fire'); END"
    )
    with pytest.raises(Exception, match="disk on fire"):
        here.listing(at(1), entry(CITY, 1))
    assert {name: rows for name, rows in here.everything().items() if rows} == {}


def test_the_captures_row_that_stands_is_completed(here: Filling) -> None:
    item = here.item(at(1), [entry(CITY, 1)])
    capture_id = store.save_capture(
        here.db, here.run, item.capture, content_type="text/html; charset=gbk", elapsed_ms=31
    )
    item.capture = replace(item.capture, id=capture_id)
    item.content_type = None
    assert store.save_page(here.db, here.run, item, parser_version="1").capture_id == capture_id
    assert here.one("SELECT id, kind, content_type, elapsed_ms, parser_version FROM captures") == (
        capture_id, "listing", "text/html; charset=gbk", 31, "1",
    )  # fmt: skip


def test_saving_the_same_capture_twice_changes_nothing(here: Filling) -> None:
    item = here.item(at(1), [entry(CITY, 1), entry(RIVER)])
    first = store.save_page(here.db, here.run, item, parser_version="1")
    before = here.everything()
    again = store.save_page(here.db, here.run, item, parser_version="1")
    assert again == replace(first, new_or_changed=(False, False))
    assert here.everything() == before


def test_times_of_capture_are_kept_in_utc(here: Filling) -> None:
    here.listing("2026-11-01T14:00:00+08:00", entry(CITY))
    assert here.one("SELECT captured_at FROM captures") == at(1)
    assert here.one("SELECT last_seen_at FROM articles") == at(1)


# --- one article, one row --------------------------------------------------------------------------


def dump(here: Filling, day: int, body: str = CITY) -> None:
    here.listing(at(day), entry(body), origin="import", http_status=None, time_source="mtime")


def listed(here: Filling, day: int, body: str = CITY) -> None:
    here.listing(at(day), entry(body, 5561, title="菜市场"), origin="import")


def own_page(here: Filling, day: int, body: str = PARAGRAPHS) -> None:
    here.detail(
        at(day),
        entry(body, 5561, title="菜市场", source="一起惠返利网"),
        category="购物资讯",
        origin="import",
    )


@pytest.mark.parametrize(
    "order",
    [
        (dump, listed, own_page),
        (dump, own_page, listed),
        (listed, dump, own_page),
        (listed, own_page, dump),
        (own_page, dump, listed),
        (own_page, listed, dump),
    ],
)
@pytest.mark.parametrize("days", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_met_anywhere_in_any_order_it_is_one_row(here: Filling, order: tuple, days: tuple[int, ...]) -> None:
    for way, day in zip(order, days, strict=True):
        way(here, day)
    columns = "site_id, url, title, body, source, first_seen_at, last_seen_at"
    assert here.one(f"SELECT {columns} FROM articles") == (
        5561, url_of(5561), "菜市场", PARAGRAPHS, "一起惠返利网", at(1), at(3),
    )  # fmt: skip
    assert here.versions() == [(1, "菜市场", PARAGRAPHS, at(1))]
    assert here.rows("SELECT observed_at FROM view_counts ORDER BY 1") == [(at(1),), (at(2),), (at(3),)]
    assert here.rows("SELECT category FROM article_categories ORDER BY 1") == [("社群",), ("购物资讯",)]


def test_two_in_the_same_second_are_two(here: Filling) -> None:
    here.listing(at(1), entry(CITY), entry(RIVER))
    here.listing(at(2), entry(RIVER), entry(SCHOOL))
    here.listing(at(3), entry(SCHOOL, 3), entry(CITY, 1), entry(RIVER, 2))
    assert here.rows("SELECT site_id, body FROM articles ORDER BY id") == [(1, CITY), (2, RIVER), (3, SCHOOL)]
    assert here.one("SELECT count(*) FROM article_versions") == 3


def test_two_alike_on_one_page_are_two(here: Filling) -> None:
    """Notices written from one mould, published by a script in the same second."""
    saved = here.listing(at(1), entry(CITY), entry(EDITED))
    assert saved.article_ids == (1, 2)
    assert here.listing(at(2), entry(EDITED), entry(CITY)).article_ids == (2, 1)
    # Numbers come late, and in yet another order.
    assert here.listing(at(3), entry(EDITED, 20), entry(CITY, 10)).article_ids == (2, 1)
    assert here.one("SELECT count(*) FROM article_versions") == 2


def test_two_numbers_are_two_even_with_the_same_text(here: Filling) -> None:
    assert here.listing(at(1), entry(CITY, 1), entry(CITY, 2)).article_ids == (1, 2)
    assert here.listing(at(2), entry(CITY, 3)).article_ids == (3,)
    assert here.rows("SELECT site_id FROM articles ORDER BY id") == [(1,), (2,), (3,)]


def test_the_same_entry_twice_on_a_page_is_one(here: Filling) -> None:
    saved = here.listing(at(1), entry(CITY, views=5), entry(RIVER), entry(CITY, views=7))
    assert saved.article_ids == (1, 2, 1)
    assert here.rows("SELECT position, article_id FROM sightings ORDER BY position") == [
        (0, 1),
        (1, 2),
        (2, 1),
    ]
    assert here.rows("SELECT article_id, views FROM view_counts ORDER BY 1") == [(1, 7), (2, 100)]
    assert here.rows("SELECT views FROM articles") == [(7,), (100,)]
    assert here.listing(at(2), entry(RIVER, 4), entry(RIVER, 4)).article_ids == (2, 2)


def test_the_number_decides_whatever_the_text_and_time(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 1))
    saved = here.listing(at(2), entry(RIVER, 1, published_at="2020-01-01T00:00:00+08:00"))
    assert saved.article_ids == (1,)
    assert here.versions() == [(1, None, CITY, at(1)), (2, None, RIVER, at(2))]
    assert here.one("SELECT published_at FROM articles") == "2020-01-01T00:00:00+08:00"
    # An old dump still has the former time.
    assert here.listing(at(3), entry(CITY)).article_ids == (1,)


def test_an_edited_text_without_address_finds_its_article(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 1), entry(RIVER, 2))
    saved = here.listing(at(2), entry(EDITED))
    assert (saved.article_ids, saved.new_or_changed, saved.details_to_fetch) == ((1,), (True,), (url_of(1),))
    assert here.rows("SELECT version, body FROM article_versions WHERE article_id = 1") == [
        (1, CITY),
        (2, EDITED),
    ]


def test_another_second_is_another_article(here: Filling) -> None:
    here.listing(at(1), entry(CITY))
    assert here.listing(at(2), entry(CITY, published_at="2019-06-04T09:17:25+08:00")).article_ids == (2,)


def test_two_rows_that_turn_out_to_be_one_are_merged(here: Filling) -> None:
    """A text rewritten beyond recognition, known from a dump; the address tells later."""
    first = here.listing(at(1), entry(CITY, 1, views=10)).capture_id
    second = here.listing(at(5), entry(RIVER, views=50), category="购物资讯").capture_id
    assert here.one("SELECT count(*) FROM articles") == 2
    here.db.execute(
        "INSERT INTO walks (id, run_id, category, started_at) VALUES (1, 1, '购物资讯', ?)", [at(5)]
    )
    add_walk_page(here.db, 1, 1, second, article_ids="[2]", fresh="[true]")
    saved = here.listing(at(7), entry(RIVER, 1, views=70))
    assert saved.article_ids == (1,)
    assert here.one("SELECT id, site_id, body, views FROM articles") == (1, 1, RIVER, 70)
    assert here.versions() == [(1, None, CITY, at(1)), (2, None, RIVER, at(5))]
    assert here.rows("SELECT observed_at, views FROM view_counts ORDER BY 1") == [
        (at(1), 10),
        (at(5), 50),
        (at(7), 70),
    ]
    assert here.rows("SELECT capture_id FROM sightings WHERE article_id = 1") == [(first,), (second,), (3,)]
    assert here.rows("SELECT category, first_listed_at, last_listed_at FROM article_categories") == [
        ("社群", at(1), at(7)),
        ("购物资讯", at(5), at(5)),
    ]
    assert json.loads(here.one("SELECT article_ids FROM walk_pages")) == [1]
    assert here.rows("SELECT id FROM search WHERE q = '雨伞'") == [(1,)]


def test_the_older_row_stays_when_two_are_merged(here: Filling) -> None:
    here.listing(at(1), entry(RIVER))
    here.listing(at(2), entry(CITY, 9))
    assert here.listing(at(3), entry(RIVER, 9)).article_ids == (1,)
    assert here.one("SELECT id, site_id, body FROM articles") == (1, 9, RIVER)
    assert [row[2] for row in here.versions()] == [RIVER, CITY, RIVER]


def test_rows_once_shown_on_one_page_are_never_merged(here: Filling) -> None:
    here.listing(at(1), entry(CITY), entry(EDITED))
    between = CITY.replace("一半", "三分之二")
    assert here.listing(at(2), entry(between)).article_ids in ((1,), (2,))
    assert here.one("SELECT count(*) FROM articles") == 2


# --- texts -------------------------------------------------------------------------------------


def test_the_richest_text_wins_and_is_no_version(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 1))
    saved = here.detail(at(2), entry(PARAGRAPHS, 1, span=Span(3, 99)))
    assert (saved.new_or_changed, saved.details_to_fetch) == ((False,), ())
    assert here.one("SELECT body, body_chars, detail_at FROM articles") == (
        PARAGRAPHS,
        len(PARAGRAPHS),
        at(2),
    )
    assert here.one(
        "SELECT version, body, seen_at, capture_id, span_start, text_capture_id FROM article_versions"
    ) == (1, PARAGRAPHS, at(1), 1, 10, 2)
    here.listing(at(3), entry(CITY, 1))
    assert here.one("SELECT body FROM articles") == PARAGRAPHS


def test_a_real_edit_is_a_version_and_so_is_going_back(here: Filling) -> None:
    for day, body in ((1, CITY), (2, CITY), (3, EDITED), (4, EDITED), (5, CITY)):
        here.listing(at(day), entry(body, 1))
    assert here.versions() == [(1, None, CITY, at(1)), (2, None, EDITED, at(3)), (3, None, CITY, at(5))]
    assert here.one("SELECT body, content_hash FROM articles") == (CITY, content_hash(CITY))


def test_a_text_that_grew_between_two_captures_is_an_edit(here: Filling) -> None:
    here.listing(at(1), entry(CITY[:60], 1))
    here.new_run()
    here.detail(at(2), entry(CITY, 1))
    assert [row[2] for row in here.versions()] == [CITY[:60], CITY]


def test_a_text_that_grew_within_an_import_over_years_is_an_edit(here: Filling) -> None:
    here.listing("2019-06-05T00:00:00+00:00", entry(CITY[:60], 1), origin="import")
    here.detail("2020-06-05T00:00:00+00:00", entry(CITY, 1), origin="import")
    assert [row[2] for row in here.versions()] == [CITY[:60], CITY]


@pytest.mark.parametrize("short", [CITY[:60], CITY[:60] + "……阅读全文"])
def test_a_listing_that_shows_the_beginning_of_the_detail_page_is_an_excerpt(
    here: Filling, short: str
) -> None:
    first = here.listing(at(1, 6), entry(short, 1))
    assert (first.new_or_changed, first.details_to_fetch) == ((True,), (url_of(1),))
    assert here.versions() == [(1, None, short, at(1, 6))]
    here.detail(at(1, 7), entry(PARAGRAPHS, 1))
    assert here.versions() == [(1, None, PARAGRAPHS, at(1, 7))]
    assert here.rows("SELECT excerpt FROM sightings") == [(1,), (0,)]
    # In later runs it stays one: nothing fresh, nothing to fetch.
    here.new_run()
    for day in (2, 3):
        again = here.listing(at(day), entry(short, 1, views=200 + day))
        assert (again.new_or_changed, again.details_to_fetch) == ((False,), ())
    assert here.versions() == [(1, None, PARAGRAPHS, at(1, 7))]
    assert here.one("SELECT body, views, last_seen_at, excerpt FROM articles") == (PARAGRAPHS, 203, at(3), 0)
    assert here.rows("SELECT body FROM excerpts") == [(short,)]


def test_an_excerpt_is_known_for_one_in_either_order_of_arrival(here: Filling) -> None:
    here.detail(at(1, 7), entry(PARAGRAPHS, 1))
    saved = here.listing(at(1, 6), entry(CITY[:60], 1))
    assert (saved.new_or_changed, saved.details_to_fetch) == ((False,), ())
    assert here.versions() == [(1, None, PARAGRAPHS, at(1, 7))]
    assert here.rows("SELECT excerpt FROM sightings ORDER BY capture_id") == [(0,), (1,)]


def test_an_excerpt_by_the_pages_own_word(here: Filling) -> None:
    saved = here.listing(at(1), entry(CITY[:50] + "…", 1, excerpt=True), entry(RIVER, 2))
    assert saved.details_to_fetch == (url_of(1), url_of(2))
    assert here.rows("SELECT excerpt FROM articles ORDER BY id") == [(1,), (0,)]
    here.new_run()
    again = here.listing(at(2), entry(CITY[:50] + "…", 1, excerpt=True))
    assert (again.new_or_changed, again.details_to_fetch) == ((False,), (url_of(1),))
    here.new_run()
    assert here.detail(at(3), entry(CITY, 1)).new_or_changed == (True,)
    here.new_run()
    shorter = here.listing(at(4), entry(CITY[:40] + "…", 1, excerpt=True))
    assert (shorter.new_or_changed, shorter.details_to_fetch) == ((False,), ())
    other = here.listing(at(5), entry("另一种写法:" + CITY[:40] + "…", 1, excerpt=True))
    assert (other.new_or_changed, other.details_to_fetch) == ((True,), (url_of(1),))
    assert here.rows("SELECT version, body FROM article_versions WHERE article_id = 1") == [(1, CITY)]
    assert here.one("SELECT body, excerpt, last_seen_at FROM articles WHERE id = 1") == (CITY, 0, at(5))


def test_titles(here: Filling) -> None:
    def show(day: int, title: str | None, **values: str) -> None:
        here.listing(at(day), entry(CITY, 1, title=title, **values))

    show(1, None)
    assert here.versions() == [(1, None, CITY, at(1))]
    show(2, "菜市场 翻新")
    show(3, "菜市场翻新")
    show(4, None)
    show(5, " ")
    assert here.versions() == [(1, "菜市场 翻新", CITY, at(1))]
    show(6, "菜市场翻新了")
    show(7, "菜市场翻…")
    show(8, None)
    assert here.versions() == [(1, "菜市场 翻新", CITY, at(1)), (2, "菜市场翻新了", CITY, at(6))]
    assert here.one("SELECT title FROM articles") == "菜市场翻新了"


def test_a_title_that_the_listing_cuts_is_no_edit(here: Filling) -> None:
    for day in (1, 2, 3):
        here.new_run()
        here.listing(at(day, 6), entry(CITY, 1, title="菜市场翻新之后的"))
        here.detail(at(day, 7), entry(CITY, 1, title="菜市场翻新之后的三个变化"))
    assert here.versions() == [(1, "菜市场翻新之后的三个变化", CITY, at(1, 6))]


def test_a_title_that_grew_is_an_edit(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 1, title="菜市场翻新"))
    here.new_run()
    here.listing(at(2, 6), entry(CITY, 1, title="菜市场翻新(更新)"))
    here.detail(at(2, 7), entry(CITY, 1, title="菜市场翻新(更新)"))
    assert [row[1] for row in here.versions()] == ["菜市场翻新", "菜市场翻新(更新)"]


def test_views_and_source_make_no_version(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 1, views=10, source="一起惠"))
    here.detail(at(2), entry(CITY, 1, views=12, source="一起惠返利网"))
    here.listing(at(3), entry(CITY, 1, views=9))
    assert len(here.versions()) == 1
    assert here.one("SELECT views, views_at, source FROM articles") == (9, at(3), "一起惠返利网")
    here.listing(at(4), entry(CITY, 1, views=9, source="36氪"))
    assert here.one("SELECT source FROM articles") == "36氪"


# --- older captures ------------------------------------------------------------------------------


def test_older_captures_take_their_place(here: Filling) -> None:
    here.listing(at(9), entry(EDITED, 1, views=90, title="新题", source="36氪"))
    here.listing(at(5), entry(CITY, 1, views=50, title="旧题", source="一起惠"), origin="import")
    here.listing(at(7), entry(CITY, 1, views=70), origin="wayback")
    assert here.versions() == [(1, "旧题", CITY, at(5)), (2, "新题", EDITED, at(9))]
    assert here.one(
        "SELECT body, title, source, views, views_at, first_seen_at, last_seen_at FROM articles"
    ) == (EDITED, "新题", "36氪", 90, at(9), at(5), at(9))
    assert here.rows("SELECT observed_at, views FROM view_counts ORDER BY 1") == [
        (at(5), 50),
        (at(7), 70),
        (at(9), 90),
    ]
    assert here.one("SELECT first_listed_at, last_listed_at FROM article_categories") == (at(5), at(9))


def test_an_older_text_between_two_equal_ones_makes_three_versions(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 1))
    here.listing(at(9), entry(CITY, 1))
    ids = here.rows("SELECT id FROM article_versions")
    here.listing(at(5), entry(EDITED, 1), origin="import")
    assert here.versions() == [(1, None, CITY, at(1)), (2, None, EDITED, at(5)), (3, None, CITY, at(9))]
    assert here.rows("SELECT id FROM article_versions")[:1] == ids


def test_of_one_second_the_capture_written_last_is_the_newest(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 1, views=1))
    here.listing(at(1), entry(EDITED, 1, views=2))
    assert [row[2] for row in here.versions()] == [CITY, EDITED]
    assert here.one("SELECT body, views FROM articles") == (EDITED, 2)


# --- what to fetch -----------------------------------------------------------------------------


def test_wanted_until_the_own_page_was_read(here: Filling) -> None:
    assert here.listing(at(1), entry(CITY, 1), entry(RIVER)).details_to_fetch == (url_of(1),)
    assert here.listing(at(2), entry(CITY, 1)).details_to_fetch == (url_of(1),)
    assert here.listing(at(3), entry(CITY)).details_to_fetch == (url_of(1),)
    assert here.detail(at(4), entry(CITY, 1)).details_to_fetch == ()
    saved = here.listing(at(5), entry(CITY, 1))
    assert (saved.new_or_changed, saved.details_to_fetch) == ((False,), ())
    assert here.listing(at(6), entry(EDITED, 1)).details_to_fetch == (url_of(1),)


# --- 304 ---------------------------------------------------------------------------------------


def test_an_unchanged_page_was_seen_again(here: Filling) -> None:
    residue = Residue(Span(0, 2), "怪字", "why")
    first = here.listing(
        at(1), entry(CITY, 1), entry(RIVER), declared=Declared(1, 2, 2, 1, 1), residues=(residue,)
    )
    here.new_run()
    capture = here.capture("http://www.178hui.com/news/list-1.html", at(2), http_status=304)
    second = store.save_unchanged(here.db, here.run, capture, first.capture_id)
    assert second == store.SavedPage(2, (1, 2), (False, False), (url_of(1),))
    third = store.save_unchanged(here.db, here.run, replace(capture, warc_offset=9, captured_at=at(3)), 2)
    assert here.rows("SELECT id, unchanged_since FROM captures") == [(1, None), (2, 1), (third.capture_id, 1)]
    assert here.rows(
        "SELECT DISTINCT kind, category, declared_total, entries, residue_chars FROM captures"
    ) == [("listing", "社群", 2, 2, 2)]
    assert here.rows("SELECT observed_at FROM view_counts WHERE article_id = 1") == [
        (at(1),),
        (at(2),),
        (at(3),),
    ]
    assert here.rows("SELECT last_seen_at, views_at FROM articles") == [(at(3), at(3))] * 2
    assert here.rows("SELECT last_listed_at FROM article_categories") == [(at(3),)] * 2
    assert here.one("SELECT count(*) FROM article_versions") == 2
    assert here.one("SELECT count(*) FROM residues") == 1


def test_an_unchanged_page_confirms_its_excerpts(here: Filling) -> None:
    first = here.listing(at(1, 6), entry(CITY[:60], 1))
    here.detail(at(1, 7), entry(CITY, 1))
    here.new_run()
    capture = here.capture("http://www.178hui.com/news/list-1.html", at(2), http_status=304)
    saved = store.save_unchanged(here.db, here.run, capture, first.capture_id)
    assert (saved.new_or_changed, saved.details_to_fetch) == ((False,), ())
    assert here.versions() == [(1, None, CITY, at(1, 7))]


def test_a_return_clears_an_absence(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 1))
    here.db.execute("UPDATE articles SET state = 'missing'")
    here.db.execute("UPDATE article_categories SET missing_since = ?", [at(3)])
    here.db.execute(
        "INSERT INTO absences (article_id, last_seen_at, missing_at) VALUES (1, ?, ?)", [at(1), at(3)]
    )
    here.listing(at(2), entry(CITY, 1), origin="import")
    assert here.one("SELECT state FROM articles") == "missing"
    here.listing(at(4), entry(CITY, 1))
    assert here.one("SELECT state FROM articles") == "present"
    assert here.one("SELECT last_seen_at, missing_at, returned_at FROM absences") == (at(2), at(3), at(4))
    assert here.one("SELECT missing_since FROM article_categories") is None


# --- runs and captures ----------------------------------------------------------------------------


def test_a_section_page_is_only_noted(here: Filling) -> None:
    capture_id = store.save_capture(here.db, here.run, here.capture("http://www.178hui.com/news/", at(1)))
    capture = Capture("http://www.178hui.com/news/", at(1), "sha1:A", "a.warc.gz", 0, 1, id=capture_id)
    store.save_section(here.db, PageItem(capture.url, b"", "text/html", capture))
    assert here.one("SELECT kind, content_type, entries FROM captures") == ("other", "text/html", 0)


@pytest.mark.parametrize("origin", ["live", "import"])
def test_a_page_costs_the_same_however_many_there_are(here: Filling, origin: str) -> None:
    """Of its run, too: an import is one run over years. Counted in steps of SQLite, so that no statement
    looks through what grows."""
    steps = []
    for number in range(1, 251):
        count = [0]
        here.db.conn.set_progress_handler(lambda count=count: count.__setitem__(0, count[0] + 1), 10)
        when = f"2019-06-04T09:{number // 60:02d}:{number % 60:02d}+08:00"
        new = entry(f"{number}号{CITY}", published_at=when)
        here.listing(at(1, minute=number // 60), new, origin=origin, payload_digest=f"sha1:{number}")
        steps.append(count[0])
    here.db.conn.set_progress_handler(None, 0)
    early, late = sorted(steps[20:50])[15], sorted(steps[220:])[15]
    assert late < 1.2 * early
