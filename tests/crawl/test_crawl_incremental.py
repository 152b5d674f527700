"""The second crawl and those after: cheap where nothing is new, never blind where something is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.crawling import Field, check_archive
from support.faults import Faults, Status
from warcio.archiveiterator import ArchiveIterator

from yiqihui_spider.sample.site import SampleSite

HEAD = {"社群": "/news/list.php?cat=3&page=1", "购物资讯": "/news/list.php?cat=5&page=1"}
NOTHING_NEW = ["/robots.txt", "/news/", HEAD["社群"], HEAD["社群"], HEAD["购物资讯"], HEAD["购物资讯"]]


def detail(number: int) -> str:
    return f"/news/view/{number}.html"


@pytest.fixture
def crawled(crawls: Field) -> Field:
    assert crawls.crawl().code == 0
    crawls.asked()
    return crawls


def test_nothing_new(crawled: Field) -> None:
    done = crawled.crawl()
    assert (done.code, done.err) == (0, "")
    assert crawled.asked() == NOTHING_NEW
    walks = done.report["walks"]
    assert [(w["mode"], w["certified"], w["declared"]) for w in walks] == [
        ("incremental", True, 23),
        ("incremental", True, 17),
    ]
    assert crawled.rows("SELECT count(*) FROM article_versions") == [(32,)]


def test_a_few_new_ones(crawled: Field, site: SampleSite) -> None:
    new = [site.publish("社群").number for _ in range(3)] + [site.publish("社群", "购物资讯").number]
    done = crawled.crawl()
    assert (done.code, done.err) == (0, "")
    asked = crawled.asked()
    assert sorted(asked) == sorted([*NOTHING_NEW, *map(detail, new)])
    assert asked[2:4] == [HEAD["社群"]] * 2
    assert crawled.rows("SELECT count(*) FROM articles WHERE detail_at IS NOT NULL") == [(36,)]
    assert [w["archived"] for w in done.report["walks"]] == [27, 18]


def test_more_new_ones_than_a_page_holds(crawled: Field, site: SampleSite) -> None:
    new = [site.publish("社群").number for _ in range(11)]
    done = crawled.crawl("--category", "社群", start=None)
    assert (done.code, done.err) == (0, "")
    assert crawled.asked() == [
        "/robots.txt",
        HEAD["社群"],
        "/news/list.php?cat=3&page=2",
        HEAD["社群"],
        *map(detail, reversed(new)),
    ]
    assert crawled.rows("SELECT mode, certified FROM walks ORDER BY id DESC LIMIT 1") == [("incremental", 1)]


def test_an_edit_seen_in_a_listing(crawled: Field, site: SampleSite) -> None:
    number = site.listings["社群"][1]
    was = site.articles[number]
    site.edit(number, blocks=("全新的第一段,编辑部昨夜改过。", *was.blocks[1:]))
    done = crawled.crawl()
    assert (done.code, done.err) == (0, "")
    assert detail(number) in crawled.asked()
    versions = crawled.rows(
        "SELECT version, v.body FROM article_versions v JOIN articles a ON a.id = v.article_id"
        " WHERE a.site_id = ? ORDER BY version",
        number,
    )
    assert versions == [(1, "\n".join(was.lines)), (2, "\n".join(site.articles[number].lines))]
    crawled.asked()
    crawled.crawl()
    assert detail(number) not in crawled.asked()


def test_an_edit_deep_down_is_found_by_the_next_full_walk(crawled: Field, site: SampleSite) -> None:
    number = site.listings["社群"][-1]
    site.edit(number, blocks=(*site.articles[number].blocks, "补记:故事还没有完。"))
    assert crawled.crawl().code == 0
    assert detail(number) not in crawled.asked()
    done = crawled.crawl("--full-every", "0")
    assert {w["mode"] for w in done.report["walks"]} == {"full"}
    assert detail(number) in crawled.asked()
    assert crawled.rows("SELECT count(*) FROM article_versions") == [(33,)]


def test_a_deletion_is_noticed_by_its_arithmetic(crawled: Field, site: SampleSite) -> None:
    """The listing declares fewer than are known: known ground proves nothing, and all is read."""
    site.delete(site.listings["社群"][-1], "社群")
    done = crawled.crawl()
    assert (done.code, done.err) == (0, "")
    assert [(w["mode"], w["certified"]) for w in done.report["walks"]] == [
        ("full", True),
        ("incremental", True),
    ]


def test_when_a_full_walk_is_due(crawled: Field) -> None:
    for options, mode in (
        (["--mode", "full"], "full"),
        (["--full-every", "0"], "full"),
        (["--full-every", "0", "--mode", "incremental"], "incremental"),
        (["--full-every", "1"], "incremental"),
    ):
        done = crawled.crawl("--no-details", *options)
        assert {w["mode"] for w in done.report["walks"]} == {mode}, options


def test_an_uncertified_walk_is_followed_by_a_full_one(
    crawled: Field, faults: Faults, site: SampleSite
) -> None:
    site.publish("社群")
    faults.on(HEAD["社群"], Status(500))
    assert crawled.crawl().code == 3
    faults.rules.clear()
    done = crawled.crawl()
    assert [(w["mode"], w["certified"]) for w in done.report["walks"]] == [
        ("full", True),
        ("incremental", True),
    ]


@pytest.mark.parametrize("validator", ["etag", "last_modified"])
def test_conditional_requests(crawls: Field, site: SampleSite, validator: str) -> None:
    setattr(site, validator, True)
    assert crawls.crawl().code == 0
    first = crawls.rows("SELECT count(*) FROM view_counts")[0][0]
    crawls.asked()
    done = crawls.crawl()
    assert (done.code, done.err) == (0, "")
    sent = {"etag": "if-none-match", "last_modified": "if-modified-since"}[validator]
    conditional = [request.path for request in crawls.server.requests if sent in request.headers]
    assert conditional == NOTHING_NEW[2:]
    assert crawls.asked() == NOTHING_NEW
    # Every page was asked for again, confirmed, and counts as seen.
    run = crawls.rows("SELECT max(id) FROM runs")[0][0]
    answers = crawls.rows(
        "SELECT http_status, kind, category, entries, unchanged_since IS NOT NULL FROM captures"
        " WHERE run_id = ? AND url LIKE '%list.php%' ORDER BY id",
        run,
    )
    assert answers == [(304, "listing", "社群", 8, 1)] * 2 + [(304, "listing", "购物资讯", 8, 1)] * 2
    assert crawls.rows("SELECT count(*) FROM view_counts")[0][0] == first + 4 * 8
    observations = (
        "SELECT count(*) FROM sightings s JOIN captures c ON c.id = s.capture_id WHERE c.run_id = ?"
    )
    assert crawls.rows(observations, run) == [(4 * 8,)]
    assert_revisits(crawls, run)
    check_archive(crawls.archive)
    # What changed is sent whole, never taken from what we hold.
    number = site.publish("社群").number
    assert crawls.crawl().code == 0
    assert detail(number) in crawls.asked()


def assert_revisits(crawls: Field, run: int) -> None:
    (name,) = {row[0] for row in crawls.rows("SELECT warc_file FROM captures WHERE run_id = ?", run)}
    with (crawls.archive.parent / "warc" / name).open("rb") as stream:
        revisits = [record.rec_headers for record in ArchiveIterator(stream) if record.rec_type == "revisit"]
    unmodified = [head for head in revisits if "server-not-modified" in head.get_header("WARC-Profile")]
    assert [head.get_header("WARC-Refers-To-Target-URI") for head in unmodified] == [
        crawls.home + path for path in NOTHING_NEW[2:]
    ]
    dates = {
        time.replace("+00:00", "Z")
        for (time,) in crawls.rows("SELECT captured_at FROM captures WHERE run_id < ?", run)
    }
    assert {head.get_header("WARC-Refers-To-Date") for head in unmodified} <= dates


def test_views_that_rise_are_a_series(crawled: Field, site: SampleSite) -> None:
    number = site.listings["社群"][0]
    views = site.articles[number].views
    for _ in range(2):
        site.bump(number, 100)
        assert crawled.crawl("--category", "社群", start=None).code == 0
    sql = """
        SELECT v.views FROM view_counts v JOIN articles a ON a.id = v.article_id
        JOIN captures c ON c.id = v.capture_id AND c.kind = 'listing'
        WHERE a.site_id = ? ORDER BY v.observed_at, v.capture_id
    """
    series = [row[0] for row in crawled.rows(sql, number)]
    assert series[-4:] == [views + 100] * 2 + [views + 200] * 2
    assert crawled.rows("SELECT views FROM articles WHERE site_id = ?", number) == [(views + 200,)]
    assert crawled.rows("SELECT count(*) FROM article_versions") == [(32,)]


def test_moving_under_the_walk(crawls: Field, faults: Faults, site: SampleSite) -> None:
    """The table of FACTS, with a real server: after page 2 an article goes and another comes."""
    gone = site.listings["社群"][3]
    faults.hook("/news/list.php?cat=3&page=3", lambda: (site.delete(gone), site.publish("社群")), nth=1)
    done = crawls.crawl("--category", "社群", "--no-details")
    assert (done.code, done.err) == (0, "")
    got = {row[0] for row in crawls.rows("SELECT site_id FROM articles")}
    assert set(site.listings["社群"]) <= got


def test_an_article_without_a_detail_page_of_its_own_host(crawls: Field, site: SampleSite) -> None:
    """Links to other hosts in a listing are not followed."""
    site.links = "absolute"
    site.origin = "http://127.0.0.1:9"
    number = site.listings["社群"][0]
    site.edit(number, **{"title": replace(site.articles[number], title="外站文章").title})
    done = crawls.crawl(start=HEAD["社群"])
    assert done.code in (3, 4)
    assert not any("/view/" in path for path in crawls.asked())
