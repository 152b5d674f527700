"""``yiqihui search`` on a terminal and in a pipe."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len
from support.sample_life import sample_life

from yiqihui_spider.archive.search.query import is_moment


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("searched") / "y.db"
    sample_life(path)
    return path


def command(archive: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "yiqihui_spider", "search", *words, "--archive", str(archive)]


def on_terminal(words: list[str]) -> str:
    shown, end = pty.openpty()
    try:
        subprocess.run(words, stdout=end, stderr=end, check=True)
        os.close(end)
        text = b""
        while True:
            try:
                more = os.read(shown, 65536)
            except OSError:  # the other end is closed
                break
            if not more:
                break
            text += more
    finally:
        os.close(shown)
    return text.decode()


def test_hits_are_marked_on_a_terminal_only(archive: Path) -> None:
    words = command(archive, "返利", "--limit", "1")
    marked = on_terminal(words)
    assert "\x1b[31m\x1b[1m返利\x1b[0m链接" in marked
    piped = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "返利链接" in piped.stdout
    assert "\x1b" not in piped.stdout + piped.stderr


def test_counterparts_in_traditional_characters_are_found(archive: Path) -> None:
    def found(*words: str) -> list[int]:
        done = subprocess.run(command(archive, *words, "--json"), capture_output=True, text=True, check=True)
        return [row["id"] for row in json.loads(done.stdout)]

    assert found("社群 返利") == [1, 19]
    assert found("社羣 返利", "--traditional") == [1, 19]
    assert found("社羣 返利") == [1, 19]
    assert found("社羣 返利", "--no-traditional") == []


@pytest.mark.parametrize("text", ["2019", "2019-12", "2020-02-29", "2019-04-13 09", "2019-04-13T09:30:59"])
def test_times_and_their_beginnings(text: str) -> None:
    assert is_moment(text)


@pytest.mark.parametrize(
    "text", ["0000", "2019-13", "2019-02-29", "2019-04-13 24:00", "2019-4", "gestern", ""]
)
def test_no_times(text: str) -> None:
    assert not is_moment(text)


def test_a_search_says_how_many_there_are_in_all(archive: Path) -> None:
    def said(*words: str) -> str:
        return subprocess.run(command(archive, *words), capture_output=True, text=True, check=True).stderr

    assert said("社群", "--limit", "5") == "12 articles; these are 5, --limit shows more\n"
    assert said("社群", "--limit", "12") == "12 articles\n"
    assert (
        said("社群", "--limit", "2", "--since", "2019-05") == "4 articles; these are 2, --limit shows more\n"
    )
    assert said("宵夜团") == "nothing found\n"
    assert said("一条消息撤回之后") == "1 article\n"


def test_on_a_narrow_terminal_what_follows_hangs_under_its_beginning(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    shown = re.sub("\x1b\\[[0-9;]*m", "", on_terminal(command(archive, "社群", "--limit", "1")))
    lines = shown.replace("\r", "").split("\n")
    assert lines[0].startswith("     1  2019-06-18 09:30  年中大促前夜")
    assert all(line.startswith("        ") for line in lines[1:-2])
    assert max(map(cell_len, lines)) <= 50
    assert len(lines) > 4


def test_one_zone_for_all_times(archive: Path) -> None:
    for name in ("show", "history"):
        words = [sys.executable, "-m", "yiqihui_spider", name, "22", "--archive", str(archive)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        assert "+00:00" not in done.stdout
        assert "(times are the site's, UTC+08:00)" in done.stdout
        assert "2019-08-01 09:00" in done.stdout  # 01:00 UTC
        assert "2018-11-20 09:40" in done.stdout  # as the site printed it
