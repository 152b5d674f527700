"""Datasette on an archive: read-only, on loopback, while crawls go on writing."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import uvicorn
from datasette.app import Datasette  # type: ignore[import-untyped]
from datasette.database import Database  # type: ignore[import-untyped]
from datasette.plugins import pm  # type: ignore[import-untyped]

from yiqihui_spider.serving import plugin
from yiqihui_spider.serving.metadata import DATABASE, NOT_SHOWN, SETTINGS, metadata


class ArchiveDatabase(Database):  # type: ignore[misc]
    """The archive's file, opened read-only whatever characters its path has."""

    def connect(self, write: bool = False) -> sqlite3.Connection:
        if write:
            raise PermissionError("the archive is served read-only")
        # Never "immutable" where somebody may write: that would ignore the write-ahead log.
        mode = "mode=ro" if self.is_mutable else "mode=ro&immutable=1"
        uri = f"{Path(self.path).absolute().as_uri()}?{mode}"
        connection = sqlite3.connect(uri, uri=True, check_same_thread=False, timeout=30)
        connection.execute("PRAGMA query_only = ON")
        self._all_file_connections.append(connection)
        return connection

    async def table_names(self) -> list[str]:
        """Without the tables that can't be counted or listed."""
        return [name for name in await super().table_names() if name not in NOT_SHOWN]


def make_datasette(archive: Path) -> Datasette:
    if not pm.has_plugin("yiqihui_spider"):
        pm.register(plugin, name="yiqihui_spider")
    datasette = Datasette(
        memory=False,
        metadata=metadata(),
        settings=SETTINGS,
        template_dir=str(files(__package__).joinpath("templates")),
    )
    if "_memory" in datasette.databases:
        datasette.remove_database("_memory")
    database = ArchiveDatabase(datasette, path=str(archive), is_mutable=_may_change(archive))
    datasette.add_database(database, name=DATABASE)
    return datasette


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


def run(archive: Path, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until interrupted; ``ready`` is called when connections are answered."""
    config = uvicorn.Config(
        make_datasette(archive).app(), log_level="warning", lifespan="on", access_log=False
    )
    ready()
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
