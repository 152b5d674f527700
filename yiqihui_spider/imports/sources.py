"""The files an import names: folders opened up, streams that count, codings undone within limits."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO, cast
from zipfile import BadZipFile

import zstandard

from yiqihui_spider.imports.file_type import HEAD
from yiqihui_spider.warc.inflate import DICTIONARY_LIMIT, ZSTD_WINDOW, dictionary, is_dictionary

STDIN = "-"

RATIO_LIMIT = 300
"""A compressed file may grow to so many times its size; text grows 3 to 50 times, a bomb 1000."""
RATIO_FREE = 64 * 1024 * 1024
"""Bytes that may come out whatever the ratio."""
XZ_MEMORY = 256 * 1024 * 1024
"""The most memory that an xz file may ask for."""
_STEP = 64 * 1024
_MOST_AT_ONCE = 1024 * 1024
_ZSTD_SLICE = 1024
"""Coded bytes fed at a time: four of them can stand for 128 KiB."""


class Unreadable(Exception):
    """A file that can't be imported; the message is one line without the file's name."""


class Bomb(Unreadable):
    """Compressed data that grows beyond the limits."""


@dataclass(frozen=True, slots=True)
class Input:
    """One file to import."""

    name: str
    path: Path | None
    """None for standard input."""
    named: bool = True
    """Given by name, not met in a folder."""

    @property
    def modified_at(self) -> str | None:
        """The file's modification time, UTC, ISO 8601."""
        if self.path is None:
            return None
        moment = datetime.fromtimestamp(self.path.stat().st_mtime, timezone.utc)
        return moment.replace(microsecond=0).isoformat()

    @property
    def special(self) -> str | None:
        """What a file is that is no file: reading it could wait for ever, or do something."""
        try:
            mode = self.path.stat().st_mode if self.path is not None else stat.S_IFREG
        except (OSError, ValueError):
            return None  # opening it says why
        return next((name for is_it, name in _SPECIAL if is_it(mode)), None)

    @property
    def address(self) -> str:
        """What a page without an address of its own is filed under."""
        return "file:///dev/stdin" if self.path is None else self.path.absolute().as_uri()

    @property
    def has_end(self) -> bool:
        """Whether it can be read from its end, as a package has to be."""
        return self.path is not None

    def open(self) -> BinaryIO:
        """Raises Unreadable, OSError, ValueError."""
        if self.path is None:
            if sys.stdin is None or sys.stdin.closed:
                raise Unreadable("there is no standard input")
            return sys.stdin.buffer
        mode = self.path.stat().st_mode
        if stat.S_ISDIR(mode):
            os.scandir(self.path).close()
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise Unreadable(f"is {self.special or 'a folder'}, not a file")
        return self.path.open("rb")


_SPECIAL: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def expand(
    paths: Iterable[str], outside: Path | None = None, is_one: Callable[[Path], bool] | None = None
) -> Iterator[Input]:
    """The files behind the names given, in order; folders in order of file name, recursively.

    Hidden files and what is in ``outside`` (the archive's own WARC folder) are left out; a folder that
    ``is_one`` input comes as it is, as does a name that leads to nothing: opening it says why.
    """
    for name in paths:
        path = None if name == STDIN else Path(name)
        if path is None or not name or not path.is_dir() or (is_one and is_one(path)):
            yield Input(name, path)
        else:
            yield from (Input(str(found), found, named=False) for found in files_in(path, outside, is_one))


def files_in(
    folder: Path, outside: Path | None = None, is_one: Callable[[Path], bool] | None = None
) -> Iterator[Path]:
    """The files, and at the end folders that can't be looked into: opening them says why."""
    shut = outside.resolve() if outside else None
    closed: list[Path] = []
    for here, folders, names in os.walk(folder, onerror=lambda error: closed.append(Path(error.filename))):
        if shut is not None and Path(here).resolve() == shut:
            folders.clear()
            continue
        if is_one and is_one(Path(here)):
            folders.clear()
            yield Path(here)
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(here, name) for name in sorted(names) if not name.startswith("."))
    yield from closed


def total_size(inputs: Iterable[Input]) -> int | None:
    """Bytes in all, as far as the files can be found; None if one is a pipe."""
    total = 0
    for one in inputs:
        try:
            status = os.fstat(sys.stdin.fileno()) if one.path is None else one.path.stat()
        except (OSError, ValueError, AttributeError):
            continue
        if stat.S_ISFIFO(status.st_mode) and one.named:
            return None
        many = one.path.rglob("*") if one.path and stat.S_ISDIR(status.st_mode) else ()
        total += sum(path.stat().st_size for path in many) or status.st_size
    return total


class Counted:
    """A byte stream whose first bytes can be looked at, and which tells how far it was read.

    Whatever the stream below it does, ``read`` gives all the bytes asked for, fewer only at the
    end: a pipe or a decompressor hands out what it has, and that is not the end. ``seen`` is told how
    many bytes were read, and of none before a read that may have to wait.
    """

    def __init__(self, stream: BinaryIO, seen: Callable[[int], None] = lambda size: None) -> None:
        self._stream = stream
        self._seen = seen
        self._head = b""
        self._fault: Unreadable | None = None
        self._seekable = stream.seekable()
        self.furthest = 0
        self._at = 0

    def peek(self, size: int = HEAD) -> bytes:
        """The next bytes, without moving on. Raises Unreadable if there are none to be had; a
        fault behind the first ones shows when they are read."""
        if len(self._head) < size:
            self._head += self._from_stream(size - len(self._head))
        if self._fault is not None and not self._head:
            raise self._fault
        return self._head[:size]

    def read(self, size: int = -1) -> bytes:
        """``size`` bytes (all, if negative), fewer only at the end. Raises Unreadable for what
        can't be read, after what stands before it was given."""
        data = self._head if size < 0 else self._head[:size]
        self._head = self._head[len(data) :]
        if not self._head and len(data) != size:
            more = self._from_stream(size - len(data) if size >= 0 else -1)
            data = data + more if data else more
        if self._fault is not None and not data and size:
            raise self._fault
        self._at += len(data)
        if self._at > self.furthest:
            self._seen(self._at - self.furthest)
            self.furthest = self._at
        return data

    def _from_stream(self, size: int) -> bytes:
        """Read until there is enough, or nothing more; a fault is kept for later."""
        pieces: list[bytes] = []
        left = size
        while left and self._fault is None:
            if not self._seekable:
                self._seen(0)
            try:
                piece = self._stream.read(_STEP if left < 0 else min(left, _MOST_AT_ONCE))
            except Unreadable as error:
                self._fault = error
                break
            except OSError as error:  # a bad block, a network file system that went away
                self._fault = Unreadable(f"can't be read: {error.strerror or error}")
                break
            if not piece:
                break
            pieces.append(piece)
            left -= len(piece) if left > 0 else 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def seekable(self) -> bool:
        return self._seekable

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 1:
            offset, whence = offset + self._at, 0
        self._head, self._fault = b"", None
        self._at = self._stream.seek(offset, whence)
        return self._at

    def close(self) -> None:
        self._stream.close()


_DAMAGE = (
    EOFError, OSError, RuntimeError, MemoryError, zlib.error, lzma.LZMAError, BadZipFile,
    zstandard.ZstdError,
)  # fmt: skip


class Inflated:
    """What comes out of a coded stream, watched: it can't be sought in, and may not be a bomb."""

    def __init__(self, read: Callable[[int], bytes], what: str, coded_size: Callable[[], int]) -> None:
        self._read = read
        self._coded_size = coded_size
        self._what = what
        self._size = 0

    def read(self, size: int) -> bytes:
        try:
            data = self._read(size)
        except _DAMAGE as error:
            raise Unreadable(f"the {self._what} data is damaged or cut off ({error})") from error
        self._size += len(data)
        if self._size > RATIO_FREE and self._size > RATIO_LIMIT * max(1, self._coded_size()):
            raise Bomb(f"grows to more than {RATIO_LIMIT} times its size: taken for a bomb")
        return data

    def close(self) -> None:
        """What lies below is closed by whoever opened it."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        return self._size


def gunzipped(coded: Counted) -> Counted:
    reader = gzip.GzipFile(fileobj=cast(IO[bytes], coded), mode="rb")
    # Not read(), which loses what it had when the end turns out to be missing.
    return watched(reader.read1, "gzip", lambda: coded.furthest)


def unzstd(coded: Counted) -> Counted:
    return watched(_Zstd(coded).read, "zstd", lambda: coded.furthest)


def unbzip2(coded: Counted) -> Counted:
    return watched(_Streams(coded, bz2.BZ2Decompressor).read, "bzip2", lambda: coded.furthest)


def unxz(coded: Counted) -> Counted:
    begin = partial(lzma.LZMADecompressor, lzma.FORMAT_XZ, memlimit=XZ_MEMORY)
    return watched(_Streams(coded, begin).read, "xz", lambda: coded.furthest)


Undo = Callable[[Counted], Counted]
CODINGS: dict[str, Undo] = {"gzip": gunzipped, "zstd": unzstd, "bzip2": unbzip2, "xz": unxz}


class _Streams:
    """bzip2 or xz streams one after another, a piece at a time."""

    def __init__(
        self, coded: Counted, begin: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]
    ) -> None:
        self._coded = coded
        self._begin = begin
        self._stream: bz2.BZ2Decompressor | lzma.LZMADecompressor | None = None
        self._pending = b""

    def read(self, size: int) -> bytes:
        while True:
            if self._stream is None:
                # Between streams there may be zeros: xz pads to multiples of four.
                self._pending = (self._pending or self._coded.read(_STEP)).lstrip(b"\0")
                if not self._pending:
                    if self._coded.peek(1):
                        continue
                    return b""
                self._stream = self._begin()
            if not self._pending and self._stream.needs_input:
                self._pending = self._coded.read(_STEP)
                if not self._pending:
                    raise EOFError("the end is missing")
            data, self._pending = self._pending, b""
            plain = self._stream.decompress(data, size)
            if self._stream.eof:
                self._pending, self._stream = self._stream.unused_data, None
            if plain:
                return plain


class _Zstd:
    """Frame after frame, with the dictionary that may stand in front. (The library's own reader
    keeps silent about a missing end.)"""

    def __init__(self, coded: Counted) -> None:
        self._coded = coded
        self._pending = b""
        self._open = False
        self._decompressor: zstandard.ZstdDecompressor | None = None

    def read(self, size: int) -> bytes:
        if self._decompressor is None:
            words = self._dictionary()
            self._decompressor = zstandard.ZstdDecompressor(words, max_window_size=ZSTD_WINDOW)
        while True:
            data = self._pending or self._coded.read(_ZSTD_SLICE)
            self._pending = b""
            if not data:
                if self._open:
                    raise EOFError("the end is missing")
                return b""
            if not self._open:
                self._frame, self._open = self._decompressor.decompressobj(), True
            plain = self._decompressed(data)
            if self._frame.eof:
                self._pending, self._open = self._frame.unused_data, False
            if plain:
                return plain

    def _decompressed(self, data: bytes) -> bytes:
        try:
            return self._frame.decompress(data)
        except zstandard.ZstdError as error:
            if "ictionary" in str(error):
                raise Unreadable(
                    "was compressed with a zstd dictionary that is not in it; "
                    "`zstd -d -D DICTIONARY` undoes that, import what comes out"
                ) from error
            raise

    def _dictionary(self) -> zstandard.ZstdCompressionDict | None:
        """The dictionary in the file's first frame, itself compressed or not; None without one."""
        if not is_dictionary(self._coded.peek(4)):
            return None
        size = int.from_bytes(self._coded.peek(8)[4:], "little")
        if size > DICTIONARY_LIMIT:
            raise Unreadable(f"has a zstd dictionary of more than {DICTIONARY_LIMIT // 1024 // 1024} MiB")
        self._coded.read(8)
        words = self._coded.read(size)
        if len(words) < size:
            raise EOFError("the end of the dictionary is missing")
        return dictionary(words) if words else None


def watched(
    read: Callable[[int], bytes],
    what: str,
    coded_size: Callable[[], int],
    seen: Callable[[int], None] = lambda size: None,
) -> Counted:
    return Counted(cast(BinaryIO, Inflated(read, what, coded_size)), seen)


def open_input(one: Input, seen: Callable[[int], None]) -> Counted:
    """Raises Unreadable, in one line, for what can't be opened."""
    if not one.name:
        raise Unreadable("an empty name names no file")
    try:
        return Counted(one.open(), seen)
    except FileNotFoundError:
        raise Unreadable("no such file") from None
    except (OSError, ValueError) as error:
        raise Unreadable(f"can't be read: {getattr(error, 'strerror', None) or error}") from None
