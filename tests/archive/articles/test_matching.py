from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.archive_pages import CITY, RIVER, Filling, at, entry, filling

from yiqihui_spider.archive.articles.identity import content_hash
from yiqihui_spider.archive.articles.matching import group_entries, match
from yiqihui_spider.archive.articles.rows import PageEntry

TIME = "2019-06-04T09:17:24+08:00"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Filling]:
    with filling(tmp_path / "a.db") as filled:
        yield filled


def on_page(position: int, body: str, site_id: int | None = None, published_at: str = TIME) -> PageEntry:
    return PageEntry(
        site_id=site_id,
        foreign_address=None,
        position=position,
        published_at=published_at,
        title=None,
        source=None,
        url=None,
        views=1,
        views_printed=None,
        content_hash=content_hash(body),
        body_chars=len(body),
        span_start=0,
        span_end=1,
        cut_short=False,
        body=body,
    )


def groups(*entries: PageEntry) -> list[list[int]]:
    return [[e.position for e in group.entries] for group in group_entries(entries)]


def test_entries_of_one_article_are_grouped_in_page_order() -> None:
    assert groups(on_page(0, CITY), on_page(1, RIVER), on_page(2, CITY)) == [[0, 2], [1]]
    assert groups(on_page(0, CITY, 1), on_page(1, RIVER, 1)) == [[0, 1]]
    assert groups(on_page(0, CITY, 1), on_page(1, CITY, 2)) == [[0], [1]]
    assert groups(on_page(0, CITY), on_page(1, CITY, 2), on_page(2, CITY, 1)) == [[0, 1], [2]]
    assert groups(on_page(0, CITY), on_page(1, CITY, None, "2019-06-04T09:17:25+08:00")) == [[0], [1]]
    assert groups() == []


def test_a_page_of_very_many_entries_takes_no_square_of_time() -> None:
    many = [replace(on_page(i, CITY), content_hash=str(i)) for i in range(50_000)]
    start = time.process_time()
    assert len(group_entries(many)) == 50_000
    assert time.process_time() - start < 5


def test_the_best_likeness_wins(here: Filling) -> None:
    near, far = CITY.replace("一半", "三成"), CITY.replace("一半", "三成")[:60] + RIVER[:20]
    here.listing(at(1), entry(far), entry(near))
    found = group_entries([on_page(0, CITY)])
    match(here.db, found)
    assert found[0].article is not None
    assert (found[0].article.id, found[0].duplicates) == (2, [])


def test_a_group_whose_article_is_known_is_left_alone(here: Filling) -> None:
    here.listing(at(1), entry(CITY))
    (known,) = group_entries([on_page(0, CITY)])
    match(here.db, [known])
    other = group_entries([on_page(0, CITY.replace("一半", "三成"))])[0]
    row = known.article
    match(here.db, [known, other])
    assert known.article is row
    assert other.article is None


def test_look_ups_go_through_indexes(here: Filling) -> None:
    plans: list[str] = []
    statements: list[str] = []
    here.listing(at(1), entry(CITY), entry(RIVER, 2))
    here.db.conn.set_trace_callback(statements.append)
    match(here.db, group_entries([on_page(0, CITY.replace("一半", "三成")), on_page(1, RIVER, 2)]))
    here.db.conn.set_trace_callback(None)
    assert len(statements) >= 4
    for statement in statements:
        plans += [row[3] for row in here.db.execute("EXPLAIN QUERY PLAN " + statement)]
    tables = ("articles", "former_times", "article_versions", "excerpts", "sightings")
    assert [plan for plan in plans if plan.startswith("SCAN") and plan.split()[1] in tables] == []
    assert any("articles_published_at" in plan for plan in plans)
