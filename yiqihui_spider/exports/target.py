"""Where an export goes: a file or a folder that gets its name when it is complete.

Work goes on under ``.NAME.PID.part`` beside the target. A killed export leaves that behind, and
the next export to the same target takes it away.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from yiqihui_spider.errors import YiqihuiError


class ExportError(YiqihuiError):
    """The export can't be made; one clear line."""


@contextmanager
def new_file(target: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of ``target`` on leaving, unless by an exception.

    Raises ExportError if it can't be written there.
    """
    path = _resolved(target)
    if path.is_dir():
        raise ExportError(f"cannot write {target}: it is a folder")
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        raise ExportError(f"cannot write {target}: it is not a regular file")
    part = _named(path, "part")
    with _told(target):
        _refuse_precious(path, target)
        _clear_up(path)
        file = part.open("wb")
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with _told(target):
            os.replace(part, path)
            _sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def new_folder(target: Path, names: frozenset[str]) -> Iterator[Path]:
    """A folder to fill, which takes the place of ``target`` on leaving, unless by an exception.

    A folder that is there already is replaced if it holds nothing but files of these ``names``.
    Raises ExportError if it holds others, or if it can't be written there.
    """
    path = _resolved(target)
    with _told(target):
        _clear_up(path)
        _refuse_foreign(path, names)
        part = _named(path, "part")
        part.mkdir()
    try:
        yield part
        with _told(target):
            for file in part.iterdir():
                _sync(file)
            _swap(part, path, names)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _resolved(target: Path) -> Path:
    """Past links, so that these stay, and what they lead to is replaced."""
    return Path(os.path.realpath(target))


def _named(path: Path, kind: str) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{kind}")


def _refuse_precious(path: Path, target: Path) -> None:
    """Nobody means to put an export in the place of an archive, its log or its raw responses."""
    database = path.with_name(re.sub("-(wal|shm|journal)$", "", path.name))
    if path.exists() and database.is_file() and _begins(database, b"SQLite format 3\0"):
        raise ExportError(f"cannot write {target}: it is (part of) an SQLite database; give another name")
    if path.exists() and re.search(r"\.warc(\.gz)?$", path.name):
        raise ExportError(f"cannot write {target}: it is a WARC file; give another name")


def _begins(path: Path, start: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(start)) == start


def _refuse_foreign(path: Path, names: frozenset[str]) -> None:
    if not os.path.lexists(path):
        return
    if not path.is_dir():
        raise ExportError(f"cannot write the folder {path}: there is a file of that name")
    foreign = sorted(set(os.listdir(path)) - names)
    if foreign:
        raise ExportError(f"{path} holds what is not of this export ({foreign[0]}); give another folder")


def _swap(part: Path, path: Path, names: frozenset[str]) -> None:
    _refuse_foreign(path, names)
    old = _named(path, "old")
    if path.exists():
        os.rename(path, old)
    try:
        os.rename(part, path)
    except OSError:
        if old.exists():
            os.rename(old, path)
        raise
    _sync_folder(path.parent)
    shutil.rmtree(old, ignore_errors=True)


def _clear_up(path: Path) -> None:
    """Take away what killed exports left; a folder they had moved aside is put back."""
    pattern = re.compile(rf"\.{re.escape(path.name)}\.(\d+)\.(part|old)")
    for name in os.listdir(path.parent):
        match = pattern.fullmatch(name)
        if match is None or (int(match[1]) != os.getpid() and _alive(int(match[1]))):
            continue
        left = path.parent / name
        if match[2] == "old" and not path.exists():
            os.rename(left, path)
        elif left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExportError(f"cannot write {target}: {error.strerror or error}") from error


Progress = Callable[[], None]
"""Called once for each article done."""


def no_progress() -> None:
    """For those who don't want to know."""
