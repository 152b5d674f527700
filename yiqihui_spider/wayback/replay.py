"""From a replayed answer back to the response that was captured. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timezone
from email.utils import parsedate_to_datetime

from yiqihui_spider.warc.coding import PAYLOAD_LIMIT, undo_coding
from yiqihui_spider.warc.records import StoredResponse, iso_date, payload_digest
from yiqihui_spider.wayback.client import Reply

_ORIGINAL = "x-archive-orig-"
_OF_THE_PAYLOAD = ("content-type", "content-encoding", "content-length", "transfer-encoding")
_TOLD_PLAIN = ("etag", "last-modified", "content-language")
"""Also believed where a replayer passes headers on without marking them."""


class CutOff(Exception):
    """The replay brought less than was captured; plain words."""


def is_capture(reply: Reply) -> bool:
    """Whether an answer is what was captured, not the replayer speaking for itself."""
    return reply.status == 200 or bool(_originals(reply)) or reply.header("Memento-Datetime") is not None


def captured_at(reply: Reply) -> str | None:
    """When the page was captured by the replayer's word (RFC 7089), which may show a neighbour of
    the capture asked for."""
    try:
        moment = parsedate_to_datetime(reply.header("Memento-Datetime") or "")
    except (ValueError, TypeError, IndexError):
        return None
    return iso_date(moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc))


def stored(reply: Reply, url: str, at: str, digest: str | None) -> StoredResponse:
    """The captured response, its payload as it was then.

    ``digest`` is the index's and decides whether a content coding was there from the beginning or
    put on by the replayer. Raises CutOff.
    """
    original = {
        name.lower()[len(_ORIGINAL) :]: value
        for name, value in reply.headers
        if name.lower().startswith(_ORIGINAL)
    }
    coding = reply.header("Content-Encoding")
    payload, decoded = reply.body, undo_coding(reply.body, coding, PAYLOAD_LIMIT)
    if coding and _put_on(payload, decoded.body, digest, original):
        payload, coding = decoded.body, None
    if not reply.cut and decoded.problem is None and payload_digest(payload) != digest:
        _whole(payload, original, coding)
    content_type = original.get("content-type") or reply.header("Content-Type")
    return StoredResponse(
        url=url,
        record_type="response",
        captured_at=at,
        status=reply.status,
        reason=reply.reason,
        protocol="HTTP/1.1",
        headers=_headers(reply, content_type, coding, len(payload)),
        payload=payload,
        body=decoded.body,
        content_type=content_type,
        payload_digest=payload_digest(payload),
        truncated="length" if reply.cut or decoded.cut else None,
        problem=decoded.problem,
        time_source="cdx",
        origin="wayback",
    )


def repetition(earlier: StoredResponse, url: str, at: str) -> StoredResponse:
    """A capture of the same payload as an earlier one's, by an index's word: a ``revisit`` with as
    much of a head as the payload needs to be read."""
    assert earlier.captured_at is not None
    return replace(
        earlier,
        url=url,
        record_type="revisit",
        captured_at=at,
        status=200,
        reason="OK",
        protocol="HTTP/1.1",
        headers=tuple((name, value) for name, value in earlier.headers if name.lower() in _OF_THE_PAYLOAD),
        payload=b"",
        body=b"",
        refers_to=(earlier.url, earlier.captured_at),
        profile=None,
    )


def _put_on(payload: bytes, decoded: bytes, digest: str | None, original: dict[str, str]) -> bool:
    if digest in (payload_digest(payload), payload_digest(decoded)):
        return digest == payload_digest(decoded)
    return bool(original) and "content-encoding" not in original


def _whole(payload: bytes, original: dict[str, str], coding: str | None) -> None:
    """Where neither the connection nor the digest tells, the length that the server then declared
    does, unless the replayer took a coding off."""
    declared = original.get("content-length", "")
    comparable = "transfer-encoding" not in original and (coding or "content-encoding" not in original)
    if comparable and declared.isascii() and declared.isdigit() and len(payload) < int(declared[:18]):
        raise CutOff(f"the replay was cut off ({len(payload)} of {declared} bytes)")


def _headers(
    reply: Reply, content_type: str | None, coding: str | None, length: int
) -> tuple[tuple[str, str], ...]:
    told = [
        (name[len(_ORIGINAL) :], value) for name, value in reply.headers if name.lower().startswith(_ORIGINAL)
    ]
    if not told:
        told = [(name, value) for name, value in reply.headers if name.lower() in _TOLD_PLAIN]
    kept = [(name, value) for name, value in told if name.lower() not in _OF_THE_PAYLOAD]
    own = [("Content-Type", content_type), ("Content-Encoding", coding), ("Content-Length", str(length))]
    return (*kept, *((name, value) for name, value in own if value is not None))


def _originals(reply: Reply) -> list[tuple[str, str]]:
    """The captured headers, as far as the replayer marks them."""
    size = len(_ORIGINAL)
    return [(name[size:], value) for name, value in reply.headers if name.lower().startswith(_ORIGINAL)]
