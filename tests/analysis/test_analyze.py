"""``yiqihui analyze`` on a real archive."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database
from support.archive_pages import RIVER, Filling, at, entry
from support.export_samples import add_many, fill

from yiqihui_spider.analysis.analyze import BATCH

COMMAND = [sys.executable, "-m", "yiqihui_spider", "analyze", "--show"]


def environment(folder: Path, **more: str) -> dict[str, str]:
    own = {"YIQIHUI_ARCHIVE": str(folder / "a.db"), "PYTHONWARNINGS": "error", "TMPDIR": str(folder)}
    return os.environ | own | more


def analyze(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env=environment(folder, **more), capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip


def report(folder: Path, *arguments: str, **more: str) -> dict[str, Any]:
    done = analyze(folder, "--json", *arguments, **more)
    assert (done.returncode, done.stderr) == (0, "")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def query(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "a.db")) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The folder of an archive with four articles."""
    fill(tmp_path / "a.db").db.close()
    return tmp_path


def test_first_and_again(archive: Path) -> None:
    done = analyze(archive)
    assert (done.returncode, done.stderr) == (0, "")
    (count,) = query(archive, "SELECT count(DISTINCT term) FROM terms")[0]
    assert done.stdout == f"4 articles read, 0 unchanged; {count} different terms in 4 articles\n"
    assert query(archive, "SELECT article_id, term, count FROM terms WHERE term = '仓库'") == [(2, "仓库", 1)]
    assert query(archive, "SELECT month, articles FROM term_trends WHERE term = '仓库'") == [("2019-06", 1)]
    assert report(archive) == {"read": 0, "unchanged": 4, "articles": 4, "terms": count}
    runs = query(archive, "SELECT command, outcome, exit_code, stats FROM runs WHERE command = 'analyze'")
    assert [row[:3] for row in runs] == [("analyze", "analyzed", 0)] * 2
    assert json.loads(runs[0][3])["analyze"]["read"] == 4
    assert "jieba.cache" not in os.listdir(archive)


def test_only_what_changed_is_read(archive: Path) -> None:
    report(archive)
    filling = Filling(archive / "a.db")
    filling.offsets = itertools.count(100_000, 1000)
    edited = entry(RIVER.replace("雨伞", "帐篷"), published_at="2019-06-05T08:00:00+08:00", views=9)
    filling.listing(
        at(6), edited, entry("全新的一篇文章写帐篷。", 5800, published_at="2019-09-01T08:00:00+08:00")
    )
    filling.db.close()
    assert report(archive)["read"] == 2
    assert query(archive, "SELECT article_id FROM terms WHERE term = '帐篷' ORDER BY 1") == [(2,), (5,)]
    assert query(archive, "SELECT * FROM terms WHERE term = '雨伞'") == []


def test_words_of_the_users_own(archive: Path) -> None:
    assert report(archive)["read"] == 4
    mine = archive / "mine.txt"
    mine.write_text("小工厂把\n-仓库\n", "utf-8")
    for read, arguments, more in (
        (4, ["--user-dict", str(mine)], {}),
        (0, [], {"YIQIHUI_DICT": str(mine)}),
        (4, [], {}),
    ):
        assert report(archive, *arguments, **more)["read"] == read
        found = query(archive, "SELECT term FROM terms WHERE term IN ('小工厂把', '仓库') ORDER BY 1")
        assert found == ([("仓库",)] if not arguments and not more else [("小工厂把",)])
    mine.rename(archive / "yiqihui.dict.txt")
    assert report(archive)["read"] == 4
    assert report(archive)["read"] == 0
    assert query(archive, "SELECT count(*) FROM terms WHERE term = '小工厂把'") == [(1,)]


def test_rebuild(archive: Path) -> None:
    report(archive)
    before = query(archive, "SELECT * FROM terms")
    assert report(archive, "--rebuild")["read"] == 4
    assert query(archive, "SELECT * FROM terms") == before


def test_a_killed_run_goes_on_where_it_was(archive: Path) -> None:
    db = Database(archive / "a.db")
    for moment in ("before", "after"):
        db.execute(f"DROP TRIGGER articles_fts_{moment}_insert")
    add_many_articles = Filling.__new__(Filling)
    add_many_articles.db = db
    add_many(add_many_articles, 6 * BATCH)
    db.close()
    process = subprocess.Popen(COMMAND, env=environment(archive), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while query(archive, "SELECT count(*) FROM term_state") == [(0,)] and time.monotonic() < deadline:
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    ((kept, without),) = query(
        archive,
        """
        SELECT count(*), count(*) FILTER (WHERE article_id NOT IN (SELECT article_id FROM terms))
        FROM term_state
        """,
    )
    assert 0 < kept < 6 * BATCH
    assert kept % BATCH == 0
    assert without == 0
    told = report(archive)
    assert (told["read"], told["unchanged"]) == (6 * BATCH + 4 - kept, kept)
    assert query(archive, "SELECT articles FROM term_sums") == [(6 * BATCH + 4,)]


def test_an_archive_from_before_is_migrated(archive: Path) -> None:
    with closing(sqlite3.connect(archive / "a.db")) as connection:
        for view in ("term_trends", "rising_terms", "cooccurrence"):
            connection.execute(f"DROP VIEW {view}")
        for table in ("terms", "term_state", "term_months", "term_pairs", "term_sums"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute(
            "DELETE FROM _sqlite_migrations WHERE name IN ('m003_terms', 'm004_kinds_and_labels')"
        )
        connection.commit()
    assert report(archive)["read"] == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--archive", "none.db"], "no archive at"),
        (["--user-dict", "none.txt"], "cannot read none.txt: No such file or directory"),
        (["--user-dict", "gbk.txt"], "gbk.txt is not UTF-8 text"),
        (["--user-dict", "bad.txt"], "bad.txt, line 1: not a word with an optional number: 两个 词"),
    ],
)
def test_refusals(archive: Path, arguments: list[str], message: str) -> None:
    (archive / "gbk.txt").write_bytes("云品仓".encode("gbk"))
    (archive / "bad.txt").write_text("两个 词", "utf-8")
    done = subprocess.run(
        [*COMMAND, *arguments], env=environment(archive), capture_output=True, text=True, check=False,
        cwd=archive,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert query(archive, "SELECT count(*) FROM runs WHERE command = 'analyze'") == [(0,)]


def test_without_jieba_one_line(archive: Path) -> None:
    (archive / "jieba.py").write_text("raise ImportError('not here')\n")
    done = analyze(archive, PYTHONPATH=str(archive))
    assert done.returncode == 1
    assert done.stderr == "Error: analyze needs jieba: pip install 'yiqihui-spider[analysis]'\n"


def test_while_another_run_holds_the_archive(archive: Path) -> None:
    from yiqihui_spider.session import hold

    with hold(archive / "a.db", "crawl"):
        done = analyze(archive)
    assert done.returncode == 75
    assert "is in use by 'crawl'" in done.stderr
