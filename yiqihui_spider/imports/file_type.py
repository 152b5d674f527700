"""What a file is, by its first bytes and never by its name. Pure."""

from __future__ import annotations

import codecs
import re
import zlib
from functools import lru_cache
from typing import Literal

from yiqihui_spider.imports import foreign
from yiqihui_spider.imports.foreign import Foreign
from yiqihui_spider.parse.charset import decode
from yiqihui_spider.parse.markup import form_of
from yiqihui_spider.warc import arc
from yiqihui_spider.warc.inflate import DataError, Unzstd, is_dictionary

Form = Literal[
    "empty", "warc", "arc", "gzip", "zstd", "bzip2", "xz", "zip", "har", "mhtml", "http", "html", "text",
    "other",
]  # fmt: skip

HEAD = 64 * 1024
"""So many first bytes are looked at."""

_ZSTD = (b"\x28\xb5\x2f\xfd", *(bytes([0x50 + n]) + b"\x2a\x4d\x18" for n in range(16)))
"""A frame, or one of the sixteen skippable frames that may come first."""
_DICTIONARIES = (b"\x37\xa4\x30\xec", b"\x28\xb5\x2f\xfd")
"""A dictionary, or a frame that holds one: so a ``.warc.zst`` opens."""
_UTF_WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OPENS_AS_HTML = re.compile(r"[\s\ufeff]*<(?:!doctype\b|!--|\?xml\b|/?[a-z][a-z0-9]*[\s/>])", re.IGNORECASE)
_NO_CONTROLS = bytes({*range(0x100)} - {*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F})
_MOST_CONTROLS = 0.002
"""A dump may hold a stray control character; a picture is full of them."""
_SAVED_MESSAGE = re.compile(
    r"^(?:snapshot-content-location|content-location)[ \t]*:|^from[ \t]*:[ \t]*\"?<saved by"
    r"|multipart/related",
    re.IGNORECASE | re.MULTILINE,
)
_HTTP = re.compile(r"HTTP/\d(?:\.\d)?[ \t]+\d{3}(?:[ \t]|\r?\n|\Z)")
_HAR = re.compile(r'\s*\{\s*"log"\s*:\s*\{')


@lru_cache(maxsize=4)  # a page is asked about more than once on its way
def recognise(head: bytes) -> Form:
    """The form of a file that begins with ``head`` (its first ``HEAD`` bytes, or all).

    ``other`` is what is not imported: :func:`not_imported` says what it is.

    >>> recognise(b"WARC/1.0\\r\\n"), recognise("当前位置:首页".encode()), recognise(b"\\x89PNG\\r\\n")
    ('warc', 'text', 'other')
    """
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        return "empty"
    packed = _packed(head)
    if packed is not None:
        return packed
    if is_binary(head):
        return _with_a_head(head) or "other"
    text = decode(whole_characters(head), None)[0]
    return "html" if opens_as_html(head) else _form_of_text(text)


def not_imported(head: bytes) -> Foreign:
    """What a file of the form ``other`` is."""
    if is_binary(head):
        return foreign.binary(head)
    text = decode(whole_characters(head), None)[0]
    root = foreign.xml_root(text)
    if root is not None:
        return foreign.xml(root)
    if foreign.opens_as_message(text):
        return Foreign("is an e-mail", "save the page in it as HTML, and import that", True)
    return foreign.table_or_program(text) or foreign.MIXED


def _packed(head: bytes) -> Form | None:
    """The forms that have a signature."""
    if form := _of_records(head):
        return form
    if head.startswith(b"\x1f\x8b\x08"):
        return _of_records(inflated(head, arc.LINE_LIMIT)) or "gzip"
    if head.startswith(_ZSTD):
        words = is_dictionary(head) and head[8:12] in _DICTIONARIES
        return "warc" if words else _of_records(_unzstd(head)) or "zstd"
    if re.match(rb"BZh[1-9](?:1AY&SY|\x17\x72\x45)", head):
        return "bzip2"
    if head.startswith(b"\xfd7zXZ\0"):
        return "xz"
    return "zip" if head.startswith((b"PK\x03\x04", b"PK\x05\x06")) else None


def _of_records(start: bytes) -> Form | None:
    """Whether a file holds records; if it is coded, each in a member of its own: their reader undoes that."""
    if start.lstrip(b"\r\n").startswith(b"WARC/"):
        return "warc"
    return "arc" if arc.line_length(start) else None


def _unzstd(head: bytes) -> bytes:
    try:
        return Unzstd().decompress(head[:1024], arc.LINE_LIMIT)
    except DataError:
        return b""


def _with_a_head(data: bytes) -> Form | None:
    """What opens with a head of text though what follows is none: pages sent coded, pictures."""
    head = re.split(rb"\r?\n\r?\n", data.lstrip(b"\r\n"), maxsplit=1)[0]
    if len(head) == len(data) or is_binary(head):
        return None
    form = _form_of_text(head.decode("latin-1") + "\n\n")
    return form if form in ("http", "mhtml") else None


def _form_of_text(text: str) -> Form:
    plain = text.lstrip("\ufeff")
    if _HTTP.match(plain):
        return "http"
    if _HAR.match(plain):
        return "har"
    if foreign.opens_as_message(plain):
        head = re.split(r"\r?\n\r?\n", plain.lstrip("\r\n"), maxsplit=1)[0]
        return "mhtml" if _SAVED_MESSAGE.search(head) else "other"
    if foreign.xml_root(plain) or foreign.table_or_program(plain):
        return "other"
    form = form_of(plain)
    return form if form in ("html", "text") else "other"


def inflated(head: bytes, size: int) -> bytes:
    """The first bytes behind a gzip head, as far as ``head`` gives them."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(head, size)
    except zlib.error:
        return b""


def opens_as_html(head: bytes, content_type: str | None = None) -> bool:
    text = decode(head[:4096], content_type)[0]
    return _OPENS_AS_HTML.match(text) is not None and foreign.xml_root(text) is None


def is_binary(head: bytes) -> bool:
    """Whether the bytes are no text in any encoding that tells of itself."""
    if head.startswith(_UTF_WIDE):
        return False
    if foreign.has_signature(head) or b"\0" in head:
        return True
    return len(head.translate(None, _NO_CONTROLS)) > len(head) * _MOST_CONTROLS + 1


def whole_characters(head: bytes) -> bytes:
    """``head`` without the character that its end cuts in two, if it is UTF-8."""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return head[: error.start] if error.reason == "unexpected end of data" else head
    return head


_FOREIGN = 0.01


def encoding_of(head: bytes) -> str | None:
    """The encoding of a text that begins so; None if it is in none that we read."""
    text, encoding = decode(whole_characters(head), None)
    return None if text.count("\ufffd") > len(text) * _FOREIGN + 1 else encoding
