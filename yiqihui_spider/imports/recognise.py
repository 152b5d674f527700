"""What a file is, by its first bytes and never by its name. Pure."""

from __future__ import annotations

import codecs
import re
import zlib
from typing import Literal

from yiqihui_spider.charset import decode

Form = Literal["empty", "warc", "gzip", "zstd", "zip", "html", "text", "binary"]

HEAD = 64 * 1024
"""So many first bytes are looked at."""

_ZSTD = (b"\x28\xb5\x2f\xfd", *(bytes([0x50 + n]) + b"\x2a\x4d\x18" for n in range(16)))
"""A frame, or one of the sixteen skippable frames that may come first."""
_UTF_WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OPENS_AS_HTML = re.compile(r"[\s\ufeff]*<(?:!doctype\b|!--|\?xml\b|/?[a-z][a-z0-9]*[\s/>])", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MOST_CONTROLS = 0.002
"""A dump may hold a stray control character; a picture is full of them."""
_SIGNATURES = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"SQLite format 3",
    b"Rar!",
    b"7z\xbc\xaf",
    b"BZh",
)


def recognise(head: bytes) -> Form:
    """The form of a file that begins with ``head`` (its first ``HEAD`` bytes, or all).

    >>> recognise(b"WARC/1.0\\r\\n"), recognise("当前位置:首页".encode()), recognise(b"\\x89PNG\\r\\n")
    ('warc', 'text', 'binary')
    """
    if not head.strip(b"\xef\xbb\xbf \t\r\n\0"):
        return "empty" if not head.strip(b"\xef\xbb\xbf \t\r\n") else "binary"
    if head.lstrip(b"\r\n").startswith(b"WARC/"):
        return "warc"
    if head.startswith(b"\x1f\x8b\x08"):
        return "warc" if inflated(head, 5) == b"WARC/" else "gzip"
    if head.startswith(_ZSTD):
        return "zstd"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if _is_binary(head):
        return "binary"
    return "html" if opens_as_html(head) else "text"


def inflated(head: bytes, size: int) -> bytes:
    """The first bytes behind a gzip head, as far as ``head`` gives them."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(head, size)
    except zlib.error:
        return b""


def opens_as_html(head: bytes, content_type: str | None = None) -> bool:
    return _OPENS_AS_HTML.match(decode(head[:4096], content_type)[0]) is not None


def _is_binary(head: bytes) -> bool:
    if head.startswith(_UTF_WIDE):
        return False
    if head.startswith(_SIGNATURES) or b"\0" in head:
        return True
    return len(_CONTROL.findall(head)) > len(head) * _MOST_CONTROLS + 1


def whole_characters(head: bytes) -> bytes:
    """``head`` without the character that its end cuts in two, if it is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head)
    except UnicodeDecodeError:
        return head
    return head[: len(head) - len(decoder.getstate()[0])]


_FOREIGN = 0.01


def encoding_of(head: bytes) -> str | None:
    """The encoding of a text that begins so; None if it is in none that we read."""
    text, encoding = decode(whole_characters(head), None)
    return None if text.count("\ufffd") > len(text) * _FOREIGN + 1 else encoding
