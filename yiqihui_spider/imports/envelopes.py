"""Answers that did not come in a WARC, made into records: one shape for all that a page may come in. Pure."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from yiqihui_spider.imports.moments import moment
from yiqihui_spider.warc.reader import StoredResponse, iter_records
from yiqihui_spider.warc.records import Damaged, Fields, format_head, parse_fields

ENVELOPE_LIMIT = 256 * 1024 * 1024
"""Bytes of a file that holds several pages (HAR), read as it goes by."""
WHOLE_LIMIT = 64 * 1024 * 1024
"""Bytes of a file that is held whole (HTML, MHTML, an HTTP answer)."""

_NO_TIME = "1970-01-01T00:00:00Z"


class Enclosed(NamedTuple):
    """Something met in an envelope: a record, or what is wrong there."""

    where: str
    record: StoredResponse | None = None
    problem: str | None = None


def response(url: str, head: bytes, payload: bytes, captured_at: str | None) -> StoredResponse:
    """An HTTP answer as if a WARC had held it: codings and chunks undone, with what is wrong about
    them. Raises ValueError where the head is none."""
    return _record(url, "response", "application/http; msgtype=response", head + payload, captured_at)


def resource(url: str, content_type: str, payload: bytes, captured_at: str | None) -> StoredResponse:
    """A page without an HTTP head."""
    return _record(url, "resource", content_type, payload, captured_at)


def _record(url: str, kind: str, content_type: str, block: bytes, captured_at: str | None) -> StoredResponse:
    fields = [
        ("WARC-Type", kind),
        ("WARC-Target-URI", url),
        ("WARC-Date", (captured_at or _NO_TIME).replace("+00:00", "Z")),
        ("Content-Type", content_type),
        ("Content-Length", str(len(block))),
    ]
    head = format_head("WARC/1.1", fields)
    for _, found in iter_records(io.BytesIO(b"".join((head, block, b"\r\n\r\n")))):
        if isinstance(found, Damaged):
            raise ValueError(found.reason)
        return found if captured_at else replace(found, captured_at=None)
    raise ValueError("no answer stands here")


def http_head(status: int, reason: str, headers: Iterable[tuple[str, str]]) -> bytes:
    return format_head(f"HTTP/1.1 {status:03} {reason}".rstrip(), headers)


# --- an HTTP answer with its head (curl -i, wget --save-headers) ---------------------------------

_HEAD = re.compile(
    rb"(?:\xef\xbb\xbf)?HTTP/\d(?:\.\d)?[ \t]+(\d{3})[^\n]{0,2000}\n(?:[^\r\n][^\n]{0,65536}\n){0,1000}\r?\n"
)
_ANOTHER = re.compile(
    rb"HTTP/\d(?:\.\d)? \d{3}[^\r\n]{0,200}\r\n(?:[!-9;-~]{1,80}:[^\r\n]{0,8192}\r\n){2,200}\r\n"
)


class Answer(NamedTuple):
    head: bytes
    payload: bytes
    url: str | None
    """The answer's address, if heads before it or its own say so."""
    captured_at: str | None
    """By the server's clock; of a web archive's answer, when the page had been captured there."""


def answer(data: bytes) -> Answer:
    """The last of the answers that stand one behind the other (``curl -iL`` shows each redirect).

    Raises ValueError for several answers with a body each: which page would it be?
    """
    head, at, url = b"", 0, None
    while match := _HEAD.match(data, at):
        fields = parse_fields(match[0])
        if head and not _leads_on(head):
            break
        location = fields.get("Location") or ""
        head, at = match[0], match.end()
        url = location if location.lower().startswith(("http://", "https://")) else url
    if not head:
        raise ValueError("is cut off inside the HTTP head")
    payload = data[at:]
    if _ANOTHER.search(payload):
        raise ValueError("holds several HTTP answers, and not which page each is of: save each by itself")
    fields = parse_fields(head)
    return Answer(_version_of_old(head), payload, _told_address(fields) or url, _date(fields))


def _leads_on(head: bytes) -> bool:
    """Whether another head follows that of a redirect, an interim answer, a login, or a proxy's tunnel."""
    first = parse_fields(head).first
    status = [*first.split(None, 2), "", ""][1]
    return status[:1] in ("1", "3") or status in ("401", "407") or "stablished" in first


def _version_of_old(head: bytes) -> bytes:
    """HTTP/2 and 3 heads as records hold them."""
    plain = head[3:] if head.startswith(b"\xef\xbb\xbf") else head
    return re.sub(rb"\AHTTP/(\d)(?=[ \t])", rb"HTTP/\1.0", plain)


_OWN_LINK = re.compile(
    r"<([^<>]{1,2000})>\s*;[^,<]{0,200}\brel\s*=\s*\"?(?:canonical|original)\b", re.IGNORECASE
)


def _told_address(fields: Fields) -> str | None:
    for link in fields.all("Link"):
        match = _OWN_LINK.search(link)
        if match and match[1].lower().startswith(("http://", "https://")):
            return match[1]
    location = fields.get("Content-Location") or ""
    return location if location.lower().startswith(("http://", "https://")) else None


def _date(fields: Fields) -> str | None:
    return moment(fields.get("Memento-Datetime")) or moment(fields.get("Date"))
