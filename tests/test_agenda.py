"""What comes first: the walk under way, what is still to do, section pages, new walks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from yiqihui_spider import site
from yiqihui_spider.agenda import Agenda
from yiqihui_spider.archive import progress
from yiqihui_spider.archive.captures import begin_run
from yiqihui_spider.archive.db import open_archive
from yiqihui_spider.items import Step
from yiqihui_spider.plan import CrawlPlan

SHE, GOU = "http://a/list?cat=3", "http://a/list?cat=5"
AT = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = open_archive(tmp_path / "a.db")
    yield opened
    opened.close()


def agenda(db: Database, **plan: object) -> Agenda:
    run = begin_run(db, "crawl", "test", pid=1, host="h")
    return Agenda(db, run, CrawlPlan(**plan))  # type: ignore[arg-type]


def test_a_new_archive_begins_at_the_section_the_site_module_assumes(db: Database) -> None:
    assert agenda(db).next_step() == Step(site.START_URL, "section", purpose="section page")


def test_start_addresses_come_in_their_order(db: Database) -> None:
    here = agenda(db, start_urls=("http://a/1", "http://a/2"))
    assert here.remaining() == 2
    for url in ("http://a/1", "http://a/2"):
        step = here.next_step()
        assert step == Step(url, "section", purpose="section page")
        here.section_done(url)
    assert here.next_step() is None
    assert here.remaining() == 0


def test_listings_found_are_walked_each_once_and_only_if_wanted(db: Database) -> None:
    here = agenda(db, start_urls=("http://a/",), categories=("社群",))
    here.section_done("http://a/")
    here.queue({"社群": SHE, "购物资讯": GOU})
    here.queue({"社群": SHE})
    step = here.next_step()
    assert step is not None
    assert (step.url, step.kind, step.category, step.walk_id) == (SHE, "listing", "社群", here.walk_id)
    assert here.next_step() == step, "asked again, the same: it is not read yet"
    assert here.remaining() == 1


def test_known_categories_need_no_section_page(db: Database) -> None:
    progress.remember_category(db, "社群", SHE, AT)
    step = agenda(db, categories=("社群",)).next_step()
    assert step is not None
    assert (step.url, step.kind) == (SHE, "listing")
    by_address = agenda(db, start_urls=(SHE,)).next_step()
    assert by_address is not None
    assert (by_address.url, by_address.kind) == (SHE, "listing")


def test_what_is_still_to_do_comes_before_anything_new(db: Database) -> None:
    detail = "http://a/news/view/1.html"
    first = agenda(db)
    progress.want(db, first.run_id, detail, "article", "社群", None)
    here = agenda(db)
    assert here.next_step() == Step(detail, "article", "社群", None, "detail")
    without = agenda(db, details=False).next_step()
    assert without is not None
    assert without.kind == "section"


def test_a_walk_cut_short_is_taken_up(db: Database) -> None:
    first = agenda(db, start_urls=("http://a/",))
    first.section_done("http://a/")
    first.queue({"社群": SHE})
    begun = first.next_step()
    assert begun is not None
    result = first.cut_short("interrupted")
    assert result is not None
    assert (result.certified, result.reasons) == (False, ("interrupted; the next run continues",))
    second = agenda(db, start_urls=("http://a/",))
    second.section_done("http://a/")
    second.queue({"社群": SHE})
    again = second.next_step()
    assert again is not None
    assert again.walk_id == begun.walk_id
