"""Which articles an export holds, and what belongs to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.archive_pages import SCHOOL, Filling, at, entry
from support.export_samples import EDITED, SECOND, fill

from yiqihui_spider.archive.queries import export_rows, news_article
from yiqihui_spider.archive.queries.export_rows import Filter, chosen
from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.archive.search.query import search
from yiqihui_spider.exports.rows import TABLES

CHINA = timezone(timedelta(hours=8))


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Filling]:
    filling = fill(tmp_path / "a.db")
    yield filling
    filling.db.close()


@pytest.fixture
def db(archive: Filling, tmp_path: Path) -> Iterator[Database]:
    opened = open_archive(tmp_path / "a.db", read_only=True)
    yield opened
    opened.close()


def ids(db: Database, wanted: Filter) -> list[int]:
    with chosen(db, wanted) as count:
        found = [row.id for row in export_rows.articles(db)]
    assert len(found) == count
    return found


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), [4, 3, 2, 1]),
        (Filter(limit=2), [4, 3]),
        (Filter(category="购物资讯"), [1]),
        (Filter(category="没有的"), []),
        (Filter(source="36氪"), [3]),
        (Filter(since="2019-06-05"), [4, 3, 2]),
        (Filter(since="2019-06-05 08:00:01"), [4]),
        (Filter(until="2019-06"), [3, 2, 1]),
        (Filter(until="2019-06-04 09:17:24"), [1]),
        (Filter(until="2019-06-04 09:17:23"), []),
        (Filter(query="仓库"), [2]),
        (Filter(query="仓库|小学"), [3, 2]),
        (Filter(query="一家", limit=1), [3]),
        (Filter(query="一家", source="36氪", since="2019", until="2019", category="社群"), [3]),
        (Filter(query='"\ud800*'), []),
    ],
)
def test_filters(db: Database, wanted: Filter, expected: list[int]) -> None:
    assert ids(db, wanted) == expected


@pytest.mark.parametrize("query", ["一家", "的", "市场 手机", "六点|七点", ""])
def test_the_same_articles_as_search(db: Database, query: str) -> None:
    assert ids(db, Filter(query=query)) == [row["id"] for row in search(db, query)]


def test_an_article_with_all_that_is_known(db: Database) -> None:
    with chosen(db, Filter(category="购物资讯")):
        (row,) = export_rows.articles(db)
    assert (row.id, row.site_id, row.url) == (1, 5561, "http://www.178hui.com/news/view/5561.html")
    assert (row.title, row.source, row.body) == ("菜市场 <b>翻新</b> & 别的", "一起惠", EDITED)
    assert sorted(row.categories) == ["社群", "购物资讯"]
    assert (row.published_at, row.views, row.views_at) == ("2019-06-04T09:17:24+08:00", 140, at(2))
    assert (row.version, row.version_at, row.modified_at) == (2, at(2), at(2))
    assert (row.first_seen_at, row.last_seen_at, row.state, row.excerpt) == (at(1), at(2), "present", False)
    assert row.evidence == ("a.warc.gz", 1000, 900)
    assert (row.same_time, row.body_chars) == (0, len(EDITED))


def test_an_article_of_which_little_is_known(db: Database) -> None:
    with chosen(db, Filter()):
        excerpt, third, second, _ = export_rows.articles(db)
    assert (third.published_at, second.published_at) == (SECOND, SECOND)
    assert (third.same_time, second.same_time) == (1, 0)
    assert (second.site_id, second.url, second.title, second.source) == (None, None, None, None)
    assert (second.version, second.modified_at) == (1, None)
    assert excerpt.excerpt is True


def test_series_and_versions_of_the_chosen_only(db: Database) -> None:
    with chosen(db, Filter(until="2019-06-04")):
        assert list(export_rows.view_counts(db)) == [
            (1, at(1), 100, 1, "listing", None),
            (1, at(2), 140, 2, "listing", None),
        ]
        found = [(row[0], row[1], row[3], row[-1] == EDITED) for row in export_rows.versions(db)]
        assert found == [(1, 1, at(1), False), (1, 2, at(2), True)]
        assert list(export_rows.last_changes(db)) == [("2019-06-04T09:17:24+08:00", at(2))]
        assert export_rows.longest_body(db) == len(EDITED)


def test_one_state_of_the_archive_while_others_write(db: Database, archive: Filling) -> None:
    with chosen(db, Filter()) as count:
        archive.listing(at(5), entry(SCHOOL * 2, 5700, published_at="2019-08-01T00:00:00+08:00"))
        archive.db.execute("UPDATE articles SET views = 9999")
        assert count == 4
        assert [row.views for row in export_rows.articles(db)] == [100, 8, 7, 140]
    assert ids(db, Filter()) == [5, 4, 3, 2, 1]


def test_nothing_is_left_open(db: Database) -> None:
    with pytest.raises(RuntimeError), chosen(db, Filter()):
        raise RuntimeError
    assert not db.conn.in_transaction
    assert ids(db, Filter(limit=1)) == [4]


def test_known_names(db: Database) -> None:
    assert sorted(export_rows.known_names(db, "category")) == ["社群", "购物资讯"]
    assert sorted(export_rows.known_names(db, "source")) == ["36氪", "一起惠"]


def test_every_row_fits_its_table(db: Database) -> None:
    with chosen(db, Filter()):
        for table, count in zip(TABLES, (4, 5, 5), strict=True):
            found = list(table.rows(db))
            assert len(found) == count
            for row in found:
                for field, value in zip(table.fields, row, strict=True):
                    assert (value is not None) or not field.required, (table.name, field.name)


def test_times_in_the_sites_zone() -> None:
    assert news_article.local("2026-11-22T20:00:00+00:00", CHINA) == "2026-11-23T04:00:00+08:00"
    assert news_article.local("2019-04-13T09:30:07+08:00", CHINA) == "2019-04-13T09:30:07+08:00"


def test_what_a_run_saw_and_what_was_new_to_it(archive: Filling) -> None:
    first = archive.run
    second = archive.new_run()
    archive.listing(at(4), entry(SCHOOL, 5561, published_at=SECOND), entry("新文一篇,没有人见过。" * 3, 5700))
    db = archive.db
    assert (export_rows.seen_in_run(db, first), export_rows.new_in_run(db, first)) == ([1, 2, 3, 4], 3)
    seen = export_rows.seen_in_run(db, second)
    assert (len(seen), export_rows.new_in_run(db, second)) == (2, 1)
    with export_rows.these(db, seen):
        assert [row.id for row in export_rows.articles(db)] == seen
    with export_rows.these(db, []):
        assert list(export_rows.articles(db)) == []
    assert export_rows.seen_in_run(db, 99) == []
