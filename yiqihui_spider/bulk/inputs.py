"""The inputs that patterns name: local files, and what fsspec reaches; told apart from what they were."""

from __future__ import annotations

import glob
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, cast

from yiqihui_spider.bulk.journal import is_result
from yiqihui_spider.bulk.libraries import BulkError, library
from yiqihui_spider.imports.moments import moment
from yiqihui_spider.imports.sources import STDIN, Input, Unreadable, expand

_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?:://|::)")
_MODIFIED = ("mtime", "LastModified", "Last-Modified", "last_modified", "updated", "modified", "timeModified")
_VERSIONS = (
    "size", "Size", "ETag", "etag", "md5", "Content-MD5", "content_md5", "Digest", "checksum", "generation",
    *_MODIFIED,
)  # fmt: skip
"""What file systems tell that changes when a file does."""
_WEB = ("http://", "https://")
_HERE_ONLY = ("memory", "data")
"""Protocols whose files no other process sees."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the storage did to us while an input was read."""

    words: str
    passing: bool
    """It may go better next time."""


@dataclass(frozen=True, slots=True)
class BulkInput(Input):
    """An input whose file may be anywhere, and which notes what the storage does to it."""

    remote: str | None = None
    """Its address, if it is no local file."""
    troubles: list[Trouble] = field(default_factory=list, compare=False)

    @property
    def id(self) -> str:
        """Names the files of its rows: readable, and its own."""
        plain = re.sub(r"[^A-Za-z0-9.-]+", "-", self.name.rstrip("/").rpartition("/")[2])[:60].strip("-.")
        return f"{plain}-{hashlib.sha256(self.name.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"

    @property
    def address(self) -> str:
        """Of a remote file a ``file:`` address, too: where a dump was stored is no address of the site."""
        if self.remote is None:
            return str(Input.address.__get__(self))
        return "file://" + self.remote.rpartition("://")[2]

    @property
    def modified_at(self) -> str | None:
        if self.remote is None:
            told: str | None = Input.modified_at.__get__(self)
            return told
        about = _about(self.remote) or {}
        return next((at for name in _MODIFIED if (at := _moment(about.get(name))) is not None), None)

    @property
    def has_end(self) -> bool:
        return True

    def version(self) -> str | None:
        """Tells what the file is now from what it was; None for one that can't be found."""
        if self.remote is not None:
            about = _about(self.remote)
            told = {name: str(about[name]) for name in _VERSIONS if about and about.get(name) is not None}
            return None if about is None else json.dumps(told, sort_keys=True)
        try:
            status = (self.path or Path()).stat()
        except (OSError, ValueError):
            return None
        return f"{status.st_size} {status.st_mtime_ns}"

    def open(self) -> BinaryIO:
        ranges = None
        try:
            if self.remote is None:
                stream = Input.open(self)
            else:
                stream, ranges = _open(self.remote)
        except (Unreadable, FileNotFoundError):
            raise
        except Exception as error:
            self.troubles.append(Trouble(in_words(error), not isinstance(error, PermissionError)))
            raise OSError(in_words(error)) from error
        return cast(BinaryIO, _Watched(stream, self.troubles, ranges))


class _Watched:
    """A stream that notes what goes wrong below everything that reads from it.

    ``ranges`` opens the file anew in a form that can be sought in, where ``stream`` can't: an HTTP
    answer is read as it comes, and in pieces only if a package is to be read from its end.
    """

    def __init__(
        self, stream: BinaryIO, troubles: list[Trouble], ranges: Callable[[], BinaryIO] | None = None
    ) -> None:
        self._stream = stream
        self._troubles = troubles
        self._ranges = ranges
        self._can_seek = ranges is None and stream.seekable()

    def __enter__(self) -> _Watched:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, size: int = -1) -> bytes:
        return cast(bytes, self._try(self._stream.read, size))

    def seek(self, offset: int, whence: int = 0) -> int:
        if self._ranges is not None:
            self._stream.close()
            self._stream, self._ranges = self._try(self._ranges), None
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._can_seek

    def close(self) -> None:
        self._stream.close()

    def _try(self, call: Callable[..., Any], *values: int) -> Any:
        try:
            return call(*values)
        except Exception as error:
            self._troubles.append(Trouble(in_words(error), not isinstance(error, ValueError)))
            raise OSError(in_words(error)) from error


# --- patterns ------------------------------------------------------------------------------


def named_by(patterns: Iterable[str], outside: Path, own_hosts: Iterable[str]) -> Iterator[BulkInput]:
    """The inputs, each once, in the order named; those of a folder or a glob in order of name.

    ``outside``: the folder of the results, which is no input. Raises BulkError for what can't be one.
    """
    met: set[str] = set()
    for pattern in patterns:
        if pattern in ("", STDIN):
            raise BulkError("standard input can't be shared between workers; name files")
        local = pattern[len("file://") :] if pattern.lower().startswith("file://") else pattern
        found = _remote(pattern, own_hosts) if _REMOTE.match(local) else _local(local, outside)
        for one in found:
            if one.name not in met:
                met.add(one.name)
                yield one


def _local(pattern: str, outside: Path) -> Iterator[BulkInput]:
    """A name that leads to nothing comes as it is: reading it says so."""
    path = Path(pattern)
    many = glob.has_magic(pattern) and not path.exists()
    names = sorted(glob.glob(pattern, recursive=True)) if many else [pattern]
    if not names:
        raise BulkError(f"{pattern}: no file has such a name")
    for one in expand(names, outside, is_result):
        at = (one.path or path).absolute()
        if is_result(at) and at != outside:
            raise BulkError(f"{at}: holds what was read already; `yiqihui import` takes it")
        if outside not in at.parents:
            yield BulkInput(str(at), at, one.named)


def _names(system: Any, path: str, *, web: bool) -> tuple[list[str], bool]:
    """The files that are meant, and whether they were named, not met in a folder."""
    if glob.has_magic(path) and ("*" in path or not web):
        return sorted(system.glob(path)), True
    if not web and system.isdir(path):
        return sorted(system.find(path)), False
    return [path], True


def _remote(pattern: str, own_hosts: Iterable[str]) -> Iterator[BulkInput]:
    protocol = re.split("://|::", pattern, maxsplit=1)[0].lower()
    if protocol in _HERE_ONLY:
        raise BulkError(f"{pattern}: {protocol} is in one process alone, no worker sees it")
    host = re.sub(r"\A.*://(?:[^/@]*@)?([^/:?#]*).*\Z", r"\1", pattern).lower()
    if pattern.lower().startswith(_WEB) and host in own_hosts:
        raise BulkError(f"{pattern}: is on the site itself; `yiqihui crawl` reads that, politely")
    system, path = _system(pattern)
    try:
        names, named = _names(system, path, web=pattern.lower().startswith(_WEB))
    except Exception as error:
        raise BulkError(f"{pattern}: can't be listed: {in_words(error)}") from error
    if not names:
        raise BulkError(f"{pattern}: no file has such a name")
    for name in names:
        address = pattern if name == path else system.unstrip_protocol(name)
        yield BulkInput(address, None, named, remote=address)


def _system(address: str) -> tuple[Any, str]:
    try:
        system, path = library("fsspec.core").url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise BulkError(f"{address}: {in_words(error)}") from error
    return system, path


def _open(address: str) -> tuple[BinaryIO, Callable[[], BinaryIO] | None]:
    system, path = _system(address)
    if address.lower().startswith(_WEB):
        return system.open(path, "rb", block_size=0), lambda: system.open(path, "rb")
    return system.open(path, "rb"), None


def _about(address: str) -> dict[str, Any] | None:
    """What its file system tells of a file; None where there is none."""
    system, path = _system(address)
    system.invalidate_cache()
    try:
        return dict(system.info(path))
    except FileNotFoundError:
        return None


def _moment(told: Any) -> str | None:
    """A time of change, as the file systems tell it in their ways."""
    if isinstance(told, (int, float)):
        told = datetime.fromtimestamp(told, timezone.utc)
    return moment(told.isoformat() if isinstance(told, datetime) else str(told)) if told else None


def in_words(error: BaseException) -> str:
    """The innermost that an error says, on one line."""
    words = " ".join(str(getattr(error, "strerror", None) or error).split())
    return words or type(error).__name__
