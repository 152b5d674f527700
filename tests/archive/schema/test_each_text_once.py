"""An archive of schema 6, with a past, becomes one of today: same answers, each text once, killed or not."""

from __future__ import annotations

import gzip
import shutil
import signal
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support import killed_migration
from support.paths import FIXTURES

from yiqihui_spider.archive.schema import each_text_once
from yiqihui_spider.archive.schema.opening import ArchiveError, open_archive
from yiqihui_spider.archive.search.index import check_index
from yiqihui_spider.cli import main

SCHEMA_6 = FIXTURES / "archives" / "past-of-schema-6"

CONTRACT = {
    "articles": "id, site_id, url, title, label, body, source, published_at, views, views_at, body_chars,"
    " content_hash, first_seen_at, last_seen_at, state",
    "article_versions": "id, article_id, version, title, body, content_hash, seen_at, capture_id, span_start,"
    " span_end, parser_version, text_capture_id",
    "view_counts": "article_id, observed_at, views, capture_id, kind, printed",
    "sightings": "capture_id, position, article_id, observed_at, title, source, url, views, content_hash,"
    " excerpt, category, site_id, published_at, span_start, span_end",
    **dict.fromkeys(
        (
            "article_categories", "residues", "walks", "walk_pages", "runs", "absences",
            "excerpts", "former_times", "articles_by_month", "source_share", "view_growth", "completeness",
            "edits", "disappearances",
        ),
        "*",
    ),
    "captures": "id, run_id, url, kind, captured_at, payload_digest, warc_file, warc_offset, category,"
    " entries, unchanged_since, problems, observed_at",
    "search": "id, title, published_at, source, views, url, kwic",
}  # fmt: skip


@pytest.fixture
def old(tmp_path: Path) -> Path:
    shutil.copytree(SCHEMA_6 / "warc", tmp_path / "warc")
    path = tmp_path / "archive.db"
    path.write_bytes(gzip.decompress((SCHEMA_6 / "archive.db.gz").read_bytes()))
    return path


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def answers(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    for table, columns in CONTRACT.items():
        for query in ("群", "社群 返利", "的", "月底|36氪") if table == "search" else ("",):
            where = f"WHERE q = '{query}'" if query else ""
            found[table + query] = sorted(rows(path, f"SELECT {columns} FROM {table} {where}"), key=repr)
    return found


def assert_as_it_should_be(path: Path) -> None:
    with closing(open_archive(path)) as db:
        assert check_index(db) == []
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA user_version").fetchone() == (0,)
        assert not {"articles_7", "recency_7"} & set(db.table_names())


def test_every_question_gets_the_same_answer(old: Path) -> None:
    before = answers(old)
    assert len(before["edits"]) == 5
    assert_as_it_should_be(old)
    assert answers(old) == before
    assert answers(old.with_name("archive.before-7.db")) == before


def test_each_text_is_there_once(old: Path) -> None:
    assert_as_it_should_be(old)
    bodies = "SELECT article_id, content_hash, body FROM former_texts UNION ALL SELECT id,"
    texts = rows(old, f"{bodies} content_hash, body FROM articles")
    assert len(texts) == len({(article, content_hash) for article, content_hash, _ in texts})
    # An edit, and one that was taken back; the other two that were taken back are current again.
    assert rows(old, "SELECT article_id, count(*) FROM former_texts GROUP BY 1") == [(18, 1), (22, 1)]
    assert rows(old, "SELECT article_id, max(version) FROM versions GROUP BY 1 HAVING max(version) > 1") == [
        (18, 3),
        (22, 4),
    ]
    assert rows(old, "SELECT count(*) FROM articles AS a JOIN article_versions AS v ON v.article_id = a.id"
                " WHERE v.content_hash = a.content_hash AND v.body = a.body") == [(34,)]  # fmt: skip


def test_the_newest_come_first(old: Path) -> None:
    assert_as_it_should_be(old)
    for table in ("articles", "search WHERE q = '的'"):
        times = rows(old, f"SELECT published_at FROM {table} ORDER BY recency DESC")
        assert times == sorted(times, reverse=True)
        assert len(times) > 20


def test_the_evidence_bears_it_out(old: Path) -> None:
    assert CliRunner().invoke(main, ["verify", "--archive", str(old)]).exit_code == 0
    done = CliRunner().invoke(main, ["reparse", "--archive", str(old)])
    assert (done.exit_code, done.exception) == (0, None)
    assert CliRunner().invoke(main, ["verify", "--archive", str(old)]).exit_code == 0
    assert rows(old, "SELECT max(version) FROM article_versions") == [(4,)]


migrated = partial(killed_migration.migrated, module="each_text_once", piece=5)


def test_a_killed_migration_goes_on_where_it_was(old: Path, tmp_path: Path) -> None:
    before = answers(old)
    spare = Path(shutil.copy(old, tmp_path / "spare.db"))
    whole = int(migrated(spare, kill_at=0).stdout)
    assert whole > 120
    copied = []
    for part in (0.06, 0.1, 0.12, 0.2, 0.4):
        assert migrated(old, kill_at=round(whole * part)).returncode == -signal.SIGKILL, part
        found = {row[0] for row in rows(old, "SELECT name FROM sqlite_schema")}
        # From the first piece on, an older program finds a migration that it does not know.
        names = [row[0] for row in rows(old, "SELECT name FROM _sqlite_migrations ORDER BY name")]
        assert (names[-1] >= "m007") == ("versions" in found)
        copied.append(rows(old, "SELECT count(*) FROM articles_7")[0][0] if "articles_7" in found else None)
    assert [count for count in copied if count is not None] == sorted(count for count in copied if count)
    assert any(0 < count < 32 for count in copied if count is not None)
    assert migrated(old, kill_at=0).returncode == 0
    assert_as_it_should_be(old)
    assert answers(old) == answers(spare) == before
    assert answers(old.with_name("archive.before-7.db")) == before
    recencies = "SELECT id, recency FROM articles ORDER BY id"
    assert rows(old, recencies) == rows(spare, recencies)


def test_what_was_copied_wrongly_is_not_put_in_place(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(old, "SELECT id, body FROM articles")
    wrong = each_text_once.COPY_ARTICLES.replace("a.detail_at, a.body", "a.detail_at, upper(a.body) || '!'")
    monkeypatch.setattr(each_text_once, "COPY_ARTICLES", wrong)
    with pytest.raises(
        ArchiveError, match="what was copied to the new schema is not what stood in the old one"
    ):
        open_archive(old)
    assert rows(old, "SELECT id, body FROM articles") == before


def test_texts_that_a_hand_has_changed_do_not_stop_it(old: Path) -> None:
    with closing(sqlite3.connect(old, isolation_level=None)) as db:
        db.execute("UPDATE article_versions SET body = body || ' ' WHERE article_id = 18 AND version = 1")
        db.execute("UPDATE articles SET body = 'x' WHERE id = 3")
    assert_as_it_should_be(old)
    assert rows(old, "SELECT body FROM articles WHERE id = 3") == [("x",)]
    assert rows(old, "SELECT length(body) > 100 FROM article_versions WHERE article_id = 3") == [(1,)]


def test_without_room_to_shrink_the_archive_is_right_all_the_same(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        """A connection for which the disk is full when it comes to VACUUM."""

        def __init__(self, db: Any) -> None:
            self.execute = lambda sql: self._refuse() if sql == "VACUUM" else db.execute(sql)

        def _refuse(self) -> None:
            raise sqlite3.OperationalError("database or disk is full")

    shrink = each_text_once.shrink
    monkeypatch.setattr(each_text_once, "shrink", lambda db: shrink(Full(db)))  # type: ignore[arg-type]
    assert_as_it_should_be(old)
