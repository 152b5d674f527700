"""Rows by name: values whose fields are called as the columns, and the SQL that follows from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from typing import Any

from sqlite_utils import Database

from yiqihui_spider.items import PAGE_STATUSES

WITH_A_PAGE = f"coalesce(http_status, 200) IN {PAGE_STATUSES}"
"""Captures that may show a page: a file, or an answer that brought one."""


def value(db: Database, sql: str, params: list[Any]) -> Any:
    """The first column of the first row, None without one."""
    row = db.execute(sql, params).fetchone()
    return row[0] if row else None


@cache
def columns(kind: type[Any]) -> tuple[str, ...]:
    """The columns of a kind of row: the fields of its dataclass, in order."""
    return tuple(field.name for field in fields(kind))


def listed(names: Iterable[str], table: str = "") -> str:
    """Columns as they stand in a statement.

    >>> listed(("id", "url"), "a")
    'a.id, a.url'
    """
    return ", ".join(f"{table}.{name}" if table else name for name in names)


def insert(table: str, names: Iterable[str], conflict: str = "") -> str:
    """The statement that inserts a row whose values are given by name.

    >>> insert("pages", ("id", "url"))
    'INSERT INTO pages (id, url) VALUES (:id, :url)'
    """
    names = tuple(names)
    values = ", ".join(f":{name}" for name in names)
    return f"INSERT INTO {table} ({listed(names)}) VALUES ({values}) {conflict}".rstrip()


def replacing(names: Iterable[str], *key: str) -> str:
    """ON CONFLICT clause by which a row takes the place of the one with its key.

    >>> replacing(("id", "url"), "id")
    'ON CONFLICT (id) DO UPDATE SET url = excluded.url'
    """
    sets = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    return f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sets}"


def by_name(row: Any) -> dict[str, Any]:
    """A row's values by column."""
    return {name: getattr(row, name) for name in columns(row.__class__)}
