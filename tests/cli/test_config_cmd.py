"""``yiqihui config``, and what the settings do to the commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from yiqihui_spider.cli import main


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("YIQIHUI_ARCHIVE", raising=False)


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_every_setting_with_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("yiqihui.toml").write_text("[crawl]\ndelay = 2\n")
    monkeypatch.setenv("YIQIHUI_ARCHIVE", "e.db")
    told = json.loads(run("config", "--json").stdout)
    assert told["file"] == "yiqihui.toml"
    assert told["settings"]["crawl.delay"] == {"value": 2, "from": "yiqihui.toml"}
    assert told["settings"]["archive"] == {"value": "e.db", "from": "$YIQIHUI_ARCHIVE"}
    assert len(told["settings"]) == 17
    assert "crawl.delay         2  (yiqihui.toml)\n" in run("config").stdout


def test_init_writes_once() -> None:
    assert run("config", "--init").exit_code == 0
    before = Path("yiqihui.toml").read_text("utf-8")
    assert "[notify]\n" in before
    Path("yiqihui.toml").write_text("site = 3\n")
    again = run("config", "--init")
    assert (again.exit_code, Path("yiqihui.toml").read_text()) == (1, "site = 3\n")
    assert "is there already" in again.stderr
    assert run("config", "--init", "--config", "new/y.toml").exit_code == 0
    assert Path("new/y.toml").read_text("utf-8") == before


@pytest.mark.parametrize("words", [("status",), ("crawl",), ("config",)])
@pytest.mark.parametrize("place", [0, 1])
def test_a_wrong_setting_is_usage(words: tuple[str, ...], place: int) -> None:
    Path("bad.toml").write_text("[crawl]\ndely = 2\n")
    named = ("--config", "bad.toml")
    done = run(*(named + words if place == 0 else words + named))
    assert done.exit_code == 2
    assert (
        "Error: bad.toml, line 2: there is no setting 'crawl.dely'; did you mean 'crawl.delay'?"
        in done.stderr
    )


def test_the_archive_of_the_file_is_every_commands_unless_it_is_told_otherwise() -> None:
    Path("yiqihui.toml").write_text("archive = 'file.db'\n")
    assert "no archive at" in run("status").stderr
    assert "file.db" in run("status").stderr
    assert "typed.db" in run("status", "--archive", "typed.db").stderr


@pytest.mark.parametrize("program", ["yiqihui", "scrapy"])
def test_both_ways_to_crawl_heed_the_file(program: str) -> None:
    Path("yiqihui.toml").write_text(
        'archive = "kept/a.db"\n[crawl]\nstart_urls = ["http://127.0.0.1:1/news/"]\ndelay = 0\n'
    )
    words = {
        "yiqihui": ["yiqihui_spider", "crawl", "--set", "RETRY_TIMES=0"],
        "scrapy": ["scrapy", "crawl", "listing", "-s", "RETRY_TIMES=0"],
    }[program]
    Path("scrapy.cfg").write_text("[settings]\ndefault = yiqihui_spider.settings\n")
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=False)
    assert "127.0.0.1:1" in done.stderr
    assert Path("kept/a.db").is_file()
    assert not Path("data").exists()


def test_no_secret_of_a_receiver_is_shown() -> None:
    Path("yiqihui.toml").write_text(
        '[notify]\non_failure = ["https://me:pw@hooks.example/T0/key", "TOKEN=pw /bin/ntfy -k key"]\n'
    )
    done = run("config")
    assert 'notify.on_failure   ["https://hooks.example/…", "ntfy …"]  (yiqihui.toml)\n' in done.stdout
    told = json.loads(run("config", "--json").stdout)["settings"]["notify.on_failure"]["value"]
    assert told == ["https://hooks.example/…", "ntfy …"]
    Path("yiqihui.toml").write_text('[notify]\non_failure = ["htps://me:pw@hooks.example/key"]\n')
    done = run("config")
    assert (done.exit_code, "key" in done.stderr) == (2, False)
    assert "notify.on_failure must be a list of commands and http addresses in quotes\n" in done.stderr


def test_scrapy_says_in_one_line_what_is_wrong_with_the_file() -> None:
    Path("yiqihui.toml").write_text("[crawl]\ndely = 1\n")
    Path("scrapy.cfg").write_text("[settings]\ndefault = yiqihui_spider.settings\n")
    command = [sys.executable, "-m", "scrapy", "crawl", "listing"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    told = "error: yiqihui.toml, line 2: there is no setting 'crawl.dely'; did you mean 'crawl.delay'?"
    assert told in done.stderr.splitlines()
    assert "Traceback" not in done.stderr
    assert not Path("data").exists()
