"""The process that asks the archive what a reader likes, begun and ended by ``own_sql``."""

from __future__ import annotations

import pickle
import signal
import sqlite3
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from yiqihui_spider.archive.search.index import phrases
from yiqihui_spider.serving.guard import connect_read_only, fetch, limit_process

ADDRESS_SPACE = 1_500_000_000
"""Bytes that such a process may have."""
LEFT_ALONE_SECONDS = 3
"""How long after its query's time the process ends itself, should nobody be there to end it: the reading room
may have been killed, and a single step of SQLite's machine can take hours."""
STEPS = 1000
"""Of SQLite's machine, between two looks at the clock."""

Answer = tuple[str, Any]


def main(path: str, is_mutable: str) -> None:
    """Answer until the pipe ends."""
    _limit_memory()
    limit_process()
    connection = connect_read_only(Path(path), bool(int(is_mutable)))
    connection.create_function("escape_fts", 1, lambda query: phrases(str(query)), deterministic=True)
    asked, told = sys.stdin.buffer, sys.stdout.buffer
    with suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            _converse(connection, asked, told)


def _converse(connection: sqlite3.Connection, asked: BinaryIO, told: BinaryIO) -> None:
    question = pickle.load(asked)
    pickle.dump(("ready", None) if question is None else _answer(connection, *question), told)
    told.flush()


def _answer(connection: sqlite3.Connection, sql: str, params: Any, most: int | None, limit_ms: int) -> Answer:
    signal.alarm(limit_ms // 1000 + LEFT_ALONE_SECONDS)
    try:
        end = time.monotonic() + limit_ms / 1000
        connection.set_progress_handler(lambda: time.monotonic() > end, STEPS)
        cursor = connection.execute(sql, params or {})
        rows = fetch(cursor, None if most is None else most + 1)
        return "rows", ([one[0] for one in cursor.description or ()], rows)
    except MemoryError:
        return "error", "the query needs more memory than it may have"
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
        text = str(error)
        return "interrupted" if text == "interrupted" else "error", text
    finally:
        signal.alarm(0)


def _limit_memory() -> None:
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


if __name__ == "__main__":
    main(*sys.argv[1:3])
