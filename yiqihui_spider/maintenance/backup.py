"""A consistent copy of an archive, database and WARC files, while a run may be writing to it.

The database's state of one moment is copied first, under another name; then, of each WARC file,
what that state refers to. Files only grow, so of a file that is there only the rest is copied.
When every record has been read back, the new database takes the place of the old one. Whenever
that is interrupted, the folder holds the older state, whole, and the next backup goes on.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlite_utils import Database

from yiqihui_spider.archive.queries import checks
from yiqihui_spider.archive.schema.opening import ArchiveError, examine, real_path
from yiqihui_spider.archive.state.last_capture import BACKUP, own_files
from yiqihui_spider.archive.state.lineage import is_earlier_state, last_records
from yiqihui_spider.errors import YiqihuiError
from yiqihui_spider.session import ArchiveLocked, hold, warc_folder
from yiqihui_spider.warc.reader import verify_record
from yiqihui_spider.warc.repair import whole_until

_STEP = 1024 * 1024

Seen = Callable[[int], None]
"""Told of bytes copied."""


class BackupError(YiqihuiError):
    """No backup can be made; what was in the folder is as it was."""


@dataclass(slots=True)
class Backup:
    """What a backup came to."""

    archive: Path
    """The copy."""
    database_bytes: int = 0
    files: int = 0
    """WARC files that the copy rests on."""
    files_new: int = 0
    """Of these, those of which something was copied."""
    bytes_copied: int = 0
    records: int = 0
    """Read back and compared with their digests."""
    problems: list[str] = field(default_factory=list)
    """Evidence that could not be had: it is lost or damaged in the archive, too."""


@dataclass(frozen=True, slots=True)
class Part:
    """How much of a WARC file belongs to a state of the database."""

    name: str
    end: int
    """So many bytes, to the end of a record."""
    needed: int
    """So many at least: to the end of the last record that has a row."""


def back_up(db: Database, archive: Path, folder: Path, seen: Seen = lambda size: None) -> Backup:
    """Copy ``archive``, open as ``db``, into ``folder``. Raises BackupError, ArchiveLocked."""
    copy = Backup(real_path(folder) / real_path(archive).name)
    refuse(db, archive, copy.archive)
    source = warc_folder(archive)
    try:
        with hold(copy.archive, "backup"), _snapshot(db, copy.archive) as state:
            wanted = {part.name: part for part in parts(state, source)}
            _copy_files(wanted.values(), source, copy, seen)
            for name, bad in _bad_records(state, copy).items():
                _mend(source, wanted[name], bad, copy, seen)
            copy.database_bytes = _replace(state, copy.archive)
    except OSError as error:
        raise BackupError(f"cannot write {error.filename or folder}: {error.strerror or error}") from error
    return copy


# --- is this folder ours? -------------------------------------------------------------------


def refuse(db: Database, archive: Path, target: Path) -> None:
    """Raise BackupError for a folder that is another archive's, this one's own, or a newer copy's."""
    folder = target.parent
    if folder.exists() and not folder.is_dir():
        raise BackupError(f"{folder} is not a folder")
    source = real_path(archive)
    same_place = real_path(warc_folder(target)) == real_path(warc_folder(archive))
    if target == source or same_place:
        raise BackupError(f"{folder} is where the archive itself is; name another folder")
    for other in _archives_in(folder):
        if other.name != target.name:
            raise BackupError(
                f"{folder} holds another archive ({other.name}); give each archive a folder of its own"
            )
    if _found(target) == "ours":
        with closing(sqlite3.connect(f"{target.as_uri()}?mode=ro", uri=True)) as older:
            if not is_earlier_state(Database(older, execute_plugins=False), db):
                raise BackupError(
                    f"{target} tells of runs that {archive} knows nothing of: it is another archive's, "
                    "or newer than this one; name another folder"
                )


def _found(path: Path) -> str:
    try:
        return examine(path)
    except ArchiveError as error:
        raise BackupError(f"{error}; name another folder") from None


def _archives_in(folder: Path) -> Iterator[Path]:
    """Databases of ours, whatever they are called; copies from before a migration are none."""
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if path.is_file() and ".before-" not in path.name and path.suffix != ".part":
            try:
                if examine(path) == "ours":
                    yield path
            except ArchiveError:  # any other file
                continue


# --- the database ---------------------------------------------------------------------------


@contextmanager
def _snapshot(db: Database, target: Path) -> Iterator[Database]:
    """The archive's state of this moment, under a name of its own beside the target."""
    part = _part(target)
    _remove(part)
    try:
        with closing(sqlite3.connect(part)) as connection:
            connection.execute("PRAGMA synchronous = OFF")  # it is made sure of before it is used
            db.conn.backup(connection)
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()  # one file that stands for itself
            connection.execute(f"PRAGMA user_version = {BACKUP}")
            state = Database(connection, recursive_triggers=True, execute_plugins=False)
            wrong = [*checks.integrity(state), *checks.foreign_keys(state)]
            if wrong:
                raise BackupError(f"the archive is damaged ({wrong[0]}); `yiqihui verify` tells more")
            yield state
    finally:
        _remove(part)


def _remove(part: Path) -> None:
    """A backup that was killed may have left a journal, too."""
    for path in (part, *_journals(part)):
        path.unlink(missing_ok=True)


def _journals(database: Path) -> list[Path]:
    return [database.with_name(database.name + end) for end in ("-wal", "-shm", "-journal")]


def _part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _replace(state: Database, target: Path) -> int:
    """Put the new database in the place of the old one, in one step; its size."""
    part = _part(target)
    state.close()
    _at_rest(target)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    size = part.stat().st_size
    os.replace(part, target)
    _sync(target.parent)
    return size


def _at_rest(target: Path) -> None:
    """Let the old copy be one file: the journal of one must never be taken for the other's."""
    journals = _journals(target)
    if not any(path.exists() for path in journals):
        return
    with closing(sqlite3.connect(target, timeout=1)) as connection, suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    if any(path.exists() for path in journals):
        raise ArchiveLocked(f"{target} is open in another program")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- WARC files -----------------------------------------------------------------------------


def parts(state: Database, folder: Path) -> Iterator[Part]:
    """The WARC files that a state rests on, and those that its runs began, each to its last whole record."""
    known = last_records(state)
    own, _ = own_files(state)
    for name in sorted({*known, *(file.name for file in own)}):
        last, needed = known.get(name, (0, 0))
        path = folder / name
        there = path.stat().st_size if path.is_file() else 0
        end = whole_until(path, last) if there > needed else None
        yield Part(name, end if end is not None else min(needed, there), needed)


def _copy_files(wanted: Iterable[Part], source: Path, copy: Backup, seen: Seen) -> None:
    target = warc_folder(copy.archive)
    target.mkdir(parents=True, exist_ok=True)
    for part in wanted:
        copied = _grow(source / part.name, target / part.name, part.end, seen) if part.end else 0
        copy.files += bool(part.needed)
        copy.files_new += bool(copied)
        copy.bytes_copied += copied
    _sync(target)


def _grow(source: Path, target: Path, end: int, seen: Seen) -> int:
    """Append to the copy what it lacks of the first ``end`` bytes; how many those were."""
    with source.open("rb") as original, target.open("ab") as copy:
        start = copy.tell()
        original.seek(start)
        left = end - start
        while left > 0 and (data := original.read(min(left, _STEP))):
            copy.write(data)
            left -= len(data)
            seen(len(data))
        copy.flush()
        os.fsync(copy.fileno())
        return copy.tell() - start


def _mend(source: Path, part: Part, bad: list[tuple[int, str]], copy: Backup, seen: Seen) -> None:
    """Copy a file whose copy is damaged once more, if the archive has its records whole; what can't
    be had is a problem."""
    folder = warc_folder(copy.archive)
    if all(verify_record(source, part.name, *record) is None for record in bad):
        again = folder / f".{part.name}.part"
        again.unlink(missing_ok=True)
        copy.bytes_copied += _grow(source / part.name, again, part.end, seen)
        copy.files_new += 1
        os.replace(again, folder / part.name)
        _sync(folder)
    troubles = (verify_record(folder, part.name, *record) for record in bad)
    copy.problems += [trouble for trouble in troubles if trouble is not None]


def _bad_records(state: Database, copy: Backup) -> dict[str, list[tuple[int, str]]]:
    """By file, the records of the copy that are not what their rows say: every one is read back."""
    folder = warc_folder(copy.archive)
    bad: dict[str, list[tuple[int, str]]] = {}
    for record in checks.records(state):
        copy.records += 1
        place = (record.warc_offset, record.payload_digest)
        if verify_record(folder, record.warc_file, *place) is not None:
            bad.setdefault(record.warc_file, []).append(place)
    return bad
