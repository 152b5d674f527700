"""Whether one database is an earlier state of another: all that it tells of runs, the other tells, too."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from sqlite_utils import Database

_RUNS = """
    SELECT id, command, started_at, pid, host, json_extract(stats, '$.warc_files[0]') FROM runs ORDER BY id
"""
"""The name of a run's first WARC file is like no other; a run that has just begun has none yet."""


def is_earlier_state(older: Database, newer: Database) -> bool:
    """Whether every run of ``older`` is one of ``newer``'s. (Archives without a run are all alike.)"""
    pairs: Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]
    pairs = zip_longest(older.execute(_RUNS), newer.execute(_RUNS), fillvalue=())
    for was, now in pairs:
        if not was:
            return True
        if was[:-1] != now[:-1] or was[-1] not in (None, now[-1]):
            return False
    return True


def last_records(db: Database) -> dict[str, tuple[int, int]]:
    """For each WARC file that captures refer to, where the last record known begins and ends."""
    sql = """
        SELECT warc_file, max(warc_offset), max(warc_offset + warc_length) FROM captures GROUP BY warc_file
    """
    return {name: (last, end) for name, last, end in db.execute(sql)}
