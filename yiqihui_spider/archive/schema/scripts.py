"""SQL files of the package, statement by statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from importlib.resources import files

from sqlite_utils import Database


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
