"""Is an answer of a replay the capture that the index names? Pure.

The index's digest is the verdict: an answer whose bytes, in one of the forms that they may have had
when they were captured, have that digest is the capture; any other is not. Where there is no digest
to compare, the replayer's own headers must say that it is a capture, and nothing may speak against
it; where it may have been made of bytes that no replay sends (a content coding taken off that can't
be put on again just so, the chunks of the transfer), likewise, and the page must have its end.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from yiqihui_spider.errors.network import one_line
from yiqihui_spider.warc.coding import PAYLOAD_LIMIT, Decoded, undo_coding
from yiqihui_spider.warc.records import digest_matches, hasher, headers_named
from yiqihui_spider.wayback.client import Response

ORIGINAL = "x-archive-orig-"
_SIGNS = ("memento-datetime", "x-archive-src")
_REWRITTEN = re.compile(
    rb"""["'(=]\s{0,4}[^"'()\s<>]{0,200}/\d{14}(?:[a-z]{2}_)?/(?:https?:|//)"""
    rb"|BEGIN WAYBACK TOOLBAR INSERT|FILE ARCHIVED ON \d\d:|/wombat\.js|/wb_frame\.js|__wm\.(?:init|wombat)\("
)
_LOOKED_THROUGH = 1024 * 1024
"""Bytes of a page in which rewritten links show, if there are any."""
_RECODED_LIMIT = 1024 * 1024
"""A longer body is not packed again to see whether it was that."""


class NotTheCapture(Exception):
    """Another page, half a page, a page of the replayer's own; plain words."""


@dataclass(frozen=True, slots=True)
class Payload:
    """A capture's bytes as they were captured."""

    data: bytes
    coding: str | None
    decoded: Decoded
    proven: bool
    """By the index's digest."""


def is_capture(response: Response) -> bool:
    """Whether the replayer says that an answer is a capture, and not itself speaking."""
    if response.header("X-Archive-Wayback-Runtime-Error") is not None:
        return False
    if any(response.header(name) for name in _SIGNS) or originals(response):
        return True
    return original_address(response) is not None


def original_address(response: Response) -> str | None:
    """The address that was captured, by the replayer's word (RFC 7089)."""
    links = headers_named(response.headers, "Link")
    return next((target for value in links if (target := _relation(value, "original"))), None)


def originals(response: Response) -> dict[str, str]:
    """The captured headers, as far as the replayer marks them."""
    size = len(ORIGINAL)
    return {
        name.lower()[size:]: value for name, value in response.headers if name.lower().startswith(ORIGINAL)
    }


def judge(response: Response, digest: str | None, status: str = "") -> Payload:
    """The capture's payload. ``digest`` and ``status`` are the index's. Raises NotTheCapture."""
    forms = list(_forms(response))
    if digest is not None and hasher(digest) is not None:
        for form in chain(forms, _recoded(response, forms)):
            if _has(digest, form.data):
                return Payload(form.data, form.coding, form.decoded, True)
        if not response.cut:
            _doubt(response)
    _believable(response, status, digest is not None)
    form = forms[-1] if _put_on(response) else forms[0]
    if not response.cut and form.decoded.problem is None:
        _whole(form, originals(response))
    return Payload(form.data, form.coding, form.decoded, False)


# --- the forms that the bytes may have had ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Form:
    data: bytes
    coding: str | None
    decoded: Decoded


def _forms(response: Response) -> Iterator[_Form]:
    """As sent; and with the coding undone that the connection may have put on."""
    sent = response.header("Content-Encoding")
    then = originals(response).get("content-encoding")
    first = _form(response.body, sent, then)
    yield first
    if first.coding is not None and first.decoded.problem is None and sent is not None:
        yield _form(first.decoded.body, then)


def _form(data: bytes, *codings: str | None) -> _Form:
    """Bytes with the coding that they are in: one that was declared, or gzip by its own mark."""
    named = [coding for coding in codings if coding is not None]
    for coding in (*named, *(["gzip"] if data[:2] == b"\x1f\x8b" else [])):
        decoded = undo_coding(data, coding, PAYLOAD_LIMIT)
        if decoded.body and decoded.body != data:
            return _Form(data, coding, decoded)
        if data and not decoded.body and b"<" not in data[:200]:
            return _Form(data, coding, decoded)  # damaged from its first byte on
    return _Form(data, None, undo_coding(data, None, PAYLOAD_LIMIT))


def _recoded(response: Response, forms: list[_Form]) -> Iterator[_Form]:
    """A gzip coding that the replayer took off, put on again as servers do: same text, same bytes."""
    then = (originals(response).get("content-encoding") or "").strip().lower()
    plain = forms[-1]
    if then not in ("gzip", "x-gzip") or plain.coding is not None or len(plain.data) > _RECODED_LIMIT:
        return
    for data in _packed(plain.data):
        yield _Form(data, "gzip", Decoded(plain.data))


def _packed(data: bytes) -> Iterator[bytes]:
    tail = struct.pack("<LL", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    streams = set()
    for level in range(1, 10):
        for memory in (8, 9):
            packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, memory)
            streams.add(packer.compress(data) + packer.flush())
    for stream in streams:
        for speed in (0, 2, 4):
            for system in (3, 255, 0, 10, 11):
                yield b"\x1f\x8b\x08\0\0\0\0\0" + bytes((speed, system)) + stream + tail


def _has(digest: str, data: bytes) -> bool:
    computed = hasher(digest)
    assert computed is not None
    computed.update(data)
    return digest_matches(digest, computed.digest())


# --- what speaks against an answer -----------------------------------------------------------


def _doubt(response: Response) -> None:
    """Without the digest an answer is believed only if that may have been made of bytes that no replay
    sends: a content coding was taken off, or (as some crawlers do) the chunks were hashed, too."""
    if why := speaks_against(response):
        raise NotTheCapture(why)
    then = originals(response)
    plain = _form(response.body, response.header("Content-Encoding"))
    unpacked = "content-encoding" in then and plain.coding is None
    chunked = "chunked" in then.get("transfer-encoding", "").lower()
    if not ((unpacked or chunked) and b"</html>" in plain.decoded.body[-2000:].lower()):
        raise NotTheCapture("its digest is not the index's: half of the page, or another one")


def _believable(response: Response, status: str, digest: bool) -> None:
    if why := speaks_against(response):
        raise NotTheCapture(why if digest or is_capture(response) else f"{why}, and the index has no digest")
    if status.isdigit() and int(status) != response.status:
        raise NotTheCapture(f"answers {response.status} for a capture with status {status}")
    if response.status == 200 and not response.body:
        raise NotTheCapture("the answer is empty")


def speaks_against(response: Response) -> str | None:
    """What shows that an answer is no capture, or not as it was captured."""
    if error := response.header("X-Archive-Wayback-Runtime-Error"):
        return f"the replay failed ({one_line(error, 100)})"
    if not is_capture(response):
        return "nothing in the answer says that it is a capture: a page of the replayer's own"
    page = _form(response.body, response.header("Content-Encoding")).decoded.body
    if _REWRITTEN.search(page, 0, _LOOKED_THROUGH):
        return "the replayer rewrote the page: its links lead through the archive"
    return None


def _put_on(response: Response) -> bool:
    """Whether the content coding was put on by the replayer, where no digest tells."""
    then = originals(response)
    return bool(then) and "content-encoding" not in then


def _whole(form: _Form, then: dict[str, str]) -> None:
    """Where neither the connection nor the digest tells, the length that the server then declared
    does, unless the replayer took a coding off."""
    declared = then.get("content-length", "")
    comparable = "transfer-encoding" not in then and (form.coding or "content-encoding" not in then)
    if comparable and re.fullmatch(r"\d{1,18}", declared, re.ASCII) and len(form.data) < int(declared):
        raise NotTheCapture(f"the replay was cut off ({len(form.data)} of {declared} bytes)")


def _relation(value: str, wanted: str) -> str | None:
    """The target of the link with a relation, in a ``Link`` header."""
    for target, said in re.findall(r"<([^<>]*)>([^<]*)", value):
        relations = re.search(r';\s*rel\s*=\s*"?([^";,]*)', said, re.IGNORECASE)
        if relations and wanted in relations[1].lower().split():
            return str(target).strip()
    return None
