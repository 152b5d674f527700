"""The WARC files in a WACZ: read where they lie, nothing is ever unpacked to the disk.

A WACZ may be zipped within a folder, or be one of several in a package (multi-WACZ).
"""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO, NamedTuple, cast

from yiqihui_spider.imports import foreign
from yiqihui_spider.imports.sources import Counted, Unreadable, watched

NESTED_LIMIT = 64 * 1024 * 1024
"""Bytes of a WACZ that was compressed once more inside a package: it is held whole."""
_DEPTH = 3
_DAMAGE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, struct.error, ValueError)


class Member(NamedTuple):
    name: str
    open: Callable[[], Counted]
    """Raises Unreadable."""


class NoWacz(Unreadable):
    """A zip file without any WARC in it."""


def members(open_it: Callable[[], BinaryIO], seen: Callable[[int], None]) -> Iterator[Member]:
    """The WARC files in a package, in order of name. Raises Unreadable for a damaged one."""
    try:
        with open_it() as file, zipfile.ZipFile(file) as package:
            yield from _members(package, file, 0, file.seek(0, os.SEEK_END), "", seen, _DEPTH)
    except _DAMAGE as error:
        raise Unreadable(f"is a damaged zip file ({error})") from error


def _members(
    package: zipfile.ZipFile,
    file: BinaryIO,
    start: int,
    size: int,
    prefix: str,
    seen: Callable[[int], None],
    depth: int,
) -> Iterator[Member]:
    infos = sorted((one for one in package.infolist() if not _is_shadow(one)), key=lambda one: one.filename)
    warcs = [one for one in infos if _holds_warc(one.filename)]
    inner = [one for one in infos if one.filename.lower().endswith(".wacz") and not one.is_dir()]
    if not warcs and not inner:
        raise NoWacz(str(foreign.in_zip([one.filename for one in infos], _mime(package))))
    for info in warcs:
        yield Member(prefix + info.filename, lambda info=info: _open(package, info, seen))  # type: ignore[misc]
    for info in inner:
        name = prefix + info.filename
        try:
            yield from _nested(package, file, start, size, info, name, seen, depth)
        except (Unreadable, *_DAMAGE) as error:
            yield Member(name, _failing(f"{error}"))


def _nested(
    package: zipfile.ZipFile,
    file: BinaryIO,
    start: int,
    size: int,
    info: zipfile.ZipInfo,
    name: str,
    seen: Callable[[int], None],
    depth: int,
) -> Iterator[Member]:
    if depth == 0:
        raise Unreadable(f"lies more than {_DEPTH} packages deep: unpack it and import the folder")
    if info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1:
        at = start + info.header_offset
        file.seek(at)
        head = struct.unpack("<4s22xHH", file.read(30))
        at += 30 + head[1] + head[2]
        if head[0] != b"PK\3\4" or at + info.file_size > start + size:
            raise zipfile.BadZipFile("a member is not where the directory says")
        window: BinaryIO = cast(BinaryIO, _Window(file, at, info.file_size))
        with zipfile.ZipFile(window) as inside:
            yield from _members(inside, file, at, info.file_size, f"{name}: ", seen, depth - 1)
        return
    if info.file_size > NESTED_LIMIT:
        limit = NESTED_LIMIT // 1024 // 1024
        raise Unreadable(f"is compressed inside the package and more than {limit} MiB long: unpack it first")
    data = _open(package, info, seen).read(NESTED_LIMIT)
    held = io.BytesIO(data)
    with zipfile.ZipFile(held) as inside:
        yield from _members(inside, held, 0, len(data), f"{name}: ", seen, depth - 1)


def _open(package: zipfile.ZipFile, info: zipfile.ZipInfo, seen: Callable[[int], None]) -> Counted:
    try:
        file: IO[bytes] = package.open(info)
    except _DAMAGE as error:
        raise Unreadable(f"can't be read ({error})") from error
    return watched(file.read, "zip", lambda: info.compress_size, seen)


def _failing(why: str) -> Callable[[], Counted]:
    def fail() -> Counted:
        raise Unreadable(why)

    return fail


def _holds_warc(name: str) -> bool:
    """Whether a member is one of a WACZ's WARC files; the WACZ's own folders may lie in another one."""
    lower = name.lower()
    return "archive" in lower.split("/")[:-1] and lower.endswith(
        (".warc", ".warc.gz", ".warc.zst", ".arc", ".arc.gz")
    )


def _is_shadow(info: zipfile.ZipInfo) -> bool:
    """What macOS adds to a zip file beside each of its members."""
    return info.filename.startswith("__MACOSX/") or info.filename.rpartition("/")[2].startswith("._")


def _mime(package: zipfile.ZipFile) -> str:
    try:
        with package.open("mimetype") as file:
            return file.read(100).decode("latin-1")
    except (KeyError, *_DAMAGE):
        return ""


class _Window(io.RawIOBase):
    """A stretch of a file as a file of its own."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._size - self._at)
        self._file.seek(self._start + self._at)
        data = self._file.read(left if size < 0 else min(size, left))
        self._at += len(data)
        return data
