"""Several start addresses, in any order and by any name: each category is walked once."""

from __future__ import annotations

from itertools import permutations

import pytest
from support.crawling import Field

SECTION, SHE, BARE, SECOND = (
    "/news/",
    "/news/list.php?cat=3&page=1",
    "/news/list.php?cat=3",
    "/news/list-3-2.html",
)


def with_starts(crawls: Field, *starts: str) -> list[str]:
    return [word for start in starts for word in ("--start-url", crawls.home + start)]


@pytest.mark.parametrize(
    "starts", [*permutations((SECTION, SHE)), *permutations((SECTION, BARE)), (SECTION, SECOND)]
)
def test_section_and_listing_together(crawls: Field, starts: tuple[str, ...]) -> None:
    for _ in range(2):
        done = crawls.crawl("--no-details", *with_starts(crawls, *starts), start=None)
        assert (done.code, done.err) == (0, "")
        assert sorted(walk["category"] for walk in done.report["walks"]) == ["社群", "购物资讯"]
    assert crawls.rows("SELECT count(*) FROM articles") == [(32,)]


@pytest.mark.parametrize("starts", [(SHE, BARE), (BARE, SHE), (SHE, SECOND), (SHE, SHE)])
def test_one_listing_by_two_addresses(crawls: Field, starts: tuple[str, ...]) -> None:
    done = crawls.crawl("--no-details", *with_starts(crawls, *starts), start=None)
    assert (done.code, done.err) == (0, "")
    assert [walk["category"] for walk in done.report["walks"]] == ["社群"]


def test_a_listing_given_first_costs_no_request_more(crawls: Field) -> None:
    starts = with_starts(crawls, SHE, SECTION)
    assert crawls.crawl("--no-details", *starts, start=None).code == 0
    asked = [path for path in crawls.asked() if "cat=3" in path]
    assert len(asked) == 4, "three pages, and page 1 again"
