"""One writer's hold on an archive: the lock, the database, the WARC files, the run's row.

The lock is the operating system's, so it dies with its holder.  What the holder says of
itself stands in a file beside the lock, for the message the next one prints.
"""

from __future__ import annotations

import json
import os
import platform
import socket
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlite_utils import Database

from yiqihui_spider.archive.schema.opening import (
    ArchiveBusy,
    ArchiveError,
    examine,
    is_busy,
    open_archive,
    real_path,
    trouble_told,
)
from yiqihui_spider.archive.state.captures import (
    DeadRun,
    begin_run,
    close_dead_runs,
    count_articles,
    finish_run,
    newest_article,
    note_stats,
)
from yiqihui_spider.archive.state.last_capture import database_inode, open_file, own_files
from yiqihui_spider.archive.state.monitor_results import Result, keep_counts, write_results
from yiqihui_spider.clock import now
from yiqihui_spider.errors import YiqihuiError
from yiqihui_spider.session.evidence import Evidence
from yiqihui_spider.session.profile import choose, keep, site_of
from yiqihui_spider.session.row_group import RowGroup
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.warc.repair import is_whole, repair_files
from yiqihui_spider.warc.writer import WarcWriter
from yiqihui_spider.wording import __version__

SOFTWARE = f"yiqihui_spider/{__version__}"


PATIENCE_SECONDS = 1.0
"""A lock may be taken for an instant by who only asks whether it is: that is no run at work."""


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
    evidence: Evidence
    site: SiteProfile
    """Whose pages these are."""
    rows: RowGroup
    """For who writes many pages one after another, and waits for nothing between them."""
    outcome: str = "failed"
    exit_code: int = 1
    monitors: Sequence[Result] = ()
    """What the monitors make of the run, for ``monitor_results``."""
    died: list[DeadRun] = field(default_factory=list)
    """Earlier runs that this one found dead."""
    newest_before: int = 0
    """The newest article when the run began."""

    @property
    def warc_folder(self) -> Path:
        return warc_folder(self.path)


on_begin: list[Callable[[Session], None]] = []
"""Called with each session that has begun: so whoever started a command learns of its run."""


def warc_folder(archive: Path) -> Path:
    """Where an archive's raw responses are: beside the file itself, whatever links lead to it."""
    return real_path(archive).parent / "warc"


@contextmanager
def hold(archive: Path, command: str) -> Iterator[None]:
    """Hold the archive's lock, which lies beside the file itself, whatever links lead to it.

    Raises ArchiveLocked, naming the holder, if another has it, and ArchiveError if no lock can
    be made there.
    """
    real = real_path(archive)
    holder_path = real.with_name(real.name + ".holder")
    lock = FileLock(lock_path(archive))
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=PATIENCE_SECONDS, poll_interval=0.02)
    except Timeout:
        raise ArchiveLocked(f"{archive} is in use by {_describe(holder_path)}; try again later") from None
    except OSError as error:
        raise ArchiveError(f"cannot write beside {archive}: {error.strerror or error}") from None
    try:
        with suppress(OSError):  # a full disk: the next one is told of "another run", then
            _announce(holder_path, command)
        yield
    finally:
        with suppress(OSError):
            holder_path.unlink(missing_ok=True)
        lock.release()


def lock_path(archive: Path) -> Path:
    real = real_path(archive)
    return real.with_name(real.name + ".lock")


@contextmanager
def open_session(archive: Path, command: str, site: SiteProfile | None = None) -> Iterator[Session]:
    """Lock and open an archive for writing, and keep a row in ``runs`` about it.

    ``site``: a newer profile of the archive's site, which becomes its own; without it, its own is
    used. Raises ArchiveLocked, ArchiveBusy, ArchiveError, or OtherSite, and then nothing is written.

    On leaving, the run's row says what ``session.outcome``, ``exit_code`` and ``stats`` hold; an
    exception leaves "failed", 1.
    """
    refuse_foreign(archive)
    site_of(archive, site)
    with hold(archive, command), trouble_told(archive):
        db = open_archive(archive)
        try:
            session = _begin(archive, db, command, choose(db, archive, site))
            try:
                yield session
            except sqlite3.Error as error:
                if is_busy(error):
                    session.exit_code, session.outcome = ArchiveBusy.exit_code, "archive busy"
                raise
            finally:
                _end(session)
        finally:
            db.close()


def _begin(archive: Path, db: Database, command: str, site: SiteProfile) -> Session:
    folder = warc_folder(archive)
    died = close_dead_runs(db, now())
    keep(db, site)
    own, _ = own_files(db)
    repaired = repair_files(folder, {one.name: one.last for one in own})
    stats: dict[str, Any] = {
        "python": platform.python_version(),
        "database_inode": database_inode(db),
        "warc_files": [],
    }
    if repaired:
        stats["warc_repaired"] = [f"{one.path.name}: {one.bytes_cut} bytes cut" for one in repaired]
    run_id = begin_run(db, command, SOFTWARE, pid=os.getpid(), host=socket.gethostname(), stats=stats)

    rows = RowGroup(db)

    def announce(name: str) -> None:
        rows.commit()  # the name is on record before the file is there
        stats["warc_files"].append(name)
        note_stats(db, run_id, {"warc_files": stats["warc_files"]})

    last = open_file(db)
    resume = folder / last.name if last and is_whole(folder / last.name, last.last) else None
    writer = WarcWriter(folder, software=SOFTWARE, announce=announce, resume=resume)
    session = Session(archive, db, writer, run_id, stats, Evidence(db, folder), site, rows)
    session.died, session.newest_before = died, newest_article(db)
    for called in on_begin:
        called(session)
    return session


def _end(session: Session) -> None:
    """Close the WARC file and the run's row; each is tried whatever becomes of the other."""
    try:
        session.warc.close()
    except BaseException as error:
        session.outcome, session.exit_code = "failed", 1
        session.stats["error"] = str(error)
        raise
    finally:
        _finish(session)


def _finish(session: Session) -> None:
    row = session.db, session.run_id
    with suppress(sqlite3.Error):  # what is wrong with the database shows below
        new, changed = count_articles(*row, session.newest_before)
        session.stats.setdefault("articles_new", new)
        session.stats.setdefault("articles_changed", changed)
    try:
        with session.db.atomic():
            if counts := session.stats.pop("counts", None):
                keep_counts(*row, counts)
            write_results(*row, session.monitors)
            finish_run(*row, session.outcome, session.exit_code, session.stats)
    except (TypeError, ValueError) as error:  # a component put something into the stats that is no JSON
        session.outcome, session.exit_code = "failed", 1
        plain = {key: session.stats.get(key) for key in ("python", "database_inode", "warc_files")}
        finish_run(*row, session.outcome, session.exit_code, {**plain, "error": str(error)})
        raise


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
