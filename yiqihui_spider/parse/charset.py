"""From bytes to text: which character encoding a page is in, whatever it says it is in.

Chinese pages of this age are UTF-8 or one of the GB family, and often declare the wrong one.
So a declaration is a candidate that the bytes must confirm. No guessing library: a page in
UTF-8 hardly ever decodes as anything else, and GB text is never valid UTF-8 for long.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
"""UTF-32 before UTF-16: its little-endian mark begins with the other's."""

_HEAD = 4096
"""Bytes at the start of a document in which a declaration counts."""
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_META = re.compile(rb"<meta\b[^>]*?\bcharset\s*=\s*(?:[\"']\s*)?([\w.:+-]+)", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml\b[^>]*?\bencoding\s*=\s*[\"']\s*([\w.:+-]+)", re.IGNORECASE)
_HEADER = re.compile(r"\bcharset\s*=\s*(?:[\"']\s*)?([\w.:+-]+)", re.IGNORECASE)

_KNOWN = re.compile(
    r"utf[-_]?(?:8|16|32)|gb|big5|euc|shift|iso2022|iso8859|latin|ascii|cp\d|koi8|mac|hz|johab|tis"
)
"""Codecs for text. Python also calls ``base64``, ``zlib`` and ``unicode_escape`` codecs."""
_SINGLE_BYTE = re.compile(r"iso8859|latin|ascii|cp(?:125|874|8[56])|koi8|mac|tis")
_WITH_NULS = ("utf-16", "utf-32")
_HAN = re.compile("[\u3400-\u9fff\uff0c\u3002]")
_ODD = re.compile("[^\t\n\r -~\xa0-\xff\u2000-\u206f\u3000-\u9fff\uff00-\uffef]")
"""Hardly ever in Chinese text, and most of what other bytes look like as UTF-16."""
_ASCII = bytes(range(0x80))
_ENOUGH = 16
"""So many bytes of correct UTF-8 beyond ASCII before the first fault: a damaged page in UTF-8."""


def decode(body: bytes, content_type: str | None) -> tuple[str, str]:
    """The text and the name of the encoding it was in. Never raises.

    A byte-order mark wins, then the header's charset, then the document's own declaration, then
    UTF-8, then GB18030, each only if the bytes agree. What no encoding fits is decoded with the
    one that leaves the fewest replacement characters.

    >>> decode("一起惠".encode("gbk"), "text/html; charset=utf-8")
    ('一起惠', 'gb18030')
    """
    for marker, name in _BOMS:
        if body.startswith(marker):
            text = _strict(body[len(marker) :], name)
            return (text, name) if text is not None else _closest(body[len(marker) :], [name])
    wide = _wide(body)
    if wide is not None:
        return wide
    declared = list(dict.fromkeys(_declared(body, content_type)))
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = error.reason == "unexpected end of data" and error.end == len(body)
        if cut and (declared[:1] == ["utf-8"] or _beyond_ascii(body[:_HEAD]) >= _ENOUGH // 2):
            return body.decode("utf-8", "replace"), "utf-8"
        return _not_utf8(body, declared, error.start)
    return _valid_utf8(body, text, declared)


def _wide(body: bytes) -> tuple[str, str] | None:
    """UTF-16 without its mark: every other byte of its ASCII characters is zero."""
    zeros = [body[first:_HEAD:2].count(0) for first in (0, 1)]
    if len(body) % 2 or max(zeros) < _ENOUGH // 2 or min(zeros) * 10 > max(zeros):
        return None
    name = "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    text = _strict(body, name)
    if text is None or "\0" in text or len(_ODD.findall(text)) * 20 > len(text):
        return None
    return text, name


def _beyond_ascii(part: bytes) -> int:
    return len(part.translate(None, _ASCII))


def _declared(body: bytes, content_type: str | None) -> Iterator[str]:
    head = _COMMENT.sub(b"", body[:_HEAD])
    labels = [
        *(_HEADER.findall(content_type or "")[:1]),
        *(match.group(1).decode("latin-1") for match in (_META.search(head), _XML.match(head)) if match),
    ]
    for label in labels:
        name = _codec(label)
        if name and (not name.startswith(_WITH_NULS) or b"\0" in body[:_HEAD]):
            yield name


def _codec(label: str) -> str | None:
    """The codec a label means, or None if it means none. GB2312 and GBK are read as GB18030, which
    holds both, and ISO 8859-1 as Windows-1252, as browsers do."""
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    if name in ("gb2312", "gbk"):
        return "gb18030"
    if name in ("iso8859-1", "ascii"):
        return "cp1252"
    return name if _KNOWN.match(name) else None


def _valid_utf8(body: bytes, text: str, declared: list[str]) -> tuple[str, str]:
    first = declared[0] if declared else "utf-8"
    if first == "utf-8":
        return text, "utf-8"
    if body.isascii() or not (_HAN.search(text) or _SINGLE_BYTE.match(first)):
        other = _strict(body, first)
        if other is not None:
            return other, first
    return text, "utf-8"


def _not_utf8(body: bytes, declared: list[str], fault: int) -> tuple[str, str]:
    if _beyond_ascii(body[max(0, fault - _HEAD) : fault]) >= _ENOUGH:
        text = body.decode("utf-8", "replace")
        if text.count("\ufffd") * 10 < len(_HAN.findall(text)):
            return text, "utf-8"
    narrow = [name for name in declared if _SINGLE_BYTE.match(name)]
    wide = [name for name in declared if name != "utf-8" and name not in narrow]
    return _strictly(body, wide) or _loosely(body, wide, narrow, "utf-8" in declared)


def _strictly(body: bytes, wide: list[str]) -> tuple[str, str] | None:
    for name in wide:
        if (text := _strict(body, name)) is not None:
            return text, name
    text = _strict(body, "gb18030")
    return (text, "gb18030") if text is not None and _HAN.search(text) else None


def _loosely(body: bytes, wide: list[str], narrow: list[str], utf8: bool) -> tuple[str, str]:
    """The text by the encoding that leaves the fewest faults: by one of single bytes, if that is
    declared, only where no other makes Chinese of it."""
    best = _closest(body, [*wide, *(["utf-8"] if utf8 else []), "gb18030", "utf-8"])
    return _closest(body, narrow) if narrow and not _HAN.search(best[0]) else best


def _strict(body: bytes, name: str) -> str | None:
    try:
        return body.decode(name)
    except (UnicodeError, LookupError):
        return None


def _closest(body: bytes, names: list[str]) -> tuple[str, str]:
    texts = ((body.decode(name, "replace"), name) for name in dict.fromkeys(names))
    return min(texts, key=lambda pair: pair[0].count("\ufffd"))
