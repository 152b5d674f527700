"""One writer's hold on an archive: the lock, the database, the WARC files, the run's row.

The lock is the operating system's, so it dies with its holder.  What the holder says of
itself stands in a file beside the lock, for the message the next one prints.
"""

from __future__ import annotations

import json
import os
import platform
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlite_utils import Database

from yiqihui_spider import __version__
from yiqihui_spider.archive.captures import begin_run, close_dead_runs, finish_run
from yiqihui_spider.archive.db import ArchiveError, examine, open_archive
from yiqihui_spider.archive.held import last_offsets
from yiqihui_spider.clock import now
from yiqihui_spider.errors import YiqihuiError
from yiqihui_spider.warc.repair import repair_folder
from yiqihui_spider.warc.writer import WarcWriter

SOFTWARE = f"yiqihui_spider/{__version__}"


class ArchiveLocked(YiqihuiError):
    """Another run holds the archive."""

    exit_code = 75


@dataclass(slots=True)
class Session:
    """What a run works with. ``stats`` goes into the run's row at the end."""

    path: Path
    db: Database
    warc: WarcWriter
    run_id: int
    stats: dict[str, Any]
    outcome: str = "failed"
    exit_code: int = 1

    @property
    def warc_folder(self) -> Path:
        return warc_folder(self.path)


def warc_folder(archive: Path) -> Path:
    """Where an archive's raw responses are."""
    return archive.parent / "warc"


@contextmanager
def hold(archive: Path, command: str) -> Iterator[None]:
    """Hold the archive's lock.

    Raises ArchiveLocked, naming the holder, at once if another has it, and ArchiveError if
    no lock can be made there.
    """
    lock_path = archive.with_name(archive.name + ".lock")
    holder_path = archive.with_name(archive.name + ".holder")
    lock = FileLock(lock_path)
    try:
        archive.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise ArchiveLocked(f"{archive} is in use by {_describe(holder_path)}; try again later") from None
    except OSError as error:
        raise ArchiveError(f"cannot write beside {archive}: {error.strerror or error}") from None
    try:
        _announce(holder_path, command)
        yield
    finally:
        holder_path.unlink(missing_ok=True)
        lock.release()


@contextmanager
def open_session(archive: Path, command: str) -> Iterator[Session]:
    """Lock and open an archive for writing, and keep a row in ``runs`` about it.

    Raises ArchiveLocked or ArchiveError.  On leaving, the run's row says what
    ``session.outcome``, ``exit_code`` and ``stats`` hold; an exception leaves "failed", 1.
    """
    refuse_foreign(archive)
    with hold(archive, command):
        db = open_archive(archive)
        try:
            close_dead_runs(db, now())
            repaired = repair_folder(warc_folder(archive), last_offsets(db))
            run_id = begin_run(db, command, SOFTWARE, pid=os.getpid(), host=socket.gethostname())
            stats: dict[str, Any] = {"python": platform.python_version()}
            if repaired:
                cuts = [f"{one.path.name}: {one.bytes_cut} bytes cut" for one in repaired]
                stats["warc_repaired"] = cuts
            writer = WarcWriter(warc_folder(archive), software=SOFTWARE)
            session = Session(archive, db, writer, run_id, stats)
            try:
                yield session
            finally:
                writer.close()
                finish_run(db, run_id, session.outcome, session.exit_code, session.stats)
        finally:
            db.close()


def refuse_foreign(archive: Path) -> None:
    """Say no before anything, even a lock file, is put beside a file that is not ours."""
    examine(archive.absolute())


def _announce(holder_path: Path, command: str) -> None:
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "command": command, "since": now()}
    holder_path.write_text(json.dumps(holder, ensure_ascii=False), "utf-8")


def _describe(holder_path: Path) -> str:
    try:
        holder = json.loads(holder_path.read_text("utf-8"))
        return f"{holder['command']!r} (pid {holder['pid']} on {holder['host']}, since {holder['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another run"
