from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from support.hui import verify
from support.import_files import HOST, SHE, Warc, bring_in, everything, one, rows

from yiqihui_spider.archive.articles.identity import content_hash
from yiqihui_spider.archive.queries.checks import Placed, misplaced
from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.items import Segment, Span, SplitPage
from yiqihui_spider.maintenance.verify import is_held, tiling
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import hold, open_session

LISTING = "/news/list.php?cat=3&page=1"
RECORDS, SPANS = "WARC records and digests", "spans tile their page text"
FOLLOW, BORNE = "rows follow from what pages showed", "pages bear out their rows"
CHECKS = [
    "SQLite integrity", "foreign keys", "views and triggers", "search index", "times can be read",
    "texts match their hashes", "articles trace to a capture", FOLLOW, RECORDS, SPANS, BORNE,
    "no leftovers of a crash",
]  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of listings and details, a dump with residue, a revisit, a redirect and an error."""
    folder = tmp_path_factory.mktemp("sound")
    site = SampleSite()
    warc = Warc()
    for target in (
        "/robots.txt",
        "/news",
        "/news/",
        "/nowhere",
        LISTING,
        "/news/view/4102.html",
        "/news/view/4117.html",
    ):
        warc.page(site, target, when="2020-03-02T06:00:00Z")
    warc.page(site, LISTING, when="2020-03-03T06:00:00Z")
    (folder / "dump.txt").write_text("前言\n" + site.dump(SHE, 2), "utf-8")
    archive = folder / "in" / "archive.db"
    assert bring_in(archive, warc.save(folder / "w"), folder / "dump.txt")[0] == 4
    return archive


@pytest.fixture
def archive(sound: Path, tmp_path: Path) -> Path:
    shutil.copytree(sound.parent, tmp_path / "copy")
    return tmp_path / "copy" / sound.name


def found(archive: Path) -> dict[str, list[str]]:
    """Problems by check, of the checks that found some."""
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        return {check.name: check.problems for check in verify(db, archive) if check.problem_count}


def execute(archive: Path, sql: str, *parameters: object, foreign_keys: bool = True) -> None:
    with closing(sqlite3.connect(archive)) as db:
        db.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        db.execute(sql, parameters)
        db.commit()


def yiqihui(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "yiqihui_spider", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def warc_path(archive: Path) -> Path:
    (path,) = (archive.parent / "warc").glob("*.warc.gz")
    return path


# --- a sound archive -----------------------------------------------------------------------


def test_a_sound_archive(archive: Path) -> None:
    before = everything(archive)
    done = yiqihui("verify", "--archive", archive)
    assert (done.returncode, done.stderr) == (0, "")
    table = [line.rstrip() for line in done.stdout.splitlines() if line.rstrip().endswith(" ok")]
    assert [line.rsplit(maxsplit=2)[0].strip() for line in table] == CHECKS
    assert everything(archive) == before


def test_json_says_what_was_checked(archive: Path) -> None:
    told = json.loads(yiqihui("verify", "--json", "--archive", archive).stdout)
    assert (told["sound"], told["repairs"]) == (True, [])
    checked = {check["check"]: check["checked"] for check in told["checks"]}
    assert checked["WARC records and digests"] == 9
    assert checked["spans tile their page text"] == 5
    assert checked["articles trace to a capture"] == one(archive, "SELECT count(*) FROM articles") == 18


def test_an_empty_archive_is_sound(tmp_path: Path) -> None:
    open_archive(tmp_path / "a.db").close()
    assert found(tmp_path / "a.db") == {}


def test_no_archive(tmp_path: Path) -> None:
    for words in (["verify"], ["verify", "--repair"]):
        done = yiqihui(*words, "--archive", tmp_path / "a.db")
        assert (done.returncode, done.stderr) == (1, f"Error: no archive at {tmp_path / 'a.db'}\n")
    assert list(tmp_path.iterdir()) == []


# --- what can be wrong ---------------------------------------------------------------------

OF_ONE = "WHERE facts_id IN (SELECT id FROM entry_facts WHERE article_id = 1)"


def rot(archive: Path) -> None:
    """Damage the listing's record."""
    offset, length = one(
        archive, "SELECT warc_offset, warc_length FROM captures WHERE url = ? LIMIT 1", HOST + LISTING
    )
    with warc_path(archive).open("r+b") as file:
        file.seek(offset + length // 2)
        file.write(b"rotten")


def lose(archive: Path) -> None:
    warc_path(archive).unlink()


def change(sql: str) -> Callable[[Path], None]:
    return lambda archive: execute(archive, sql, foreign_keys=False)


@pytest.mark.parametrize(
    ("damage", "checks"),
    [
        (rot, {RECORDS: 1, SPANS: 1}),
        (lose, {RECORDS: 9}),
        (change("UPDATE captures SET payload_digest = 'sha1:X' WHERE id = 6"), {RECORDS: 1}),
        (change("UPDATE captures SET warc_offset = warc_offset + 1 WHERE id = 6"), {RECORDS: 1}),
        (change("UPDATE captures SET warc_file = '../' || warc_file WHERE id = 6"), {RECORDS: 1}),
        (change("UPDATE captures SET warc_length = warc_length + 1 WHERE id = 6"), {RECORDS: 1}),
        (change("UPDATE observations SET span_start = span_start + 1 WHERE capture_id = 6"),
         {SPANS: 1}),
        (change("UPDATE versions SET span_end = 999999 WHERE capture_id = 6"),
         {SPANS: 1}),
        (change("UPDATE residues SET text = '后记'"), {SPANS: 1}),
        (change("DELETE FROM residues"), {SPANS: 1}),
        (change("DELETE FROM observations WHERE capture_id = 5 AND position = 3"),
         {"articles trace to a capture": 1, SPANS: None, BORNE: None, FOLLOW: None}),
        (change("UPDATE articles SET body = body || '!' WHERE id = 1"),
         {"texts match their hashes": 1}),
        (change("DELETE FROM versions WHERE article_id = 1"),
         {"articles trace to a capture": 1, FOLLOW: 1}),
        (change(f"DELETE FROM observations {OF_ONE}"),
         {"articles trace to a capture": 1, SPANS: None, BORNE: None, FOLLOW: 1}),
        (change(f"UPDATE observations SET counted = 0 {OF_ONE}"), {FOLLOW: 1}),
        (change("DELETE FROM articles_fts WHERE rowid = (SELECT recency FROM articles WHERE id = 1)"),
         {"search index": None}),
        (change("UPDATE articles SET views_at = '昨天' WHERE id = 1"),
         {"times can be read": 1, FOLLOW: 1}),
        (change("UPDATE runs SET started_at = '2026-11-22T06:00:00'"), {"times can be read": 1}),
        (change("UPDATE captures SET captured_at = '2026-02-30T06:00:00+00:00' WHERE id = 6"),
         {"times can be read": 1, FOLLOW: None}),
        (change("DROP VIEW search"), {"views and triggers": 1}),
        (change("UPDATE captures SET parser_version = 'of yesterday'"), {}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_where_it_is(
    archive: Path, damage: Callable[[Path], None], checks: dict[str, int | None]
) -> None:
    damage(archive)
    problems = found(archive)
    assert problems.keys() == checks.keys()
    for name, count in checks.items():
        assert count is None or len(problems[name]) == count, problems[name]


def test_a_database_page_that_is_rotten(archive: Path) -> None:
    with closing(sqlite3.connect(archive)) as db:
        root = db.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'articles_published_at'"
        ).fetchone()[0]
        size = db.execute("PRAGMA page_size").fetchone()[0]
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with archive.open("r+b") as file:
        file.seek((root - 1) * size + 8)
        file.write(b"\xff" * 200)
    assert "SQLite integrity" in found(archive)
    done = yiqihui("verify", "--archive", archive)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_problems_are_told_by_capture_and_place(archive: Path) -> None:
    rot(archive)
    done = yiqihui("verify", "--archive", archive)
    offset = one(archive, "SELECT warc_offset FROM captures WHERE id = 5")
    assert done.returncode == 1
    assert f"WARC records and digests: capture 5: {warc_path(archive)}: offset {offset}: " in done.stderr


def test_captures_read_by_another_parser_are_noted(archive: Path) -> None:
    execute(archive, "UPDATE captures SET parser_version = 'old' WHERE id IN (5, 6)")
    told = json.loads(yiqihui("verify", "--json", "--archive", archive).stdout)
    (tiles,) = [check for check in told["checks"] if check["check"] == "spans tile their page text"]
    assert tiles["checked"] == 3
    assert tiles["notes"] == [
        "2 captures were read by another parser; `yiqihui reparse` brings what they say up to date"
    ]


# --- what a crash leaves -------------------------------------------------------------------


def leave_orphan(archive: Path, target: str = "/news/view/4131.html", code: int = 0) -> str:
    """A record without its row, of a run that ended with ``code``; the WARC file's name."""
    with open_session(archive, "test") as session:
        session.exit_code, session.outcome = code, "tested"
        answer = SampleSite().get(target)
        capture = session.warc.write_response(
            url=HOST + target,
            request_headers=b"GET / HTTP/1.1\r\n\r\n",
            status=answer.status,
            reason="OK",
            headers=list(answer.headers.items()),
            body=answer.body,
            captured_at="2020-03-04T06:00:00+00:00",
        )
    return capture.warc_file


def test_a_record_without_a_row_is_told_and_taken_in(archive: Path) -> None:
    name = leave_orphan(archive)
    ((problem,),) = found(archive).values()
    assert problem.startswith(f"{name}: offset ")
    assert problem.endswith(
        f": {HOST}/news/view/4131.html is in no row; `yiqihui verify --repair` takes it in"
    )
    assert rows(archive, "SELECT id FROM articles WHERE site_id = 4131") == []
    done = yiqihui("verify", "--repair", "--archive", archive)
    assert done.returncode == 0
    assert f"{HOST}/news/view/4131.html (1 article)" in done.stdout
    assert one(archive, "SELECT title IS NOT NULL FROM articles WHERE site_id = 4131") == 1
    columns = "warc_file, origin, time_source, captured_at"
    row = one(archive, f"SELECT {columns} FROM captures ORDER BY id DESC LIMIT 1")
    assert row == (name, "live", "clock", "2020-03-04T06:00:00+00:00")
    before = everything(archive)
    assert yiqihui("verify", "--repair", "--archive", archive).returncode == 0
    assert everything(archive) == before


@pytest.mark.parametrize("code", [1, 75, None])
def test_what_a_run_left_that_failed_or_died_is_noted_only(archive: Path, code: int | None) -> None:
    name = leave_orphan(archive, code=code or 1)
    if code is None:
        execute(archive, "UPDATE runs SET finished_at = NULL, outcome = NULL, exit_code = NULL WHERE id = 2")
        path = archive.parent / "warc" / name
        path.write_bytes(path.read_bytes() + b"\x1f\x8b\x08\0half a record")
    done = yiqihui("verify", "--json", "--archive", archive)
    assert (done.returncode, done.stderr) == (0, "")
    notes = json.loads(done.stdout)["checks"][-1]["notes"]
    assert notes[0].startswith(f"{name}: offset ")
    assert notes[1:] == (
        [
            f"{name}: no whole record at the end, 17 bytes; the next run cuts them off",
            "1 run never said how it ended, and died; the next run says so of each",
        ]
        if code is None
        else []
    )
    done = yiqihui("verify", "--repair", "--archive", archive)
    assert f"{HOST}/news/view/4131.html (1 article)" in done.stdout
    told = json.loads(yiqihui("verify", "--json", "--archive", archive).stdout)
    assert told["checks"][-1]["notes"] == []


def test_a_record_that_is_there_twice_is_noted_only(archive: Path) -> None:
    leave_orphan(archive)
    leave_orphan(archive)
    assert yiqihui("verify", "--repair", "--archive", archive).returncode == 0
    told = json.loads(yiqihui("verify", "--json", "--archive", archive).stdout)
    assert told["checks"][-1]["notes"] == [
        "1 record is there twice (a run was killed and its work done again)"
    ]


def test_half_a_record_at_the_end_is_told_and_cut_off(archive: Path) -> None:
    path = warc_path(archive)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:100])
    assert found(archive) == {
        "no leftovers of a crash": [
            f"{path.name}: no whole record at the end, 100 bytes; the next run cuts them off"
        ]
    }
    done = yiqihui("verify", "--repair", "--archive", archive)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        f"unfinished end cut off: {path.name}: 100 bytes cut",
    )
    assert path.read_bytes() == whole


def test_while_a_run_is_at_work_ends_are_not_judged(archive: Path) -> None:
    path = warc_path(archive)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:100])
    assert not is_held(archive)
    with hold(archive, "crawl"):
        assert is_held(archive)
        assert found(archive) == {}
        assert yiqihui("verify", "--repair", "--archive", archive).returncode == 75


# --- pure parts ----------------------------------------------------------------------------


def test_pieces_that_leave_a_gap_or_overlap() -> None:
    def pieces(*spans: tuple[int, int]) -> SplitPage:
        return SplitPage(tuple(Segment("body", Span(*span)) for span in spans), "other")

    assert list(tiling(pieces((0, 2), (2, 5)), "12345")) == []
    assert list(tiling(pieces((0, 2), (3, 5)), "12345")) == ["the pieces of the page text do not meet at 2"]
    assert list(tiling(pieces((0, 3), (2, 5)), "12345")) == ["the pieces of the page text do not meet at 3"]
    assert list(tiling(pieces((0, 2)), "12345")) == ["the pieces of the page text end at 2 of 5"]
    assert list(tiling(pieces(), "")) == []


def test_texts_and_their_places() -> None:
    text = "前言\n社 群"
    assert misplaced(Placed("x", 3, 6, content_hash=content_hash("社群")), text) is None
    assert misplaced(Placed("x", 0, 2, text="前言"), text) is None
    assert misplaced(Placed("x", 0, 3, text="前言"), text) == "x: its span 0-3 holds another text"
    assert (
        misplaced(Placed("x", 2, 6, content_hash=content_hash("社")), text)
        == "x: its span 2-6 holds another text"
    )
    assert misplaced(Placed("x", 3, 7, text="社 群"), text) == "x: its span 3-7 is outside the page text"
