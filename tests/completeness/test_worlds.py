"""A part of ``make worlds``: what a certificate may be wrong about, literally, and nothing else."""

from __future__ import annotations

import pytest
from support.paths import ROOT
from support.worlds import CERTIFIED, MODES, UNCERTIFIED, Enumeration, Kinds, Node, Site, enumerate_all, sites

from yiqihui_spider.completeness.walk import next_read
from yiqihui_spider.items import Certificate

pytestmark = pytest.mark.thorough

FALSE_OF_TWO: set[Kinds] = {
    ("back-date", "delete"),  # the hole
    ("back-date", "total one less"),  # one of its halves only seems to be
    ("delete", "total one more"),
    ("empty", "empty"),  # twice the same wrong answer: see loss_in_doubt
    ("empty", "insert"),  # likewise: it was empty, and is said to be so once more
}


def listing(size: int, per_page: int = 2, **options: int) -> Site:
    return Site(tuple(range(size, 0, -1)), size, per_page=per_page, **options)


def test_no_single_event_makes_a_certificate_false_or_prevents_it() -> None:
    count, _ = enumerate_all(sites(range(9)), 1)
    assert count.false == set()
    assert count.of(UNCERTIFIED) == 0
    assert count.of(CERTIFIED) > 4000


def test_two_events_make_a_certificate_false_in_known_ways_only() -> None:
    small = (site for site in sites(range(5), (2,)) if len(site.articles) < 4 or not site.pinned)
    count, _ = enumerate_all(small, 2)
    assert count.false == FALSE_OF_TWO
    assert count.of(UNCERTIFIED) < 0.03 * sum(count.worlds.values())


@pytest.mark.parametrize("mode", MODES)
def test_below_pinned_articles_three_events_are_told_apart(mode: str) -> None:
    count = Enumeration(listing(4, pinned=1), mode, ("insert", "delete")).run(3)
    assert count.false == ({("delete", "delete", "insert")} if mode == "first" else set())


def test_three_events_do_not_fool_a_walk_that_knows_what_was_listed() -> None:
    """A deletion, an insert at the head and a swap make up for each other."""
    count = Enumeration(listing(4), "full", ("insert", "delete", "swap")).run(3)
    assert count.false == set()
    assert count.of(CERTIFIED) > 15_000


def test_where_pinned_articles_fill_page_1_news_below_them_and_a_deletion_are_missed() -> None:
    count = Enumeration(listing(5, pinned=2), "first", ("insert", "delete")).run(2)
    assert count.false == {("delete", "insert")}


def test_a_total_always_one_too_few_is_not_seen_where_the_last_page_would_hold_that_one() -> None:
    short = Site((5, 4, 3, 2, 1), 5, short=True)
    assert Enumeration(short, "first").run(0).false == {()}
    assert Enumeration(Site((4, 3, 2, 1), 4, short=True), "first").run(0).false == {()}


def test_the_enumeration_walks_as_the_walk_does() -> None:
    enumeration = Enumeration(listing(5), "full")
    enumeration.run(1)
    nodes: list[Node] = [enumeration.root]
    for node in nodes:
        nodes += node.children.values()
    assert len(nodes) == 37
    for node in nodes:
        task = next_read(node.walk.state)
        assert task == node.step
        assert isinstance(task, Certificate) or not node.walk.outcome


NAMED = {
    ("back-date", "delete"): "a deletion and a back-dated insert",
    ("back-date", "total one less"): "a back-dated insert and a total that is one too low",
    ("delete", "total one more"): "a deletion and a total that is one too high",
    ("empty", "empty"): "page 1 says twice in a row that there are no articles",
    ("empty", "insert"): "page 1 says twice in a row that there are no articles",
    ("delete", "delete", "insert"): "two deletions and an insert below a pinned article",
    ("delete", "insert"): "a deletion and an insert below, where pinned articles fill page 1",
    (): "a total that is always one too low",
}
"""The classes that ``test_worlds`` finds, as docs/completeness.md names them."""


def test_the_docs_name_what_the_enumeration_finds_and_none_else() -> None:
    docs = (ROOT / "docs" / "completeness.md").read_text("utf-8")
    table = docs[docs.index("## What else can be false") :].partition("|---|---|\n")[2].partition("\n\n")[0]
    assert set(NAMED) >= FALSE_OF_TWO
    for words in set(NAMED.values()):
        assert words in table
    # Two of them share a row, and a third change that amounts to an insert has one of its own.
    assert len(table.splitlines()) == len(set(NAMED.values()))
