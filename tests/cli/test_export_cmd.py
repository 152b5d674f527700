"""``yiqihui export`` as users meet it: the installed command on a real archive."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.export_samples import add_many, fill

COMMAND = [sys.executable, "-m", "yiqihui_spider", "export"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "a.db"
    fill(path).db.close()
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that takes more than a second to export."""
    path = tmp_path_factory.mktemp("large") / "a.db"
    filling = fill(path)
    filling.db.execute("DROP TRIGGER articles_fts_before_insert")
    filling.db.execute("DROP TRIGGER articles_fts_after_insert")
    add_many(filling, 12_000)
    filling.db.close()
    return path


def environment(archive: Path) -> dict[str, str]:
    return os.environ | {"YIQIHUI_ARCHIVE": str(archive), "PYTHONWARNINGS": "error"}


def export(archive: Path, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, env=environment(archive), capture_output=True, check=False, timeout=60)


def test_to_a_file(small: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.jsonl"
    done = export(small, "--format", "jsonl", "-o", target)
    assert (done.returncode, done.stderr) == (0, b"")
    size = target.stat().st_size
    assert done.stdout.decode() == f"{target}: 4 articles, {size} bytes\n"
    as_json = export(small, "--format", "jsonl", "-o", target, "--json", "--limit", "1")
    assert json.loads(as_json.stdout)["articles"] == 1


def test_to_standard_output(small: Path) -> None:
    done = export(small, "--format", "jsonl", "-o", "-", "--query", "仓库")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [2]
    done = export(small, "--format", "csv", "-o", "-", "--bom", "--no-guard", "--limit", "1")
    (row,) = csv.DictReader(io.StringIO(done.stdout.decode("utf-8-sig"), newline=""))
    assert (row["id"], row["title"]) == ("4", "@标题")
    assert b"Atom" in export(small, "--format", "feed", "-o", "-").stdout
    feed = export(small, "--format", "feed", "--feed", "json", "-o", "-", "--limit", "2").stdout
    assert [item["_yiqihui"]["id"] for item in json.loads(feed)["items"]] == [4, 3]


def test_the_guard_comes_with_the_mark(small: Path, tmp_path: Path) -> None:
    for options, title in ((["--bom"], "'@标题"), (["--guard"], "'@标题"), ([], "@标题")):
        export(small, "--format", "csv", "-o", tmp_path / "a.csv", *options)
        (row, *_) = csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text("utf-8-sig"), newline=""))
        assert row["title"] == title


def test_a_reader_that_has_enough(large: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--format", "jsonl", "-o", "-"],
        env=environment(large),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["id"] > 1000
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(30) == 0  # it has what it wanted


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--format", "wacz", "-o", "x", "--limit", "1"], 2, "--limit is for jsonl, csv, parquet, feed, not"),
        (["--format", "jsonl", "-o", "x", "--bom"], 2, "--bom is for csv, not for jsonl"),
        (["--format", "csv", "-o", "x", "--feed", "atom"], 2, "--feed is for feed, not for csv"),
        (["--format", "parquet", "-o", "-"], 2, "parquet can't go to standard output"),
        (["--format", "jsonl", "-o", "x", "--since", "gestern"], 2, "is no time like 2019"),
        (["--format", "jsonl", "-o", "/nowhere/x"], 1, "cannot write /nowhere/x: No such file or directory"),
        (["--format", "jsonl", "-o", "/"], 1, "cannot write /: it is a folder"),
        (["--format", "jsonl", "-o", "x", "--archive", "none.db"], 1, "no archive at"),
    ],
)
def test_refusals(small: Path, tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    done = subprocess.run(
        [*COMMAND, *arguments], env=environment(small), capture_output=True, check=False, cwd=tmp_path
    )
    assert done.returncode == code
    assert message in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert os.listdir(tmp_path) == []


def test_nothing_asked_for_is_told(small: Path, tmp_path: Path) -> None:
    done = export(small, "--format", "jsonl", "-o", tmp_path / "x", "--category", "没有")
    assert (done.returncode, (tmp_path / "x").read_bytes()) == (0, b"")
    assert done.stderr.decode().startswith(
        "note: no article in the archive has the category 没有; there are "
    )
    done = export(small, "--format", "csv", "-o", tmp_path / "y.csv", "--until", "1999")
    assert done.stderr.decode() == "note: no article in the archive is asked for; the export is empty\n"
    assert (tmp_path / "y.csv").read_text("utf-8").count("\n") == 1


def test_without_pyarrow_one_line(small: Path, tmp_path: Path) -> None:
    (tmp_path / "pyarrow.py").write_text("raise ImportError('not here')\n")
    done = subprocess.run(
        [*COMMAND, "--format", "parquet", "-o", "out"],
        env=environment(small) | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert done.stderr.decode() == "Error: parquet needs pyarrow: pip install 'yiqihui-spider[parquet]'\n"
    assert not (tmp_path / "out").exists()


def kill_when_half(archive: Path, target: Path, *arguments: str) -> None:
    """Start an export and kill -9 it once some of it is on disk."""
    process = subprocess.Popen(
        [*COMMAND, *arguments, "-o", str(target)], env=environment(archive), stderr=subprocess.DEVNULL
    )
    part = target.with_name(f".{target.name}.{process.pid}.part")
    deadline = time.monotonic() + 30
    while not written(part) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.001)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert written(part), "killed too early"


def written(part: Path) -> bool:
    files = part.iterdir() if part.is_dir() else [part]
    return any(file.exists() and file.stat().st_size > 0 for file in files)


def test_a_killed_export_leaves_no_half_file(large: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    kill_when_half(large, target, "--format", "jsonl")
    assert not target.exists()
    assert export(large, "--format", "jsonl", "-o", target).returncode == 0
    whole = target.read_bytes()
    assert whole.count(b"\n") == 12_004
    kill_when_half(large, target, "--format", "jsonl")
    assert target.read_bytes() == whole
    assert export(large, "--format", "jsonl", "--limit", "1", "-o", target).returncode == 0
    assert os.listdir(tmp_path) == ["out.jsonl"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_killed_export_leaves_no_half_folder(large: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / "out"
    assert export(large, "--format", form, "--limit", "1", "-o", target).returncode == 0
    kill_when_half(large, target, "--format", form)
    resources = json.loads((target / "datapackage.json").read_text("utf-8"))["resources"]
    assert [one["rows"] for one in resources[:1]] == [1]
    assert all((target / one["path"]).stat().st_size == one["bytes"] for one in resources)
    assert export(large, "--format", form, "--limit", "2", "-o", target).returncode == 0
    assert os.listdir(tmp_path) == ["out"]


def test_memory_stays_flat(large: Path, tmp_path: Path) -> None:
    """The peak with 12,000 articles (36 MB of text) against the peak with one."""
    code = (
        "import re, sys\nfrom yiqihui_spider.cli import main\n"
        "try: main(sys.argv[1:])\n"  # not ru_maxrss: there a parent's size counts too
        "except SystemExit: print(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read()).group(1))"
    )
    for form in ("jsonl", "csv", "feed"):
        peaks = []
        for limit in ("1", "20000"):
            arguments = ["export", "--format", form, "--limit", limit, "-o", str(tmp_path / form)]
            done = subprocess.run(
                [sys.executable, "-c", code, *arguments],
                env=environment(large), capture_output=True, check=True,
            )  # fmt: skip
            peaks.append(int(done.stdout.split()[-1]))
        assert peaks[1] - peaks[0] < 12_000, (form, peaks)
