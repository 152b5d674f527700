"""Our own crawl's WARC file in a real pywb, and from there into another archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.crawling import run_installed
from support.import_files import Warc, one, rows
from support.pywb import Pywb

from yiqihui_spider.sample.server import serve
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.warc.reader import read_record


@dataclass
class Past:
    """What was crawled, twice, with changes between, from a server that is gone."""

    pywb: Pywb
    archive: Path
    home: str

    def fetch(self, into: Path, *words: str) -> dict[str, object]:
        done = run_installed(
            "wayback",
            f"{self.home}/news/",
            *("--cdx", self.pywb.index("past"), "--rate", "60000", "--delay", "0"),
            *("--archive", str(into), "--json", *words),
        )
        assert done.code == 0, done.err
        return done.report


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    folder = tmp_path_factory.mktemp("past")
    pywb = Pywb(folder)
    archive = folder / "crawled" / "yiqihui.db"
    site = SampleSite(compress=True)
    with serve(site) as server:
        home = server.url
        for _ in range(2):
            words = ("crawl", "--start-url", f"{home}/news/", "--mode", "full", "--delay", "0")
            done = run_installed(*words, "--archive", str(archive))
            assert done.code == 0, done.err
            site.bump(4102, 33)
            site.edit(4117, blocks=(*site.articles[4117].blocks, "后来补上的一段。"))
    pywb.add("past", *sorted((archive.parent / "warc").glob("*.warc.gz")))
    with pywb.running():
        yield Past(pywb, archive, home)


PAGES = """
    SELECT url, captured_at, kind, category, declared_first, declared_last, declared_total, entries,
      payload_digest
    FROM captures WHERE kind <> 'other' AND http_status = 200
    GROUP BY url, captured_at, payload_digest ORDER BY captured_at, url
"""
SERIES = """
    SELECT DISTINCT site_id, view_counts.views FROM view_counts JOIN articles ON articles.id = article_id
    ORDER BY 1, 2
"""
TEXTS = """
    SELECT site_id, version, article_versions.content_hash, article_versions.title
    FROM article_versions JOIN articles ON articles.id = article_id ORDER BY site_id, version
"""


def test_the_whole_crawl_comes_through(past: Past, tmp_path: Path) -> None:
    into = tmp_path / "yiqihui.db"
    report = past.fetch(into)
    assert report["failures"] == []
    assert rows(into, "SELECT DISTINCT origin, time_source FROM captures") == [("wayback", "cdx")]
    theirs, ours = rows(past.archive, PAGES), rows(into, PAGES)
    assert set(ours) <= set(theirs)
    assert {(page[0], page[-1]) for page in ours} == {(page[0], page[-1]) for page in theirs}
    assert rows(into, SERIES) == rows(past.archive, SERIES)
    assert rows(into, TEXTS) == rows(past.archive, TEXTS)
    assert one(into, "SELECT count(DISTINCT version) FROM article_versions") == 2
    assert run_installed("verify", "--archive", str(into)).code == 0


def test_payloads_are_the_bytes_that_were_served(past: Past, tmp_path: Path) -> None:
    into = tmp_path / "yiqihui.db"
    past.fetch(into)
    place = "SELECT warc_file, warc_offset FROM captures WHERE url LIKE '%/4102.html' ORDER BY id LIMIT 1"
    copy = read_record(into.parent / "warc", *one(into, place))
    original = read_record(past.archive.parent / "warc", *one(past.archive, place))
    assert copy.payload == original.payload
    assert copy.payload[:2] == b"\x1f\x8b"
    assert copy.captured_at == original.captured_at


def test_a_second_run_has_nothing_to_do(past: Past, tmp_path: Path) -> None:
    into = tmp_path / "yiqihui.db"
    first = past.fetch(into, "--limit", "5")
    assert (first["pages"], first["outcome"]) == (5, "fetched")
    rest = past.fetch(into)
    assert rest["known"] >= 5  # a page read twice in one second is one capture
    assert rest["pages"] == rest["wanted"] >= 37
    last = past.fetch(into)
    assert (last["wanted"], last["pages"], last["outcome"]) == (0, 0, "nothing new")


def test_into_the_archive_that_it_came_from(past: Past) -> None:
    before = rows(past.archive, "SELECT * FROM captures")
    report = past.fetch(past.archive)
    assert (report["wanted"], report["pages"]) == (0, 0)
    assert rows(past.archive, "SELECT * FROM captures") == before


def test_pages_whose_chunks_were_hashed(past: Past, tmp_path: Path) -> None:
    """As wget records them: the index names a digest that no replay can show."""
    page = SampleSite().get("/news/view/4102.html").body
    warc = Warc()
    warc.response(
        "http://www.178hui.com/news/view/4102.html",
        b"400\r\n" + page[:1024] + b"\r\n%x\r\n" % len(page[1024:]) + page[1024:] + b"\r\n0\r\n\r\n",
        headers=(("Content-Type", "text/html; charset=utf-8"), ("Transfer-Encoding", "chunked")),
    )
    past.pywb.add("wget", warc.save(tmp_path / "wget.warc.gz"))
    into = tmp_path / "yiqihui.db"
    words = (
        "wayback",
        "http://www.178hui.com/news/",
        "--cdx",
        past.pywb.index("wget"),
        "--archive",
        str(into),
    )
    done = run_installed(*words, "--rate", "60000", "--delay", "0", "--json")
    assert (done.code, done.report["pages"], done.report["unproven"]) == (0, 1, 1)
    assert one(into, "SELECT site_id FROM articles") == 4102
    again = run_installed(*words, "--rate", "60000", "--delay", "0", "--json")
    assert (again.code, again.report["wanted"], again.report["known"]) == (0, 0, 1)


def test_a_collection_that_is_not_there(past: Past, tmp_path: Path) -> None:
    into = tmp_path / "yiqihui.db"
    done = run_installed(
        "wayback", f"{past.home}/news/", "--cdx", past.pywb.index("nothing"), "--show", "--archive", str(into)
    )
    assert done.code == 0
    assert done.out.splitlines()[0] == "the index knows no captures there"
