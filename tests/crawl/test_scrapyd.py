"""A real scrapyd on loopback: the project is deployed as an egg, and jobs come over its API."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from support.crawling import rows
from support.faults import Faults, serve_faulty
from support.paths import ROOT
from support.source_tree import copy_source

from yiqihui_spider.sample.site import SampleSite

pytest.importorskip("scrapyd", reason="scrapyd is not installed")

VERSION = "7.8.9"
"""Of the copy that is deployed: the table ``runs`` tells that the egg ran, and not this checkout."""

CONFIG = """
[scrapyd]
bind_address = 127.0.0.1
http_port = {port}
poll_interval = 0.1
max_proc = 2
"""


ELSEWHERE = """
import sys

sys.path[:] = [path for path in sys.path if path != {root!r}]
sys.meta_path[:] = [one for one in sys.meta_path if "__editable__" not in getattr(one, "__module__", "")]
"""
"""A ``sitecustomize`` with which this checkout is not there: scrapyd puts an egg behind what is installed."""


@dataclass
class Scrapyd:
    url: str
    folder: Path

    def ask(self, what: str, **data: Any) -> dict[str, Any]:
        body = urlencode(data, doseq=True).encode() if data else None
        with urlopen(f"{self.url}/{what}.json", body, timeout=20) as answer:
            told: dict[str, Any] = json.load(answer)
        assert told["status"] == "ok", told
        return told

    def schedule(self, start_url: str, archive: Path) -> str:
        settings = [f"ARCHIVE={archive}", "DOWNLOAD_DELAY=0"]
        wanted = {"project": "yiqihui_spider", "spider": "listing", "setting": settings, "details": "0"}
        return str(self.ask("schedule", **wanted, start_url=start_url)["jobid"])

    def wait_for(self, job: str) -> str:
        """Its log, when it is over."""
        for _ in range(400):
            if any(one["id"] == job for one in self.ask("listjobs")["finished"]):
                return (self.folder / "logs" / "yiqihui_spider" / "listing" / f"{job}.log").read_text("utf-8")
            time.sleep(0.1)
        raise AssertionError(self.ask("listjobs"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def scrapyd(tmp_path: Path) -> Iterator[Scrapyd]:
    port = free_port()
    (tmp_path / "scrapyd.conf").write_text(CONFIG.format(port=port), "utf-8")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(ELSEWHERE.format(root=str(ROOT)), "utf-8")
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    gone = subprocess.run([sys.executable, "-c", "import yiqihui_spider"], cwd=tmp_path, env=env, check=False)
    assert gone.returncode == 1, "only the egg has it"
    with (tmp_path / "scrapyd.log").open("wb") as log:
        command = [sys.executable, "-m", "scrapyd"]
        process = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=log, stderr=log)
    try:
        served = Scrapyd(f"http://127.0.0.1:{port}", tmp_path)
        for _ in range(300):
            try:
                served.ask("daemonstatus")
                break
            except URLError:
                assert process.poll() is None, (tmp_path / "scrapyd.log").read_text("utf-8")
                time.sleep(0.1)
        yield served
    finally:
        process.terminate()
        process.wait(20)


def deploy(scrapyd: Scrapyd, source: Path) -> None:
    """``scrapyd-deploy`` as it is called in a checkout, whose version and target alone are others."""
    (module,) = re.findall(r'attr = "(\S+)\.__version__"', (source / "pyproject.toml").read_text("utf-8"))
    release = source / (module.replace(".", "/") + ".py")
    text, count = re.subn(
        r'^__version__ = "[^"]+"$', f'__version__ = "{VERSION}"', release.read_text("utf-8"), flags=re.M
    )
    assert count == 1
    release.write_text(text, "utf-8")
    config = source / "scrapy.cfg"
    told = config.read_text("utf-8")
    assert "url = http://localhost:6800/" in told
    config.write_text(told.replace("http://localhost:6800/", scrapyd.url), "utf-8")
    command = [sys.executable, "-m", "scrapyd_client.deploy"]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["status"], told["spiders"]) == ("ok", 1)
    assert (source / "setup.py").read_text("utf-8").startswith('"""What pyproject'), "none was made up"


@pytest.mark.timeout(300)
def test_jobs_of_an_egg_into_one_archive(
    scrapyd: Scrapyd, site: SampleSite, faults: Faults, tmp_path: Path
) -> None:
    deploy(scrapyd, copy_source(tmp_path / "source"))
    archive = tmp_path / "far" / "away" / "yiqihui.db"
    first_is_at_work, second_is_over = threading.Event(), threading.Event()

    def hold_on() -> None:
        first_is_at_work.set()
        second_is_over.wait(60)

    faults.hook("/news/list.php?cat=3&page=2", hold_on, nth=1)
    with serve_faulty(site, faults) as server:
        try:
            first = scrapyd.schedule(f"{server.url}/news/", archive)
            assert first_is_at_work.wait(60)
            second = scrapyd.wait_for(scrapyd.schedule(f"{server.url}/news/", archive))
        finally:
            second_is_over.set()
        log = scrapyd.wait_for(first)
    assert "Traceback" not in log + second
    assert f"run 1: certified, exit code 0 ({archive})" in log
    assert re.search(
        rf"ERROR: not begun: {re.escape(str(archive))} is in use by 'scrapy crawl' \(pid [0-9]+ on .*\); "
        r"try again later \(exit code 75: try again later\)$",
        second,
        re.MULTILINE,
    )
    assert rows(archive, "SELECT command, outcome, software FROM runs") == [
        ("scrapy crawl", "certified", f"yiqihui_spider/{VERSION}")
    ]
    assert rows(archive, "SELECT count(*) FROM articles") == [(32,)]
