"""The run log: a line an event, as text or JSON, in a file that rotates and that several processes share."""

from __future__ import annotations

import fcntl
import json
import logging
import math
import os
import re
import stat
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from yiqihui_spider.characters import UNPRINTABLE

MOST_BYTES = 10 * 1024 * 1024
"""A file of this size is put aside as ``NAME.1``, that one as ``NAME.2``, and so on."""

KEPT = 5
"""Files put aside; the oldest goes."""

LONGEST = 20_000
"""Characters of one field."""

DEEPEST = 8
"""Lists and objects within each other."""


class LogUnusable(OSError):
    """The file can't be written to, or is none of a log's."""


class LogFile:
    """Lines appended to a file, each whole, whoever else writes and rotates it at the same time.

    The lock is on the file that is being written. Who got it looks whether that is still the file of
    that name; if another process has put it aside in between, it takes the new one.
    """

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES, kept: int = KEPT) -> None:
        """Raises OSError if nothing can be written there."""
        self.path = path
        self._most_bytes = most_bytes
        self._kept = kept
        path.parent.mkdir(parents=True, exist_ok=True)
        torn = self._examine()
        self._descriptor = self._open()
        if torn:  # by a process that was killed: its half line must not spoil ours
            self.write("")

    def write(self, line: str) -> None:
        """Append a line, all of it or, where the disk is full, nothing."""
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        self._lock()
        try:
            while self._is_full(len(data)):  # the new file may have been filled while we waited for it
                self._put_aside()
                self._lock()
            self._append(data)
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _append(self, data: bytes) -> None:
        before = os.fstat(self._descriptor)
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            if stat.S_ISREG(before.st_mode):
                os.ftruncate(self._descriptor, before.st_size)
            raise

    def close(self) -> None:
        with suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = -1

    def _open(self) -> int:
        # Not blocking: a pipe that nobody reads would be waited for for ever.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        descriptor = os.open(self.path, flags, 0o644)
        os.set_blocking(descriptor, True)
        return descriptor

    def _examine(self) -> bool:
        """Whether the file ends within a line. Never is a log written into what holds something else,
        such as the archive."""
        if not self.path.is_file():
            return False
        with self.path.open("rb") as file:
            if b"\0" in file.read(4096):
                raise LogUnusable(0, "it holds other data than a log", str(self.path))
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            return file.read() not in (b"", b"\n")

    def _lock(self) -> None:
        while True:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            if self._is_current():
                return
            os.close(self._descriptor)
            self._descriptor = self._open()

    def _is_current(self) -> bool:
        held = os.fstat(self._descriptor)
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            return False
        return (held.st_dev, held.st_ino) == (there.st_dev, there.st_ino)

    def _is_full(self, more: int) -> bool:
        held = os.fstat(self._descriptor)
        return stat.S_ISREG(held.st_mode) and held.st_size > 0 and held.st_size + more > self._most_bytes

    def _put_aside(self) -> None:
        names = [self.path, *(Path(f"{self.path}.{number}") for number in range(1, self._kept + 1))]
        for older, newer in zip(reversed(names[1:]), reversed(names[:-1]), strict=True):
            with suppress(FileNotFoundError):
                os.replace(newer, older)


# --- lines ------------------------------------------------------------------------------------

Fields = Mapping[str, Any]


def text_line(time: str, level: str, run: int | None, event: str, fields: Fields) -> str:
    """An event for people: ``TIME LEVEL run=N EVENT name=value …``.

    >>> text_line("2026-03-01T00:00:00.000+00:00", "info", 7, "page", {"why": "two words"})
    '2026-03-01T00:00:00.000+00:00 INFO run=7 page why="two words"'
    """
    parts = [time, level.upper(), f"run={'-' if run is None else run}", event]
    return " ".join([*parts, *(f"{name}={_shown(value)}" for name, value in fields.items())])


def json_line(time: str, level: str, run: int | None, event: str, fields: Fields) -> str:
    """An event for programs: a JSON object, ``time``, ``level``, ``run`` and ``event`` first."""
    head = {"time": time, "level": level, "run": run, "event": event}
    return _json({**head, **{name if name not in head else f"{name}_": fields[name] for name in fields}})


def _shown(value: Any) -> str:
    value = _plain(value)
    if isinstance(value, str) and re.fullmatch(r"[^\s\"'=\\]+", value) and not UNPRINTABLE.search(value):
        return value
    return _json(value)


def _json(value: Any) -> str:
    """JSON on one line that parses whatever the value was, and has nothing in it that a terminal obeys."""
    text = json.dumps(_plain(value), ensure_ascii=False, default=str)
    return UNPRINTABLE.sub(lambda match: json.dumps(match.group())[1:-1], text)


def _plain(value: Any, depth: int = 0) -> Any:
    """A value as JSON can say it, of bounded length."""
    if depth > DEEPEST:
        return "…"
    if isinstance(value, str):
        return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    if isinstance(value, dict):
        return {str(name): _plain(one, depth + 1) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, depth + 1) for one in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


# --- from Python's logging ----------------------------------------------------------------------


class RunLogHandler(logging.Handler):
    """Python's log records as lines. What our own code tells of (``session.events``) has its name and
    fields; anybody else's is a ``log`` with its ``message``."""

    def __init__(self, file: LogFile, form: str, run: Callable[[], int | None]) -> None:
        super().__init__(logging.INFO)
        self._file = file
        self._line = json_line if form == "json" else text_line
        self._run = run
        self.failure: OSError | None = None
        """Why the log is not complete."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            event, fields = _event(record)
            time = datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")
            self._file.write(self._line(time, record.levelname.lower(), self._run(), event, fields))
        except OSError as error:
            self.failure = error
        except Exception as error:  # a log must never break what it tells of
            self.failure = OSError(None, f"a line could not be written: {error}")


def _event(record: logging.LogRecord) -> tuple[str, Fields]:
    event, fields = getattr(record, "event", None), getattr(record, "fields", None)
    if not (isinstance(event, str) and isinstance(fields, dict)):
        event, fields = "log", {"logger": record.name, "message": _message(record)}
    if record.exc_info and record.exc_info[0] is not None:
        fields = {**fields, "traceback": "".join(traceback.format_exception(*record.exc_info)).rstrip()}
    return event, fields


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # arguments that do not fit their format
        return f"{record.msg!r} {record.args!r}"
