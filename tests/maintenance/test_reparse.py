from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.crawling import Field
from support.faults import Faults, swap
from support.hui import read_page, try_out
from support.import_files import HOST, Warc, bring_in, everything, one, rows, warc_bytes
from support.new_parser import NEW, Read, tomorrow
from support.paths import TESTS

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.imports import ingest
from yiqihui_spider.items import ParsedPage, SplitPage
from yiqihui_spider.maintenance import reparse as reparse_module
from yiqihui_spider.maintenance.reparse import Reparsed, compare, reparse, to_do
from yiqihui_spider.parse.read import PARSER_VERSION
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import open_session, warc_folder
from yiqihui_spider.site import SiteProfile

LISTING = "/news/list.php?cat=3&page=1"
MONDAY, TUESDAY = "2020-03-02T06:00:00Z", "2020-03-03T06:00:00Z"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Listings and details of two days: the second day's unchanged pages are revisits."""
    site = SampleSite()
    targets = [
        site.address(name, page) for name in site.categories for page in range(1, site.pages(name) + 1)
    ]
    targets += [f"/news/view/{number}.html" for number in site.articles]
    warc = Warc()
    for when in (MONDAY, TUESDAY):
        for target in ["/robots.txt", "/news/", "/nowhere", *targets]:
            warc.page(site, target, when=when)
        site.edit(4102, title="改过的标题")
        site.edit(4117, blocks=("全新的第一段。", "全新的第二段。"))
    path = tmp_path / "archive.db"
    assert bring_in(path, warc.save(tmp_path / "w"))[0] == 0
    return path


def yiqihui(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "yiqihui_spider", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def run(archive: Path, **options: Any) -> Reparsed:
    with open_session(archive, "reparse") as session:
        after, _ = to_do(session, **options)
        return reparse(session, after)


@pytest.fixture
def new_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reparse_module, "read_page", tomorrow)
    monkeypatch.setattr(reparse_module, "reading_version", lambda site: NEW)


# --- the same parser -----------------------------------------------------------------------


def test_the_same_parser_changes_no_row(archive: Path) -> None:
    before, files = everything(archive), warc_bytes(archive)
    done = yiqihui("reparse", "--show", "--archive", archive)
    assert (done.returncode, done.stdout) == (0, "78 captures read, 0 read otherwise\n")
    assert everything(archive) == before
    assert warc_bytes(archive) == files
    assert one(archive, "SELECT command, outcome FROM runs ORDER BY id DESC LIMIT 1") == (
        "reparse",
        "reparsed",
    )


def test_the_same_parser_changes_no_row_of_a_crawl(crawls: Field) -> None:
    """Among its captures: 304 answers, revisits, redirects, pages of other kinds, errors."""
    crawls.server.site.etag = True
    crawls.server.site.edit(4102, source="")
    assert crawls.crawl("--mode", "full").code == 0
    assert crawls.crawl("--mode", "incremental").code == 0  # only these ask conditionally
    crawls.server.site.bump(4117)
    assert crawls.crawl("--mode", "full").code == 0
    archive = crawls.archive
    assert one(archive, "SELECT count(*) > 3 FROM captures WHERE unchanged_since IS NOT NULL")
    before = everything(archive)
    assert run(archive).changed == []
    assert everything(archive) == before


# --- another one ---------------------------------------------------------------------------


@pytest.mark.usefixtures("new_parser")
def test_another_parser_changes_what_it_reads_otherwise(archive: Path) -> None:
    before = everything(archive)
    done = run(archive)
    assert (done.read, len(done.changed)) == (78, 76)  # all but the section page, of both days
    titles = dict(rows(archive, "SELECT site_id, title FROM articles"))
    assert titles[4102] == "新改过的标题"
    assert all(title.startswith("新") for title in titles.values())
    assert one(archive, "SELECT body FROM articles WHERE site_id = 4117") == "全新的第一段。"
    assert rows(archive, "SELECT DISTINCT parser_version FROM article_versions") == [(NEW,)]
    assert rows(archive, "SELECT kind, parser_version FROM captures WHERE kind <> 'other' GROUP BY 1, 2") == [
        ("article", NEW), ("listing", NEW),
    ]  # fmt: skip
    after = everything(archive)
    assert [row[:4] for row in after["view_counts"]] == [row[:4] for row in before["view_counts"]]
    assert run(archive).changed == []


def test_a_newer_parser_that_says_the_same_changes_no_reading(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reparse_module, "reading_version", lambda site: "99")
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        done, changes = try_out(db, warc_folder(archive))
    assert (done.read, done.changed, changes) == (78, [], [])
    done = run(archive)
    assert (done.read, done.changed) == (78, [])
    assert rows(archive, "SELECT DISTINCT parser_version FROM captures WHERE entries > 0") == [("99",)]


@pytest.mark.usefixtures("new_parser")
def test_304_answers_follow_the_page_they_confirmed(crawls: Field) -> None:
    crawls.server.site.etag = True
    for mode in ("full", "incremental"):
        assert crawls.crawl("--mode", mode, "--no-details").code == 0
    run(crawls.archive)
    assert rows(crawls.archive, "SELECT DISTINCT substr(title, 1, 1) FROM sightings") == [("新",)]
    assert rows(crawls.archive, "SELECT DISTINCT parser_version FROM captures WHERE unchanged_since > 0") == [
        (NEW,)
    ]


@pytest.mark.usefixtures("new_parser")
def test_diff_tells_what_would_change_and_writes_nothing(archive: Path) -> None:
    before, bytes_before = everything(archive), archive.read_bytes()
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        done, changes = try_out(db, warc_folder(archive))
    assert (done.read, len(done.changed), len(changes)) == (78, 76, 32)
    changed = next(change for change in changes if change["fields"]["title"][0] == "改过的标题")
    assert (changed["change"], changed["fields"]["title"][1], changed["text"]) == (
        "changed",
        "新改过的标题",
        [],
    )
    (edited,) = [change for change in changes if change["text"]]
    assert edited["text"] == ["… 1", "- 全新的第二段。"]
    assert everything(archive) == before
    assert archive.read_bytes() == bytes_before
    run(archive)
    assert {change["id"] for change in changes} == {
        row[0]
        for row, old in zip(everything(archive)["articles"], before["articles"], strict=True)
        if row != old
    }


def test_diff_looks_at_one_moment_while_a_run_writes(archive: Path, tmp_path: Path) -> None:
    site = SampleSite()
    site.edit(4102, title="又改了一次")
    later = Warc()
    later.page(site, "/news/view/4102.html", when="2020-03-04T06:00:00Z")
    path = later.save(tmp_path / "later")
    imported: list[int] = []

    def seen() -> None:
        if not imported:
            imported.append(bring_in(archive, path)[0])

    before = len(rows(archive, "SELECT id FROM captures"))
    with closing(open_archive(archive, read_only=True)) as db:
        done, changes = try_out(db, warc_folder(archive), seen)
    assert imported == [0]
    assert len(rows(archive, "SELECT id FROM captures")) == before + 1
    assert (done.changed, changes) == ([], [])


def test_diff_from_the_command_line(archive: Path) -> None:
    with open_session(archive, "test") as session:
        session.db.execute("UPDATE entry_facts SET title = '旧标题' WHERE site_id = 4131")
        session.db.execute(
            "UPDATE versions SET title = '旧标题'"
            " WHERE article_id = (SELECT id FROM articles WHERE site_id = 4131)"
        )
        session.db.execute("UPDATE articles SET title = '旧标题' WHERE site_id = 4131")
    before = everything(archive)
    number, title = one(archive, "SELECT id, published_at FROM articles WHERE site_id = 4131")
    done = yiqihui("reparse", "--diff", "--archive", archive)
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[0].startswith(f"changed: article {number}, {title} ")
    assert lines[1].startswith("  title: 旧标题 → ")
    assert lines[-1].endswith("1 article would change")
    told = json.loads(yiqihui("reparse", "--diff", "--json", "--archive", archive).stdout)
    assert [change["id"] for change in told["articles"]] == [number]
    assert everything(archive) == before


def test_articles_that_appear_and_vanish() -> None:
    def row(number: int, title: str, body: str) -> dict[str, Any]:
        return {"id": number, "title": title, "published_at": "2019", "body": body, "content_hash": body}

    def side(*found: dict[str, Any]) -> Iterator[dict[str, Any]]:
        return iter(found)

    changes = compare(
        side(row(1, "一", "甲。"), row(2, "二", "乙。丙。"), row(4, "四", "丁。戊。")),
        side(row(2, "二", "乙。\n丙。"), row(3, "三", "新。"), row(4, "四", "丁。")),
    )
    assert [(c["id"], c["change"], c["text"], c["only_white_space"]) for c in changes] == [
        (1, "removed", ["- 甲。"], False),
        (2, "changed", [], True),
        (3, "new", ["+ 新。"], False),
        (4, "changed", ["… 1", "- 戊。"], False),
    ]


# --- pages that nobody could read ----------------------------------------------------------


def blind(body: bytes, content_type: str | None, url: str, site: SiteProfile) -> Read:
    text, page, _ = read_page(body, content_type, url)
    return text, SplitPage(page.segments, "other"), ParsedPage("other")


def test_what_was_not_understood_is_read_once_the_parser_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warc = Warc()
    for target in ("/news/view/4102.html", LISTING, "/help/", "/nowhere"):
        warc.page(SampleSite(), target)
    archive = tmp_path / "archive.db"
    with monkeypatch.context() as blinded:
        blinded.setattr(ingest, "read_page", blind)
        assert bring_in(archive, warc.save(tmp_path / "w"))[0] == 4
    before = everything(archive)
    assert before["articles"] == []
    run(archive)
    assert everything(archive) == before  # the same parser would say the same
    monkeypatch.setattr(reparse_module, "reading_version", lambda site: NEW)
    assert len(run(archive).changed) == 2
    assert rows(archive, "SELECT url, kind, entries FROM captures WHERE kind <> 'other' ORDER BY id") == [
        (HOST + "/news/view/4102.html", "article", 1),
        (HOST + LISTING, "listing", 8),
    ]


@pytest.mark.parametrize(
    ("status", "said", "then"),
    [("203 Non-Authoritative Information", None, 1), ("206 Partial Content", "bytes 0-{last}/{all}", 1),
     ("206 Partial Content", "bytes 0-{last}/9999999", 0), ("404 Not Found", None, 0)],
)  # fmt: skip
def test_whatever_status_brought_the_whole_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str, said: str | None, then: int
) -> None:
    body = SampleSite().get(LISTING).body
    headers = [("Content-Type", "text/html; charset=utf-8")]
    if said:
        headers.append(("Content-Range", said.format(last=len(body) - 1, all=len(body))))
    warc = Warc()
    warc.response(HOST + LISTING, body, status=status, headers=headers)
    archive = tmp_path / "archive.db"
    with monkeypatch.context() as blinded:
        blinded.setattr(ingest, "read_page", blind)
        bring_in(archive, warc.save(tmp_path / "w"))
    monkeypatch.setattr(reparse_module, "reading_version", lambda site: NEW)
    done = run(archive)
    assert (len(done.changed), done.failed) == (then, [])
    assert one(archive, "SELECT count(*) FROM articles") == 8 * then


def test_a_strange_page_of_a_crawl_is_read_once_the_parser_can(
    crawls: Field, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = crawls.server.site.on_page("社群", 1)[0].number
    faults.on(f"/news/view/{number}.html", swap(" 次", "回"))
    assert crawls.crawl().code != 0
    strange = "SELECT parser_version, kind FROM captures WHERE http_status = 200 AND url LIKE ?"
    assert set(rows(crawls.archive, strange, f"%/{number}.html")) == {(PARSER_VERSION, "other")}

    def reads_it(body: bytes, content_type: str | None, url: str, site: SiteProfile) -> Read:
        return read_page(body.replace("回".encode(), " 次".encode()), content_type, url)

    monkeypatch.setattr(reparse_module, "read_page", reads_it)
    run(crawls.archive)
    assert one(crawls.archive, "SELECT detail_at IS NULL FROM articles WHERE site_id = ?", number)
    monkeypatch.setattr(reparse_module, "reading_version", lambda site: NEW)
    run(crawls.archive)
    assert one(crawls.archive, "SELECT detail_at IS NOT NULL FROM articles WHERE site_id = ?", number)


# --- cut short -----------------------------------------------------------------------------


KILLED = """
import os, signal, sys
from pathlib import Path
from yiqihui_spider.maintenance import reparse as module
from yiqihui_spider.session import open_session
sys.path.insert(0, sys.argv[3])
from support.new_parser import NEW, tomorrow
module.read_page, module.reading_version = tomorrow, lambda site: NEW
left = [int(sys.argv[2])]
def seen():
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
with open_session(Path(sys.argv[1]), "reparse") as session:
    module.reparse(session, module.to_do(session)[0], seen)
"""


@pytest.mark.usefixtures("new_parser")
@pytest.mark.parametrize("after", [1, 20, 60])
def test_a_killed_reparse_is_continued(archive: Path, tmp_path: Path, after: int) -> None:
    undisturbed = tmp_path / "other"
    undisturbed.mkdir()
    with closing(open_archive(archive)) as db:
        db.execute("VACUUM INTO ?", [str(undisturbed / "archive.db")])
    os.symlink(archive.parent / "warc", undisturbed / "warc")
    run(undisturbed / "archive.db")
    words = [sys.executable, "-c", KILLED, str(archive), str(after), str(TESTS)]
    assert subprocess.run(words, timeout=60, check=False).returncode == -signal.SIGKILL
    done = run(archive)
    assert done.resumed_after > 0
    assert done.read == 78 - after
    assert everything(archive) == everything(undisturbed / "archive.db")
    assert run(archive).resumed_after == 0


def test_an_interrupted_reparse_says_so_and_goes_on(archive: Path) -> None:
    count = 0

    def stop() -> None:
        nonlocal count
        count += 1
        if count == 5:
            raise KeyboardInterrupt

    with open_session(archive, "reparse") as session:
        done = reparse(session, 0, stop)
    assert (done.interrupted, done.read) == (True, 5)
    with open_session(archive, "reparse") as session:
        assert to_do(session)[1] == 73
        assert to_do(session, from_start=True) == (0, 78)


def test_an_interrupted_reparse_of_another_parser_is_not_continued(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_session(archive, "reparse") as session:
        session.stats |= {"reparse_parser": PARSER_VERSION, "reparsed_to": 9}
    monkeypatch.setattr(reparse_module, "reading_version", lambda site: NEW)
    with open_session(archive, "reparse") as session:
        assert to_do(session)[0] == 0


def test_records_that_cant_be_read_are_told_and_their_rows_stay(archive: Path) -> None:
    (path,) = (archive.parent / "warc").glob("*.warc.gz")
    offset, number = one(archive, "SELECT warc_offset, id FROM captures WHERE url LIKE '%/4131.html' LIMIT 1")
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"rotten")
    before = everything(archive)
    done = yiqihui("reparse", "--archive", archive)
    assert done.returncode == 3
    assert done.stderr.count(f"failed: capture {number}: ") == 1
    assert everything(archive) == before


def test_no_archive(tmp_path: Path) -> None:
    for words in (["reparse"], ["reparse", "--diff"]):
        done = yiqihui(*words, "--archive", tmp_path / "none.db")
        assert (done.returncode, done.stderr) == (1, f"Error: no archive at {tmp_path / 'none.db'}\n")
    assert list(tmp_path.iterdir()) == []
