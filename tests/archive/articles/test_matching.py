from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.archive_pages import CITY, RIVER, SCHOOL, Filling, at, entry, filling

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
    tables = ("articles", "former_times", "versions", "v", "former_texts", "excerpts", "sightings")
    assert [plan for plan in plans if plan.startswith("SCAN") and plan.split()[1] in tables] == []
    assert any("articles_published_at" in plan for plan in plans)


# --- which row an entry is ------------------------------------------------------------------------

LATER = "2019-06-05T10:00:00+08:00"
NEAR = CITY.replace("一半", "三成")


def found_as(here: Filling, *entries: PageEntry, links: bool = False) -> list[tuple[int | None, list[int]]]:
    """For each article on the page: the row it is, and the rows that are the same."""
    found = group_entries(entries)
    match(here.db, found, links=links)
    return [
        (group.article.id if group.article else None, [row.id for row in group.duplicates]) for group in found
    ]


def test_the_number_decides(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 7), entry(RIVER, 8))
    assert found_as(here, on_page(0, RIVER, 7)) == [(1, [])]
    assert found_as(here, on_page(0, CITY, 9)) == [(None, [])], "the same text under another number"
    assert found_as(here, on_page(0, CITY)) == [(1, [])], "without a number it is the text's row"


def test_a_row_without_a_number_is_found_by_time_and_text(here: Filling) -> None:
    here.listing(at(1), entry(CITY))
    assert found_as(here, on_page(0, NEAR, 7)) == [(1, [])]
    assert found_as(here, on_page(0, NEAR, 7, LATER)) == [(None, [])]
    assert found_as(here, on_page(0, RIVER, 7)) == [(None, [])]


def test_a_re_dated_article_is_found_by_the_time_it_had(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 7, title="城南的菜市场"))
    here.listing(at(2), entry(CITY, 7, title="城南的菜市场", published_at=LATER))
    assert here.rows("SELECT article_id, published_at FROM former_times") == [(1, TIME)]
    assert found_as(here, on_page(0, NEAR, None, TIME)) == [(1, [])]
    assert found_as(here, on_page(0, NEAR, None, LATER)) == [(1, [])]
    old_copy = titled("别的题目", published_at=TIME)
    assert found_as(here, old_copy, links=True) == [(1, [])]


def test_numbers_of_another_site_decide_only_with_their_host(here: Filling) -> None:
    url = "https://other.example/news/view/7.html"
    here.listing(at(1), entry(CITY, 7))
    here.listing(at(1, 7), entry(RIVER, 7, url=url, foreign=True, published_at=LATER))
    assert here.rows("SELECT id, site_id, foreign_address FROM articles ORDER BY id") == [
        (1, 7, None),
        (2, None, "//other.example/news/view/7.html"),
    ]
    foreign = replace(
        on_page(0, SCHOOL, None, "2019-06-07T10:00:00+08:00"),
        url=url, foreign_address="//other.example/news/view/7.html",
    )  # fmt: skip
    assert found_as(here, foreign) == [(2, [])]
    assert found_as(here, replace(foreign, foreign_address="//third.example/7")) == [(None, [])]


def test_each_row_is_one_entry_s_only_and_the_first_takes_it(here: Filling) -> None:
    here.listing(at(1), entry(CITY))
    twins = (on_page(0, CITY.replace("一半", "两成")), on_page(1, CITY.replace("一半", "三成")))
    assert found_as(here, *twins) == [(1, []), (None, [])]


def test_of_rows_that_are_as_like_the_oldest_is_taken_and_the_rest_merged(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 7))
    here.listing(at(2), entry(CITY, 8))
    here.listing(at(3), entry(CITY))
    assert here.one("SELECT count(*) FROM articles") == 2
    assert found_as(here, on_page(0, CITY)) == [(1, [])], "two numbers are two articles"


def test_rows_of_one_article_are_merged_unless_one_page_shows_both(here: Filling) -> None:
    here.listing(at(1), entry(CITY, published_at=LATER))
    here.listing(at(2), entry(RIVER, 7))
    assert found_as(here, on_page(0, RIVER, 7, LATER)) == [(2, [])]
    assert found_as(here, on_page(0, NEAR, 7, LATER)) == [(2, [1])]
    here.listing(at(3), entry(CITY, published_at=LATER), entry(RIVER, 7))
    assert found_as(here, on_page(0, NEAR, 7, LATER)) == [(2, [])]


# --- links that lead astray ------------------------------------------------------------------------


def titled(title: str | None, body: str = RIVER, published_at: str = LATER) -> PageEntry:
    return replace(
        on_page(0, body, 7, published_at), title=title, url="http://www.178hui.com/news/view/7.html"
    )


@pytest.mark.parametrize(
    ("shown", "believed"),
    [
        (titled("别的题目"), False),
        (titled("别的题目", published_at=TIME), True),
        (titled("别的题目", NEAR), True),
        (titled("城南的菜市场"), True),
        (titled("城南的"), True),
        (titled("城南的菜市场翻新了"), True),
        (titled("城南 的菜市场"), True),
        (titled(None), True),
    ],
)
def test_a_link_to_an_article_other_in_time_title_and_text(
    here: Filling, shown: PageEntry, believed: bool
) -> None:
    here.listing(at(1), entry(CITY, 7, title="城南的菜市场"))
    group = group_entries([shown])
    assert match(here.db, group, links=True) == (set() if believed else {7})
    assert group[0].identity == (7 if believed else None)
    assert (group[0].entries[0].site_id, group[0].entries[0].url is None) == (
        (7, False) if believed else (None, True)
    )
    assert (group[0].article is not None) is believed
    assert found_as(here, shown) == [(1, [])], "an article's own page tells its number itself"


def test_a_number_that_no_listing_gave_is_not_held_against_a_link(here: Filling) -> None:
    here.detail(at(1), entry(CITY, 7, title="城南的菜市场"))
    assert found_as(here, titled("别的题目"), links=True) == [(1, [])]


def test_an_article_without_a_title_contradicts_no_link(here: Filling) -> None:
    here.listing(at(1), entry(CITY, 7))
    assert found_as(here, titled("别的题目"), links=True) == [(1, [])]
