"""Migrations, and the things declared as data that are ensured anew at every open."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from yiqihui_spider.archive.articles.identity import content_hash, label
from yiqihui_spider.archive.schema import each_text_once, said_once
from yiqihui_spider.archive.schema.ensure import declared
from yiqihui_spider.archive.schema.scripts import run_script

APPLICATION_ID = 0x79715F68
"""``yq_h``: how a file says that it is one of our archives (``PRAGMA application_id``)."""

migrations = Migrations("yiqihui_spider")


@migrations(transactional=False)
def m001_write_ahead_log(db: Database) -> None:
    # First the mark: once in WAL mode it would stay in the -wal file for a while, and a file
    # is told to be ours by its first bytes.
    db.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.conn.execute("PRAGMA journal_mode = WAL")


@migrations()
def m002_tables(db: Database) -> None:
    run_script(db, "tables.sql")


@migrations()
def m003_terms(db: Database) -> None:
    run_script(db, "terms_tables.sql")


@migrations(transactional=False)
def m004_kinds_and_labels(db: Database) -> None:
    # Tables that others refer to are made anew: only without foreign keys, which only outside
    # of a transaction can be switched off.
    watched = db.execute("PRAGMA foreign_keys").fetchone()[0]
    db.execute("PRAGMA foreign_keys = OFF")
    try:
        with db.atomic():
            if "label" not in db["articles"].columns_dict:
                drop_declared(db)
                run_script(db, "migration_4.sql")
                _hash_anew(db)
                _write_labels(db)
            if "month" not in db["term_state"].columns_dict:  # in which an article's terms were counted
                db.execute("ALTER TABLE term_state ADD COLUMN month TEXT")
    finally:
        db.execute(f"PRAGMA foreign_keys = {watched}")


def drop_declared(db: Database) -> None:
    """Take away all views and triggers, which would stand in the way of a table made anew.

    ``ensure`` puts back what is declared.
    """
    found = db.execute("SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger')").fetchall()
    for kind, name in found:
        db.execute(f"DROP {kind} IF EXISTS [{name}]")


def drop_views(db: Database) -> None:
    """Take away the analyst's views alone: the search index stays, and stays up to date."""
    names = {one.name for one in declared() if one.script != "search.sql"}
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall():
        if name in names:
            db.execute(f"DROP VIEW [{name}]")


def _hash_anew(db: Database) -> None:
    """Let hashes follow what counts as invisible by now, in all tables alike."""
    for table in ("article_versions", "excerpts"):
        rows = db.conn.execute(f"SELECT article_id, content_hash, body FROM {table}")
        wrong = {(row[0], row[1], new) for row in rows if (new := content_hash(row[2])) != row[1]}
        for article_id, old, new in sorted(wrong):
            for each in ("article_versions", "sightings"):
                db.execute(
                    f"UPDATE {each} SET content_hash = ? WHERE article_id = ? AND content_hash = ?",
                    [new, article_id, old],
                )
            db.execute(
                "UPDATE articles SET content_hash = ? WHERE id = ? AND content_hash = ?",
                [new, article_id, old],
            )
            db.execute(
                "UPDATE OR REPLACE excerpts SET content_hash = ? WHERE article_id = ? AND content_hash = ?",
                [new, article_id, old],
            )


def _write_labels(db: Database) -> None:
    rows = db.conn.execute("SELECT id, title, substr(body, 1, 400), url FROM articles")
    labels = [(label(title, body, url), number) for number, title, body, url in rows]
    db.conn.executemany("UPDATE articles SET label = ? WHERE id = ?", labels)


@migrations()
def m005_wayback_misses(db: Database) -> None:
    run_script(db, "wayback_tables.sql")


@migrations()
def m006_site_profiles(db: Database) -> None:
    run_script(db, "profile_tables.sql")


@migrations()
def m007_begin_each_text_once(db: Database) -> None:
    # Of its own, so that an older program refuses the archive from here on.
    drop_declared(db)
    db.execute("DROP TABLE IF EXISTS articles_fts")
    run_script(db, "migration_7.sql")


@migrations(transactional=False)
def m007_each_text_once(db: Database) -> None:
    each_text_once.migrate(db)


@migrations()
def m008_monitor_results(db: Database) -> None:
    run_script(db, "monitor_tables.sql")


@migrations()
def m009_begin_said_once(db: Database) -> None:
    # Of its own, so that an older program refuses the archive from here on.
    drop_views(db)
    run_script(db, "migration_9.sql")


@migrations(transactional=False)
def m009_said_once(db: Database) -> None:
    said_once.migrate(db)
