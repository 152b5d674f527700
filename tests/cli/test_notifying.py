"""``[notify]`` as an operator sees it: runs that end so and so, and what those who are named are told."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.crawling import QUICK, Crawl, Field, rows
from support.faults import Faults, Silence, swap
from support.hooks import Hooks, hooks

from yiqihui_spider.cli import main
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import hold

LISTING = "/news/list.php*"
CONFIG = """
[crawl]
details = false
categories = ["购物资讯"]
[log]
file = "run.jsonl"
format = "json"
[notify]
on_failure = ["{url}/failure"]
on_recovery = ["{url}/recovery"]
on_success = ["{url}/success"]
on_change = ["{url}/change"]
"""


@pytest.fixture
def server() -> Iterator[Hooks]:
    with hooks() as server:
        yield server


@pytest.fixture
def config(tmp_path: Path, server: Hooks) -> Path:
    path = tmp_path / "y.toml"
    path.write_text(CONFIG.format(url=server.url), "utf-8")
    return path


def crawl(crawls: Field, config: Path, *words: str) -> Crawl:
    return begin(crawls, config, *words).wait()


def begin(crawls: Field, config: Path, *words: str) -> Any:
    settings = [word for name, value in QUICK.items() for word in ("--set", f"{name}={value}")]
    where = ["--archive", str(crawls.archive), "--start-url", f"{crawls.home}/news/", "--delay", "0"]
    return crawls.nursery.start("crawl", "--config", str(config), *where, *settings, *words)


def told(server: Hooks) -> list[str]:
    """What was told since this was last asked."""
    paths = sorted(one.path for one in server.told)
    server.told.clear()
    return paths


def last_note(archive: Path) -> dict[str, Any]:
    ((text,),) = rows(archive, "SELECT json_extract(stats, '$.notify') FROM runs ORDER BY id DESC LIMIT 1")
    note: dict[str, Any] = json.loads(text)
    return note


def test_well_failing_and_well_again(crawls: Field, faults: Faults, server: Hooks, config: Path) -> None:
    assert crawl(crawls, config, "--unattended").code == 0
    (content,) = [one.content for one in server.told if one.path == "/success"]
    assert (content["event"], content["state"], content["command"], content["run"]) == (
        "success", "well", "crawl", 1,
    )  # fmt: skip
    assert (content["exit_code"], content["outcome"], content["new"]) == (0, "certified", 17)
    assert (content["archive"], content["reminder"]) == (str(crawls.archive), False)
    assert told(server) == ["/change", "/success"]

    faults.on(LISTING, swap(" 次", " 回"), nth=range(1, 99))
    done = crawl(crawls, config, "--unattended")
    assert (done.code, len(done.lines)) == (4, 1)
    (failed,) = [one.content for one in server.told if one.path == "/failure"]
    assert failed["line"] == done.lines[0]
    assert (failed["exit_code"], failed["outcome"]) == (4, "layout not understood")
    assert failed["reasons"][0].startswith("layout: ")
    assert told(server) == ["/change", "/failure"]
    note = last_note(crawls.archive)
    assert (note["state"], [one["result"] for one in note["sent"]]) == ("failing", ["200", "200"])
    assert {one["to"] for one in note["sent"]} == {f"{server.url}/…"}

    faults.rules.clear()
    assert crawl(crawls, config, "--unattended").code == 0
    (well,) = [one.content for one in server.told if one.path == "/recovery"]
    assert well["line"].startswith(f"yiqihui crawl of {crawls.archive}: well again, certified, exit code 0, ")
    assert "; in trouble since 20" in well["line"]
    assert told(server) == ["/change", "/recovery", "/success"]
    log = [json.loads(line) for line in config.with_name("run.jsonl").read_text("utf-8").splitlines()]
    assert sum(one["event"] == "notified" for one in log) == 2 + 2 + 3


def test_a_run_that_died_is_told_as_soon_as_the_next_begins(
    crawls: Field, faults: Faults, server: Hooks, config: Path
) -> None:
    faults.on(LISTING, Silence(), nth=1)
    running = begin(crawls, config, "--set", "DOWNLOAD_TIMEOUT=60")
    while not any("list.php" in path for path in crawls.server.paths):
        time.sleep(0.02)
    running.kill()
    assert running.wait().code == -signal.SIGKILL
    assert crawl(crawls, config).code == 0
    (failed,) = [one.content for one in server.told if one.path == "/failure"]
    assert (failed["outcome"], failed["exit_code"], failed["run"]) == ("died", None, 2)
    assert " died, that is, it was killed or the machine stopped" in failed["line"]
    assert told(server) == ["/change", "/failure", "/recovery", "/success"]
    assert len(last_note(crawls.archive)["sent"]) == 4


def test_scrapy_crawl_keeps_the_log_and_tells_the_same(crawls: Field, server: Hooks, config: Path) -> None:
    config.write_text(config.read_text("utf-8").replace('categories = ["购物资讯"]', ""), "utf-8")
    assert crawls.scrapy("-a", "category=购物资讯", YIQIHUI_CONFIG=config).code == 0
    (content,) = [one.content for one in server.told if one.path == "/success"]
    assert (content["command"], content["new"], content["log"]) == (
        "scrapy crawl", 17, str(config.with_name("run.jsonl")),
    )  # fmt: skip
    assert told(server) == ["/change", "/success"]
    with hold(crawls.archive, "backup"):
        assert crawls.scrapy(YIQIHUI_CONFIG=config).code == 75
    events = [json.loads(line) for line in config.with_name("run.jsonl").read_text("utf-8").splitlines()]
    assert all(list(one)[:4] == ["time", "level", "run", "event"] for one in events)
    ended = [(one["command"], one["exit_code"], one["run"]) for one in events if one["event"] == "run_ended"]
    assert ended == [("scrapy crawl", 0, 1), ("scrapy crawl", 75, None)]
    (trouble,) = [one["reason"] for one in events if one["event"] == "trouble"]
    assert "is in use by 'backup'" in trouble
    assert told(server) == []


# --- the same of imports that nobody watches, which are quicker ---------------------------------------


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


def take_in(archive: Path, config: Path, *, well: bool = True) -> Result:
    (config.parent / "stray.txt").write_text("nothing of the site's")
    (config.parent / "page.txt").write_text(SampleSite().dump("社群", 1), "utf-8")
    path = str(config.parent / ("page.txt" if well else "stray.txt"))
    words = ["import", path, "--config", str(config), "--archive", str(archive), "--unattended"]
    return CliRunner().invoke(main, words)


def test_once_and_then_once_a_day(archive: Path, server: Hooks, config: Path) -> None:
    assert take_in(archive, config).exit_code == 0
    assert told(server) == ["/change"]
    for expected in (["/change", "/failure"], []):
        assert take_in(archive, config, well=False).exit_code == 1
        assert told(server) == expected
    noted = archive.with_name("a.db.trouble")
    memory = json.loads(noted.read_text())
    memory["notify import"]["told"]["failure"] = "2026-03-01T00:00:00+00:00"
    noted.write_text(json.dumps(memory))
    assert take_in(archive, config, well=False).exit_code == 1
    assert [one.content["reminder"] for one in server.told] == [True]
    assert told(server) == ["/failure"]
    assert take_in(archive, config).exit_code == 0
    assert told(server) == ["/change", "/recovery"], "on_success is told of crawls"


def test_runs_side_by_side_change_nothing(archive: Path, server: Hooks, config: Path) -> None:
    assert take_in(archive, config).exit_code == 0
    assert told(server) == ["/change"]
    noted = archive.with_name("a.db.trouble")
    with hold(archive, "backup"):
        assert take_in(archive, config).exit_code == 75
        assert told(server) == []
        memory = json.loads(noted.read_text())
        memory["import"]["since"] = "2026-03-01T00:00:00+00:00"
        noted.write_text(json.dumps(memory))
        assert take_in(archive, config).exit_code == 75
        assert told(server) == ["/change", "/failure"], "it has lasted"
        assert take_in(archive, config).exit_code == 75
        assert told(server) == [], "and that was told"
        assert json.loads(noted.read_text())["notify import"]["sent"][0]["result"] == "200"
    assert take_in(archive, config).exit_code == 0
    assert told(server) == ["/change", "/recovery"]
    assert not noted.exists()
    assert last_note(archive)["state"] == "well"


def test_what_does_not_arrive_changes_nothing_and_is_tried_again(
    archive: Path, server: Hooks, config: Path
) -> None:
    server.answers["/failure"] = [404]
    said = []
    for _ in range(4):
        done = take_in(archive, config, well=False)
        assert (done.exit_code, done.stdout.count("\n")) == (1, 1)
        said.append(done.stderr.splitlines()[1:])
    line = f"notify.on_failure did not reach {server.url}/…: 404 Not Found"
    assert said == [[], [], [line], []]
    assert told(server) == ["/failure"] * 3


def test_a_command_that_hangs_holds_no_run_up(
    archive: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yiqihui_spider.cli.notifying.LIMIT", 0.5)
    words = f"cat > {config.parent}/given; echo never mailed; echo never mailed >&2; sleep 60"
    config.write_text(f"[notify]\non_change = [{json.dumps(words)}]\n", "utf-8")
    began = time.monotonic()
    done = take_in(archive, config)
    assert time.monotonic() - began < 10
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads((config.parent / "given").read_text("utf-8"))["event"] == "change"
    (sent,) = last_note(archive)["sent"]
    assert (sent["to"], sent["ok"]) == ("cat …", False)
    assert sent["result"] == "not done in time, and killed: never mailed never mailed"


def test_an_archive_that_cannot_be_opened_is_told_of_once(
    archive: Path, server: Hooks, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(config.parent / "state"))
    archive.write_bytes(b"no archive" * 100)
    for expected in (["/failure"], []):
        assert take_in(archive, config).exit_code == 1
        assert told(server) == expected
    archive.unlink()
    assert take_in(archive, config).exit_code == 0
    assert told(server) == ["/change", "/recovery"]


def test_who_is_there_is_not_told_what_they_see(archive: Path, server: Hooks, config: Path) -> None:
    words = ["import", str(config), "--config", str(config), "--archive", str(archive)]
    assert CliRunner().invoke(main, words).exit_code == 1
    assert told(server) == []
