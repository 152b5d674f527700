"""What reaches the terminal: real processes, odd encodings, closed pipes, hostile texts."""

from __future__ import annotations

import doctest
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from yiqihui_spider.characters import printable, printable_line
from yiqihui_spider.cli import terminal
from yiqihui_spider.cli.terminal import one_line, printable_json

COMMAND = [sys.executable, "-m", "yiqihui_spider"]
HOSTILE = "\x1b[31m红\x1b]0;t\x9b1m\u202e逆\u2066"
PAGE = f"""<html><body><p>当前位置:首页>一起惠资讯>社群>文章列表</p><h1>社群</h1>
<p><a href="http://www.178hui.com/news/view/101.html">甲题目{HOSTILE}</a></p>
<p>甲文第一句在这里{HOSTILE}。第二句也在这里。</p><p>一起惠2019-04-13 09:30:07407 次</p>
<p>1-1/1 记录1/1 页</p></body></html>"""
CONTROLS = [chr(c) for c in (*range(9), *range(0x0B, 0x20), *range(0x7F, 0xA0), 0x202E, 0x2066)]


def run(*words: str, redirect: str = "", **env: str) -> subprocess.CompletedProcess[bytes]:
    """Through a shell where something is to be done to its output."""
    command: list[str] = [*COMMAND, *words]
    if redirect:
        command = ["bash", "-c", f'"$@" {redirect}; exit ${{PIPESTATUS[0]}}', "-", *command]
    return subprocess.run(command, capture_output=True, env=os.environ | env, check=False, timeout=100)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "page.html").write_text(PAGE, "utf-8")
    done = run("import", str(folder / "page.html"), "--archive", str(folder / "a.db"))
    assert done.returncode == 0, done.stderr.decode()
    return str(folder / "a.db")


@pytest.mark.parametrize(
    ("env", "redirect"),
    [
        ({"PYTHONIOENCODING": "latin-1"}, ""),
        ({"PYTHONIOENCODING": "ascii:strict"}, ""),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, ""),
        ({}, "| true"),
        ({}, "2>&1 | head -c 10"),
        ({}, ">&-"),
        ({}, ">&- 2>&-"),
        ({}, "> /dev/full"),
    ],
)
def test_printing_never_changes_an_exit_code(tmp_path: Path, env: dict[str, str], redirect: str) -> None:
    done = run("crawl", "--sample", "--archive", str(tmp_path / "a.db"), redirect=redirect, **env)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    assert b"Traceback" not in done.stdout + done.stderr
    status = run("status", "--archive", str(tmp_path / "a.db"), redirect=redirect, **env)
    assert status.returncode == 0
    assert b"Traceback" not in status.stdout + status.stderr


def test_a_full_disk_behind_the_output_is_said(hostile: str) -> None:
    done = run("show", "1", "--archive", hostile, redirect="> /dev/full")
    assert done.returncode == 0
    assert done.stderr.decode() == "what was printed is not complete: No space left on device\n"
    export = run("export", "--format", "jsonl", "-o", "-", "--archive", hostile, redirect="> /dev/full")
    assert export.returncode == 1
    assert "No space left on device" in export.stderr.decode()


@pytest.mark.parametrize(
    "words", [("show", "1"), ("history", "1"), ("search", "甲文"), ("status",), ("search", "甲文", "--json")]
)
def test_nothing_of_a_page_is_obeyed_by_the_terminal(hostile: str, words: tuple[str, ...]) -> None:
    done = run(*words, "--archive", hostile)
    assert done.returncode == 0
    shown = (done.stdout + done.stderr).decode()
    assert [char for char in CONTROLS if char in shown] == []
    assert "Traceback" not in shown


def test_json_keeps_what_it_escapes(hostile: str) -> None:
    body = json.loads(run("show", "1", "--archive", hostile, "--json").stdout)["body"]
    assert body.startswith("甲文第一句在这里\x1b[31m红")
    latin = run("show", "1", "--archive", hostile, "--json", PYTHONIOENCODING="latin-1").stdout
    assert json.loads(latin.decode("ascii"))["body"] == body


def test_names_of_files_are_shown_not_obeyed(tmp_path: Path) -> None:
    odd = tmp_path / "a\x1b[31m\nb\udcff.txt"
    odd.write_bytes(b"nothing of the site")
    done = run("import", os.fspath(odd), "--archive", str(tmp_path / "a.db"))
    missing = run("import", str(tmp_path / "no\x1b[31m"), "--archive", str(tmp_path / "a.db"))
    for one in (done, missing):
        shown = (one.stdout + one.stderr).decode("utf-8", "surrogateescape")
        assert "\x1b" not in shown
        assert "Traceback" not in shown


def test_an_export_whose_reader_has_enough_ends_in_peace(hostile: str) -> None:
    done = run("export", "--format", "jsonl", "-o", "-", "--archive", hostile, redirect="| true")
    assert (done.returncode, done.stderr) == (0, b"")


def test_pure_parts() -> None:
    assert doctest.testmod(terminal).failed == 0
    assert printable("社群 a\tb\nc") == "社群 a\tb\nc"
    assert printable("\udcff\U000e0001") == "\\udcff\\U000e0001"
    assert one_line("a\nb\x85") == "a\\nb\\x85"
    assert printable_line("a\x1b\u202eb\n社") == "a\ufffd\ufffdb 社"
    assert json.loads(printable_json('"\u202e\x7f\U000e0001社"')) == "\u202e\x7f\U000e0001社"


def test_every_command_prints_through_the_terminal_module() -> None:
    """``schedule`` prints what the user gave it, to be pasted; ``print_json`` escapes by itself."""
    folder = Path(terminal.__file__).parent
    raw = {path.name for path in folder.glob("*.py") if "click.echo(" in path.read_text("utf-8")}
    assert raw == {"terminal.py", "common.py", "schedule_cmd.py"}
