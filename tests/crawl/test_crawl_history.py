"""An article's life over several real crawls of a site that changes in between."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from support.crawling import Field
from support.faults import Faults, Status

from yiqihui_spider.sample.article import invent
from yiqihui_spider.sample.site import SampleSite

BOTH, ONLY = 5003, 5001


@pytest.fixture
def site() -> SampleSite:
    """Small, so that many crawls take little: two pages and one page."""
    both = [
        invent(number, f"2019-06-{number - 4990} 10:00:00", ("社群", "购物资讯")) for number in (5002, BOTH)
    ]
    more = [invent(number, f"2019-06-{number - 4990} 10:00:00") for number in (ONLY, 5004, 5005)]
    site = SampleSite.of([*both, *more])
    site.page_size = 3
    return site


def state(crawls: Field, number: int) -> str:
    ((found,),) = crawls.rows("SELECT state FROM articles WHERE site_id = ?", number)
    assert isinstance(found, str)
    return found


def full(crawls: Field, *options: str) -> None:
    done = crawls.crawl("--mode", "full", "--no-details", *options)
    assert (done.code, done.err) == (0, "")


def absences(crawls: Field, number: int) -> list[dict[str, Any]]:
    names = ("last_seen_at", "missing_at", "gone_at", "returned_at")
    columns = ", ".join(f"b.{name}" for name in names)
    sql = f"SELECT {columns} FROM absences b JOIN articles a ON a.id = b.article_id WHERE a.site_id = ?"
    return [dict(zip(names, row, strict=True)) for row in crawls.rows(sql + " ORDER BY b.id", number)]


def test_missing_gone_and_back(crawls: Field, site: SampleSite) -> None:
    full(crawls)
    article = site.delete(BOTH)
    full(crawls)
    assert state(crawls, BOTH) == "missing"
    (away,) = absences(crawls, BOTH)
    assert away["last_seen_at"] <= away["missing_at"]
    assert (away["gone_at"], away["returned_at"]) == (None, None)
    full(crawls)
    assert state(crawls, BOTH) == "gone"
    full(crawls)
    (away,) = absences(crawls, BOTH)
    bounds = [away[name] for name in ("last_seen_at", "missing_at", "gone_at")]
    assert bounds == sorted(bounds)
    # The bounds are those of the crawls: last seen in the first, missed by the second, again by the third.
    runs = crawls.rows("SELECT started_at, finished_at FROM runs ORDER BY id")
    for moment, (started, finished) in zip(bounds, runs, strict=False):
        assert started <= moment <= finished
    site.insert(article)
    done = crawls.crawl("--no-details")
    assert done.code == 0
    assert state(crawls, BOTH) == "present"
    (away,) = absences(crawls, BOTH)
    assert datetime.fromisoformat(away["returned_at"]) >= datetime.fromisoformat(away["gone_at"])
    assert crawls.rows("SELECT count(*) FROM article_categories WHERE missing_since IS NOT NULL") == [(0,)]
    assert {state(crawls, n) for n in site.articles} == {"present"}


def test_one_category_alone_proves_nothing_of_what_stands_in_another(crawls: Field, site: SampleSite) -> None:
    full(crawls)
    site.delete(BOTH, "社群")
    site.delete(ONLY)
    for _ in range(3):
        full(crawls, "--category", "社群")
    assert (state(crawls, BOTH), state(crawls, ONLY)) == ("present", "gone")
    listed = "SELECT c.category FROM article_categories c JOIN articles a ON a.id = c.article_id"
    gone_from = crawls.rows(listed + " WHERE a.site_id = ? AND missing_since IS NOT NULL", BOTH)
    assert gone_from == [("社群",)]
    site.delete(BOTH)
    full(crawls, "--category", "社群")
    assert state(crawls, BOTH) == "present", "购物资讯 was not walked since"
    full(crawls)
    assert state(crawls, BOTH) == "missing"


def test_failures_of_ours_are_no_evidence(crawls: Field, site: SampleSite, faults: Faults) -> None:
    full(crawls)
    faults.on("/news/list.php?cat=3&page=2", Status(500))
    faults.on("/news/list.php?cat=5*", Status(503))
    for _ in range(2):
        assert crawls.crawl("--mode", "full", RETRY_TIMES=0).code == 3
    faults.rules.clear()
    faults.on("/robots.txt", Status(500))
    assert crawls.crawl("--mode", "full", RETRY_TIMES=0).code == 75
    assert crawls.rows("SELECT DISTINCT state FROM articles") == [("present",)]
    assert crawls.rows("SELECT count(*) FROM absences") == [(0,)]
    # A detail page that is gone says nothing of the listings.
    faults.rules.clear()
    site.edit(ONLY, blocks=("改过的正文,不过它自己的页面已经打不开了。",))
    faults.on(f"/news/view/{ONLY}.html", Status(404))
    assert crawls.crawl("--mode", "full").code == 3
    assert state(crawls, ONLY) == "present"


def test_edits_a_return_and_views(crawls: Field, site: SampleSite) -> None:
    first = site.articles[5005].blocks
    second = (*first[:-1], "编辑补充:本文数据已于今晨更正,原先的数字少算了一半。")
    assert crawls.crawl().code == 0
    for blocks, views in ((second, 700), (first, 800)):
        site.edit(5005, blocks=blocks, views=views)
        assert crawls.crawl().code == 0
    bodies = crawls.rows(
        "SELECT v.version, v.body FROM article_versions v JOIN articles a ON a.id = v.article_id"
        " WHERE a.site_id = 5005 ORDER BY version"
    )
    assert bodies == [(1, "\n".join(first)), (2, "\n".join(second)), (3, "\n".join(first))]
    ((article, views),) = crawls.rows("SELECT id, views FROM articles WHERE site_id = 5005")
    assert views == 800
    done = crawls.nursery.start("history", str(article), "--json", "--archive", str(crawls.archive)).wait()
    assert done.code == 0
    life = json.dumps(json.loads(done.out), ensure_ascii=False)
    assert "编辑补充:本文数据已于今晨更正" in life
    assert '"views": 700' in life
    plain = crawls.nursery.start("history", str(article), "--archive", str(crawls.archive)).wait()
    assert "社群" in plain.out
    assert "编辑补充" in plain.out


def test_what_a_killed_or_uncertified_walk_saw_is_kept_but_proves_nothing(
    crawls: Field, site: SampleSite, faults: Faults
) -> None:
    full(crawls)
    site.delete(ONLY)
    # The listing never holds still, so no walk of it is certified.
    faults.hook("/news/list.php?cat=3*", lambda: site.publish("社群"))
    done = crawls.crawl("--mode", "full", "--no-details", "--category", "社群")
    assert done.code == 3
    assert state(crawls, ONLY) == "present"
    faults.rules.clear()
    full(crawls)
    assert state(crawls, ONLY) == "missing"
