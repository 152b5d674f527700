"""What a crash leaves behind: a partial record at a file's end, whole records nobody listed.

Only for files that no one is writing (the caller holds the archive's lock).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from yiqihui_spider.warc.reader import StoredResponse, scan
from yiqihui_spider.warc.records import WarcError


@dataclass(frozen=True, slots=True)
class Repaired:
    path: Path
    bytes_cut: int
    kept_copy: Path | None
    """Where the bytes cut off are; None for a file that was empty and is removed."""


def whole_until(path: Path, start: int = 0) -> int | None:
    """Where the last whole record ends, reading from the record that begins at ``start``; None if
    the file is damaged elsewhere than at its end (then nothing here may touch it)."""
    end: int | None = None if start else 0
    damaged = False
    with path.open("rb") as stream:
        stream.seek(start)
        for found in scan(stream, wanted=lambda url: False, check_blocks=False):
            if found.damage is not None:
                damaged = True
            elif damaged:
                return None
            else:
                end = end if found.end is None else found.end
    return end


def is_whole(path: Path, start: int) -> bool:
    """Whether a file ends with a whole record, read from the one that begins at ``start``."""
    return path.is_file() and whole_until(path, start) == path.stat().st_size


def repair_tail(path: Path, start: int = 0) -> Repaired | None:
    """Cut off what a crash left behind the last whole record. None: there was nothing to cut.

    The bytes cut off are kept beside the file as ``<name>.tail``; a file without any whole record
    moves there as it is, an empty one is removed. A file that is whole, or is damaged before its
    end, stays as it is. ``start`` is the offset of a record known to be whole: what stands before
    it is not read again.
    """
    try:
        size = path.stat().st_size
        if size == 0:
            path.unlink()
            return Repaired(path, 0, None)
        end = whole_until(path, start)
        if end is None or end >= size:
            return None
        tail = _free_name(path)
        if end == 0:
            path.rename(tail)
        else:
            _move_tail(path, end, tail)
        return Repaired(path, size - end, tail)
    except OSError as error:
        raise WarcError(f"{path}: can't be repaired: {error.strerror or error}") from error


def repair_files(folder: Path, own: Mapping[str, int]) -> list[Repaired]:
    """:func:`repair_tail` for the files named in ``own``, with the offset of the last record known,
    so that only what follows it is read. Others in the folder belong to somebody else."""
    paths = [folder / name for name in sorted(own)]
    return [done for path in paths if path.is_file() and (done := repair_tail(path, own[path.name]))]


def records_after(path: Path, offset: int | None) -> Iterator[tuple[int, StoredResponse]]:
    """The whole content records behind the one at ``offset`` (None: all of the file): those a
    crash kept out of the table. Damage is passed over."""
    with path.open("rb") as stream:
        stream.seek(offset or 0)
        for found in scan(stream):
            if found.record is not None and found.offset != offset:
                yield found.offset, found.record


def _free_name(path: Path) -> Path:
    names = (f"{path.name}.tail{number}" for number in ("", *range(2, 1000)))
    return next(free for name in names if not (free := path.with_name(name)).exists())


def _move_tail(path: Path, end: int, tail: Path) -> None:
    """The copy is on disk before the original is cut, whenever this is interrupted."""
    with path.open("r+b") as file, tail.open("xb") as copy:
        file.seek(end)
        shutil.copyfileobj(file, copy)
        copy.flush()
        os.fsync(copy.fileno())
        file.truncate(end)
        file.flush()
        os.fsync(file.fileno())
