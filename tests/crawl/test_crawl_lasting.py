"""What lasts on one page costs the certificate, never the other pages: each fault on each page,
for as long as it likes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from support.crawling import Field, check_archive
from support.faults import BUSY, EMPTY, Faults, Reset, Status, Tamper

from yiqihui_spider.sample.pages import PagerStyle
from yiqihui_spider.sample.site import Response, SampleSite

PAGES = {"first": 1, "middle": 2, "last": 3}
WHO = {"first": 4459, "middle": 4410, "last": 4160}


def altered(change: Callable[[str], str]) -> Tamper:
    def alter(response: Response) -> Response:
        text = change(response.text)
        assert text != response.text, "the fault does not fault"
        return replace(response, body=text.encode())

    return Tamper(alter)


def marker(text: str) -> re.Match[str]:
    """The listing's second marker: neither first nor last."""
    place = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\s*(?:<[^>]*>)*\s*(\d+) 次")
    return list(place.finditer(text, text.index("<ul>"), text.index("</ul>")))[1]


def hidden(text: str) -> str:
    """One article is not shown, and the pager counts it."""
    blocks = list(re.finditer(r"<li>.*?</li>", text[: text.index("</ul>")], re.DOTALL))
    return text[: blocks[2].start()] + text[blocks[2].end() :]


def impossible_date(text: str) -> str:
    found = marker(text)
    return text[: found.start(1)] + "2019-13-45 25:61:00" + text[found.end(1) :]


def unread_marker(text: str) -> str:
    found = marker(text)
    return text[: found.start(2)] + "暂无" + text[found.end(2) :]


def no_pager(text: str) -> str:
    return re.sub(r"[^<>]*记录[^<>]*页[^<>]*", "", text)


def other_pager_word(text: str) -> str:
    return re.sub(r"(\d ?)记录", r"\1条", text)


LASTING: dict[str, tuple[Callable[[str], str], int, int]] = {
    "hidden article": (hidden, 3, 1),
    "impossible date": (impossible_date, 4, 1),
    "unread marker": (unread_marker, 4, 1),
    "no pager": (no_pager, 4, 0),
    "other pager word": (other_pager_word, 4, 0),
}
"""The fault, the exit code, and how many articles of the page it may cost at most."""


@pytest.mark.parametrize("place", PAGES)
@pytest.mark.parametrize("kind", LASTING)
def test_a_lasting_fault_hides_no_other_page(
    crawls: Field, faults: Faults, site: SampleSite, kind: str, place: str
) -> None:
    change, code, cost = LASTING[kind]
    number = PAGES[place]
    faults.on(f"/news/list.php?cat=3&page={number}", altered(change))
    behind = {article for page in {1, 2, 3} - {number} for article in listed(site, page)}
    for run in (1, 2):
        done = crawls.crawl("--no-details")
        assert done.code == code, f"run {run}: {done.err}"
        have = {row[0] for row in crawls.rows("SELECT site_id FROM articles")}
        assert behind <= have, f"run {run}"
        assert len(set(listed(site, number)) - have) <= cost
        walks = {walk["category"]: walk["certified"] for walk in done.report["walks"]}
        assert walks == {"社群": False, "购物资讯": True}
        assert len(crawls.asked()) <= 22
    assert crawls.rows("SELECT count(*) FROM article_versions WHERE version > 1") == [(0,)]
    assert crawls.todo() == []
    faults.rules.clear()
    done = crawls.crawl("--no-details")
    assert (done.code, done.err) == (0, "")
    assert crawls.rows("SELECT count(*), count(DISTINCT site_id) FROM articles") == [(32, 32)]
    assert crawls.rows("SELECT count(*) FROM article_versions WHERE version > 1") == [(0,)]
    check_archive(crawls.archive)


def listed(site: SampleSite, page: int) -> list[int]:
    return [article.number for article in site.on_page("社群", page)]


@pytest.mark.parametrize("style", ["numbers", "next"])
def test_a_pager_that_is_not_read_anywhere(
    crawls: Field, faults: Faults, site: SampleSite, style: str
) -> None:
    """The links are still followed, as links go; a redesign overnight is told in the same run."""
    site.pager = style  # type: ignore[assignment]
    site.window = 2
    faults.on("/news/list.php?cat=3*", altered(other_pager_word))
    done = crawls.crawl("--no-details")
    assert done.code == 4
    assert "a pager that can't be read" in done.err
    have = {row[0] for row in crawls.rows("SELECT site_id FROM articles")}
    assert have == set(site.articles)


def test_a_first_page_that_leads_nowhere_is_passed_by_what_is_known(
    crawls: Field, faults: Faults, site: SampleSite
) -> None:
    """Neither pager nor links: earlier walks tell where the others are."""
    assert crawls.crawl("--no-details").code == 0
    new = site.publish("社群").number
    pushed = site.listings["社群"][8]
    site.edit(pushed, title="换了标题的一篇")
    faults.on(
        "/news/list.php?cat=3&page=1",
        altered(lambda text: re.sub(r"<a [^>]*page=[^>]*>.*?</a>", "", no_pager(text))),
    )
    done = crawls.crawl("--no-details", "--mode", "full")
    assert done.code == 4
    known = crawls.rows("SELECT title FROM articles WHERE site_id IN (?, ?) ORDER BY site_id", pushed, new)
    assert known[0] == ("换了标题的一篇",)


@pytest.mark.parametrize("fault", [BUSY, Status(500), Status(404)], ids=["error page", "500", "404"])
@pytest.mark.parametrize("page", [2, 3])
def test_a_page_that_cannot_be_had_hides_no_other(
    crawls: Field, faults: Faults, site: SampleSite, fault: Status, page: int
) -> None:
    faults.on(f"/news/list.php?cat=3&page={page}", fault)
    done = crawls.crawl("--no-details", RETRY_TIMES=0)
    assert done.code == (4 if fault is BUSY else 3)
    have = {row[0] for row in crawls.rows("SELECT site_id FROM articles")}
    assert have >= {article for number in {1, 2, 3} - {page} for article in listed(site, number)}


@pytest.mark.parametrize("fault", [BUSY, EMPTY, Reset(), Status(500), Status(404)])
@pytest.mark.parametrize("pager", ["numbers", "next"])
@pytest.mark.parametrize("page", [1, 2, 3])
def test_where_the_way_on_leads_over_a_page_that_cannot_be_had(
    crawls: Field, faults: Faults, site: SampleSite, fault: Status, page: int, pager: PagerStyle
) -> None:
    """A pager that shows no other number: what is behind is reached from the last page, or by what
    earlier walks knew."""
    site.pager, site.window, site.page_size = pager, 1, 4
    faults.on("/news/list.php?cat=3&page=2", Status(500), range(1, 2))
    assert crawls.crawl("--no-details", "--category", "社群", RETRY_TIMES=0).code == 3
    assert {row[0] for row in crawls.rows("SELECT site_id FROM articles")} >= {
        article for number in (1, 3, 4, 5, 6) for article in listed(site, number)
    }
    assert crawls.crawl("--no-details", "--category", "社群").code == 0
    others = {article for number in {1, 2, 3, 4, 5, 6} - {page} for article in listed(site, number)}
    for article in others:
        site.edit(article, title=f"第{article}篇换了标题")
    crawls.asked()
    faults.on(f"/news/list.php?cat=3&page={page}", fault)
    done = crawls.crawl("--no-details", "--category", "社群", "--mode", "full", RETRY_TIMES=0)
    assert done.code in (3, 4)
    renamed = crawls.rows("SELECT site_id FROM articles WHERE title LIKE '第%篇换了标题'")
    assert {row[0] for row in renamed} == others
    assert len(crawls.asked()) <= 12


def test_a_category_that_is_no_more_costs_a_few_requests(
    crawls: Field, faults: Faults, site: SampleSite
) -> None:
    site.page_size = 1
    assert crawls.crawl("--no-details", "--category", "社群").code == 0
    crawls.asked()
    faults.on("/news/list.php?cat=3*", Status(404))
    assert crawls.crawl("--no-details", "--category", "社群").code == 3
    assert len(crawls.asked()) <= 8


def test_an_address_that_changes_with_every_page_is_no_endless_way(crawls: Field, faults: Faults) -> None:
    count = iter(range(10**6))

    def change(text: str) -> str:
        return re.sub(r"page=(\d+)", lambda m: f"page={m[1]}&amp;sid={next(count)}", other_pager_word(text))

    faults.on("/news/list.php?cat=3*", altered(change))
    done = crawls.crawl("--no-details", "--category", "社群")
    assert done.code == 4
    assert len(crawls.asked()) < 20
