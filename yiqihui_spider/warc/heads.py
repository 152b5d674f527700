"""The HTTP heads of the records we write, such that our own reader and every replayer take them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from yiqihui_spider.warc.records import HEAD_LIMIT, Headers, format_head


def http_head(protocol: str, status: int, reason: str, headers: Headers) -> tuple[bytes, bool]:
    """An HTTP head that our reader takes, and whether all headers are in it."""
    first = f"{protocol or 'HTTP/1.1'} {status:03d} {reason[:1000]}".rstrip(" ")
    head = format_head(first, headers)
    if len(head) <= HEAD_LIMIT:
        return head, True
    kept: list[tuple[str, str]] = []
    size = len(format_head(first, ()))
    for header in headers:
        size += len(format_head("", [header])) - len(format_head("", ()))
        if size > HEAD_LIMIT:
            break
        kept.append(header)
    return format_head(first, kept), False


def one_line(text: str) -> str:
    return re.sub(r"[\r\n]+", " ", text)


def matching(headers: Headers, size: int) -> list[tuple[str, str]]:
    """Headers that fit the body as stored: chunks are undone, and a length that is not the body's
    (it was cut off) would mislead whoever replays it. What the server said stays readable under
    ``X-Archive-Orig-``."""
    names = {"transfer-encoding"}
    if any(name.lower() == "content-length" and value.strip() != str(size) for name, value in headers):
        names.add("content-length")
    kept = [(f"X-Archive-Orig-{name}" if name.lower() in names else name, value) for name, value in headers]
    if kept != list(headers) and not any(name.lower() == "content-length" for name, _ in kept):
        kept.append(("Content-Length", str(size)))
    return kept


def asks_for_head_only(request: bytes | Sequence[str] | None) -> bool:
    first = request if isinstance(request, bytes) else ("".join((request or [""])[:1])).encode("utf-8")
    return first.startswith(b"HEAD ")
