"""Who may ask the served archive, and how much of the machine one question may take.

A page of another site can make a browser ask this server under a name of its own choosing (DNS
rebinding), so only the server's own names are answered. A query can neither take the memory
(values, results and SQLite's heap are bounded) nor the time (queries are stopped), and readers'
own SQL waits in a queue of its own, so that others go on reading.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from h11 import LocalProtocolError

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]

VALUE_BYTES = 16_000_000
"""No single value may be larger. The longest text that a page within the limits gives fits in."""
RESULT_BYTES = 64_000_000
"""Nor may one result, counted while it is fetched."""
HEAP_BYTES = 400_000_000
"""All that SQLite itself may hold at once, in this process."""
PATTERN_CHARS = 200
"""LIKE and GLOB take time by pattern times text, in one step that nothing can stop."""

OWN_SQL_AT_ONCE = 2
DATA_AT_ONCE = 3
"""Pages of tables and ready queries; the reading room waits for none of them."""
WAIT_SECONDS = 10.0


def limit_connection(connection: sqlite3.Connection) -> None:
    """What one query may take. Python 3.10 knows no limits of a connection: there the heap's
    holds, and the time that a query's process has."""
    if sys.version_info >= (3, 11):
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_BYTES)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN_CHARS)


def connect_read_only(path: Path, is_mutable: bool) -> sqlite3.Connection:
    """The archive, whatever characters its path has, within the limits of a query."""
    # Never "immutable" where somebody may write: that would ignore the write-ahead log.
    mode = "mode=ro" if is_mutable else "mode=ro&immutable=1"
    uri = f"{path.absolute().as_uri()}?{mode}"
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False, timeout=30)
    connection.execute("PRAGMA query_only = ON")
    limit_connection(connection)
    return connection


def limit_process() -> None:
    """Bound SQLite's heap in this process, all connections together."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(f"PRAGMA hard_heap_limit = {HEAP_BYTES}")
    finally:
        connection.close()


def fetch(cursor: sqlite3.Cursor, most: int | None) -> list[Any]:
    """At most so many rows, one by one, as long as they take no more memory than a result may.

    Raises sqlite3.OperationalError, which Datasette shows to the one who asked.
    """
    rows: list[Any] = []
    room = RESULT_BYTES
    for row in cursor:
        room -= sum(len(value) if isinstance(value, str | bytes) else 8 for value in row)
        if room < 0:
            raise sqlite3.OperationalError(f"the result is larger than {RESULT_BYTES // 1_000_000} MB")
        rows.append(row)
        if most is not None and len(rows) >= most:
            break
    return rows


# --- who is answered ---------------------------------------------------------------------


def own_names(host: str) -> frozenset[str]:
    """The names under which a server that listens on ``host`` is asked."""
    names = {"localhost", "127.0.0.1", "::1", host.lower()}
    if _is_everywhere(host):
        names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    return frozenset(names)


def _is_everywhere(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def host_name(header: str) -> str:
    """The name in a Host header, without port.

    >>> host_name("LocalHost:8001"), host_name("[::1]:8001"), host_name("::1")
    ('localhost', '::1', '::1')
    """
    header = header.strip().lower()
    if header.startswith("["):
        return header[1:].partition("]")[0]
    name, _, port = header.rpartition(":")
    return name if name and ":" not in name and port.isdecimal() else header


IS_OWN_SQL: ContextVar[bool] = ContextVar("IS_OWN_SQL", default=False)
"""Whether the request at work may ask whatever its reader likes."""


class Guard:
    """ASGI: answers only under the server's own names, and lets only so many queries of readers'
    own SQL, and so many pages of data, run at a time."""

    def __init__(self, app: App, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(names)
        self._own_sql = asyncio.Semaphore(OWN_SQL_AT_ONCE)
        self._data = asyncio.Semaphore(DATA_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif not self._is_own(scope):
            await _answer(send, 421, "this server is not known by that name; `yiqihui serve --host` tells it")
        elif scope["method"] not in ("GET", "HEAD"):
            await _answer(
                send, 405, "the archive is read-only: GET and HEAD are answered", allow=b"GET, HEAD"
            )
        elif scope["path"].startswith(("//", "/\\")):  # what Datasette would send on to another host
            await _answer(send, 404, "nothing stands at this address")
        elif _may_take_long(scope):
            IS_OWN_SQL.set(True)
            await self._in_turn(self._own_sql, scope, receive, send)
        elif scope["path"].startswith("/yiqihui"):
            await self._in_turn(self._data, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_own(self, scope: Scope) -> bool:
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1:
            return False
        server = scope.get("server") or ("", 0)
        name = host_name(hosts[0])
        return name in self._names or name == str(server[0]).lower()

    async def _in_turn(self, queue: asyncio.Semaphore, scope: Scope, receive: Any, send: Any) -> None:
        try:
            await asyncio.wait_for(queue.acquire(), WAIT_SECONDS)
        except asyncio.TimeoutError:
            await _answer(send, 503, "other queries are at work; try again in a few seconds")
            return
        try:
            await self._app(scope, receive, send)
        finally:
            queue.release()


def _may_take_long(scope: Scope) -> bool:
    """Whether it is a reader's own SQL, or all rows of a table."""
    query: bytes = scope.get("query_string") or b""
    names = {name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)}
    return not names.isdisjoint(("sql", "_where", "_stream"))


async def _answer(send: Any, status: int, text: str, **headers: bytes) -> None:
    told = {"content-type": b"text/plain; charset=utf-8", **headers}
    if status == 503:
        told["retry-after"] = b"5"
    pairs = [(name.encode(), value) for name, value in told.items()]
    with suppress(LocalProtocolError):  # of a client that broke off, or broke the rules
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": f"{text}\n".encode()})
