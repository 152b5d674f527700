"""The command as a user meets it, wrong arguments included: one clear line, the right exit code."""

from __future__ import annotations

import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest


def run(*words: str | Path, cwd: Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "YIQIHUI_ARCHIVE"}
    return subprocess.run(
        [sys.executable, "-m", "yiqihui_spider", *map(str, words)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where ``crawl --sample`` has run."""
    folder = tmp_path_factory.mktemp("sample")
    done = run("crawl", "--sample", "--show", cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "out.txt").write_text(done.stdout, "utf-8")
    return folder


ARCHIVE = ("--archive", "data/sample/yiqihui.db")


def test_sample_crawl_says_what_it_did(sample: Path) -> None:
    out = (sample / "out.txt").read_text("utf-8")
    assert re.search(r"社群 +full +23 +23 +23 +yes", out)
    assert re.search(r"购物资讯 +full +17 +17 +17 +yes", out)
    assert "42 requests, 41 pages archived; outcome: certified" in out
    assert "data/sample/yiqihui.db" in out
    assert f"  {sys.executable} -m yiqihui_spider search 社群" in out


def test_no_command_waits_for_pandas(sample: Path) -> None:
    """sqlite-utils imports it where it is installed, as here."""
    command = [sys.executable, "-X", "importtime", "-m", "yiqihui_spider", "status", *ARCHIVE]
    done = subprocess.run(command, cwd=sample, capture_output=True, text=True, check=True)
    assert "sqlite_utils.db" in done.stderr
    assert "pandas.core" not in done.stderr


def test_sample_crawl_again_is_cheap_and_certified(sample: Path) -> None:
    done = run("crawl", "--sample", "--json", cwd=sample)
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["outcome"] == "certified"
    assert [(walk["category"], walk["mode"], walk["archived"]) for walk in told["walks"]] == [
        ("社群", "incremental", 23),
        ("购物资讯", "incremental", 17),
    ]
    assert told["requests"] == 6  # robots.txt, the section, and two readings of each page 1


def test_status(sample: Path) -> None:
    done = run("status", *ARCHIVE, "--json", cwd=sample)
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["counts"]["articles"] == 32
    assert told["counts"]["residue_chars"] == 0
    assert {row["category"]: (row["declared"], row["archived"]) for row in told["categories"]} == {
        "社群": (23, 23),
        "购物资讯": (17, 17),
    }
    assert "32 articles (0 missing, 0 gone)" in run("status", *ARCHIVE, cwd=sample).stdout


def test_search_show_history(sample: Path) -> None:
    done = run("search", "直发社群", *ARCHIVE, "--json", cwd=sample)
    (hit,) = json.loads(done.stdout)
    assert hit["title"] == "贝壳里的生意:海边小镇的直发社群"
    shown = json.loads(run("show", str(hit["id"]), *ARCHIVE, "--json", cwd=sample).stdout)
    assert shown["title"] == hit["title"]
    assert shown["body"].count("\n") >= 1
    site = run("show", f"site:{shown['site_id']}", *ARCHIVE, cwd=sample)
    assert site.stdout.splitlines()[0] == hit["title"]
    told = json.loads(run("history", shown["url"], *ARCHIVE, "--json", cwd=sample).stdout)
    assert [version["version"] for version in told["versions"]] == [1]
    assert told["states"][0]["state"] == "present"


def test_search_in_stock_sqlite(sample: Path) -> None:
    db = sqlite3.connect(sample / "data/sample/yiqihui.db")
    try:
        rows = db.execute("SELECT title FROM search WHERE q = '直发社群'").fetchall()
    finally:
        db.close()
    assert rows == [("贝壳里的生意:海边小镇的直发社群",)]


def test_nothing_found_is_no_failure(sample: Path) -> None:
    done = run("search", "绝无此词", *ARCHIVE, cwd=sample)
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing found" in done.stderr


@pytest.mark.parametrize("command", ["status", "show", "history", "search", "verify", "report", "export"])
def test_help_reads_like_a_manual_page(command: str, tmp_path: Path) -> None:
    done = run(command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: python -m yiqihui_spider {command}")
    assert "--archive PATH" in done.stdout


def test_main_help_names_every_command_and_the_exit_codes(tmp_path: Path) -> None:
    out = run("--help", cwd=tmp_path).stdout
    for name in ("crawl", "import", "wayback", "reparse", "status", "verify", "search", "show", "history"):
        assert re.search(rf"^  {name} ", out, re.MULTILINE)
    assert "75 try again later" in out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("frobnicate",), 2, "No such command"),
        (("show",), 2, "Missing argument 'ID'"),
        (("search", "x", "--limit", "0"), 2, "--limit"),
        (("search", "x", "--since", "yesterday"), 2, "no time like"),
        (("crawl", "--mode", "fast"), 2, "--mode"),
        (("crawl", "--delay", "-1"), 2, "--delay"),
        (("crawl", "--sample", "--delay", "nan"), 2, "--delay"),
        (("crawl", "--sample", "--full-every", "inf"), 2, "--full-every"),
        (
            ("crawl", "--sample", "--set", "DOWNLOAD_TIMEOUT=soon"),
            2,
            "DOWNLOAD_TIMEOUT: 'soon' is not a number",
        ),
        (("crawl", "--sample", "--set", "ROBOTSTXT_OBEY=perhaps"), 2, "ROBOTSTXT_OBEY: 'perhaps' is not yes"),
        (
            ("crawl", "--sample", "--set", "DOWNLOAD_TIMEOT=3"),
            2,
            "no such setting; did you mean DOWNLOAD_TIMEOUT?",
        ),
        (("crawl", "--sample", "--set", "ARCHIVE=x.db"), 2, "ARCHIVE is what --archive says"),
        (
            ("crawl", "--sample", "--set", "ITEM_PIPELINES=none"),
            2,
            "ITEM_PIPELINES: 'none' is not a JSON object",
        ),
        (("crawl", "--sample", "--set", "LOG_LEVEL=LOUD"), 2, "no crawl with these settings"),
        (("wayback", "http://x/", "--rate", "nan"), 2, "--rate"),
        (("import", "text.txt", "--captured-at", "2999-01-01"), 2, "2999-01-01 has yet to come"),
        (("status",), 1, "no archive at"),
        (("show", "1", "--archive", "folder"), 1, "folder"),
        (("search", "x", "--archive", "text.txt"), 1, "text.txt"),
        (("status", "--archive", "other.db"), 1, "other.db"),
        (("status", "--archive", "empty.db"), 1, "empty.db"),
        (("crawl", "--sample", "--archive", "text.txt"), 1, "text.txt"),
        (("crawl", "--sample", "--archive", "other.db"), 1, "other.db"),
        (("crawl", "--sample", "--archive", "folder"), 1, "folder"),
        (("crawl", "--sample", "--archive", "/proc/nowhere/y.db"), 1, "/proc/nowhere"),
        (("crawl", "--start-url", "not a url"), 2, "not a url"),
        (("crawl", "--start-url", "ftp://example.org/"), 2, "ftp"),
    ],
)
def test_bad_input(tmp_path: Path, words: tuple[str, ...], code: int, says: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.txt").write_text("当前位置:首页>一起惠资讯", "utf-8")
    (tmp_path / "empty.db").touch()
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE t (x)")
    other.close()
    before = {path: path.read_bytes() if path.is_file() else None for path in tmp_path.rglob("*")}
    done = run(*words, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert says in done.stderr
    assert code == 2 or len(done.stderr.strip().splitlines()) == 1
    after = {path: path.read_bytes() if path.is_file() else None for path in tmp_path.rglob("*")}
    assert after == before


def test_unknown_article_is_one_line(sample: Path) -> None:
    done = run("show", "99999", *ARCHIVE, cwd=sample)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: no article 99999 in data/sample/yiqihui.db\n"


def test_the_sample_goes_where_archive_says_even_if_that_is_the_default(tmp_path: Path) -> None:
    assert run("crawl", "--sample", "--archive", "data/yiqihui.db", cwd=tmp_path).returncode == 0
    assert (tmp_path / "data" / "yiqihui.db").exists()
    assert not (tmp_path / "data" / "sample").exists()


def test_what_to_try_next_can_be_pasted(tmp_path: Path) -> None:
    done = run("crawl", "--sample", "--show", "--archive", "我的 档案/y.db", cwd=tmp_path)
    assert done.returncode == 0
    commands = done.stdout.partition("try next:\n")[2].splitlines()
    assert commands[0] == f"  {sys.executable} -m yiqihui_spider status --archive '我的 档案/y.db'"
    told = [shlex.split(command) for command in commands]
    assert told[1][3:] == ["search", "社群", "--archive", "我的 档案/y.db"]
    assert told[2][1:] == ["我的 档案/y.db", "SELECT id, title, kwic FROM search WHERE q = '社群'"]
    pasted = subprocess.run(told[1], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (pasted.returncode, pasted.stderr) == (0, "12 articles\n")


def test_the_installed_command_names_itself(sample: Path) -> None:
    """By name where the shell finds it, else by its path: ``make crawl`` puts nothing on the path."""
    script = Path(sys.executable).with_name("yiqihui")
    words = [str(script), "crawl", "--sample", "--show"]
    for folders, name in (
        (f"{script.parent}:{os.environ['PATH']}", "yiqihui"),
        ("/usr/bin:/bin", str(script)),
    ):
        done = subprocess.run(
            words, cwd=sample, env={"PATH": folders}, capture_output=True, text=True, check=False
        )
        assert f"  {name} status --archive data/sample/yiqihui.db\n" in done.stdout


def test_a_reader_that_goes_away_is_no_matter_for_a_traceback(sample: Path) -> None:
    command = (
        f"{shlex.quote(sys.executable)} -m yiqihui_spider search 的 --json {' '.join(ARCHIVE)} | head -c 1"
    )
    done = subprocess.run(command, shell=True, cwd=sample, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[", "")


def test_no_escape_codes_but_on_a_terminal(sample: Path) -> None:
    for words in (("status",), ("verify",), ("history", "1"), ("search", "社群")):
        done = run(*words, *ARCHIVE, cwd=sample)
        assert done.returncode == 0
        assert "\x1b" not in done.stdout + done.stderr
    done = run("crawl", "--sample", cwd=sample)
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr == ""


def test_category_that_is_not_there(sample: Path, tmp_path: Path) -> None:
    done = run("crawl", "--sample", "--category", "没有这个", "--archive", tmp_path / "y.db", cwd=sample)
    assert done.returncode == 1
    assert "no category 没有这个 on the section page (found: 社群, 购物资讯)" in done.stderr
