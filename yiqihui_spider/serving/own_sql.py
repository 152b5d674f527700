"""Readers' own SQL, asked in processes of their own.

Within one process SQLite stops a query between two steps only, and a single step (``printf`` of a billion
characters, ``instr`` of one long text in another) can take hours. A process can be ended.
"""

from __future__ import annotations

import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import LifoQueue
from threading import Timer
from typing import Any

from datasette.database import QueryInterrupted, Results  # type: ignore[import-untyped]

from yiqihui_spider.serving.guard import OWN_SQL_AT_ONCE

GRACE_MS = 1_000
"""How much longer than its query may take a process may live."""
BEGINNING_MS = 30_000
"""How long it may take to begin one."""

PROCESS = "yiqihui_spider.serving.sql_process"

Process = subprocess.Popen[bytes]
Params = Mapping[str, Any] | Sequence[Any] | None


class Askers:
    """As many processes as questions may be asked at a time; begun when there is something to ask."""

    def __init__(self, path: Path, is_mutable: bool) -> None:
        self._command = [sys.executable, "-m", PROCESS, str(path), str(int(is_mutable))]
        self._idle: LifoQueue[Process | None] = LifoQueue()
        for _ in range(OWN_SQL_AT_ONCE):
            self._idle.put(None)

    def ask(self, sql: str, params: Params, most: int | None, limit_ms: int) -> Results:
        """Raises what Datasette expects of a query: QueryInterrupted, sqlite3's errors."""
        process = self._idle.get()
        try:
            if process is None or process.poll() is not None:
                process = self._begun(process)
            kind, told = _conversation(process, (sql, params, most, limit_ms), limit_ms + GRACE_MS)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise QueryInterrupted(error, sql, params) from None
        finally:
            self._idle.put(process)
        if kind == "interrupted":
            raise QueryInterrupted(sqlite3.OperationalError(told), sql, params)
        if kind == "error":
            raise sqlite3.OperationalError(told)
        names, rows = told
        return Results(_as_rows(names, rows[:most]), most is not None and len(rows) > most, _described(names))

    def _begun(self, before: Process | None) -> Process:
        _end(before)
        process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        _conversation(process, None, BEGINNING_MS)
        return process

    def close(self) -> None:
        for _ in range(OWN_SQL_AT_ONCE):
            _end(self._idle.get())


def _conversation(process: Process, asked: Any, limit_ms: int) -> tuple[str, Any]:
    """What the process says to something; it is ended if it takes longer."""
    assert process.stdin is not None
    assert process.stdout is not None
    stop = Timer(limit_ms / 1000, process.kill)
    stop.start()
    try:
        pickle.dump(asked, process.stdin)
        process.stdin.flush()
        said: tuple[str, Any] = pickle.load(process.stdout)
        return said
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        stop.cancel()


def _end(process: Process | None) -> None:
    if process is None:
        return
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with suppress(OSError):
                pipe.close()
    process.wait()


def _described(names: Sequence[str]) -> list[tuple[Any, ...]]:
    return [(name, *[None] * 6) for name in names]


def _as_rows(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Rows of sqlite3's own type, made from their values."""
    memory = sqlite3.connect(":memory:")
    try:
        shape = ", ".join('NULL AS "{}"'.format(name.replace('"', '""')) for name in names)
        cursor = memory.execute(f"SELECT {shape or 'NULL'}")
        return [sqlite3.Row(cursor, row) for row in rows]
    finally:
        memory.close()
