"""Response to WARC: every answer is kept as received, before anything else is made of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from yiqihui_spider.archive.articles.store import save_capture
from yiqihui_spider.clock import now
from yiqihui_spider.items import Capture
from yiqihui_spider.middlewares.errors import reason_phrase
from yiqihui_spider.middlewares.parts import header
from yiqihui_spider.session import Session, event
from yiqihui_spider.session.evidence import Evidence
from yiqihui_spider.warc.records import Previous, payload_digest

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response


def save_response(session: Session, request: Request, response: Response, limit: int) -> Capture:
    """Write a response to the WARC as received and enter it among the captures.

    Of a body that is longer than ``limit`` the record holds the beginning, and says so.
    """
    body = response.body[:limit]
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    ]
    capture = session.warc.write_response(
        url=response.url,
        request_headers=_request_head(request),
        status=response.status,
        reason=reason_phrase(response.status),
        headers=headers,
        body=body,
        captured_at=now(),
        truncated=_truncated(response, len(response.body) > limit),
        ip=str(response.ip_address) if response.ip_address else None,
        previous=_previous(session.evidence, request, response, payload_digest(body)),
        not_modified=response.status == 304,
    )
    capture_id = save_capture(
        session.db,
        session.run_id,
        capture,
        content_type=header(response, "Content-Type") or None,
        elapsed_ms=round(request.meta.get("download_latency", 0) * 1000),
    )
    event("response", url=response.url, status=response.status, bytes=len(body), capture=capture_id)
    return replace(capture, id=capture_id)


def _previous(evidence: Evidence, request: Request, response: Response, digest: str) -> Previous | None:
    """The capture that this answer repeats: what a 304 speaks of, or the same payload."""
    if response.status == 304:
        held = evidence.last_capture(request.cb_kwargs["task"].url) if "task" in request.cb_kwargs else None
        return Previous(held.url, held.captured_at, held.payload_digest) if held else None
    holder = evidence.holder(digest) if response.body else None
    return Previous(holder.url, holder.captured_at, digest) if holder else None


def _request_head(request: Request) -> bytes:
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"{request.method} {target} HTTP/1.1".encode("latin-1", "replace"),
        b"Host: " + parts.netloc.encode(),
    ]
    lines += [
        name + b": " + value
        for name, values in request.headers.items()
        for value in values
        if name != b"Proxy-Authorization"
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _truncated(response: Response, too_long: bool) -> str | None:
    if too_long or "download_stopped" in response.flags:
        return "length"
    return "disconnect" if "dataloss" in response.flags else None
