"""Migrations, and the things declared as data that are ensured anew at every open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from importlib.resources import files

from sqlite_utils import Database, Migrations

APPLICATION_ID = 0x79715F68
"""``yq_h``: how a file says that it is one of our archives (``PRAGMA application_id``)."""

migrations = Migrations("yiqihui_spider")


def statements(script: str) -> Iterator[str]:
    """The single statements of an SQL script, triggers kept whole."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending.strip()
            pending = ""


def run_script(db: Database, name: str) -> None:
    """Execute a packaged SQL file inside the transaction that is open, if one is.

    ``executescript`` would commit that transaction first.
    """
    script = files(__package__).joinpath(name).read_text("utf-8")
    for statement in statements(script):
        db.execute(statement)


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


@migrations()
def m005_wayback_misses(db: Database) -> None:
    run_script(db, "wayback_tables.sql")
