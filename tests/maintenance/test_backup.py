"""Backups: consistent beside a crawl, only what is new, never over another archive's, whole or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.crawling import Field, rows
from support.import_files import bring_in
from support.paths import ROOT

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.cli import main
from yiqihui_spider.maintenance import backup as backup_module
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import hold


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def backup(archive: Path, folder: Path) -> dict[str, Any]:
    done = run("backup", folder, "--archive", archive, "--json")
    assert done.exit_code == 0, done.output
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def verified(archive: Path) -> str:
    done = run("verify", "--archive", archive)
    assert done.exit_code == 0, done.output
    return done.output


def refused(archive: Path, folder: Path, code: int = 1) -> str:
    done = run("backup", folder, "--archive", archive)
    assert (done.exit_code, done.stderr.count("\n")) == (code, 1), done.output
    return done.stderr


def dump(folder: Path, page: int) -> Path:
    path = folder / f"page-{page}.txt"
    path.write_text(SampleSite().dump("社群", page), "utf-8")
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "live" / "y.db"
    assert bring_in(path, dump(tmp_path, 1))[0] == 0
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def all_rows(archive: Path) -> list[list[tuple[Any, ...]]]:
    tables = ("articles", "captures", "runs", "residues", "walks", "sightings")
    return [rows(archive, f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]


def test_the_copy_is_the_archive_and_the_second_brings_only_what_is_new(
    archive: Path, folder: Path, tmp_path: Path
) -> None:
    first = backup(archive, folder)
    warc = sum(path.stat().st_size for path in (archive.parent / "warc").iterdir())
    assert (first["files"], first["files_new"], first["bytes_copied"]) == (1, 1, warc)
    assert all_rows(folder / "y.db") == all_rows(archive)
    verified(folder / "y.db")
    same = backup(archive, folder)
    assert (same["files"], same["files_new"], same["bytes_copied"], same["records"]) == (1, 0, 0, 1)
    assert bring_in(archive, dump(tmp_path, 2))[0] == 0
    more = backup(archive, folder)
    assert (more["files"], more["files_new"], more["records"]) == (1, 1, 2)
    assert warc + more["bytes_copied"] == sum(p.stat().st_size for p in (archive.parent / "warc").iterdir())
    assert all_rows(folder / "y.db") == all_rows(archive)
    verified(folder / "y.db")


def test_beside_a_crawl_that_writes(crawls: Field, folder: Path) -> None:
    running = crawls.begin("--delay", "0.05")
    copies = []
    while not running.over and len(copies) < 6:
        time.sleep(0.05)
        if not crawls.archive.exists() or crawls.server.paths.count("/news/") == 0:
            continue
        copies.append(backup(crawls.archive, folder))
        verified(folder / "archive.db")
    assert running.wait().code == 0
    # All of them are states of one file that grows, and each brings only what the one before lacks.
    assert len(copies) >= 3
    assert copies[-1]["records"] > copies[0]["records"]
    last = backup(crawls.archive, folder)
    whole = sum(path.stat().st_size for path in (crawls.archive.parent / "warc").glob("*.gz"))
    assert sum(one["bytes_copied"] for one in (*copies, last)) == whole
    assert all_rows(folder / "archive.db") == all_rows(crawls.archive)
    verified(folder / "archive.db")


def test_a_backup_of_a_half_done_crawl_goes_on_where_it_was(crawls: Field, tmp_path: Path) -> None:
    running = crawls.begin("--delay", "0.05")
    while len(crawls.server.paths) < 8:
        time.sleep(0.01)
    backup(crawls.archive, tmp_path / "backup")
    running.kill()
    running.wait()
    restored = Field(tmp_path / "backup" / "archive.db", crawls.server, crawls.nursery)
    assert restored.crawl().code == 0
    assert restored.rows("SELECT count(*) FROM articles") == [(32,)]
    verified(restored.archive)


SLOW = """
import os, signal, sys, time
from yiqihui_spider.maintenance import backup
def stop(*_, **__):
    print("there", flush=True)
    time.sleep(60)
setattr(backup, sys.argv[1], stop)
from yiqihui_spider.cli import main
main(["backup", sys.argv[2], "--archive", sys.argv[3]])
"""


@pytest.mark.parametrize("step", ["_copy_files", "_replace", "_at_rest"])
def test_killed_in_the_middle_it_leaves_the_older_state(
    step: str, archive: Path, folder: Path, tmp_path: Path
) -> None:
    backup(archive, folder)
    older = all_rows(archive)
    assert bring_in(archive, dump(tmp_path, 2))[0] == 0
    command = [sys.executable, "-c", SLOW, step, str(folder), str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        assert "is in use by 'backup'" in refused(archive, folder, 75)
        os.kill(process.pid, signal.SIGKILL)
    assert all_rows(folder / "y.db") == older
    verified(folder / "y.db")
    backup(archive, folder)
    assert all_rows(folder / "y.db") == all_rows(archive)
    verified(folder / "y.db")
    assert not list(folder.glob("*.part*"))


def test_killed_amid_a_file_the_next_goes_on(archive: Path, folder: Path, tmp_path: Path) -> None:
    backup(archive, folder)
    assert bring_in(archive, dump(tmp_path, 2))[0] == 0
    ((file,),) = [os.listdir(folder / "warc")]
    whole = (archive.parent / "warc" / file).read_bytes()
    done = len((folder / "warc" / file).read_bytes()) + 100
    (folder / "warc" / file).write_bytes(whole[:done])
    verified(folder / "y.db")
    assert backup(archive, folder)["bytes_copied"] == len(whole) - done
    assert (folder / "warc" / file).read_bytes() == whole


def test_a_damaged_copy_is_made_anew_and_a_damaged_original_spoils_none(archive: Path, folder: Path) -> None:
    backup(archive, folder)
    (original,) = (archive.parent / "warc").iterdir()
    (copy,) = (folder / "warc").iterdir()
    whole = original.read_bytes()
    copy.write_bytes(bytes(len(whole)))
    assert backup(archive, folder)["files_new"] == 1
    assert copy.read_bytes() == whole
    original.unlink()
    assert backup(archive, folder)["problems"] == []
    verified(folder / "y.db")
    copy.unlink()
    done = run("backup", folder, "--archive", archive)
    assert (done.exit_code, "lost in the archive, too" in done.stderr) == (3, True)


def test_a_damaged_database_replaces_nothing(archive: Path, folder: Path) -> None:
    backup(archive, folder)
    before = (folder / "y.db").read_bytes()
    with closing(sqlite3.connect(archive)) as db:
        db.execute("PRAGMA journal_mode = DELETE").fetchone()
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'captures'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    with archive.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(os.urandom(size))
    assert "damaged" in refused(archive, folder)
    assert (folder / "y.db").read_bytes() == before


def test_folders_that_are_refused(archive: Path, folder: Path, tmp_path: Path) -> None:
    backup(archive, folder)
    other = tmp_path / "other" / "y.db"
    assert bring_in(other, dump(tmp_path, 2))[0] == 0
    before = all_rows(folder / "y.db")
    assert "tells of runs that" in refused(other, folder)
    renamed = other.with_name("z.db")
    shutil.copy(folder / "y.db", renamed)
    assert "holds another archive (y.db)" in refused(renamed, folder)
    assert "is where the archive itself is" in refused(archive, archive.parent)
    link = tmp_path / "link"
    link.symlink_to(archive.parent)
    assert "is where the archive itself is" in refused(archive, link)
    (tmp_path / "file").write_text("x")
    assert "is not a folder" in refused(archive, tmp_path / "file")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "y.db").write_text("not a database")
    assert "is not an SQLite database" in refused(archive, tmp_path / "taken")
    assert all_rows(folder / "y.db") == before
    assert not (tmp_path / "other" / "warc" / "x").exists()


def test_an_older_state_never_replaces_a_newer_one(archive: Path, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(archive.parent, tmp_path / "older")
    assert bring_in(archive, dump(tmp_path, 2))[0] == 0
    backup(archive, folder)
    assert "newer than this one" in refused(tmp_path / "older" / "y.db", folder)


def test_a_copy_that_is_at_work_is_left_alone(archive: Path, folder: Path) -> None:
    backup(archive, folder)
    with hold(folder / "y.db", "crawl"):
        assert "is in use by 'crawl'" in refused(archive, folder, 75)
    with closing(open_archive(folder / "y.db")) as db:  # a reader that holds the copy open, in WAL mode
        db.execute("SELECT count(*) FROM articles").fetchall()
        assert "is open in another program" in refused(archive, folder, 75)
    backup(archive, folder)
    verified(folder / "y.db")


def test_a_folder_that_cannot_be_written_is_one_line(
    archive: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device", "x.warc.gz")

    monkeypatch.setattr(backup_module, "_grow", full)
    assert refused(archive, folder) == "Error: cannot write x.warc.gz: No space left on device\n"
    assert not (folder / "y.db").exists()


def test_the_restore_as_documented(archive: Path, tmp_path: Path) -> None:
    """The two lines of the guide, in a folder whose ``data`` is lost but for its journal."""
    guide = (ROOT / "docs" / "operating.md").read_text("utf-8")
    (told,) = re.findall(r"To restore it.*?\n\n((?:    [^\n]*\n)+)", guide, re.DOTALL)
    lines = [line.strip() for line in told.splitlines()]
    assert len(lines) == 2
    data = tmp_path / "srv" / "data"
    shutil.copytree(archive.parent, data)
    (data / "y.db").rename(data / "yiqihui.db")
    kept = all_rows(data / "yiqihui.db")
    backup(data / "yiqihui.db", tmp_path / "srv" / "copy")
    (data / "yiqihui.db").write_bytes(b"lost")
    (data / "yiqihui.db-wal").write_bytes(b"of another")
    script = "\n".join(lines).replace("/mnt/backup/yiqihui", "copy")
    command = f'set -e\nyiqihui() {{ {sys.executable} -m yiqihui_spider "$@"; }}\n{script}'
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path / "srv", capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert all_rows(data / "yiqihui.db") == kept
