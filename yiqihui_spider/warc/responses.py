"""From a record's fields, HTTP head and payload to the response it holds. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from yiqihui_spider.warc.coding import Decoded, dechunk, is_chunked, undo_coding
from yiqihui_spider.warc.records import (
    ORIGIN_FIELD,
    TIME_SOURCE_FIELD,
    Fields,
    StoredResponse,
    in_our_form,
    parse_fields,
    payload_digest,
    read_date,
)
from yiqihui_spider.warc.stream import Broken

_STATUS_LINE = re.compile(r"(HTTP/\d(?:\.\d)?)[ \t]+(\d{1,9})(?:[ \t]+(.*))?", re.IGNORECASE | re.DOTALL)


def is_http(kind: str, fields: Fields) -> bool:
    if kind not in ("response", "revisit"):
        return False
    declared = fields.get("Content-Type")
    return declared is None or declared.lower().lstrip().startswith("application/http")


def http_response(kind: str, url: str, fields: Fields, head: bytes) -> StoredResponse:
    """All but the payload. Raises Broken where no HTTP head stands that has to."""
    http = parse_fields(head)
    status = _STATUS_LINE.fullmatch(http.first)
    if status is None and (head or (kind == "response" and is_http(kind, fields))):
        raise Broken("no HTTP head stands in this response record")
    record = StoredResponse(
        url=url,
        record_type=kind,
        captured_at=read_date(fields.get("WARC-Date")),
        headers=tuple(http.pairs),
        content_type=(http if is_http(kind, fields) else fields).get("Content-Type"),
        payload_digest=in_our_form(fields.get("WARC-Payload-Digest")),
        declared_digest=fields.get("WARC-Payload-Digest"),
        truncated=_truncated(fields),
        ip=fields.get("WARC-IP-Address"),
        time_source=fields.get(TIME_SOURCE_FIELD) or "warc",
        origin=fields.get(ORIGIN_FIELD) or "import",
    )
    if status is not None:
        protocol, number, reason = status.groups()
        record = replace(record, status=int(number), reason=reason or "", protocol=protocol)
    return _revisit(record, fields) if kind == "revisit" else record


def _truncated(fields: Fields) -> str | None:
    """A record that goes on in another segment holds a part only."""
    return fields.get("WARC-Truncated") or ("length" if fields.get("WARC-Segment-Number") else None)


def _revisit(record: StoredResponse, fields: Fields) -> StoredResponse:
    uri = fields.get("WARC-Refers-To-Target-URI")
    date = read_date(fields.get("WARC-Refers-To-Date"))
    return replace(record, refers_to=(uri and uri.strip("<>"), date), profile=fields.get("WARC-Profile"))


def with_payload(
    record: StoredResponse, payload: bytes, digest: str, cut: bool, limit: int
) -> StoredResponse:
    """``digest`` is that of the whole payload, of which ``payload`` is what the limit leaves."""
    if record.record_type == "revisit" and not payload:
        return record
    plain = _dechunked(record, payload)
    if plain.body is not payload:
        digest = payload_digest(plain.body)
    decoded = undo_coding(plain.body, record.header_list("Content-Encoding"), limit)
    warnings = [one for one in (plain.warning, decoded.warning) if one]
    return replace(
        record,
        payload=plain.body,
        body=decoded.body,
        payload_digest=digest,
        truncated=record.truncated or ("length" if cut or decoded.cut else None),
        problem=plain.problem or decoded.problem,
        warning="; ".join(warnings) or None,
    )


def _dechunked(record: StoredResponse, payload: bytes) -> Decoded:
    if record.status is None:
        return Decoded(payload)
    if "chunked" in (record.header_list("Transfer-Encoding") or "").lower():
        return dechunk(payload)
    # What we wrote ourselves is as it says; in files of others the header got lost at times.
    if record.time_source == "warc" and record.origin == "import" and is_chunked(payload):
        return Decoded(dechunk(payload).body, warning="chunked, but not declared")
    return Decoded(payload)


def resolved(record: StoredResponse, source: StoredResponse, limit: int) -> StoredResponse:
    """A revisit with the payload of the capture it refers to."""
    said_itself = record.status not in (None, 304)
    head = record if said_itself else source
    decoded = undo_coding(source.payload, head.header_list("Content-Encoding"), limit)
    return replace(
        record,
        status=head.status,
        reason=head.reason,
        headers=head.headers,
        content_type=head.header("Content-Type") or source.content_type,
        payload=source.payload,
        body=decoded.body,
        truncated=record.truncated or source.truncated,
        problem=decoded.problem,
        warning=decoded.warning,
    )
