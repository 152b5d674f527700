"""What ``status --check`` holds against an archive."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.watch.health import reasons_against

LAST = "the last crawl, of 2026-03-02T11:00:00+00:00"
NOW = "2026-03-02T12:00:00+00:00"


def crawl(code: int | None, outcome: str) -> dict[str, object]:
    at = "2026-03-02T11:00:00+00:00"
    return {"started_at": at, "finished_at": at, "exit_code": code, "outcome": outcome}


@pytest.mark.parametrize(
    ("last", "reasons"),
    [
        (crawl(0, "certified"), []),
        (crawl(3, "not certified"), []),
        (crawl(4, "layout not understood"), [f"{LAST}: layout not understood, exit code 4"]),
        (crawl(75, "site unreachable"), [f"{LAST}: site unreachable, exit code 75"]),
        (crawl(None, "died"), [f"{LAST}: died"]),
        (None, ["no crawl has ended yet"]),
    ],
)  # fmt: skip
def test_the_last_crawl(last: dict[str, object] | None, reasons: list[str]) -> None:
    assert reasons_against({"last_crawl": last, "categories": [], "monitors": []}, NOW, None) == reasons


def test_certificates() -> None:
    rows = [
        {"category": "社群", "last_certified_at": "2026-03-02T01:00:00+00:00"},
        {"category": "购物资讯", "last_certified_at": "2026-02-27T01:00:00+00:00"},
        {"category": "优惠", "last_certified_at": None},
    ]
    state = {"last_crawl": crawl(3, "not certified"), "categories": rows, "monitors": []}
    assert reasons_against(state, NOW, 86400) == [
        "购物资讯: last certified 2026-02-27T01:00:00+00:00",
        "优惠: never certified",
    ]
    assert reasons_against(state, NOW, None) == []
    assert reasons_against(state, NOW, 1800)[0] == "the last crawl ended 2026-03-02T11:00:00+00:00"
    assert len(reasons_against(state, "2026-03-01T00:00:00+00:00", 86400)) == 4  # a clock that was ahead


def test_a_later_run_of_another_kind_hides_no_failed_crawl(tmp_path: Path) -> None:
    with closing(open_archive(tmp_path / "a.db")) as db:
        db.execute("""
            INSERT INTO runs (command, started_at, finished_at, outcome, exit_code, software) VALUES
              ('crawl', '2026-03-01T00:00:00+00:00', '2026-03-01T00:01:00+00:00', 'certified', 0, 's'),
              ('scrapy crawl', '2026-03-01T01:00:00+00:00', '2026-03-01T01:01:00+00:00', 'failed', 1, 's'),
              ('analyze', '2026-03-01T02:00:00+00:00', '2026-03-01T02:01:00+00:00', 'done', 0, 's')
            """)
    status = [sys.executable, "-m", "yiqihui_spider", "status", "--archive", str(tmp_path / "a.db")]
    done = subprocess.run([*status, "--check", "--json"], capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    assert (told["last_crawl"]["outcome"], told["last_run"]["command"]) == ("failed", "analyze")
    reason = "the last crawl, of 2026-03-01T01:00:00+00:00: failed, exit code 1"
    assert told["reasons"] == [reason]
    assert (done.returncode, done.stderr) == (1, f"not healthy: {reason}\n")
    plain = subprocess.run(status, capture_output=True, text=True, check=False)
    assert plain.returncode == 0
    assert "last crawl: scrapy crawl, " in plain.stdout
    assert "last run: analyze, " in plain.stdout
    wrong = subprocess.run([*status, "--check", "--max-age", "old"], capture_output=True, check=False)
    assert wrong.returncode == 2
