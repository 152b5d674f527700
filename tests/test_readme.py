"""What README.md shows works as shown."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from support.paths import ROOT

ROOT = ROOT
README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("readme") / "y.db"
    done = subprocess.run(
        [sys.executable, "-m", "yiqihui_spider", "crawl", "--sample", "--archive", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return path


def first_steps(text: str) -> list[str]:
    """The commands that look at the sample's archive, as printed."""
    return re.findall(
        r"^ +((?:\S*yiqihui|\S+ -m yiqihui_spider|sqlite3) .*data/sample/yiqihui\.db.*)$", text, re.MULTILINE
    )


def test_the_first_steps_work_as_printed(tmp_path: Path) -> None:
    """In a folder where ``yiqihui`` is on the path and in .venv/bin, as after ``make crawl``."""
    bin_folder = tmp_path / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    yiqihui = bin_folder / "yiqihui"
    yiqihui.write_text(f'#!/bin/sh\nexec {sys.executable} -m yiqihui_spider "$@"\n')
    yiqihui.chmod(0o755)
    env = os.environ | {"PATH": f"{bin_folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, shell=True, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )

    (first,) = re.findall(r"^ +(\S.* crawl --sample)$", run("yiqihui --help").stdout, re.MULTILINE)
    crawled = run(f"{first} --show")
    assert crawled.returncode == 0, crawled.stderr
    assert "is read with --archive data/sample/yiqihui.db" in run("yiqihui status").stderr
    steps = [*first_steps(README), *first_steps(run("yiqihui --help").stdout), *first_steps(crawled.stdout)]
    assert len(steps) == 4 + 2 + 3
    for step in steps:
        if step.startswith("sqlite3") and not shutil.which("sqlite3"):
            continue
        done = run(step)
        assert (done.returncode, done.stdout.strip() != "") == (0, True), (step, done.stderr)


def queries() -> list[str]:
    (block,) = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)
    return [query.strip() for query in block.split(";") if query.strip()]


def test_there_are_three_questions() -> None:
    assert len(queries()) == 3


@pytest.mark.parametrize("number", [0, 1, 2])
def test_sql(archive: Path, number: int) -> None:
    db = sqlite3.connect(f"file:{archive}?mode=ro", uri=True)
    try:
        rows = db.execute(queries()[number]).fetchall()
    finally:
        db.close()
    assert len(rows) == (2, 10, 2)[number]


def test_every_command_named_exists() -> None:
    named = set(re.findall(r"^ +yiqihui ([a-z]+)", README, re.MULTILINE))
    known = subprocess.run(
        [sys.executable, "-m", "yiqihui_spider", "--help"], capture_output=True, text=True, check=True
    )
    assert named <= set(re.findall(r"^  ([a-z]+) ", known.stdout, re.MULTILINE))
    assert {"crawl", "import", "wayback", "status", "search", "history", "serve", "report", "export"} <= named


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
