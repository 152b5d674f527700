"""Working rows out again: any order of arrival, and pages read anew."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.archive_pages import CITY, RIVER, SCHOOL, Filling, at, entry, filling, url_of
from support.archive_rows import add_walk_page

from yiqihui_spider.archive.articles import store
from yiqihui_spider.archive.articles.rebuild import disagreements
from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.archive.search.index import check_index
from yiqihui_spider.items import ArticleItem, PageItem, ParsedPage, Residue, Span

SECOND = "2019-05-30T09:21:32+08:00"
MOVED = "2019-05-31T10:00:00+08:00"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Filling]:
    with filling(tmp_path / "a.db") as filled:
        yield filled


# --- any order of arrival ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """A page of our history: at a moment, in a run, showing some articles."""

    moment: int
    run: int
    detail: bool
    shown: tuple[ArticleItem, ...]


TEXTS = {
    1: (
        CITY,
        CITY.replace("一半", "三分之一"),
        CITY + "市场外面又多了两家早点铺。",
        CITY[:50],
        "\n".join(CITY.split("。")),
    ),
    2: (RIVER, RIVER.replace("仓库", "车间"), RIVER[:40] + "……", RIVER.replace("。", "。\n")),
    3: (SCHOOL, SCHOOL.replace("七页", "八页"), SCHOOL.replace(",", ",\n")),
}
TITLES = (None, "旧题目", "新题目", "旧题…")


@st.composite
def shown(draw: st.DrawFn, number: int) -> ArticleItem:
    """Article 3 never has an address; 1 and 2 were published in the same second."""
    numbered = number != 3 and draw(st.booleans())
    body = draw(st.sampled_from(TEXTS[number]))
    if draw(st.integers(0, 4)) == 0:
        body = "旧题目\n" + body
    views = draw(st.none() | st.integers(0, 5))
    return entry(
        body,
        number if numbered else None,
        views=views,
        views_printed="5+" if views == 5 else None,
        title=draw(st.sampled_from(TITLES)),
        source=draw(st.sampled_from((None, "一起惠", "36氪"))),
        published_at=MOVED if numbered and number == 2 and draw(st.booleans()) else SECOND,
        excerpt=body.endswith("……"),
        span=Span(number, number + len(body)),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    events = []
    moments = draw(st.lists(st.integers(0, 400), min_size=1, max_size=7, unique=True))
    for moment in sorted(moments):
        detail = draw(st.booleans())
        numbers = draw(
            st.lists(st.sampled_from((1, 2, 3)), min_size=1, max_size=1 if detail else 3, unique=True)
        )
        articles = tuple(draw(shown(number)) for number in numbers)
        events.append(Event(moment, draw(st.integers(1, 3)), detail, articles))
    return events


def tell(template: Path, events: list[Event]) -> dict[str, object]:
    """Save the events in the order given; what the archive then holds, without ids of its own making."""
    with filling(copy_of(template)) as here:
        runs = {number: here.new_run() for number in (1, 2, 3)}
        for event in events:
            when = at(1 + event.moment // 24, event.moment % 24)
            save = here.detail if event.detail else here.listing
            category = "购物资讯" if event.detail else "社群"
            save(when, *event.shown, run=runs[event.run], category=category, origin="import")
        assert check_index(here.db) == []
        assert here.rows("PRAGMA foreign_key_check") == []
        assert [
            one for row in here.rows("SELECT id FROM articles") for one in disagreements(here.db, row[0])
        ] == []
        # Of articles of one second, the later to arrive has the higher recency.
        names = [name for name in here.db["articles"].columns_dict if name not in ("id", "recency")]
        articles = here.rows(f"SELECT id, {', '.join(names)} FROM articles")
        return {"articles": sorted((life(here, row[0], row[1:]) for row in articles), key=repr)}


def life(here: Filling, article_id: int, row: tuple[object, ...]) -> tuple[object, ...]:
    def rows(sql: str) -> list[tuple[object, ...]]:
        return sorted(here.rows(sql, article_id), key=repr)

    return (
        row,
        rows(
            "SELECT v.version, v.title, v.body, v.content_hash, v.seen_at, c.captured_at, v.span_start,"
            " v.span_end, v.parser_version, t.captured_at"
            " FROM article_versions v JOIN captures c ON c.id = v.capture_id"
            " LEFT JOIN captures t ON t.id = v.text_capture_id WHERE v.article_id = ?"
        ),
        rows("SELECT observed_at, views, kind, printed FROM view_counts WHERE article_id = ?"),
        rows("SELECT category, first_listed_at, last_listed_at FROM article_categories WHERE article_id = ?"),
        rows("SELECT observed_at, position, content_hash, excerpt FROM sightings WHERE article_id = ?"),
        rows("SELECT content_hash, body, same_as FROM excerpts WHERE article_id = ?"),
        rows("SELECT published_at FROM former_times WHERE article_id = ?"),
    )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new archive, to be copied: quicker than making one each time."""
    path = tmp_path_factory.mktemp("histories") / "new.db"
    open_archive(path).close()
    return path


def copy_of(template: Path) -> Path:
    return Path(shutil.copy(template, Path(tempfile.mkdtemp(dir=template.parent)) / "a.db"))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_order_of_arrival_gives_the_same_archive(template: Path, data: st.DataObject) -> None:
    events = data.draw(histories())
    arrival = data.draw(st.permutations(events))
    assert tell(template, list(arrival)) == tell(template, events)


@settings(max_examples=30, deadline=None)
@given(histories(), st.data())
def test_reading_anew_what_was_read_changes_no_row(
    template: Path, events: list[Event], data: st.DataObject
) -> None:
    with filling(copy_of(template)) as here:
        runs = {number: here.new_run() for number in (1, 2, 3)}
        items = []
        for event in events:
            kind = "article" if event.detail else "listing"
            item = here.item(at(1 + event.moment // 24, event.moment % 24), event.shown, kind=kind)
            saved = store.save_page(here.db, runs[event.run], item, parser_version="1")
            items.append((saved.capture_id, item))
        before = here.everything()
        for capture_id, item in data.draw(st.permutations(items)):
            store.replace_reading(here.db, capture_id, item, "1")
        assert here.everything() == before


# --- pages read anew -------------------------------------------------------------------------------


def reread(
    here: Filling, capture_id: int, *articles: ArticleItem, version: str = "2", **values: object
) -> store.SavedPage:
    item = here.item(at(1), articles, **values)
    return store.replace_reading(here.db, capture_id, item, version)


def test_what_only_the_old_reading_gave_is_taken_back(here: Filling) -> None:
    residue = Residue(Span(0, 2), "怪字", "why")
    here.listing(at(1), entry(CITY, 1), entry(RIVER, published_at=SECOND), residues=(residue,))
    here.listing(at(2), entry(CITY, 1))
    saved = reread(here, 1, entry(CITY, 1, span=Span(5, 9)), category="购物资讯")
    assert saved.article_ids == (1,)
    assert here.rows("SELECT id FROM articles") == [(1,)]
    assert here.rows("SELECT category, first_listed_at FROM article_categories ORDER BY 1") == [
        ("社群", at(2)),
        ("购物资讯", at(1)),
    ]
    assert here.one("SELECT count(*) FROM residues") == 0
    assert here.one("SELECT span_start, parser_version FROM article_versions") == (5, "2")
    assert here.one("SELECT entries, parser_version, category FROM captures WHERE id = 1") == (
        1,
        "2",
        "购物资讯",
    )
    assert check_index(here.db) == []


def test_a_better_text_replaces_the_one_read_before_even_with_fewer_paragraphs(here: Filling) -> None:
    here.listing(at(1), entry("\n".join(CITY), 1))
    reread(here, 1, entry(CITY, 1))
    assert here.one("SELECT body FROM articles") == CITY
    assert here.one("SELECT body FROM article_versions") == CITY


def test_a_text_read_wrongly_leaves_no_version_behind(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 1))
    here.listing(at(2), entry(CITY + "热门文章", 1))
    assert len(here.versions()) == 2
    item = here.item(at(2), [entry(CITY, 1)])
    saved = store.replace_reading(here.db, 2, item, "2")
    assert saved.article_ids == (1,)
    assert here.versions() == [(1, None, CITY, at(1))]
    assert here.one("SELECT body FROM articles") == CITY


def test_one_of_two_pages_that_show_a_number_is_read_anew(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 5))
    here.listing(at(2), entry(CITY, 5))
    reread(here, 1, entry(SCHOOL, 5, published_at=MOVED), entry(RIVER, published_at=MOVED))
    assert here.rows("SELECT id, site_id, body FROM articles ORDER BY id") == [(1, 5, CITY), (2, None, RIVER)]
    assert [row[2] for row in here.versions()] == [SCHOOL, CITY, RIVER]


def test_a_number_that_no_page_shows_any_more_is_free(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 5), entry(RIVER, 6))
    reread(here, 1, entry(CITY, 6), entry(SCHOOL, 5, published_at=MOVED))
    assert here.rows("SELECT site_id, body FROM articles ORDER BY site_id") == [(5, SCHOOL), (6, CITY)]


def test_numbers_that_were_swapped_are_put_right(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 2), entry(RIVER, 1))
    saved = reread(here, 1, entry(CITY, 1), entry(RIVER, 2))
    assert saved.article_ids == (1, 2)
    assert here.rows("SELECT site_id, body, url FROM articles ORDER BY id") == [
        (1, CITY, url_of(1)),
        (2, RIVER, url_of(2)),
    ]
    assert len(here.versions()) == 2


def test_numbers_that_were_swapped_on_every_page_are_put_right_in_the_end(here: Filling) -> None:
    for day in (1, 2, 3):
        here.listing(at(day), entry(CITY, 2), entry(RIVER, 1))
    for capture_id in (1, 2, 3):
        item = here.item(at(capture_id), [entry(CITY, 1), entry(RIVER, 2)])
        store.replace_reading(here.db, capture_id, item, "2")
    assert here.rows("SELECT site_id, body FROM articles ORDER BY site_id") == [(1, CITY), (2, RIVER)]
    assert len(here.versions()) == 2
    assert check_index(here.db) == []


def test_two_entries_that_were_read_as_one_part(here: Filling) -> None:
    here.listing(at(1), entry(CITY + RIVER, 1))
    saved = reread(here, 1, entry(CITY, 1), entry(RIVER))
    assert saved.article_ids == (1, 2)
    assert here.rows("SELECT site_id, body FROM articles ORDER BY id") == [(1, CITY), (None, RIVER)]


def test_pages_confirmed_by_304_follow(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 1), entry(RIVER))
    capture = here.capture("http://www.178hui.com/news/list-1.html", at(4), http_status=304)
    store.save_unchanged(here.db, here.run, capture, 1)
    reread(here, 1, entry(CITY.replace("一半", "二成"), 1, views=7))
    assert here.rows("SELECT id, last_seen_at FROM articles") == [(1, at(4))]
    assert here.rows("SELECT observed_at, views FROM view_counts") == [(at(1), 7), (at(4), 7)]
    assert here.rows("SELECT entries, parser_version FROM captures") == [(1, "2"), (1, "2")]
    assert len(here.versions()) == 1


def test_of_two_like_pages_one_may_be_believed_and_the_other_not(here: Filling) -> None:
    """The second came so near to the listing that it should have shown as much; the first may have been
    all that there was."""
    for hour in (0, 20):
        here.detail(at(1, hour), entry(CITY[:60], 7, views=5))
    assert here.one("SELECT repeats FROM captures WHERE id = 2") == 1
    here.listing(at(2, 6), entry(CITY, 7, views=9))
    assert here.rows("SELECT capture_id, views FROM view_counts ORDER BY 1") == [(1, 5), (3, 9)]
    assert here.rows("SELECT id, repeats, problems FROM captures ORDER BY id LIMIT 2") == [
        (1, None, "[]"),
        (2, None, '["cut short: the listing shows more of its text"]'),
    ]
    assert list(disagreements(here.db, 1)) == []
    here.listing(at(2, 7), entry(CITY[:60], 7, views=9))
    assert here.rows("SELECT capture_id, views FROM view_counts ORDER BY 1") == [
        (1, 5),
        (2, 5),
        (3, 9),
        (4, 9),
    ]
    assert list(disagreements(here.db, 1)) == []


def test_walks_follow(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 1), entry(RIVER))
    here.db.execute("INSERT INTO walks (id, run_id, category, started_at) VALUES (1, 1, '社群', ?)", [at(1)])
    add_walk_page(here.db, 1, 1, 1, article_ids="[1, 2]", fresh="[true, true]")
    reread(here, 1, entry(RIVER), entry(CITY, 1))
    assert here.one("SELECT article_ids FROM walk_pages") == "[2, 1]"


def test_a_page_that_turns_out_to_hold_nothing(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 1))
    item = here.item(at(1), [entry(CITY)])
    item = replace(item, reading=ParsedPage("other", problems=("a login page",)))
    assert store.replace_reading(here.db, 1, item, "2") == store.SavedPage(1, (), ())
    left = {name: len(rows) for name, rows in here.everything().items() if rows}
    assert left == {"captures": 1}
    assert check_index(here.db) == []


def test_a_reading_is_needed(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 1))
    item = PageItem("u", b"", None, here.capture("u", at(1)))
    with pytest.raises(ValueError, match="was not read"):
        store.replace_reading(here.db, 1, item, "2")
