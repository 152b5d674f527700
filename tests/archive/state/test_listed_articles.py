"""What the archive knew to be listed when a walk began, in a real archive file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.archive_rows import add_article, add_capture, add_run, add_sighting, archive, day
from support.walk_rows import LIST, PROVEN, certified_full, list_article, page

from yiqihui_spider.archive.state import walks
from yiqihui_spider.archive.state.listed_articles import listed_before, without_detail
from yiqihui_spider.items import Certificate, Declared


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with archive(tmp_path / "a.db") as opened:
        yield opened


def test_nothing_is_known_to_be_live_before_a_certified_full_walk(db: Database) -> None:
    run = add_run(db)
    list_article(db, add_article(db), "社群", day(1))
    for mode, certificate in (("full", Certificate(False, ("x",), 1, 1)), ("incremental", PROVEN)):
        walk = walks.open_walk(db, run, "社群", LIST, mode, day(1))
        assert walks.load_walk(db, walk).live is None
        walks.finish_walk(db, walk, certificate, day(1))
    assert walks.load_walk(db, walks.open_walk(db, run, "社群", LIST, "full", day(2))).live is None


def test_live_is_what_was_listed_when_the_walk_began(db: Database) -> None:
    run = add_run(db)
    kept, edited, missing, new, elsewhere, later = (add_article(db) for _ in range(6))
    certified_full(db, run, missing)
    certified_full(db, run, kept, edited, at=day(2))
    db.execute("UPDATE article_categories SET missing_since = ? WHERE article_id = ?", [day(2), missing])
    list_article(db, later, "社群", day(2))
    add_sighting(db, add_capture(db, run, LIST, day(2)), later, day(2), category="社群")
    list_article(db, elsewhere, "购物资讯", day(2))
    walk = walks.open_walk(db, run, "社群", LIST, "incremental", day(3))
    before = walks.load_walk(db, walk).live
    assert before == {kept, edited, later}
    # The walk's own page shows a new article, one returned, and one known.
    capture = add_capture(db, run, LIST, day(3))
    walks.record_page(db, walk, page(1, new, missing, edited), capture)
    list_article(db, new, "社群", day(3))
    db.execute(
        "UPDATE article_categories SET last_listed_at = ?, missing_since = NULL WHERE article_id IN (?, ?)",
        [day(3), missing, edited],
    )
    assert walks.load_walk(db, walk).live == before


def test_live_holds_within_one_second(db: Database) -> None:
    """Walks over a loopback site begin and end in the same second."""
    run = add_run(db)
    old, new = add_article(db), add_article(db)
    certified_full(db, run, old, at=day(1))
    walk = walks.open_walk(db, run, "社群", LIST, "full", day(1))
    walks.record_page(db, walk, page(1, new, old), add_capture(db, run, LIST, day(1)))
    list_article(db, new, "社群", day(1))
    assert walks.load_walk(db, walk).live == {old}


def test_an_old_import_is_not_live(db: Database) -> None:
    run = add_run(db)
    seen, dumped = add_article(db), add_article(db)
    certified_full(db, run, seen, at=day(2))
    list_article(db, dumped, "社群", "2019-04-13T01:30:07+00:00")
    walk = walks.open_walk(db, run, "社群", LIST, "full", day(3))
    assert walks.load_walk(db, walk).live == {seen}


def test_listed_before() -> None:
    listed = {1: day(1), 2: day(2), 3: day(3), 4: day(3)}
    assert listed_before(listed, day(2), own={3, 4}, known={4}) == {2, 4}
    assert listed_before(listed, day(1), own=set(), known=set()) == {1, 2, 3, 4}
    assert listed_before({}, day(1), own={1}, known={1}) == frozenset()


def test_a_category_only_a_detail_page_names_does_not_list_the_article(db: Database) -> None:
    run = add_run(db)
    seen, named = add_article(db), add_article(db)
    certified_full(db, run, seen, at=day(1))
    list_article(db, named, "社群", day(2))
    detail = add_capture(db, run, "detail", day(2), kind="article")
    add_sighting(db, detail, named, day(2), category="社群")
    walk = walks.open_walk(db, run, "社群", LIST, "full", day(3))
    assert walks.load_walk(db, walk).live == {seen}


def test_what_left_the_pages_of_a_certified_walk_before_it_ended_is_not_live(db: Database) -> None:
    """Else the next walk counts it among those listed, and takes the sum for proof."""
    run = add_run(db)
    stays, leaves, comes = (add_article(db) for _ in range(3))
    walk = walks.open_walk(db, run, "社群", LIST, "full", day(1))
    for total, articles in ((3, (stays, leaves)), (2, (stays, comes)), (2, (stays, comes))):
        declared = Declared(1, 2, total, 1, (total + 1) // 2)
        seen = replace(page(1, *articles), declared=declared)
        walks.record_page(db, walk, seen, add_capture(db, run, LIST, day(1)))
    for article in (stays, leaves, comes):
        list_article(db, article, "社群", day(1))
    walks.finish_walk(db, walk, PROVEN, day(1))
    after = walks.open_walk(db, run, "社群", LIST, "incremental", day(2))
    assert walks.load_walk(db, after).live == {stays, comes}
    walks.record_page(db, after, page(1, leaves), add_capture(db, run, LIST, day(2)))
    walks.finish_walk(db, after, PROVEN, day(2))
    third = walks.open_walk(db, run, "社群", LIST, "incremental", day(3))
    assert walks.load_walk(db, third).live == {stays, leaves, comes}


# --- details that were left ----------------------------------------------------------------------


def wanting(db: Database, run: int, number: int, **values: object) -> int:
    url = f"http://a/news/view/{number}.html"
    article = add_article(db, **({"url": url, "site_id": number} | values))
    list_article(db, article, "社群", day(1))
    return article


def test_details_left_of_what_our_walks_saw_listed(db: Database) -> None:
    run = add_run(db)
    live = add_capture(db, run, LIST, day(1), origin="live")
    imported = add_capture(db, run, LIST, day(1), origin="import")
    own_page = add_capture(db, run, "http://a/news/view/1.html", day(1), kind="article", origin="live")
    left = [wanting(db, run, 5), wanting(db, run, 4)]
    had = wanting(db, run, 3, detail_at=day(2))
    nameless = wanting(db, run, 2, url=None)
    tried = wanting(db, run, 1)
    missing, only_imported, only_detail = (wanting(db, run, number) for number in (6, 7, 8))
    elsewhere = add_article(db, url="http://a/news/view/9.html")
    list_article(db, elsewhere, "购物资讯", day(1))
    for article in (*left, had, nameless, tried, missing, elsewhere):
        add_sighting(db, live, article, day(1), category="社群")
    add_sighting(db, imported, only_imported, day(1), category="社群")
    add_sighting(db, own_page, only_detail, day(1), category="社群")
    db.execute("UPDATE article_categories SET missing_since = ? WHERE article_id = ?", [day(2), missing])
    assert without_detail(db, "社群") == ["http://a/news/view/5.html", "http://a/news/view/4.html"]
    assert without_detail(db, "购物资讯") == ["http://a/news/view/9.html"]
    assert without_detail(db, "海淘") == []
