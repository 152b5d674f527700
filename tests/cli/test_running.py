"""What every run has in common: one line on standard output, a log, and a word on standard error only
where a person is needed."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.crawling import QUICK, Crawl, Field, Running
from support.faults import Faults, Silence, Status, swap

from yiqihui_spider.cli import main
from yiqihui_spider.session import hold

STAMP = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"
LISTING = "/news/list.php*"
DETAIL = "/news/view/*"


def begin(crawls: Field, *words: str) -> Running:
    settings = [word for name, value in QUICK.items() for word in ("--set", f"{name}={value}")]
    where = ["--archive", str(crawls.archive), "--start-url", f"{crawls.home}/news/"]
    return crawls.nursery.start("crawl", *where, "--delay", "0", *settings, *words)


def run(crawls: Field, *words: str) -> Crawl:
    return begin(crawls, *words).wait()


def unattended(crawls: Field, *words: str) -> Crawl:
    log = crawls.archive.with_name("log") / "crawl.log"
    return run(crawls, "--unattended", "--log-file", str(log), *words)


def change(crawls: Field, sql: str) -> None:
    with closing(sqlite3.connect(crawls.archive)) as db, db:
        db.execute(sql)


def test_one_dated_line_and_nothing_else(crawls: Field, faults: Faults) -> None:
    first, second = run(crawls), run(crawls)
    assert (first.code, first.err, second.code, second.err) == (0, "", 0, "")
    line = STAMP + r" crawl: certified, exit code 0, {}, \d+\.\d s\n"
    assert re.fullmatch(line.format("42 requests, 41 pages, 32 new, 0 changed"), first.out)
    assert re.fullmatch(line.format("6 requests, 5 pages, 0 new, 0 changed"), second.out)
    faults.on(DETAIL, swap("直发社群", "直播社群"))
    faults.on(LISTING, swap("直发社群", "直播社群"))
    third = run(crawls, "--mode", "full")
    assert re.search(r", 0 new, [1-9]\d* changed, ", third.out), third.out


def test_reasons_go_to_standard_error(crawls: Field, faults: Faults) -> None:
    faults.on(DETAIL, Status(500), nth=range(3, 6))
    done = run(crawls)
    assert done.code == 3
    assert re.fullmatch(STAMP + r" crawl: not certified, exit code 3, [^\n]*\n", done.out)
    assert [line.partition(":")[0] for line in done.lines][:1] == ["failed"]


def test_the_log_as_json_tells_of_everything(crawls: Field, faults: Faults, tmp_path: Path) -> None:
    faults.on("/news/view/4102.html", Status(404))
    log = tmp_path / "a" / "run.jsonl"
    done = run(crawls, "--log-file", str(log), "--log-format", "json")
    told = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert all(list(one)[:4] == ["time", "level", "run", "event"] for one in told)
    events = [one["event"] for one in told]
    assert events.count("response") == 42  # robots.txt is among them, the answer that failed too
    (failed,) = (one for one in told if one["event"] == "failed")
    assert (failed["run"], failed["level"]) == (1, "warning")
    assert (failed["url"], failed["reason"]) == (f"{crawls.home}/news/view/4102.html", "404 Not Found")
    assert {"scrapy.core.engine"} <= {one.get("logger") for one in told}
    assert (told[-1]["event"], told[-1]["exit_code"]) == ("run_ended", done.code)
    assert (told[-1]["requests"], told[-1]["new"]) == (42, 32)


def test_unattended_says_nothing_when_well(crawls: Field) -> None:
    done = unattended(crawls)
    assert (done.code, done.err, done.out.count("\n")) == (0, "", 1)
    assert "run_ended" in (crawls.archive.parent / "log" / "crawl.log").read_text("utf-8")


def test_unattended_says_nothing_of_what_is_young_and_speaks_up_when_it_lasts(
    crawls: Field, faults: Faults
) -> None:
    faults.on("/news/view/4102.html", Status(500))
    first, second = unattended(crawls), unattended(crawls)
    assert (first.code, first.err, second.code, second.err) == (3, "", 3, "")
    change(crawls, "UPDATE runs SET started_at = '2026-03-01T00:00:00+00:00' WHERE id = 1")
    (line,) = unattended(crawls).lines
    assert line.startswith(f"yiqihui crawl of {crawls.archive}: not certified, exit code 3: ")
    assert "; so since 2026-03-01T00:00:00+00:00; more in " in line
    change(crawls, "UPDATE runs SET exit_code = 0 WHERE id = 2")
    assert unattended(crawls).err == ""  # the trouble is a new one


def test_unattended_names_a_broken_layout_at_once(crawls: Field, faults: Faults) -> None:
    faults.on(LISTING, swap(" 次", " 回"))
    done = unattended(crawls)
    (line,) = done.lines
    assert done.code == 4
    assert line.startswith(f"yiqihui crawl of {crawls.archive}: layout not understood, exit code 4: layout: ")


def test_an_archive_in_use_is_told_when_that_lasts(crawls: Field) -> None:
    """By what the runs say and, where they say nothing, by what was noted beside the archive."""
    assert run(crawls).code == 0
    with hold(crawls.archive, "backup"):
        first, second = unattended(crawls), unattended(crawls)
        assert (first.code, first.err, second.code, second.err) == (75, "", 75, "")
        assert ", exit code 75, 0 requests, " in first.out
        noted = crawls.archive.with_name("archive.db.trouble")
        told = json.loads(noted.read_text())["crawl"]
        told["since"] = "2026-03-01T00:00:00+00:00"
        noted.write_text(json.dumps({"crawl": told}))
        (line,) = unattended(crawls).lines
    assert "is in use by 'backup' (pid " in line
    assert "; so since 2026-03-01T00:00:00+00:00; more in " in line
    assert run(crawls).code == 0
    assert not noted.exists()
    assert crawls.rows("SELECT outcome FROM runs") == [("certified",)] * 2


def test_a_run_that_died_is_told_by_the_next(crawls: Field, faults: Faults) -> None:
    faults.on("/news/view/4102.html", Silence(), nth=1)
    running = begin(crawls, "--set", "DOWNLOAD_TIMEOUT=60")
    while not any("4102" in path for path in crawls.server.paths):
        time.sleep(0.05)
    running.kill()
    assert running.wait().code == -signal.SIGKILL
    done = unattended(crawls)
    (line,) = done.lines
    assert done.code == 0
    assert re.fullmatch(rf"yiqihui crawl of \S+: the run of {STAMP} died, .*", line)
    assert unattended(crawls).err == ""


def test_a_fault_of_ours_is_one_line_and_its_traceback_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yiqihui_spider.imports.importer.Import.run", lambda self, paths: 1 / 0)
    monkeypatch.chdir(tmp_path)
    words = ["import", ".", "--unattended", "--log-file", "l.jsonl", "--log-format", "json"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "yiqihui import of data/yiqihui.db: failed, exit code 1: a fault of ours, ZeroDivisionError: "
        f"division by zero: the traceback is in the log; more in {tmp_path}/l.jsonl"
    ]
    told = [json.loads(line) for line in (tmp_path / "l.jsonl").read_text("utf-8").splitlines()]
    assert told[0]["traceback"].endswith("ZeroDivisionError: division by zero")


@pytest.mark.parametrize("place", ["folder", "archive", "file/under.log"])
def test_a_log_that_cannot_be_written_is_said_before_anything(
    crawls: Field, tmp_path: Path, place: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    target = crawls.archive if place == "archive" else tmp_path / place
    done = run(crawls, "--log-file", str(target))
    assert (done.code, done.out, len(done.lines)) == (1, "", 1)
    assert done.err.startswith(f"Error: cannot write the log {target}: ")
    assert not crawls.archive.exists()
    assert crawls.asked() == []


def test_other_runs_do_the_same(crawls: Field, tmp_path: Path) -> None:
    (tmp_path / "stray.txt").write_text("nothing of the site's")
    start = crawls.nursery.start
    log = tmp_path / "l"
    shared = ("--archive", str(crawls.archive), "--unattended", "--log-file", str(log))
    failed = start("import", str(tmp_path / "stray.txt"), *shared).wait()
    assert (failed.code, len(failed.lines)) == (1, 1)
    assert failed.err.startswith(
        f"yiqihui import of {crawls.archive}: unreadable files, exit code 1: error: "
    )
    (tmp_path / "page.txt").write_text(crawls.server.site.dump("社群", 1), "utf-8")
    for words in (("import", str(tmp_path / "page.txt")), ("reparse",)):
        done = start(*words, *shared).wait()
        assert (done.code, done.err) == (0, ""), done.err
        assert re.fullmatch(STAMP + rf" {words[0]}: \w+, exit code 0, 0 requests, 1 page, [^\n]*\n", done.out)
    assert log.read_text("utf-8").count(" run_ended ") == 3


def test_what_is_nothing_wrong_is_said_all_the_same(crawls: Field, tmp_path: Path) -> None:
    start_page = "<html><title>一起惠资讯</title><p>当前位置:首页>一起惠资讯</p><p>欢迎</p></html>"
    (tmp_path / "p.html").write_text(start_page, "utf-8")
    done = crawls.nursery.start("import", str(tmp_path / "p.html"), "--archive", str(crawls.archive)).wait()
    assert done.code == 0
    assert "a page of the site with no article on it, and nothing wrong with that" in done.err


def test_verify_keeps_the_log_too(crawls: Field, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(crawls.server.site.dump("社群", 1), "utf-8")
    where = ["--archive", str(crawls.archive)]
    assert CliRunner().invoke(main, ["import", str(tmp_path / "page.txt"), *where]).exit_code == 0
    (tmp_path / "y.toml").write_text("[log]\nfile = 'l.jsonl'\nformat = 'json'\n")
    words = ["verify", "--repair", *where, "--config", str(tmp_path / "y.toml")]
    assert CliRunner().invoke(main, words).exit_code == 0
    change(crawls, "UPDATE articles SET body = body || 'x'")
    assert CliRunner().invoke(main, words).exit_code == 1
    told = [json.loads(line) for line in (tmp_path / "l.jsonl").read_text("utf-8").splitlines()]
    ended = [(one["command"], one["run"], one["exit_code"]) for one in told if one["event"] == "run_ended"]
    assert ended == [("verify --repair", 2, 0), ("verify --repair", 3, 1)]
    assert any("texts match their hashes" in one["reason"] for one in told if one["event"] == "trouble")
