"""One WARC file being written: begun under a new name, appended to in whole groups of records."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from yiqihui_spider.warc.records import WarcError


class WarcFile:
    """The name holds the moment, a serial number and random letters, and is never reused."""

    def __init__(
        self, folder: Path, prefix: str, serial: int, announce: Callable[[str], None] = lambda name: None
    ) -> None:
        """``announce`` is told the name before the file is there: then whose it is never is in doubt."""
        moment = datetime.now(timezone.utc).strftime("%Y%m%d%H%M%S%f")[:17]
        self.name = f"{prefix}-{moment}-{serial:05d}-{secrets.token_hex(4)}.warc.gz"
        self.path = folder / self.name
        self.size = 0
        announce(self.name)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("xb", buffering=0)
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
            self._file.seek(self.size)

    def _failure(self, error: OSError) -> WarcError:
        return WarcError(f"{self.path}: can't be written: {error.strerror or error}")
