from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.import_files import REAL_PAGE, SHE, Warc, gzipped, one, rows

from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import hold

SITE = SampleSite()


def yiqihui(*words: str | Path, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-W", "error", "-m", "yiqihui_spider", *map(str, words)]
    return subprocess.run(
        command, input=stdin, capture_output=True, timeout=60, check=False, env={**os.environ, **env}
    )


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "out" / "archive.db"


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "dump.txt"
    path.write_text(SITE.dump(SHE, 1), "utf-8")
    return path


def test_it_says_what_it_did(archive: Path, dump: Path) -> None:
    done = yiqihui("import", dump, "--show", "--archive", archive)
    assert done.returncode == 0
    assert done.stderr == b""
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    assert ["pages", "archived", "1"] in lines
    assert ["articles", "on", "them", "8"] in lines
    assert one(archive, "SELECT command, outcome, exit_code FROM runs") == ("import", "imported", 0)


def test_json_is_for_machines(archive: Path, dump: Path) -> None:
    done = yiqihui("import", dump, "--json", YIQIHUI_ARCHIVE=str(archive))
    told = json.loads(done.stdout)
    assert (told["exit_code"], told["outcome"], told["pages"], told["articles"]) == (0, "imported", 1, 8)


def test_status_says_how_much_an_imported_page_declares(archive: Path, dump: Path) -> None:
    """So that an archive of a few old pages doesn't look whole."""
    assert yiqihui("import", dump, "--archive", archive).returncode == 0
    (category,) = json.loads(yiqihui("status", "--json", "--archive", archive).stdout)["categories"]
    assert (category["category"], category["declared"], category["archived"]) == ("社群", 23, 8)
    view = one(archive, "SELECT declared, archived, lacking, last_walk_certified FROM completeness")
    assert view == (23, 8, 15, None)


def test_a_file_from_the_future_is_filed_under_the_present(archive: Path, dump: Path) -> None:
    os.utime(dump, (4_000_000_000, 4_000_000_000))
    assert yiqihui("import", dump, "--archive", archive).returncode == 0
    captured_at, time_source = one(archive, "SELECT captured_at, time_source FROM captures")
    assert captured_at < "2096"
    assert time_source == "clock"


def test_standard_input(archive: Path, dump: Path) -> None:
    words = ("import", "-", "--archive", archive, "--captured-at", "2019-07-01T09:00:00")
    assert yiqihui(*words, stdin=gzipped(dump.read_text("utf-8"))).returncode == 0
    row = one(archive, "SELECT url, captured_at, time_source FROM captures")
    assert row == ("file:///dev/stdin", "2019-07-01T01:00:00+00:00", "given")
    assert yiqihui("import", "-", "--archive", archive, stdin=dump.read_bytes()).returncode == 0
    assert one(archive, "SELECT count(*) FROM captures") == 1


def test_standard_input_without_a_time_is_captured_now(archive: Path, dump: Path) -> None:
    assert yiqihui("import", "-", "--archive", archive, stdin=dump.read_bytes()).returncode == 0
    assert one(archive, "SELECT time_source FROM captures") == "clock"


def test_the_real_page_from_the_command_line(archive: Path) -> None:
    if not REAL_PAGE.exists():
        pytest.skip("the real page is not part of the repository, and not beside it here")
    for _ in range(2):
        assert yiqihui("import", REAL_PAGE, "--archive", archive).returncode == 0
    assert one(archive, "SELECT count(*) FROM articles") == 20
    assert one(archive, "SELECT count(*), sum(residue_chars) FROM captures") == (1, 0)


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("missing.txt", None, "no such file"),
        ("empty.txt", b"", "is empty"),
        ("folder", "folder", "no file in this folder is text, HTML, WARC or WACZ of the site"),
        ("binary.txt", bytes(range(256)),
         "is a binary file, and neither WARC nor WACZ: nothing here reads it"),
        ("big5.txt", "這是另一種編碼的文字。".encode("big5"),
         "holds no page of the site: no breadcrumb, marker or pager in it"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_line_and_leaves_nothing(
    archive: Path, tmp_path: Path, name: str, data: bytes | str | None, why: str
) -> None:
    path = tmp_path / name
    if isinstance(data, bytes):
        path.write_bytes(data)
    elif data:
        path.mkdir()
    done = yiqihui("import", path, "--archive", archive)
    assert (done.returncode, done.stderr.decode()) == (1, f"error: {path}: {why}\n")
    assert not archive.parent.exists()


def test_the_good_ones_are_imported_and_the_bad_ones_named(archive: Path, dump: Path) -> None:
    done = yiqihui("import", "nowhere.txt", dump, "--archive", archive)
    assert (done.returncode, done.stderr) == (1, b"error: nowhere.txt: no such file\n")
    assert one(archive, "SELECT count(*) FROM articles") == 8


def test_layout_that_is_not_understood(archive: Path, tmp_path: Path, dump: Path) -> None:
    dump.write_text("一行前言\n" + dump.read_text("utf-8"), "utf-8")
    done = yiqihui("import", dump, "--archive", archive)
    assert done.returncode == 4
    assert done.stderr.decode() == f"layout: {dump}: 4 characters unexplained (before the first breadcrumb)\n"
    assert one(archive, "SELECT text FROM residues") == "一行前言"


def test_damaged_records_are_told(archive: Path, tmp_path: Path) -> None:
    warc = Warc()
    warc.page(SITE, "/news/view/4102.html")
    (tmp_path / "w").write_bytes(warc.data + b"noise behind it")
    done = yiqihui("import", tmp_path / "w", "--archive", archive)
    assert done.returncode == 3
    assert done.stderr.decode().startswith(f"damaged: {tmp_path / 'w'}: offset {len(warc.data)}: ")
    assert one(archive, "SELECT site_id FROM articles") == 4102


def test_other_hosts_are_counted_and_named(archive: Path, tmp_path: Path) -> None:
    warc = Warc()
    warc.page(SITE, "/news/view/4102.html", host="http://127.0.0.1:8000")
    warc.save(tmp_path / "w")
    done = yiqihui("import", tmp_path / "w", "--archive", archive)
    assert done.returncode == 0
    assert done.stderr.decode().splitlines() == [
        f"note: {tmp_path / 'w'}: no article of the site in it; it holds 1 warcinfo, 1 of 127.0.0.1:8000",
        "records of other hosts, skipped: 1 (127.0.0.1); --host NAME takes them",
    ]
    assert yiqihui("import", tmp_path / "w", "--archive", archive, "--host", "127.0.0.1").returncode == 0
    assert rows(archive, "SELECT site_id FROM articles") == [(4102,)]


def test_usage(archive: Path, dump: Path) -> None:
    done = yiqihui("import", dump, "--archive", archive, "--captured-at", "yesterday")
    assert done.returncode == 2
    assert "'yesterday' is no ISO 8601 time" in done.stderr.decode()
    assert yiqihui("import").returncode == 2
    done = yiqihui("import", dump, "", "--archive", archive)
    assert (done.returncode, archive.exists()) == (2, False)
    assert "an empty name names no file" in done.stderr.decode()
    assert b"Examples:" in yiqihui("import", "--help").stdout


def test_an_archive_in_use_or_none_at_all(archive: Path, dump: Path) -> None:
    with hold(archive, "crawl"):
        done = yiqihui("import", dump, "--archive", archive)
    assert done.returncode == 75
    assert "is in use by 'crawl'" in done.stderr.decode()
    done = yiqihui("import", dump, "--archive", dump)
    assert (done.returncode, done.stderr.decode()) == (1, f"Error: {dump} is not an SQLite database\n")
    done = yiqihui("import", dump, "--archive", dump / "below" / "a.db")
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
