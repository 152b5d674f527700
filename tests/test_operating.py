"""The recipes of docs/operating.md for a move and for going back, typed as they stand there."""

from __future__ import annotations

import re
import shlex
import shutil
import sqlite3
import subprocess
from contextlib import closing
from glob import glob
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.paths import FIXTURES, ROOT

from yiqihui_spider.cli import main

GUIDE = (ROOT / "docs" / "operating.md").read_text("utf-8")
SCHEMAS = FIXTURES / "archives"


def block(chapter: str, number: int) -> str:
    """The commands of a chapter's block; a schedule is not put into the crontab of this machine."""
    text = GUIDE.partition(f"\n## {chapter}\n")[2].partition("\n## ")[0]
    shown = re.findall(r"(?:^    .*\n)+", text, re.MULTILINE)[number]
    return "\n".join(line.strip() for line in shown.splitlines() if " schedule " not in line)


def typed(script: str) -> list[int]:
    """The exit codes of its lines; those of ours run in this process."""
    codes = []
    for line in script.splitlines():
        if line.startswith("yiqihui "):
            words = [name for word in shlex.split(line)[1:] for name in sorted(glob(word)) or [word]]
            codes.append(CliRunner().invoke(main, words).exit_code)
        else:
            codes.append(subprocess.run(["sh", "-c", line], check=False).returncode)
    return codes


def counts(archive: Path) -> dict[str, int]:
    tables = ("articles", "article_versions", "view_counts", "article_categories")
    with closing(sqlite3.connect(archive)) as db:
        return {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}


PAGE = "社群\n新来的一篇文章。\n一起惠2026-01-13 09:30:07407 次\n1-1/1 记录1/1 页"


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """data/yiqihui.db in the current folder, as an older version left it."""
    monkeypatch.chdir(tmp_path)
    older = max(SCHEMAS.glob("schema-*"), key=lambda path: int(path.name.removeprefix("schema-")))
    shutil.copytree(older, tmp_path / "data")
    (tmp_path / "data" / "archive.db").rename(tmp_path / "data" / "yiqihui.db")
    return tmp_path / "data" / "yiqihui.db"


def test_a_moved_archive_is_whole_in_its_new_place(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counts(archive)
    assert typed(block("Move", 0).replace("/srv/yiqihui", "srv")) == [0, 0]
    assert not archive.exists()
    assert counts(tmp_path / "srv" / "yiqihui.db") == before
    Path("page.txt").write_text(PAGE, "utf-8")
    monkeypatch.setenv("YIQIHUI_ARCHIVE", "srv/yiqihui.db")
    assert typed("yiqihui import page.txt\nyiqihui verify") == [0, 0]


def test_going_back_to_an_older_version_loses_nothing_that_came_in_since(archive: Path) -> None:
    older = counts(archive)
    Path("page.txt").write_text(PAGE, "utf-8")
    verify = block("Upgrade", 0).splitlines()[1]
    assert typed(f"yiqihui reparse\nyiqihui import page.txt\n{verify}") == [0, 0, 0]
    newer = counts(archive)
    assert newer["articles"] == older["articles"] + 1
    (copy,) = archive.parent.glob("yiqihui.before-*.db")

    script = block("Upgrade", 1)
    assert "yiqihui.before-9.db" in script
    assert typed(script.replace("yiqihui.before-9.db", copy.name)) in ([0, 0, 0], [0, 0, 4])  # 4: as ever
    assert counts(archive) == counts(archive.with_name("yiqihui.newer.db")) == newer
    assert typed("yiqihui verify") == [0]
