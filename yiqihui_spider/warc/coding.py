"""Content codings (gzip, deflate, br, zstd) and chunks undone, piece by piece and up to a limit.

A few hundred bytes can stand for gigabytes, so nothing here decompresses "all of it".
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import brotli  # type: ignore[import-untyped]
import zstandard

PAYLOAD_LIMIT = 64 * 1024 * 1024
"""Bytes of one payload that are ever held, coded or decoded; the rest is cut off and said to be."""

_PIECE = 64 * 1024
_SLICE = 16 * 1024
_MOST_CODINGS = 4
_ZSTD_WINDOW = 8 * 1024 * 1024
"""RFC 9659: what a receiver of ``Content-Encoding: zstd`` has to provide, and no more."""
_CHUNK_HEAD = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]{0,4096})?\r?\n")


@dataclass(frozen=True, slots=True)
class Decoded:
    body: bytes
    cut: bool = False
    """There is more than the limit allows."""
    problem: str | None = None
    """Plain words: the coding is unknown, the data ends early or is damaged."""


class _Broken(Exception):
    """The coded data ends early or makes no sense; what came before it stands."""


def _slices(data: bytes, start: int = 0) -> Iterator[bytes]:
    for at in range(start, len(data), _SLICE):
        yield data[at : at + _SLICE]


def _inflate_one(data: bytes, start: int, wbits: int) -> Iterator[bytes | int]:
    """One zlib stream's pieces, then (an int) where it ended in ``data``."""
    inflater = zlib.decompressobj(wbits)
    at = start
    for portion in _slices(data, start):
        at += len(portion)
        pending = portion
        while pending:
            try:
                yield inflater.decompress(pending, _PIECE)
            except zlib.error as error:
                raise _Broken("damaged") from error
            pending = inflater.unconsumed_tail
        if inflater.eof:
            yield at - len(inflater.unused_data)
            return
    while not inflater.eof:  # all input is in, some output may still be waiting
        rest = inflater.decompress(b"", _PIECE)
        if not rest:
            raise _Broken("cut off")
        yield rest
    yield at


def _gunzip(data: bytes) -> Iterator[bytes]:
    at = 0
    while data[at : at + 2] == b"\x1f\x8b":  # members may follow each other
        for piece in _inflate_one(data, at, zlib.MAX_WBITS + 16):
            if isinstance(piece, int):
                at = piece
            else:
                yield piece


def _inflate(data: bytes) -> Iterator[bytes]:
    """``deflate`` is zlib by the standard and a raw stream by custom of some servers."""
    zlib_head = len(data) > 1 and data[0] & 15 == 8 and (data[0] * 256 + data[1]) % 31 == 0
    for piece in _inflate_one(data, 0, zlib.MAX_WBITS if zlib_head else -zlib.MAX_WBITS):
        if not isinstance(piece, int):
            yield piece


def _unbrotli(data: bytes) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    try:
        for portion in _slices(data):
            yield decoder.process(portion, output_buffer_limit=_PIECE)
            while not decoder.can_accept_more_data():
                yield decoder.process(b"", output_buffer_limit=_PIECE)
            if decoder.is_finished():
                return
    except brotli.error as error:
        raise _Broken("damaged") from error
    raise _Broken("cut off")


def _unzstd(data: bytes) -> Iterator[bytes]:
    decoder = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    size = 0
    try:
        reader = decoder.stream_reader(data, read_across_frames=True)
        while piece := reader.read(_PIECE):
            size += len(piece)
            yield piece
        # The reader ends silently where data is missing; a frame that states its size tells.
        if size < zstandard.frame_content_size(data):
            raise _Broken("cut off")
    except zstandard.ZstdError as error:
        raise _Broken("damaged") from error


_CODINGS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}


def _undo_one(data: bytes, name: str, limit: int) -> Decoded:
    if name.endswith("gzip") and data[:2] != b"\x1f\x8b":
        # Crawlers that store the decoded page often leave the header as it was.
        return Decoded(data[:limit], len(data) > limit, f"declared {name}, but is not")
    pieces: list[bytes] = []
    size = 0
    try:
        for piece in _CODINGS[name](data):
            pieces.append(piece if size + len(piece) <= limit else piece[: limit - size])
            size += len(piece)
            if size > limit:
                return Decoded(b"".join(pieces), cut=True)
    except _Broken as error:
        return Decoded(b"".join(pieces), problem=f"{name} data is {error} after {size} decoded bytes")
    return Decoded(b"".join(pieces))


def undo_coding(body: bytes, encoding: str | None, limit: int = PAYLOAD_LIMIT) -> Decoded:
    """Undo ``Content-Encoding``; never raises, never holds more than ``limit`` decoded bytes.

    What is damaged or cut yields what could be decoded; an unknown coding leaves the body as it is.
    """
    names = [name for part in (encoding or "").split(",") if (name := part.strip().lower())]
    names = [name for name in names if name != "identity"]
    if len(names) > _MOST_CODINGS or any(name not in _CODINGS for name in names):
        return Decoded(body[:limit], len(body) > limit, f"unknown content coding: {encoding}")
    if not names or not body:
        return Decoded(body[:limit], len(body) > limit)
    cut = False
    problem: str | None = None
    for name in reversed(names):
        done = _undo_one(body, name, limit)
        body, cut, problem = done.body, cut or done.cut, problem or done.problem
    return Decoded(body, cut, problem)


def dechunk(payload: bytes) -> Decoded:
    """Undo ``Transfer-Encoding: chunked``.

    Data that does not begin like a chunk is taken to be dechunked already, as browsers record it.
    """
    at = 0
    parts: list[bytes] = []
    while head := _CHUNK_HEAD.match(payload, at):
        size = int(head[1], 16)
        if size == 0:
            return Decoded(b"".join(parts))
        part = payload[head.end() : head.end() + size]
        parts.append(part)
        at = head.end() + size
        if len(part) < size:
            return Decoded(b"".join(parts), problem="the chunked body is cut off")
        at += 2 if payload[at : at + 2] == b"\r\n" else payload[at : at + 1] == b"\n"
    if not parts:
        return Decoded(payload, problem="declared chunked, but is not" if payload else None)
    problem = "the chunked body is " + ("damaged" if at < len(payload) else "cut off")
    return Decoded(b"".join(parts), problem=problem)
