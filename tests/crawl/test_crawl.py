"""The spine, end to end: a real site on a real server, crawled by the command into an archive."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.crawling import Crawl, Field, check_warcs, rows, run_installed
from support.faults import Faults, charset, swap
from support.paths import ROOT

from yiqihui_spider.sample.article import invent
from yiqihui_spider.sample.site import SampleSite

ARTICLES = 32
REQUESTS = 2 + 4 + 4 + ARTICLES
"""robots.txt and section page; both listings of three pages with their heads again; details."""


def assert_whole(crawls: Field, site: SampleSite) -> None:
    """The archive holds every article of the site, with its paragraphs, and nothing else."""
    articles = sorted(site.articles.values(), key=lambda a: a.number)
    got = crawls.rows("SELECT site_id, title, body, state FROM articles ORDER BY site_id")
    assert got == [(a.number, a.title, "\n".join(a.lines), "present") for a in articles]
    seen = crawls.rows(
        "SELECT DISTINCT a.site_id, s.source, s.views FROM sightings s JOIN articles a ON a.id = s.article_id"
    )
    assert set(seen) == {
        (a.number, source or None, views)
        for a in articles
        for source, _, views in (a.marker, a.detail_marker)
    }
    listed = crawls.rows(
        "SELECT c.category, a.site_id FROM article_categories c JOIN articles a ON a.id = c.article_id"
    )
    assert sorted(listed) == sorted((name, n) for name, numbers in site.listings.items() for n in numbers)


def test_a_first_crawl_archives_all_and_proves_it(crawls: Field, site: SampleSite) -> None:
    done = crawls.crawl()
    assert (done.code, done.err) == (0, "")
    report = done.report
    assert report["outcome"] == "certified"
    assert [
        (w["category"], w["mode"], w["declared"], w["archived"], w["certified"]) for w in report["walks"]
    ] == [
        ("社群", "full", 23, 23, True),
        ("购物资讯", "full", 17, 17, True),
    ]
    assert (report["requests"], report["pages"], report["gaps"]) == (REQUESTS, REQUESTS - 1, 0)
    asked = crawls.asked()
    assert len(asked) == REQUESTS
    assert asked[:6] == [
        "/robots.txt",
        "/news/",
        "/news/list.php?cat=3&page=1",
        "/news/list.php?cat=3&page=2",
        "/news/list.php?cat=3&page=3",
        "/news/list.php?cat=3&page=1",
    ]
    assert_whole(crawls, site)
    assert crawls.rows("SELECT count(*), sum(residue_chars) FROM captures") == [(REQUESTS, 0)]
    assert crawls.rows("SELECT kind, count(*) FROM captures GROUP BY kind ORDER BY kind") == [
        ("article", ARTICLES),
        ("listing", 8),
        ("other", 2),
    ]
    assert crawls.rows("SELECT count(*) FROM article_versions") == [(ARTICLES,)]
    assert crawls.rows("SELECT count(*) FROM todo") == [(0,)]
    (run,) = crawls.rows("SELECT command, outcome, exit_code, stats ->> 'requests' FROM runs")
    assert run == ("crawl", "certified", 0, REQUESTS)
    # A response, its request, and one warcinfo.
    assert check_warcs(crawls.archive.parent / "warc") == 2 * REQUESTS + 1


def test_scrapy_crawl_is_the_same_run(crawls: Field, site: SampleSite) -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "scrapy", "crawl", "listing", "-a", "category=社群",
            "-a", f"start_url={crawls.home}/news/", "-s", f"ARCHIVE={crawls.archive}",
            "-s", "DOWNLOAD_DELAY=0",
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "error::scrapy.exceptions.ScrapyDeprecationWarning"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert " ERROR: " not in done.stderr
    assert " WARNING: " not in done.stderr
    assert crawls.rows("SELECT command, outcome FROM runs") == [("scrapy crawl", "certified")]
    assert crawls.rows("SELECT category, certified FROM walks") == [("社群", 1)]
    assert crawls.rows("SELECT count(*) FROM articles") == [(23,)]


def test_the_installed_command_and_its_sample_site(tmp_path: Path) -> None:
    archive = tmp_path / "sample.db"
    first = run_installed("crawl", "--sample", "--show", "--archive", str(archive), cwd=tmp_path)
    assert first.code == 0, first.err
    assert "42 requests, 41 pages archived; outcome: certified" in first.out
    second = run_installed("crawl", "--sample", "--json", cwd=tmp_path, YIQIHUI_ARCHIVE=str(archive))
    assert (second.code, second.err) == (0, "")
    assert rows(archive, "SELECT count(*) FROM articles") == [(32,)]
    assert {path.name for path in tmp_path.iterdir()} - {"sample.db-shm", "sample.db-wal"} == {
        "sample.db",
        "sample.db.lock",
        "warc",
    }


SHAPES = {
    "path addresses, windowed pager, gbk": SampleSite(
        addresses="path", pager="window", window=2, charset="gb2312"
    ),
    "next link only, relative, no charset declared": SampleSite(
        pager="next", links="relative", declare="none"
    ),
    "gb18030 said only in meta, divs, compressed": SampleSite(
        charset="gb18030", declare="meta", semantic=False, compress=True
    ),
    "side bar full of markers, pages past the end are empty": SampleSite(sidebar="markers", beyond="empty"),
    "two addresses for page 1": SampleSite(bare_first=True),
}


@pytest.mark.parametrize("site", SHAPES.values(), ids=SHAPES.keys())
def test_every_shape_of_the_site(site: SampleSite, crawls: Field) -> None:
    done = crawls.crawl()
    assert (done.code, done.err) == (0, "")
    assert_whole(crawls, site)
    assert done.report["requests"] == REQUESTS


def test_a_category_alone_and_a_listing_as_the_start(crawls: Field, site: SampleSite) -> None:
    listing = "/news/list.php?cat=5&page=2"
    done = crawls.crawl("--no-details", start=listing)
    assert (done.code, done.err) == (0, "")
    assert [w["category"] for w in done.report["walks"]] == ["购物资讯"]
    assert crawls.rows("SELECT count(*) FROM articles") == [(17,)]
    assert not any("/view/" in path for path in crawls.asked())
    done = crawls.crawl("--category", "社群", "--no-details")
    assert done.code == 0
    assert [w["category"] for w in done.report["walks"]] == ["社群"]
    # Known by now, its listing needs no start page to be found.
    crawls.asked()
    assert crawls.crawl("--category", "社群", "--no-details", start=None).code == 0
    assert crawls.asked() == ["/robots.txt"] + ["/news/list.php?cat=3&page=1"] * 2
    wrong = crawls.crawl("--category", "社群", start="/news/list.php?cat=5&page=3")
    assert wrong.code == 1
    assert any("the page lists 购物资讯, not 社群" in line for line in wrong.lines)
    nowhere = crawls.crawl("--category", "旅游")
    assert nowhere.code == 1
    assert nowhere.lines == ["failed: no category 旅游 on the section page (found: 社群, 购物资讯)"]


def test_a_category_that_its_link_calls_otherwise(crawls: Field, faults: Faults) -> None:
    faults.on("/news/", swap(">社群</a>", ">社群频道</a>"))
    assert crawls.crawl().code == 0
    crawls.asked()
    again = crawls.crawl().report
    assert [(w["category"], w["mode"]) for w in again["walks"]] == [
        ("社群", "incremental"),
        ("购物资讯", "incremental"),
    ]


def test_a_link_beside_the_categories_that_leads_to_no_listing(crawls: Field, faults: Faults) -> None:
    """It is one of the site's own pages, so nothing is wrong; an error page in its place would be."""
    about = swap(">购物资讯</a>", '>购物资讯</a><a href="/news/about.html">关于我们</a>')
    faults.on("/news/", about)
    faults.on("/news/about.html", swap_404_for_a_page())
    done = crawls.crawl("--no-details")
    assert (done.code, done.err) == (0, "")
    assert crawls.rows("SELECT kind FROM captures WHERE url LIKE '%about%'") == [("other",)]


def swap_404_for_a_page():  # type: ignore[no-untyped-def]
    from support.faults import Answer

    return Answer(
        "<html><body><div>当前位置:首页&gt;一起惠资讯&gt;关于我们</div><p>我们是谁。</p></body></html>"
    )


def test_an_empty_category_and_one_of_a_single_page(nursery, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    from yiqihui_spider.sample.server import serve

    site = SampleSite.of(invent(5000 + n, f"2019-06-0{n} 10:00:00", ("社群",)) for n in range(1, 4))
    with serve(site) as server:
        crawls = Field(tmp_path / "a.db", server, nursery)
        done = crawls.crawl()
        assert (done.code, done.err) == (0, "")
        walks = [(w["category"], w["declared"], w["archived"], w["certified"]) for w in done.report["walks"]]
        assert walks == [("社群", 3, 3, True), ("购物资讯", 0, 0, True)]


@pytest.mark.parametrize("declared", ["gb2312", "iso-8859-1", "big5", "no-such-charset"])
def test_a_wrong_charset_is_seen_through(
    crawls: Field, faults: Faults, site: SampleSite, declared: str
) -> None:
    faults.on("/news/*", charset(declared))
    done = crawls.crawl()
    assert (done.code, done.err) == (0, "")
    assert_whole(crawls, site)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--delay", "-1"], 2, "Invalid value for '--delay'"),
        (["--set", "RETRY_TIMES"], 2, "is not NAME=VALUE"),
        (["--archive", "."], 1, "is a folder, not an archive file"),
        (["--start-url", "ftp://x/"], 2, "is no http or https address"),
    ],
)
def test_bad_input_gets_a_line_and_leaves_nothing(
    nursery,
    tmp_path: Path,
    options: list[str],
    code: int,
    words: str,  # type: ignore[no-untyped-def]
) -> None:
    archive = [] if "--archive" in options else ["--archive", str(tmp_path / "new" / "x.db")]
    done: Crawl = nursery.start("crawl", *archive, *options).wait()
    assert done.code == code
    assert words in done.err
    assert "Traceback" not in done.err


def test_json_is_all_of_standard_output(crawls: Field) -> None:
    done = crawls.crawl("-v", "--no-details")
    assert json.loads(done.out)["exit_code"] == 0
    assert "Spider closed (finished)" in done.err
