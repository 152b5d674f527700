"""What is kept in memory is true: until the archive changes, and no longer."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from yiqihui_spider.serving import answers
from yiqihui_spider.serving.answers import Answers


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.db"
    db = sqlite3.connect(path)
    db.executescript("PRAGMA journal_mode = wal; CREATE TABLE t (n); INSERT INTO t VALUES (1)")
    db.close()
    return path


def write(path: Path) -> None:
    db = sqlite3.connect(path)
    with db:
        db.execute("INSERT INTO t VALUES (2)")
    db.close()


class Count:
    """Counts the rows, and how often it was asked to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked = 0

    def __call__(self) -> int:
        self.asked += 1
        db = sqlite3.connect(self.path)
        count: int = db.execute("SELECT count(*) FROM t").fetchone()[0]
        db.close()
        return count


def kept(path: Path) -> tuple[Answers, sqlite3.Connection]:
    watching = sqlite3.connect(path, check_same_thread=False)
    return Answers(lambda: watching), watching


def test_an_answer_is_kept_until_another_program_writes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "WORTH_KEEPING", 0)
    (memory, watching), count = kept(path), Count(path)
    assert [memory.ask("n", count), memory.ask("n", count), count.asked] == [1, 1, 1]
    write(path)
    assert memory.known("n") is None
    assert [memory.ask("n", count), memory.ask("n", count), count.asked] == [2, 2, 2]
    watching.close()


def test_what_changes_while_it_is_asked_is_not_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "WORTH_KEEPING", 0)
    (memory, watching), count = kept(path), Count(path)

    def meanwhile() -> int:
        found = count()
        write(path)
        return found

    assert [memory.ask("n", meanwhile), memory.ask("n", count)] == [1, 2]
    watching.close()


def test_only_what_is_costly_or_small_is_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (memory, watching), count = kept(path), Count(path)
    monkeypatch.setattr(answers, "WORTH_KEEPING", 3600)
    memory.ask("quick", count)
    monkeypatch.setattr(answers, "WORTH_KEEPING", 0)
    memory.ask("large", count, lambda _: False)
    assert [memory.known("quick"), memory.known("large"), count.asked] == [None, None, 2]
    watching.close()


def test_memory_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "WORTH_KEEPING", 0)
    monkeypatch.setattr(answers, "MOST_KEPT", 3)
    memory, watching = kept(path)
    for number in range(5):
        memory.ask(number, lambda: "answer")
    assert [memory.known(number) for number in range(5)] == [None, None, "answer", "answer", "answer"]
    watching.close()
