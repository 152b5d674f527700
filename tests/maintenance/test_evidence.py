"""After WARC files are lost or damaged, evidence is stored again, and nothing refers to what is gone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from support.crawling import Field
from support.hui import verify
from support.import_files import HOST, Warc, bring_in, one, rows

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import warc_folder
from yiqihui_spider.session.evidence import Evidence
from yiqihui_spider.warc.reader import read_record

LISTING = "/news/list.php?cat=3&page=1"


def problems(archive: Path) -> list[str]:
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        return [problem for check in verify(db, archive) for problem in check.problems]


def kinds(archive: Path, run: int) -> dict[str, list[str]]:
    """Type of each record that a run wrote, by path."""
    found: dict[str, list[str]] = {}
    sql = "SELECT url, warc_file, warc_offset FROM captures WHERE run_id = ? ORDER BY id"
    for url, name, offset in rows(archive, sql, run):
        record = read_record(warc_folder(archive), name, offset)
        found.setdefault(url.partition("/news")[2] or url[-11:], []).append(record.record_type)
    return found


def types(archive: Path, run: int) -> set[str]:
    return {kind for found in kinds(archive, run).values() for kind in found}


def lose(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def zero(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(bytes(path.stat().st_size))


def cut(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:600])


@pytest.mark.parametrize("harm", [lose, zero, cut])
def test_a_crawl_stores_what_is_gone_once_more(crawls: Field, harm: Callable[[Path], None]) -> None:
    assert crawls.crawl("--no-details").code == 0
    assert crawls.crawl("--no-details", "--mode", "full").code == 0
    assert types(crawls.archive, 2) == {"revisit"}
    harm(crawls.archive.parent / "warc")
    assert crawls.crawl("--no-details", "--mode", "full").code == 0
    third = kinds(crawls.archive, 3)
    assert {types[0] for types in third.values()} == {"response"}
    assert third["/list.php?cat=3&page=1"] == ["response", "revisit"]
    lost = crawls.rows("SELECT count(*) FROM captures WHERE run_id < 3")[0][0]
    told = problems(crawls.archive)
    assert {line.split(":")[0] for line in told} <= {f"capture {number}" for number in range(1, lost + 1)} | {
        line.split(":")[0] for line in told if ".warc.gz" in line.split(":")[0]
    }
    assert crawls.crawl("--no-details", "--mode", "full").code == 0
    assert types(crawls.archive, 4) == {"revisit"}
    with closing(open_archive(crawls.archive, create=False, read_only=True)) as db:
        evidence = Evidence(db, warc_folder(crawls.archive))
        for digest, url, at in db.execute("SELECT payload_digest, url, captured_at FROM captures").fetchall():
            place = evidence.place(digest, url, at)
            assert place is not None
            assert evidence.holds(place.warc_file, place.warc_offset, digest)


@pytest.mark.parametrize("site", [SampleSite(etag=True)])
def test_pages_whose_evidence_is_gone_are_asked_for_unconditionally(crawls: Field, site: SampleSite) -> None:
    assert crawls.crawl("--no-details").code == 0
    assert crawls.crawl("--no-details", "--mode", "incremental").code == 0
    assert crawls.rows("SELECT count(*) > 0 FROM captures WHERE run_id = 2 AND http_status = 304") == [(1,)]
    lose(crawls.archive.parent / "warc")
    assert crawls.crawl("--no-details", "--mode", "incremental").code == 0
    first_asked = """
        SELECT http_status FROM captures WHERE run_id = 3 AND url LIKE '%page=1'
        GROUP BY url HAVING id = min(id)
    """
    assert set(crawls.rows(first_asked)) == {(200,)}
    for types in kinds(crawls.archive, 3).values():
        assert types[0] == "response"
    assert crawls.crawl("--no-details", "--mode", "incremental").code == 0
    assert crawls.rows("SELECT count(*) > 0 FROM captures WHERE run_id = 4 AND http_status = 304") == [(1,)]


@pytest.mark.parametrize("harm", [lose, zero, cut])
def test_importing_again_mends(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    site, warc = SampleSite(), Warc()
    for day in (2, 3):
        for target in (LISTING, "/news/view/4102.html"):
            warc.page(site, target, when=f"2020-03-0{day}T06:00:00Z")
    files = [warc.save(tmp_path / "w.warc.gz"), tmp_path / "dump.txt"]
    files[1].write_text(site.dump("社群", 2), "utf-8")
    archive = tmp_path / "in" / "a.db"
    assert bring_in(archive, *files)[0] == 0
    before = rows(archive, "SELECT id, url, captured_at, payload_digest, kind FROM captures")
    articles = rows(archive, "SELECT * FROM articles")
    harm(archive.parent / "warc")
    assert len(problems(archive)) >= len(before)
    assert bring_in(archive, *files)[0] == 0
    # What is left of the old file is cut off by the next run: nothing refers to it any more.
    assert all(line.endswith("; the next run cuts them off") for line in problems(archive))
    assert bring_in(archive, *files)[0] == 0
    assert problems(archive) == []
    assert rows(archive, "SELECT id, url, captured_at, payload_digest, kind FROM captures") == before
    assert rows(archive, "SELECT * FROM articles") == articles
    written = {path.name: path.read_bytes() for path in (archive.parent / "warc").iterdir()}
    assert bring_in(archive, *files)[0] == 0
    assert {path.name: path.read_bytes() for path in (archive.parent / "warc").iterdir()} == written


def test_a_revisit_whose_digest_nothing_has_is_not_what_the_address_showed_before(tmp_path: Path) -> None:
    site, warc = SampleSite(), Warc()
    warc.page(site, LISTING, when="2020-03-02T06:00:00Z")
    unlike = "sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    warc.record(
        HOST + LISTING,
        "revisit",
        b"",
        {"WARC-Date": "2020-03-03T06:00:00Z", "WARC-Payload-Digest": unlike},
        warc_content_type="application/http; msgtype=response",
    )
    archive = tmp_path / "a.db"
    _, tally = bring_in(archive, warc.save(tmp_path / "w.warc.gz"))
    assert tally.unresolved == 1
    assert one(archive, "SELECT count(*) FROM captures") == 1
