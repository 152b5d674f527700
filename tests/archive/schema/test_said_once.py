"""An archive of schema 8, with a past and quiet visits, becomes one of today: the same answers, said once."""

from __future__ import annotations

import gzip
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support import killed_migration
from support.paths import FIXTURES

from yiqihui_spider.archive.queries.checks import unborne
from yiqihui_spider.archive.schema import said_once
from yiqihui_spider.archive.schema.opening import ArchiveError, open_archive

SCHEMA_8 = FIXTURES / "archives" / "past-of-schema-8"

ANSWERS = {
    "sightings": "capture_id, position, article_id, observed_at, title, source, url, views, views_printed,"
    " content_hash, body_chars, span_start, span_end, excerpt, cut_short, category, site_id, foreign_address,"
    " published_at",
    "view_counts": "article_id, observed_at, capture_id, views, kind, printed",
    "walk_pages": "walk_id, position, capture_id, url, purpose, declared, article_ids, fresh, page_urls,"
    " next_url, residue_chars, problems",
    "monitor_results": "run_id, monitor, level, value, low, high, message",
    "captures": "id, run_id, url, kind, captured_at, payload_digest, warc_file, warc_offset, category,"
    " entries, unchanged_since, problems, observed_at",
    **dict.fromkeys(
        (
            "articles", "article_versions", "article_categories", "residues", "walks", "runs", "absences",
            "excerpts", "former_times", "articles_by_month", "source_share", "view_growth", "completeness",
            "edits", "disappearances",
        ),
        "*",
    ),
}  # fmt: skip


@pytest.fixture
def old(tmp_path: Path) -> Path:
    shutil.copytree(SCHEMA_8 / "warc", tmp_path / "warc")
    path = tmp_path / "archive.db"
    path.write_bytes(gzip.decompress((SCHEMA_8 / "archive.db.gz").read_bytes()))
    results = (
        # A run without results between; a level that changes; one that is not the same again.
        (1, "titles", "ok", 0.0), (2, "titles", "ok", 0.0), (4, "titles", "ok", 0.0),
        (5, "titles", "warn", 0.5), (4, "residue", "ok", 0.0), (5, "residue", "ok", 0.0),
        (6, "residue", "ok", 0.0),
    )  # fmt: skip
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        sql = "INSERT INTO monitor_results VALUES (?, ?, ?, ?, NULL, NULL, 'as ever')"
        db.executemany(sql, results)
        db.execute("UPDATE runs SET stats = json_set(stats, '$.counts', json('{\"pages\": 7}')) WHERE id = 4")
    return path


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def answers(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    return {
        name: sorted(rows(path, f"SELECT {what} FROM {name}"), key=repr) for name, what in ANSWERS.items()
    }


def assert_as_it_should_be(path: Path) -> None:
    with closing(open_archive(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert not [name for name in db.table_names() if name.endswith(("_8", "_9"))]
        assert list(unborne(db)) == []


def test_every_question_gets_the_same_answer_from_fewer_rows(old: Path) -> None:
    before = {**answers(old), "runs": rows(old, "SELECT id, stats FROM runs WHERE id <> 4 ORDER BY id")}
    assert (len(before["sightings"]), len(before["view_counts"]), len(before["walk_pages"])) == (582, 582, 71)
    assert_as_it_should_be(old)
    for path in (old, old.with_name("archive.before-9.db")):
        found = answers(path)
        found["runs"] = sorted((row[0], row[6]) for row in found["runs"] if row[0] != 4)
        assert found == before
    assert rows(old, "SELECT run_id, counts FROM crawl_counts") == [(4, '{"pages":7}')]
    assert rows(old, "SELECT stats FROM runs WHERE id = 4") == [("{}",)]
    # Of 63 listing pages at nine visits 49 repeat one; where one count had changed, that page alone is new.
    assert rows(old, "SELECT count(*) FROM captures WHERE repeats IS NOT NULL") == [(49,)]
    assert rows(old, "SELECT run_id, sum(repeats IS NULL) FROM captures WHERE run_id > 6 GROUP BY 1") == [
        (7, 0),
        (8, 0),
        (9, 2),
        (10, 0),
    ]
    assert rows(old, "SELECT count(*) FROM observations") == [(194,)]
    assert rows(old, "SELECT count(*) FROM entry_facts") == [(69,)]
    assert rows(old, "SELECT monitor, first_run, last_run FROM monitor_spans ORDER BY 1, 2") == [
        ("residue", 4, 6),
        ("titles", 1, 2),
        ("titles", 4, 4),
        ("titles", 5, 5),
    ]


migrated = partial(killed_migration.migrated, module="said_once", piece=3)


def test_a_killed_migration_goes_on_where_it_was(old: Path, tmp_path: Path) -> None:
    before = answers(old)
    spare = Path(shutil.copy(old, tmp_path / "spare.db"))
    whole = int(migrated(spare, kill_at=0).stdout)
    copied = []
    for part in (0.3, 0.4):
        assert migrated(old, kill_at=round(whole * part)).returncode == -signal.SIGKILL, part
        assert rows(old, "SELECT count(*) FROM _sqlite_migrations WHERE name > 'm009'") == [(1,)]
        copied.append(rows(old, "SELECT count(*) FROM captures WHERE repeats IS NOT NULL")[0][0])
    assert 0 < copied[0] <= copied[1] <= 49
    assert migrated(old, kill_at=0).returncode == 0
    assert_as_it_should_be(old)
    moved = answers(spare)
    assert answers(old) == moved
    assert answers(old.with_name("archive.before-9.db")) == before
    assert moved | {"runs": before["runs"]} == before


def test_what_was_copied_wrongly_is_not_put_in_place(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(old, "SELECT * FROM sightings ORDER BY capture_id, position")
    monkeypatch.setattr(
        said_once, "SIGHTINGS", said_once.SIGHTINGS.replace("ORDER BY", "AND position > 0 ORDER BY")
    )
    with pytest.raises(
        ArchiveError, match="what was copied to the new schema is not what stood in the old one"
    ):
        open_archive(old)
    assert rows(old, "SELECT * FROM sightings_8 ORDER BY capture_id, position") == before


def test_a_count_that_no_page_tells_is_left_behind_and_a_disbelieved_one_stays_out(old: Path) -> None:
    with closing(sqlite3.connect(old, isolation_level=None)) as db:
        db.execute(
            "INSERT INTO view_counts VALUES (1, '2030-01-01T00:00:00+00:00', 3, 999999, 'listing', NULL)"
        )
        db.execute("DELETE FROM view_counts WHERE article_id = 2 AND capture_id = 1")
    open_archive(old).close()
    assert rows(old, "SELECT count(*) FROM view_counts") == [(581,)]
    assert rows(old, "SELECT count(*) FROM view_counts WHERE article_id = 2 AND capture_id = 1") == [(0,)]


def test_the_same_life_today_gives_the_same_answers(old: Path, tmp_path: Path) -> None:
    """Lived again with the program of today, capture by capture, and migrated: no difference."""
    folder = tmp_path / "again"
    script = FIXTURES / "archives" / "make_life.py"
    tests = Path(__file__).parents[2]
    subprocess.run([sys.executable, script, folder], check=True, env={"PYTHONPATH": str(tests)}, timeout=120)
    assert_as_it_should_be(old)
    lived, told = answers(folder / "archive.db"), answers(old)
    for found in (lived, told):
        found["monitor_results"] = []
        found["runs"] = [row[:2] for row in found["runs"]]
        found["captures"] = [(*row[:6], *row[8:]) for row in found["captures"]]
        found["article_versions"] = [(*row[:9], *row[10:]) for row in found["article_versions"]]  # parser
    assert lived == told
    sql = "SELECT id, repeats FROM captures ORDER BY id"
    assert rows(folder / "archive.db", sql) == rows(old, sql)
