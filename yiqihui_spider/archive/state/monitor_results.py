"""What the monitors made of each crawl, and the raw counts that they compare."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Protocol

from sqlite_utils import Database

from yiqihui_spider.archive.state.sql import listed

Row = dict[str, Any]

COLUMNS = ("monitor", "level", "value", "low", "high", "message")

INSERT_SPAN = (
    f"INSERT INTO monitor_spans (first_run, last_run, {listed(COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)

COUNTS_KEPT = 100
"""So many crawls keep their raw counts; the monitors look back on fewer."""


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
    extend_spans(db, run_id, [tuple(getattr(one, column) for column in COLUMNS) for one in results])


def extend_spans(db: Database, run_id: int, results: Iterable[tuple[Any, ...]]) -> None:
    """Write down results: those of the run before that are the same again hold for this one, too."""
    sql = f"SELECT {listed(COLUMNS)} FROM monitor_spans WHERE last_run = ?"
    last = set(db.execute(sql, [run_id - 1]).fetchall())
    for values in results:
        if values in last:
            sql = "UPDATE monitor_spans SET last_run = ? WHERE last_run = ? AND monitor = ?"
            db.execute(sql, [run_id, run_id - 1, values[0]])
        else:
            db.execute(INSERT_SPAN, [run_id, run_id, *values])


def keep_counts(db: Database, run_id: int, counts: Row) -> None:
    """Keep a crawl's raw counts, and those of as many before it as anybody looks back on."""
    db.execute(
        "INSERT INTO crawl_counts (run_id, counts) VALUES (?, ?)",
        [run_id, json.dumps(counts, ensure_ascii=False)],
    )
    db.execute(
        """
        DELETE FROM crawl_counts
        WHERE run_id <= (SELECT run_id FROM crawl_counts ORDER BY run_id DESC LIMIT 1 OFFSET ?)
        """,
        [COUNTS_KEPT],
    )


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
        SELECT counts,
               (SELECT json_group_array(monitor) FROM monitor_results
                WHERE run_id = crawl_counts.run_id AND level <> 'ok')
        FROM crawl_counts WHERE run_id < ? ORDER BY run_id DESC LIMIT ?
        """,
        [before, limit],
    ).fetchall()
    return [(json.loads(counts), frozenset(json.loads(flagged))) for counts, flagged in reversed(rows)]
