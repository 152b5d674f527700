"""Opening an archive: ours or not, new or old, for writing or for reading only.

A file that is refused is left as it was: it is judged by its first bytes, and looked into
only in ways that put nothing beside it.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout
from sqlite_utils import Database

from yiqihui_spider.archive.schema.ensure import ensure
from yiqihui_spider.archive.schema.migrations import APPLICATION_ID, migrations

Found = Literal["missing", "empty", "ours"]

MAGIC = b"SQLite format 3\0"
ID_AT = 68
"""Where the application id stands in an SQLite file: four bytes, big-endian."""

AT_REST, COPY_MADE = 0, 1
"""What ``PRAGMA user_version`` says: nothing; of a migration that was killed, that the copy of what stood
before must not be made again. (Of a backup it says something else.) Opening to write resets it."""

BUSY_SECONDS = 10.0
"""How long a statement waits for another connection's lock."""


class ArchiveError(Exception):
    """The archive can't be opened; the message is one line that says why."""

    exit_code = 1


class ArchiveBusy(ArchiveError):
    """Another program holds the database."""

    exit_code = 75


def is_busy(error: BaseException) -> bool:
    """Whether SQLite waited in vain for another program's lock."""
    text = str(error)
    return isinstance(error, sqlite3.OperationalError) and ("is locked" in text or "is busy" in text)


@contextmanager
def trouble_told(path: Path) -> Iterator[None]:
    """Turn what SQLite says of a file that is held or damaged into one line that names it."""
    try:
        yield
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if is_busy(error):
            raise ArchiveBusy(f"{path} is held by another program; try again later") from error
        if is_damage(error):
            raise ArchiveError(
                f"{path} is damaged ({_reason(error)}); `yiqihui verify` tells more; restore it from a backup"
            ) from error
        raise


def is_damage(error: BaseException) -> bool:
    """Whether an error says that the file is not what was once written into it."""
    return isinstance(error, UnicodeDecodeError) or (
        isinstance(error, sqlite3.DatabaseError)
        and any(words in str(error) for words in ("malformed", "not a database", "decode", "corrupt"))
    )


def real_path(path: Path) -> Path:
    """The file itself, links resolved: what is kept beside it is kept once, whatever name it is
    reached by. Raises ArchiveError for links that lead in a circle."""
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise ArchiveError(f"cannot read {_shown(Path(path))}: {_reason(error)}") from None


def open_archive(path: Path, *, create: bool = True, read_only: bool = False) -> Database:
    """Open the archive at ``path``; a new one is made if ``create`` and not ``read_only``.

    For writing, migrations are applied and what is declared as data is ensured.  Raises
    ArchiveError, leaving the file and its folder as they were.
    """
    path = real_path(path)
    found = examine(path)
    if found != "ours" and (read_only or not create):
        empty = f"{path} is an empty file, not an archive"
        raise ArchiveError(f"no archive at {path}" if found == "missing" else empty)
    with _in_one_line(path):
        if read_only:
            return _reader(path) if _is_current(path) else _reader_of_older(path)
        if found == "ours" and not os.access(path, os.W_OK):
            raise ArchiveError(f"{path} is not writable")
        _make_folder(path)
        return _writer(path)


def examine(path: Path) -> Found:
    """What stands at ``path``. Raises ArchiveError for anything but nothing, an empty file or ours."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ArchiveError(f"{path} is a folder, not an archive file")
        if not stat.S_ISREG(status.st_mode):
            raise ArchiveError(f"{path} is not a regular file")
        if status.st_size == 0:
            _refuse_second_name(path, status)
            return "empty"
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        return "missing"
    except (OSError, ValueError) as error:
        raise ArchiveError(f"cannot read {_shown(path)}: {_reason(error)}") from None
    if not head.startswith(MAGIC):
        raise ArchiveError(f"{path} is not an SQLite database")
    _refuse_foreign(path, int.from_bytes(head[ID_AT : ID_AT + 4], "big"))
    _refuse_second_name(path, status)
    return "ours"


def _refuse_second_name(path: Path, status: os.stat_result) -> None:
    """SQLite keeps what it has yet to write beside the name by which a file was opened, and our lock
    lies there too: whoever comes by another name sees neither, and damages what he writes to."""
    if status.st_nlink > 1:
        raise ArchiveError(
            f"{_shown(path)} is one of {status.st_nlink} names (hard links) of one file, and runs by two "
            "names damage an archive; when no run is at work, make it a file of its own: "
            f"cp {_shown(path)} {_shown(path)}.own && mv {_shown(path)}.own {_shown(path)}"
        )


def _refuse_foreign(path: Path, application_id: int) -> None:
    foreign = ArchiveError(f"{path} is an SQLite database, but not a yiqihui_spider archive")
    if application_id not in (0, APPLICATION_ID):
        raise foreign
    try:
        applied = _applied_at_rest(path)
    except (sqlite3.Error, UnicodeError) as error:
        if application_id == 0:
            raise foreign from None
        raise ArchiveError(f"{path} is damaged: {_reason(error)}") from None
    # Without the mark it may still be ours, put back together from a dump.
    if application_id == 0 and not applied:
        raise foreign
    _refuse_newer(path, applied)


def _applied_at_rest(path: Path) -> set[str]:
    """The names of our migrations in the file, read without touching anything beside it."""
    with peek(path) as connection:
        return _applied(connection)


@contextmanager
def peek(path: Path) -> Iterator[sqlite3.Connection]:
    """A file that is an archive, whatever its schema, read without touching anything beside it."""
    wal = path.with_name(path.name + "-wal")
    mode = "mode=ro" if wal.exists() else "mode=ro&immutable=1"
    with closing(_connect(path, mode)) as connection:
        yield connection


def _applied(connection: sqlite3.Connection) -> set[str]:
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = '_sqlite_migrations'").fetchone():
        return set()
    sql = "SELECT name FROM _sqlite_migrations WHERE migration_set = ?"
    return {name for (name,) in connection.execute(sql, [migrations.name])}


def _refuse_newer(path: Path, applied: set[str]) -> None:
    known = {migration.name for migration in migrations._migrations}
    unknown = sorted(applied - known)
    if unknown:
        raise ArchiveError(
            f"{path} was made by a newer yiqihui_spider (it has {unknown[-1]}); update the program"
        )


def _is_current(path: Path) -> bool:
    return _applied_at_rest(path) == {migration.name for migration in migrations._migrations}


def _reader_of_older(path: Path) -> Database:
    """Bring an archive of an older schema up to date, and read it: unless a run of the older
    program is at work on it, or it can't be written."""
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        raise ArchiveError(
            f"{path} has an older schema and is not writable, so it can't be brought up to date"
        )
    real = path.resolve()
    lock = FileLock(real.with_name(real.name + ".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ArchiveError(
            f"{path} has an older schema, and a run is at work on it; try again later"
        ) from None
    try:
        _writer(path).close()
    finally:
        lock.release()
    return _reader(path)


def _reader(path: Path) -> Database:
    connection = _connect(path, "mode=ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        # On a read-only medium the files that WAL needs beside the archive can't be made.
        connection.close()
        if path.with_name(path.name + "-wal").exists():
            raise
        connection = _connect(path, "mode=ro&immutable=1")
    return _prepared(connection)


def _writer(path: Path) -> Database:
    connection = _connect(path, "mode=rwc")
    try:
        db = _prepared(connection)
        if not db.execute("PRAGMA application_id").fetchone()[0]:
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        _refuse_newer(path, _applied(connection))
        db.execute("PRAGMA journal_mode = WAL").fetchone()
        db.execute("PRAGMA synchronous = NORMAL")
        _keep_as_it_was(db, path)
        migrations.apply(db)
        ensure(db)
        if db.execute("PRAGMA user_version").fetchone()[0]:
            db.execute(f"PRAGMA user_version = {AT_REST}")
    except BaseException:
        connection.close()
        raise
    return db


def _keep_as_it_was(db: Database, path: Path) -> None:
    """Before an older schema is migrated, put a copy beside the archive: ``yiqihui.before-4.db``."""
    applied = _applied(db.conn)
    pending = [migration.name for migration in migrations._migrations if migration.name not in applied]
    if not applied or not pending or db.execute("PRAGMA user_version").fetchone()[0] == COPY_MADE:
        return
    version = int(pending[0].partition("_")[0].lstrip("m"))
    copy = path.with_name(f"{path.stem}.before-{version}{path.suffix}")
    unfinished = copy.with_name(copy.name + ".part")
    unfinished.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(unfinished)) as target:
            db.conn.backup(target)
            target.execute("PRAGMA journal_mode = DELETE").fetchone()
        os.replace(unfinished, copy)
        db.execute(f"PRAGMA user_version = {COPY_MADE}")
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _prepared(connection: sqlite3.Connection) -> Database:
    db = Database(connection, recursive_triggers=True, execute_plugins=False)
    db.execute("PRAGMA foreign_keys = ON")
    return db


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True, timeout=BUSY_SECONDS)


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(f"cannot make the folder {path.parent}: {_reason(error)}") from None
    if not os.access(path.parent, os.W_OK):
        raise ArchiveError(f"the folder {path.parent} is not writable")


@contextmanager
def _in_one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, UnicodeError, OSError) as error:
        if is_busy(error):
            raise ArchiveBusy(f"{path} is held by another program; try again later") from error
        raise ArchiveError(f"cannot open {path}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return " ".join(text.split())


def _shown(path: Path) -> str:
    return ascii(str(path)) if "\0" in str(path) else str(path)
