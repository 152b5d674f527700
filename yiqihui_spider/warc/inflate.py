"""Coded data undone piece by piece, gzip and zstd alike: never "all of it", never past the end of
one member. Also the one way to read a stream that may answer with less than it was asked for."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Protocol

import zstandard

ZSTD_WINDOW = 128 * 1024 * 1024
"""The largest window, and so the memory, that a zstd frame may ask for: that of ``zstd --long=27``.
RFC 9659 holds servers to 8 MiB; what was captured all the same is worth reading."""
DICTIONARY_LIMIT = 16 * 1024 * 1024

GZIP = b"\x1f\x8b\x08"
ZSTD = b"\x28\xb5\x2f\xfd"
SKIPPABLE_HEAD = 8
_SKIPPABLE = b"\x2a\x4d\x18"
_DICTIONARY = b"\x5d\x2a\x4d\x18"
_SLICE = 128
"""Coded zstd bytes fed at a time: four of them can stand for 128 KiB."""

DataError = (zlib.error, zstandard.ZstdError)
"""What an inflater raises for damaged data."""


class Inflater(Protocol):
    """As ``zlib``'s decompression objects are."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


class Unzstd:
    """One zstd frame, by the protocol of ``zlib``'s objects. (Output may exceed ``max_length`` by
    what 128 coded bytes stand for, 4 MiB at the most.)"""

    def __init__(self, dictionary: zstandard.ZstdCompressionDict | None = None) -> None:
        decompressor = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=ZSTD_WINDOW)
        self._frame = decompressor.decompressobj()
        self.eof = False
        self.unused_data = b""
        self.unconsumed_tail = b""

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        out: list[bytes] = []
        size = at = 0
        while at < len(data) and not self.eof and (size < max_length or not max_length):
            piece = self._frame.decompress(data[at : at + _SLICE])
            at += _SLICE
            out.append(piece)
            size += len(piece)
            self.eof = self._frame.eof
        rest = data[at:]
        self.unconsumed_tail, self.unused_data = rest, b""
        if self.eof:
            self.unconsumed_tail, self.unused_data = b"", self._frame.unused_data + rest
        return b"".join(out)


def is_skippable(head: bytes) -> bool:
    """Whether a zstd frame begins here that holds no content."""
    return head[1:4] == _SKIPPABLE and head[0] >> 4 == 5


def is_dictionary(head: bytes) -> bool:
    """Whether a ``.warc.zst`` begins here that brings its dictionary along."""
    return head.startswith(_DICTIONARY)


def dictionary(data: bytes) -> zstandard.ZstdCompressionDict:
    """The dictionary in front of a ``.warc.zst``, itself compressed or not. Raises DataError."""
    if data.startswith(ZSTD):
        inflater = Unzstd()
        data = inflater.decompress(data, DICTIONARY_LIMIT)
        if not inflater.eof:
            raise zstandard.ZstdError("the dictionary is cut off, or too large")
    return zstandard.ZstdCompressionDict(data)


def read_up_to(read: Callable[[int], bytes | None], size: int) -> bytes:
    """``size`` bytes, fewer only at the end. One short read is no end: pipes, sockets and readers
    of coded data answer with what they have."""
    data = read(size) or b""
    if len(data) >= size or not data:
        return data
    parts, have = [data], len(data)
    while have < size and (data := read(size - have) or b""):
        parts.append(data)
        have += len(data)
    return b"".join(parts)
