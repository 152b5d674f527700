"""A search in bounds: many hits, few, none; what is not counted or ranked is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.archive_pages import RIVER, Filling, at, entry

from yiqihui_spider.archive.search.query import search
from yiqihui_spider.serving import answers, finding
from yiqihui_spider.serving.answers import Answers

NONE: dict[str, str | None] = {}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    filling = Filling(tmp_path / "a.db")
    for number in range(30):
        body = f"第{number}篇，社群。" + RIVER + ("拼团。" if number % 3 == 0 else "")
        source = "甲" if number % 2 else "乙"
        when = f"2019-06-{number + 1:02d}T08:00:00+08:00"
        article = entry(body, 100 + number, title=f"题{number}", published_at=when, source=source)
        filling.listing(at(1), article, category="社群" if number % 5 else "电商")
    yield filling.db
    filling.db.close()


@pytest.fixture
def memory(db: Database) -> Answers:
    return Answers(lambda: db.conn)


def ids(found: finding.Values) -> list[int]:
    return [row["id"] for row in found["rows"]]


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"source": "甲"},
        {"category": "电商"},
        {"since": "2019-06-10", "until": "2019-06-20"},
        {"source": "乙", "category": "社群", "since": "2019-06-05"},
        {"source": "无"},
        {"until": "2001"},
    ],
)
@pytest.mark.parametrize("q", ["社群", "拼团", "社群 拼团", "绝无", ""])
def test_the_newest_are_those_of_the_search_itself(
    db: Database, memory: Answers, q: str, filters: dict[str, str | None]
) -> None:
    found = finding.found(db, memory, q, filters, "newest", 0)
    everything = q or "第"  # that stands in every text
    expected = [row["id"] for row in search(db, everything, limit=100, **filters)]
    assert (ids(found), found["total"]) == (expected[:20], len(expected))
    assert ids(finding.found(db, memory, q, filters, "newest", 20)) == expected[20:]
    assert not found["more"]


def test_more_than_can_be_turned_to_are_counted_if_that_is_quick(
    db: Database, memory: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST", 20)
    found = finding.found(db, memory, "社群", NONE, "newest", 0)
    assert (found["total"], found["more"], len(found["rows"])) == (30, False, 20)


def test_if_it_is_not_quick_they_are_counted_behind_the_page(
    db: Database, memory: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "WORTH_KEEPING", 0)
    monkeypatch.setattr(finding, "MOST", 20)
    monkeypatch.setattr(finding, "_quickly", lambda db, question: None)
    found = finding.found(db, memory, "社群", NONE, "relevance", 0)
    assert (found["total"], found["more"], found["ranked"]) == (20, True, False)
    assert ids(found) == [row["id"] for row in search(db, "社群", limit=20)]
    finding.count_later(db, memory, "社群", NONE)
    later = finding.found(db, memory, "社群", NONE, "relevance", 0)
    assert (later["total"], later["more"], later["ranked"]) == (30, False, True)


def test_what_takes_too_long_is_given_up(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "COUNTING", 0.0)
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
    assert finding._quickly(db, lambda: db.execute(endless).fetchone()) is None
    assert db.execute("SELECT 1").fetchone() == (1,)
