"""What README.md shows works as shown."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
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
