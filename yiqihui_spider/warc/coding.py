"""Content codings (gzip, deflate, br, zstd) and chunks undone, piece by piece and up to a limit.

A few hundred bytes can stand for gigabytes, so nothing here decompresses "all of it". And what a
head declares need not be so: crawlers and browsers store pages decoded under the header of the
coded ones, servers name codings that are none. Then the body is taken as it plainly is, with a
warning; what is neither decoded nor plain text is a problem.
"""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import brotli  # type: ignore[import-untyped]

from yiqihui_spider.warc.inflate import GZIP, ZSTD, DataError, Inflater, Unzstd, is_skippable

PAYLOAD_LIMIT = 64 * 1024 * 1024
"""Bytes of one payload that are ever held, coded or decoded; the rest is cut off and said to be."""

_PIECE = 64 * 1024
_SLICE = 16 * 1024
_MOST_CODINGS = 4
_CHUNK_HEAD = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]{0,4096})?\r?\n")
_TRAILERS = re.compile(rb"(?:[!-9;-~]+:[^\n]{0,8192}\r?\n){0,100}(?:\r?\n)?\s*")


@dataclass(frozen=True, slots=True)
class Decoded:
    body: bytes
    cut: bool = False
    """There is more than the limit allows."""
    problem: str | None = None
    """Plain words why ``body`` can't be used: the coding is unknown, the data ends early or is damaged."""
    warning: str | None = None
    """Plain words for what is not as declared, and could be read all the same."""


class _Broken(Exception):
    """The coded data ends early or makes no sense; what came before it stands."""


_Pieces = Generator[bytes, None, int]
"""Decoded pieces; in the end, how many coded bytes they took."""


def _inflate_one(data: bytes, start: int, inflater: Inflater) -> _Pieces:
    """The pieces of one member or frame that begins at ``start``."""
    at = start
    while at < len(data) and not inflater.eof:
        pending = data[at : at + _SLICE]
        at += len(pending)
        while pending and not inflater.eof:
            yield _inflated(inflater, pending)
            pending = inflater.unconsumed_tail
    while not inflater.eof:  # all input is in, some output may still be waiting
        rest = _inflated(inflater, b"")
        if not rest:
            raise _Broken("cut off")
        yield rest
    return at - len(inflater.unused_data)


def _inflated(inflater: Inflater, data: bytes) -> bytes:
    try:
        return inflater.decompress(data, _PIECE)
    except DataError as error:
        raise _Broken("damaged") from error


def _gunzip(data: bytes) -> _Pieces:
    if not data.startswith(b"\x1f\x8b"):
        raise _Broken("damaged")
    at = 0
    while data[at : at + 2] == b"\x1f\x8b":  # members may follow each other
        at = yield from _inflate_one(data, at, zlib.decompressobj(zlib.MAX_WBITS + 16))
    return at


def _inflate(data: bytes) -> _Pieces:
    """``deflate`` is zlib by the standard and a raw stream by custom of some servers."""
    if len(data) > 1 and data[0] & 15 == 8 and (data[0] * 256 + data[1]) % 31 == 0:
        pieces = _inflate_one(data, 0, zlib.decompressobj())
        try:
            first = next(pieces)
        except _Broken:
            pass  # a raw stream may begin like a zlib head
        except StopIteration as end:
            return int(end.value)
        else:
            yield first
            return (yield from pieces)
    return (yield from _inflate_one(data, 0, zlib.decompressobj(-zlib.MAX_WBITS)))


def _unbrotli(data: bytes) -> _Pieces:
    decoder = brotli.Decompressor()
    try:
        for at in range(0, len(data), _SLICE):
            yield decoder.process(data[at : at + _SLICE], output_buffer_limit=_PIECE)
            while not decoder.can_accept_more_data():
                yield decoder.process(b"", output_buffer_limit=_PIECE)
            if decoder.is_finished():
                return min(at + _SLICE, len(data))
        # All input is in; what it stands for may still be waiting.
        while not decoder.is_finished() and (rest := decoder.process(b"", output_buffer_limit=_PIECE)):
            yield rest
        if decoder.is_finished():
            return len(data)
    except brotli.error as error:
        raise _Broken("damaged") from error
    raise _Broken("cut off")


def _unzstd(data: bytes) -> _Pieces:
    if not (data.startswith(ZSTD) or is_skippable(data[:4])):
        raise _Broken("damaged")
    at = 0
    while data[at : at + 4] == ZSTD or is_skippable(data[at : at + 4]):
        at = yield from _inflate_one(data, at, Unzstd())
    return at


_CODINGS: dict[str, Callable[[bytes], _Pieces]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}


def undo_coding(body: bytes, encoding: str | None, limit: int = PAYLOAD_LIMIT) -> Decoded:
    """Undo ``Content-Encoding``; never raises, never holds more than ``limit`` decoded bytes.

    What is damaged or cut yields what could be decoded, with a problem.
    """
    names = [name for part in (encoding or "").split(",") if (name := part.strip().lower())]
    names = [name for name in names if name != "identity"]
    if len(names) > _MOST_CODINGS:
        return Decoded(body[:limit], len(body) > limit, f"unknown content coding: {_shown(encoding)}")
    done = Decoded(body)
    for name in reversed(names if body else ()):
        done = _then(done, _undo_one(done.body, name, limit))
    return _undo_undeclared(
        replace(done, body=done.body[:limit], cut=done.cut or len(done.body) > limit), limit
    )


def _then(before: Decoded, after: Decoded) -> Decoded:
    warnings = [one for one in (before.warning, after.warning) if one]
    return Decoded(
        after.body, before.cut or after.cut, before.problem or after.problem, "; ".join(warnings) or None
    )


def _unknown(data: bytes, name: str) -> Decoded:
    if looks_plain(data) or _has_magic(data):
        return Decoded(data, warning=f"declared {name}, but is not")
    return Decoded(data, problem=f"unknown content coding: {name}")


def _undo_one(data: bytes, name: str, limit: int) -> Decoded:
    if name not in _CODINGS:
        return _unknown(data, _shown(name))
    done, left = _decoded(data, name, limit)
    doubtful = done.problem or left or name == "br"  # brotli stops at what looks like its end
    if doubtful and not done.cut and looks_plain(data):
        return Decoded(data, warning=f"declared {name}, but is not")
    if done.problem and not done.body and _has_magic(data) and not name.endswith(_magic_name(data)):
        return Decoded(data, warning=f"declared {name}, but is not")
    return done


def _decoded(data: bytes, name: str, limit: int) -> tuple[Decoded, int]:
    """And how many bytes are left over behind the coded ones."""
    pieces: list[bytes] = []
    size = 0
    source = _CODINGS[name](data)
    try:
        while True:
            piece = next(source)
            pieces.append(piece if size + len(piece) <= limit else piece[: limit - size])
            size += len(piece)
            if size > limit:
                return Decoded(b"".join(pieces), cut=True), 0
    except StopIteration as end:
        return Decoded(b"".join(pieces)), len(data) - int(end.value)
    except _Broken as error:
        body = b"".join(pieces)
        return Decoded(body, problem=f"{name} data is {error} after {size} decoded bytes"), 0


def _undo_undeclared(done: Decoded, limit: int) -> Decoded:
    """Coded data that nobody declares: the header got lost, or a proxy coded what was coded."""
    for _ in range(2):
        if done.cut or done.problem or not _has_magic(done.body):
            break
        name = _magic_name(done.body)
        inner = _decoded(done.body, name, limit)[0]
        if inner.problem:
            return replace(done, problem=inner.problem)
        done = _then(done, replace(inner, warning=f"{name} data, not declared"))
    return done


def _has_magic(data: bytes) -> bool:
    return data.startswith((GZIP, ZSTD))


def _magic_name(data: bytes) -> str:
    return "gzip" if data.startswith(GZIP) else "zstd"


def _shown(name: str | None) -> str:
    text = re.sub(r"[^\x20-\x7e]", "?", name or "")
    return text if len(text) <= 60 else f"{text[:60]}…"


# --- is it text? --------------------------------------------------------------------------

_SAMPLE = 4096
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<")
_SURELY = 200
"""So many bytes without a control character are no coded data, of which every ninth is one."""


def looks_plain(data: bytes) -> bool:
    """Whether data is text as it stands: coded data is full of control characters."""
    sample = data[:_SAMPLE]
    if sample.startswith(_WIDE):
        return True
    stray = len(_CONTROL.findall(sample))
    if stray > (1 + len(sample) * 0.002 if len(sample) >= _SURELY else 0):
        return False
    if sample.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"<":
        return True
    return _is_in(sample, "utf-8") or (len(sample) >= _SURELY and _is_in(sample, "gb18030"))


def _is_in(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return False
    return bool(sample)


# --- chunks -------------------------------------------------------------------------------


def dechunk(payload: bytes) -> Decoded:
    """Undo ``Transfer-Encoding: chunked``.

    Data that does not begin like a chunk is taken to be dechunked already, as browsers record it.
    """
    at = 0
    parts: list[bytes] = []
    problem = None
    while head := _CHUNK_HEAD.match(payload, at):
        size = int(head[1], 16)
        if size == 0:
            return Decoded(b"".join(parts))
        parts.append(payload[head.end() : head.end() + size])
        at = head.end() + size
        gap = _gap(payload, at)
        if at < len(payload) and not gap:
            parts, problem = parts[:-1], "damaged"
            break
        at += gap
    if not parts:
        return Decoded(payload, warning="declared chunked, but is not" if payload else None)
    problem = problem or ("damaged" if at < len(payload) else "cut off")
    return Decoded(b"".join(parts), problem=f"the chunked body is {problem}")


def _gap(payload: bytes, at: int) -> int:
    """The length of the line end behind a chunk; 0 if there is none."""
    return 2 if payload[at : at + 2] == b"\r\n" else int(payload[at : at + 1] == b"\n")


def is_chunked(payload: bytes) -> bool:
    """Whether a payload is chunks through and through, up to the last one, which is empty."""
    at = 0
    while head := _CHUNK_HEAD.match(payload, at):
        size = int(head[1], 16)
        if size == 0:
            return at > 0 and _TRAILERS.fullmatch(payload, head.end()) is not None
        at = head.end() + size
        gap = _gap(payload, at)
        if not gap:
            return False
        at += gap
    return False
