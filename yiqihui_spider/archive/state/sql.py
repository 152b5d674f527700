"""One value out of a query."""

from typing import Any

from sqlite_utils import Database


def value(db: Database, sql: str, params: list[Any]) -> Any:
    """The first column of the first row, None without one."""
    row = db.execute(sql, params).fetchone()
    return row[0] if row else None
