"""One WARC file being written: begun, or gone on with, and appended to in whole groups of records."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import zlib
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import IO

from yiqihui_spider.warc.records import WarcError

_MONTH = re.compile(r"-(\d{6})\d{11}-\d{5}-[0-9a-f]{8}\.warc\.gz$")
_WARCINFO = re.compile(rb"WARC-Record-ID: *(<[^>\r\n]+>)", re.IGNORECASE)
_HEAD = 8192
"""Bytes in which the first record, the warcinfo, stands."""


class WarcFile:
    """The name holds the moment, a serial number and random letters, and is never given twice."""

    def __init__(self, path: Path, announce: Callable[[str], None] = lambda name: None) -> None:
        """``announce`` is told the name before the file is touched: then whose it is never is in doubt."""
        self.name = path.name
        self.path = path
        announce(self.name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = path.open("ab", buffering=0)
            self.size = self._file.tell()
        except OSError as error:
            raise self._failure(error) from error

    def append(self, data: bytes) -> int:
        """Hand all of it to the operating system, or nothing; the offset where it begins."""
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            self._take_back()
            raise self._failure(error) from error
        self.size += len(data)
        return self.size - len(data)

    def sync(self) -> None:
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._failure(error) from error

    def close(self) -> None:
        """Wait for the disk and close. A file in which nothing was ever written is removed."""
        try:
            self.sync()
        finally:
            self._file.close()
            if not self.size:
                self.path.unlink(missing_ok=True)

    def _take_back(self) -> None:
        """After a failed write: the file ends again where its last whole record does."""
        with contextlib.suppress(OSError):
            self._file.truncate(self.size)

    def _failure(self, error: OSError) -> WarcError:
        return WarcError(f"{self.path}: can't be written: {error.strerror or error}")


def new_path(folder: Path, prefix: str, serial: int) -> Path:
    """A name that no file has or had."""
    moment = datetime.now(timezone.utc).strftime("%Y%m%d%H%M%S%f")[:17]
    return folder / f"{prefix}-{moment}-{serial:05d}-{secrets.token_hex(4)}.warc.gz"


def begun_this_month(name: str) -> bool:
    """Whether a file, by its name, was begun in the month that it is (UTC)."""
    found = _MONTH.search(name)
    return found is not None and found[1] == datetime.now(timezone.utc).strftime("%Y%m")


def warcinfo_of(path: Path, software: str) -> str | None:
    """The id of the record with which a file begins; None if another program, or version, began it."""
    try:
        with path.open("rb") as file:
            head = zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(file.read(_HEAD), _HEAD)
    except (OSError, zlib.error):
        return None
    found = _WARCINFO.search(head)
    ours = b"WARC-Type: warcinfo" in head and f"software: {software}\r\n".encode() in head
    return found[1].decode("ascii", "replace") if found and ours else None
