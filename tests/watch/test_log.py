"""The run log: lines that parse whatever they tell of, and none lost between two that write."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from yiqihui_spider.watch.log import LogFile, RunLogHandler, json_line, text_line

TIME = "2026-03-01T00:00:00.000+00:00"

HOSTILE = 'a"b\\c\nd\te\x1b[31m\u202eevil\u2028x\x00\ud800 社群 {"time": 1}'


def test_text() -> None:
    fields = {"url": "http://a/社群", "why": "two words", "count": 3, "empty": "", "lines": "a\nb"}
    assert text_line(TIME, "warning", 7, "failed", fields) == (
        f'{TIME} WARNING run=7 failed url=http://a/社群 why="two words" count=3 empty="" lines="a\\nb"'
    )
    assert text_line(TIME, "info", None, "x", {}) == f"{TIME} INFO run=- x"


@pytest.mark.parametrize(
    "value",
    [HOSTILE, float("nan"), {1: 2, "x": HOSTILE}, [HOSTILE, (1,)], Path("/a b"), b"\xff", None, "x" * 10**6],
    ids=["text", "nan", "dict", "list", "path", "bytes", "none", "long"],
)
def test_every_line_is_one_line_and_parses(value: object) -> None:
    line = json_line(TIME, "info", 7, "page", {"value": value, "time": "mine"})
    told = json.loads(line)
    assert list(told)[:4] == ["time", "level", "run", "event"]
    assert (told["time"], told["level"], told["run"], told["event"]) == (TIME, "info", 7, "page")
    assert told["time_"] == "mine"
    for one in (line, text_line(TIME, "info", 7, "page", {"value": value})):
        assert len(one) < 50_000
        assert not {"\n", "\x1b", "\u202e", "\u2028", "\x00", "\ud800"} & set(one)


def test_text_comes_back_as_it_was() -> None:
    told = json.loads(json_line(TIME, "info", 7, "page", {"value": HOSTILE}))
    assert told["value"] == HOSTILE


def test_records_of_others_and_tracebacks(tmp_path: Path) -> None:
    handler = RunLogHandler(LogFile(tmp_path / "a/b/l.jsonl"), "json", lambda: 7)
    logger = logging.Logger("warcio.recordloader")
    logger.addHandler(handler)
    logger.warning("Replacing %s\nin it", "spaces")
    logger.warning("%d of us", "none")
    logger.info("page: x", extra={"event": "page", "fields": {"url": "http://a/"}})
    logger.debug("too much")
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logger.exception("failed")
    told = [json.loads(line) for line in (tmp_path / "a/b/l.jsonl").read_text("utf-8").splitlines()]
    assert [(one["event"], one["level"], one["run"]) for one in told] == [
        ("log", "warning", 7),
        ("log", "warning", 7),
        ("page", "info", 7),
        ("log", "error", 7),
    ]
    assert (told[0]["logger"], told[0]["message"]) == ("warcio.recordloader", "Replacing spaces\nin it")
    assert told[1]["message"] == "'%d of us' ('none',)"
    assert told[2]["url"] == "http://a/"
    assert told[3]["traceback"].endswith("ValueError: first\nsecond")
    assert handler.failure is None


def test_rotation(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "l", most_bytes=30, kept=2)
    for number in range(9):
        file.write(f"line number {number}")  # 14 bytes: two a file
    assert {path.name: path.read_text().split()[2::3] for path in tmp_path.iterdir()} == {
        "l": ["8"],
        "l.1": ["6", "7"],
        "l.2": ["4", "5"],
    }
    file.write("x" * 100)
    assert (tmp_path / "l").read_text() == "x" * 100 + "\n"


WRITER = """
import sys
from pathlib import Path
from yiqihui_spider.watch.log import LogFile
file = LogFile(Path(sys.argv[1]), most_bytes=2000, kept=200)
for number in range(400):
    file.write(f"{sys.argv[2]} {number} " + "x" * 40)
"""


def test_two_processes_lose_no_line_while_the_file_rotates(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "l"), name]) for name in ("a", "b")
    ]
    assert [one.wait(60) for one in writers] == [0, 0]
    lines = [line for path in tmp_path.iterdir() for line in path.read_text().splitlines()]
    assert len(list(tmp_path.iterdir())) > 15
    assert all(path.stat().st_size <= 2000 for path in tmp_path.iterdir())
    expected = sorted(f"{name} {number} " + "x" * 40 for name in "ab" for number in range(400))
    assert sorted(lines) == expected


def test_a_file_that_another_program_moved_or_removed(tmp_path: Path) -> None:
    path = tmp_path / "l"
    file = LogFile(path)
    file.write("one")
    path.rename(tmp_path / "moved")
    file.write("two")
    path.unlink()
    file.write("three")
    assert ((tmp_path / "moved").read_text(), path.read_text()) == ("one\n", "three\n")


def test_a_line_that_was_torn_spoils_no_other(tmp_path: Path) -> None:
    (tmp_path / "l").write_text('{"time": "20')
    LogFile(tmp_path / "l").write("{}")
    assert (tmp_path / "l").read_text().splitlines() == ['{"time": "20', "{}"]


def test_what_is_no_log_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"SQLite format 3\0")
    with pytest.raises(OSError, match="it holds other data than a log"):
        LogFile(path)
    assert path.read_bytes() == b"SQLite format 3\0"
    with pytest.raises(IsADirectoryError):
        LogFile(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="No such device"):
        LogFile(tmp_path / "pipe")


def test_a_full_disk_breaks_nothing() -> None:
    handler = RunLogHandler(LogFile(Path("/dev/full")), "text", lambda: None)
    handler.handle(logging.LogRecord("x", logging.INFO, "x", 1, "message", (), None))
    assert handler.failure is not None
    assert handler.failure.strerror == "No space left on device"
