"""Times in the tables that can't be read: written by other hands, or by a disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from sqlite_utils import Database

_TIME = re.compile(r"\w+_at|missing_since")


def unreadable_times(db: Database) -> Iterator[str]:
    """Rows with a time that is none, each named by its table and key."""
    tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    for (table,) in db.execute(tables).fetchall():
        columns = db.execute("SELECT name, pk FROM pragma_table_info(?)", [table]).fetchall()
        times = [name for name, _ in columns if _TIME.fullmatch(name)]
        key = [name for name, place in columns if place] or [columns[0][0]] if columns else []
        if times and not table.startswith(("_", "articles_fts")):
            yield from _of_table(db, table, key, times)


def _of_table(db: Database, table: str, key: list[str], times: list[str]) -> Iterator[str]:
    names = ", ".join(f"[{name}]" for name in (*key, *times))
    for row in db.execute(f"SELECT {names} FROM [{table}]"):
        for name, value in zip(times, row[len(key) :], strict=True):
            if value is not None and not _is_time(value):
                where = ", ".join(f"{one} {part}" for one, part in zip(key, row, strict=False))
                yield f"table {table}, {where}: {name} can't be read: {ascii(value)[:60]}"


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
