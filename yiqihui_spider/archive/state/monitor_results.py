"""What the monitors made of each crawl, and the raw counts that they compare."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Protocol

from sqlite_utils import Database

from yiqihui_spider.archive.state.sql import insert

Row = dict[str, Any]

COLUMNS = ("monitor", "level", "value", "low", "high", "message")
_INSERT = insert("monitor_results", ("run_id", *COLUMNS))


class Result(Protocol):
    """A value with these columns."""

    @property
    def monitor(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def value(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def message(self) -> str: ...


def write_results(db: Database, run_id: int, results: Iterable[Result]) -> None:
    """To be called in the transaction that ends the run."""
    for one in results:
        db.execute(_INSERT, {"run_id": run_id, **{column: getattr(one, column) for column in COLUMNS}})


def results_of(db: Database, run_id: int) -> list[Row]:
    """A run's results, the gravest first."""
    rows = db.query(
        f"""
        SELECT {", ".join(COLUMNS)} FROM monitor_results WHERE run_id = ?
        ORDER BY CASE level WHEN 'fail' THEN 0 WHEN 'warn' THEN 1 ELSE 2 END, monitor
        """,
        [run_id],
    )
    return list(rows)


def past_counts(db: Database, before: int, limit: int) -> list[tuple[Row, frozenset[str]]]:
    """Raw counts of the newest crawls before a run, oldest first, each with the monitors that it failed."""
    rows = db.execute(
        """
        SELECT json_extract(stats, '$.counts'),
               (SELECT json_group_array(monitor) FROM monitor_results
                WHERE run_id = runs.id AND level <> 'ok')
        FROM runs WHERE id < ? AND json_type(stats, '$.counts') = 'object' ORDER BY id DESC LIMIT ?
        """,
        [before, limit],
    ).fetchall()
    return [(json.loads(counts), frozenset(json.loads(flagged))) for counts, flagged in reversed(rows)]
