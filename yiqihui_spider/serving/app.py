"""Datasette on an archive: read-only, on loopback, while crawls go on writing."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import socket
import sqlite3
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette  # type: ignore[import-untyped]
from datasette.database import Database, QueryInterrupted, Results  # type: ignore[import-untyped]
from datasette.plugins import pm  # type: ignore[import-untyped]
from datasette.utils import sqlite_timelimit  # type: ignore[import-untyped]

from yiqihui_spider.serving import plugin, warming
from yiqihui_spider.serving.answers import IS_IN_ADVANCE, Answers
from yiqihui_spider.serving.guard import IS_OWN_SQL, Guard, connect_read_only, fetch, limit_process
from yiqihui_spider.serving.metadata import CONTENT, DATABASE, NOT_SHOWN, SETTINGS, metadata
from yiqihui_spider.serving.own_sql import Askers
from yiqihui_spider.session.profile import site_of

COUNTS = "SELECT " + ", ".join(f"(SELECT count(*) FROM {name}) AS {name}" for name in CONTENT)


MOST_KEPT_ROWS, MOST_KEPT_CHARS = 500, 100_000
"""Of an answer that is kept until the archive changes."""
IN_ADVANCE_MS = 60_000
_NEVER_TWICE = re.compile(r"random|\bnow\b|current_|strftime|julianday\(\)|date(time)?\(\)", re.IGNORECASE)
"""What makes a query give something else although nothing has changed."""


class ArchiveDatabase(Database):  # type: ignore[misc]
    """The archive's file, opened read-only whatever characters its path has."""

    def __init__(self, *told: Any, **more: Any) -> None:
        super().__init__(*told, **more)
        self.answers = Answers(self.connect)
        self.askers = Askers(Path(self.path), self.is_mutable)

    def close(self) -> None:
        self.askers.close()
        super().close()

    def connect(self, write: bool = False) -> sqlite3.Connection:
        if write:
            raise PermissionError("the archive is served read-only")
        connection = connect_read_only(Path(self.path), self.is_mutable)
        self._all_file_connections.append(connection)
        return connection

    async def execute(
        self,
        sql: str,
        params: Any = None,
        truncate: bool = False,
        custom_time_limit: int | None = None,
        page_size: int | None = None,
        log_sql_errors: bool = True,
    ) -> Results:
        """As Datasette does it, but the rows are fetched within bounds, and a reader's mistake in
        SQL is told to the reader only."""
        limit = min(custom_time_limit or self.ds.sql_time_limit_ms, self.ds.sql_time_limit_ms)
        if IS_IN_ADVANCE.get():
            limit = IN_ADVANCE_MS
        most = self.ds.max_returned_rows if truncate else None
        key = None if _NEVER_TWICE.search(sql) else (sql, _frozen(params), most)

        def within_limits(connection: sqlite3.Connection) -> Results:
            with sqlite_timelimit(connection, limit):
                return _results(connection, sql, params, most)

        def answer(connection: sqlite3.Connection) -> Results:
            if key is None:
                return within_limits(connection)
            return self.answers.ask(key, lambda: within_limits(connection), _is_small)

        if IS_OWN_SQL.get():
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self.ds.executor, self.askers.ask, sql, params, most, limit)
        return await self.execute_fn(answer)

    async def table_counts(self, limit: int = 10) -> dict[str, int | None]:
        """Rows of the tables that are shown first; to count every other takes too long."""
        counts = await self.execute(COUNTS)
        found = dict(counts.rows[0])  # of views, too, which Datasette does not want here
        return {name: found.get(name) for name in await self.table_names()}

    async def table_names(self) -> list[str]:
        """Without the tables that can't be counted or listed."""
        return [name for name in await super().table_names() if name not in NOT_SHOWN]


def _results(connection: sqlite3.Connection, sql: str, params: Any, most: int | None) -> Results:
    cursor = connection.cursor()
    try:
        cursor.execute(sql, params if params is not None else {})
        rows = fetch(cursor, None if most is None else most + 1)
        return Results(rows[:most], most is not None and len(rows) > most, cursor.description)
    except MemoryError:
        raise sqlite3.OperationalError("the query needs more memory than it may have") from None
    except sqlite3.DatabaseError as error:
        if error.args == ("interrupted",):
            raise QueryInterrupted(error, sql, params) from error
        raise
    finally:
        cursor.close()


def _frozen(params: Mapping[str, Any] | Sequence[Any] | None) -> tuple[Any, ...]:
    return tuple(params.items()) if isinstance(params, Mapping) else tuple(params or ())


def _is_small(results: Results) -> bool:
    rows = results.rows
    if len(rows) > MOST_KEPT_ROWS:
        return False
    return (
        sum(len(value) for row in rows for value in row if isinstance(value, str | bytes)) <= MOST_KEPT_CHARS
    )


class OwnTables(Database):  # type: ignore[misc]
    """What Datasette keeps for itself, in memory. Its own class forgets connections that are no file's."""

    def connect(self, write: bool = False) -> sqlite3.Connection:
        connection: sqlite3.Connection = super().connect(write)
        self._all_file_connections.append(connection)
        return connection


def make_datasette(archive: Path, lang: str = "en") -> Datasette:
    """To be closed with :func:`close`."""
    # Not imported before datasette.plugins, which registers it.
    from datasette import facets, handle_exception  # type: ignore[import-untyped]

    if pm.is_registered(handle_exception):
        pm.unregister(handle_exception)  # plugin.handle_exception stands in its place
    facets.detect_json1 = lambda: True  # our views need it; else each page leaves a connection open
    site = site_of(archive)
    if not pm.has_plugin("yiqihui_spider"):
        pm.register(plugin, name="yiqihui_spider")
    datasette = Datasette(
        memory=False,
        metadata=metadata(site) | {"plugins": {"yiqihui_spider": {"lang": lang, "site": site.title}}},
        settings=SETTINGS,
        template_dir=str(files(__package__).joinpath("templates")),
    )
    if "_memory" in datasette.databases:
        datasette.remove_database("_memory")
    datasette.remove_database("_internal")
    datasette.add_database(OwnTables(datasette, memory_name=secrets.token_hex()), name="_internal")
    database = ArchiveDatabase(datasette, path=str(archive), is_mutable=_may_change(archive))
    datasette.add_database(database, name=DATABASE)
    return datasette


def close(datasette: Datasette) -> None:
    """End the threads that ask the databases, and close every connection."""
    if datasette.executor:
        datasette.executor.shutdown(cancel_futures=True)
    for database in datasette.databases.values():
        database.close()


def _may_change(archive: Path) -> bool:
    """Whether the archive can be read with its write-ahead log; if not, it is on a read-only medium."""
    wal = archive.with_name(archive.name + "-wal")
    return wal.exists() or os.access(archive.parent, os.W_OK)


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections from now on. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except BaseException:
        listening.close()
        raise
    return listening


def run(
    archive: Path, listening: socket.socket, lang: str, ready: Callable[[], None], names: Iterable[str]
) -> None:
    """Serve until interrupted, to those who ask under one of ``names``; ``ready`` is called when
    connections are answered."""
    limit_process()
    # Datasette's, of counts it had in mind when an argument of the address turned out to be none.
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
    datasette = make_datasette(archive, lang)
    app = Guard(datasette.app(), names)
    config = uvicorn.Config(
        app, log_level="error", lifespan="on", access_log=False, server_header=False, ws="none"
    )

    async def serve() -> None:
        warm = asyncio.create_task(warming.keep_warm(datasette))
        try:
            await uvicorn.Server(config).serve(sockets=[listening])
        finally:
            warm.cancel()

    ready()
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(serve())
    finally:
        close(datasette)
