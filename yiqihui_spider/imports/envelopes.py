"""Answers that did not come in a WARC, made into records: one shape for all that a page may come in. Pure."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from yiqihui_spider.warc.reader import StoredResponse, iter_records
from yiqihui_spider.warc.records import Damaged, format_head

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
