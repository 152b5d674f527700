"""Reading WARC files: one record by its offset, or any file whole, whoever wrote it.

Nothing is trusted: lengths, digests and codings are checked, payloads are held up to a limit
(``PAYLOAD_LIMIT``, 64 MiB; more is dropped and the record says ``truncated="length"``), and a
damaged stretch is reported with its offset while reading goes on behind it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from yiqihui_spider.warc.coding import PAYLOAD_LIMIT, dechunk, undo_coding
from yiqihui_spider.warc.records import (
    CONTENT_TYPES,
    ORIGIN_FIELD,
    TIME_SOURCE_FIELD,
    Damaged,
    Fields,
    StoredResponse,
    WarcError,
    digest_matches,
    digest_of,
    hasher,
    in_our_form,
    parse_fields,
    payload_digest,
    read_date,
)
from yiqihui_spider.warc.stream import BLOCK, Broken, Place, Source

__all__ = [
    "Damaged",
    "Found",
    "Lookup",
    "StoredResponse",
    "WarcError",
    "iter_records",
    "read_record",
    "scan",
    "verify_record",
]

Lookup = Callable[[str, "str | None", "str | None"], "tuple[str, int] | None"]
"""Where a revisit's payload is: (digest, target address, date as ISO 8601) to (file, offset)."""

_HEAD_LIMIT = 1024 * 1024
_STATUS_LINE = re.compile(r"(HTTP/\d(?:\.\d)?)[ \t]+(\d{3})(?:[ \t]+(.*))?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at a place in a file: a record of any type, or damage."""

    offset: int
    end: int | None = None
    """Where its bytes end; None for damage and for a record that shares its gzip member."""
    record: StoredResponse | None = None
    """For the record types that hold content, if it was wanted."""
    damage: str | None = None


# --- a whole file -------------------------------------------------------------------------


def iter_records(
    stream: BinaryIO,
    *,
    wanted: Callable[[str], bool] = lambda url: True,
    limit: int = PAYLOAD_LIMIT,
) -> Iterator[tuple[int, StoredResponse | Damaged]]:
    """Every content record (response, revisit, resource, conversion) whose address is ``wanted``,
    in file order, with its offset, and every damaged stretch.

    Takes any WARC or WARC.gz from a file or a pipe. The offset is that of the gzip member, where
    there is one. Payloads of unwanted addresses are neither held nor decoded.
    """
    for found in scan(stream, wanted=wanted, limit=limit):
        if found.damage is not None:
            yield found.offset, Damaged(found.offset, found.damage)
        elif found.record is not None:
            yield found.offset, found.record


def scan(
    stream: BinaryIO,
    *,
    wanted: Callable[[str], bool] = lambda url: True,
    limit: int = PAYLOAD_LIMIT,
    check_blocks: bool = True,
) -> Iterator[Found]:
    """Like :func:`iter_records`, with records of every type and where each ends."""
    source = Source(stream)
    while True:
        place: Place | None = None
        try:
            place = source.next_start()
            if place is None:
                return
            found = _Record(source, place, wanted, limit, check_blocks).read()
        except Broken as error:
            broken_at = place or source.here()
            yield Found(broken_at.offset, damage=_where(error, broken_at))
            source.recover(broken_at)
        else:
            yield found


def _where(error: Broken, place: Place) -> str:
    return f"{error}, {place.inner} bytes into the inflated member" if place.inner else str(error)


# --- one record ---------------------------------------------------------------------------


class _Record:
    """Reads the record at a place of a source."""

    def __init__(
        self, source: Source, place: Place, wanted: Callable[[str], bool], limit: int, check_block: bool
    ) -> None:
        self._source = source
        self._place = place
        self._wanted = wanted
        self._limit = limit
        self._check_block = check_block
        self._left = 0
        self._block_hash: Any | None = None

    def read(self) -> Found:
        if self._source.peek(5) != b"WARC/":
            raise Broken("no WARC record begins here")
        fields = parse_fields(self._source.read_head(_HEAD_LIMIT), utf8=True)
        self._left = _content_length(fields)
        self._source.expect(self._left)
        kind = (fields.get("WARC-Type") or "").lower()
        url = (fields.get("WARC-Target-URI") or "").strip("<>")
        block_digest = fields.get("WARC-Block-Digest")
        self._block_hash = hasher(block_digest) if self._check_block else None
        record = self._content(kind, url, fields) if kind in CONTENT_TYPES and self._wanted(url) else None
        while self._block(BLOCK):
            pass
        matches = digest_matches(block_digest or "", self._block_hash.digest()) if self._block_hash else None
        end = self._source.end_of_record(self._place, sound=matches is True)
        offset = self._place.offset
        if matches is False:  # not Broken: it ends properly, nothing needs to be searched for
            return Found(offset, damage="the record does not match its own WARC-Block-Digest")
        length = None if end is None else end - offset
        return Found(offset, end, record and replace(record, offset=offset, length=length))

    def _block(self, size: int) -> bytes:
        """The next bytes of the block; empty at its end."""
        data = self._source.read(min(size, self._left))
        if self._left and not data:
            raise Broken("the data ends inside the record")
        self._left -= len(data)
        if self._block_hash:
            self._block_hash.update(data)
        return data

    def _content(self, kind: str, url: str, fields: Fields) -> StoredResponse:
        head, rest = b"", b""
        if _is_http(kind, fields):
            head, rest = self._http_head()
        record = _described(kind, url, fields, head)
        payload, digest, cut = self._payload(rest)
        return _with_payload(record, payload, digest, cut, self._limit)

    def _http_head(self) -> tuple[bytes, bytes]:
        """The HTTP head, and what was read behind it."""
        data = b""
        while True:
            if match := re.search(rb"\r?\n\r?\n", data):
                return data[: match.end()], data[match.end() :]
            if len(data) > _HEAD_LIMIT:
                raise Broken("the HTTP head has no end")
            more = self._block(8192)
            if not more:  # a revisit's head may stand alone, without its empty line
                return data, b""
            data += more

    def _payload(self, rest: bytes) -> tuple[bytes, str, bool]:
        """Payload up to the limit, the digest of all of it, and whether it was cut."""
        parts, size, sha1 = [], 0, hashlib.sha1(usedforsecurity=False)
        piece = rest or self._block(BLOCK)
        while piece:
            sha1.update(piece)
            if size < self._limit:
                parts.append(piece[: self._limit - size])
            size += len(piece)
            piece = self._block(BLOCK)
        return b"".join(parts), digest_of(sha1), size > self._limit


def _content_length(fields: Fields) -> int:
    value = fields.get("Content-Length") or ""
    if not re.fullmatch(r"\d{1,18}", value, re.ASCII):
        raise Broken(f"the record has no usable Content-Length ({value[:40]!r})")
    return int(value)


def _is_http(kind: str, fields: Fields) -> bool:
    if kind not in ("response", "revisit"):
        return False
    declared = fields.get("Content-Type")
    return declared is None or declared.lower().lstrip().startswith("application/http")


def _described(kind: str, url: str, fields: Fields, head: bytes) -> StoredResponse:
    """All but the payload."""
    http = parse_fields(head)
    status = _STATUS_LINE.fullmatch(http.first)
    if status is None and (head or (kind == "response" and _is_http(kind, fields))):
        raise Broken("no HTTP head stands in this response record")
    refers_to = None
    if kind == "revisit":
        uri = fields.get("WARC-Refers-To-Target-URI")
        refers_to = (uri and uri.strip("<>"), read_date(fields.get("WARC-Refers-To-Date")))
    return StoredResponse(
        url=url,
        record_type=kind,
        captured_at=read_date(fields.get("WARC-Date")),
        status=int(status[2]) if status else None,
        reason=(status[3] or "") if status else "",
        protocol=status[1] if status else "",
        headers=tuple(http.pairs),
        content_type=(http if _is_http(kind, fields) else fields).get("Content-Type"),
        payload_digest=in_our_form(fields.get("WARC-Payload-Digest")),
        declared_digest=fields.get("WARC-Payload-Digest"),
        refers_to=refers_to,
        profile=fields.get("WARC-Profile") if kind == "revisit" else None,
        truncated=fields.get("WARC-Truncated") or ("length" if fields.get("WARC-Segment-Number") else None),
        ip=fields.get("WARC-IP-Address"),
        time_source=fields.get(TIME_SOURCE_FIELD) or "warc",
        origin=fields.get(ORIGIN_FIELD) or "import",
    )


def _header(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    """All values of one header as one list."""
    return ",".join(Fields("", list(headers)).all(name)) or None


def _with_payload(
    record: StoredResponse, payload: bytes, digest: str, cut: bool, limit: int
) -> StoredResponse:
    if record.record_type == "revisit" and not payload:
        return record
    problem = None
    if "chunked" in (_header(record.headers, "Transfer-Encoding") or "").lower():
        plain = dechunk(payload)
        payload, problem = plain.body, plain.problem
        digest = payload_digest(payload)
    decoded = undo_coding(payload, _header(record.headers, "Content-Encoding"), limit)
    return replace(
        record,
        payload=payload,
        body=decoded.body,
        payload_digest=digest,
        truncated=record.truncated or ("length" if cut or decoded.cut else None),
        problem=problem or decoded.problem,
    )


# --- by offset ----------------------------------------------------------------------------


def read_record(
    folder: Path,
    warc_file: str,
    offset: int,
    lookup: Lookup | None = None,
    *,
    limit: int = PAYLOAD_LIMIT,
) -> StoredResponse:
    """The content record at an offset of a file in our folder. WarcError if there is none.

    With a ``lookup`` a revisit comes with the payload it refers to (and, where the server said
    "not modified", with the status and headers that came with it); without, its payload is empty.
    """
    record = source = _read_at(folder, warc_file, offset, limit)
    if lookup is None or record.record_type != "revisit":
        return record
    seen = {(warc_file, offset)}
    while source.record_type == "revisit":
        place = lookup(source.payload_digest, *(source.refers_to or (None, None)))
        if place is None or place in seen:
            raise WarcError(
                f"{folder / warc_file}: offset {offset}: the earlier capture this one refers to is not in "
                "the archive; import the WARC file that holds it"
            )
        seen.add(place)
        source = _read_at(folder, *place, limit)
    return _resolved(record, source, limit)


def _resolved(record: StoredResponse, source: StoredResponse, limit: int) -> StoredResponse:
    said_itself = record.status not in (None, 304)
    headers = record.headers if said_itself else source.headers
    decoded = undo_coding(source.payload, _header(headers, "Content-Encoding"), limit)
    return replace(
        record,
        status=record.status if said_itself else source.status,
        reason=record.reason if said_itself else source.reason,
        headers=headers,
        content_type=Fields("", list(headers)).get("Content-Type") or source.content_type,
        payload=source.payload,
        body=decoded.body,
        truncated=record.truncated or source.truncated,
        problem=decoded.problem,
    )


def _read_at(folder: Path, warc_file: str, offset: int, limit: int) -> StoredResponse:
    found = _find_at(folder, warc_file, offset, limit)
    if found.record is None:
        where = f"{folder / warc_file}: offset {offset}"
        raise WarcError(f"{where}: a record without content stands here; run `yiqihui verify`")
    return found.record


def _find_at(folder: Path, warc_file: str, offset: int, limit: int, *, check_blocks: bool = False) -> Found:
    path = folder / warc_file
    if Path(warc_file).name != warc_file:
        raise WarcError(f"{warc_file}: not the name of a file in {folder}; run `yiqihui verify`")
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            found = next(scan(stream, limit=limit, check_blocks=check_blocks), None)
    except FileNotFoundError as error:
        raise WarcError(f"{path}: the file is missing; put it back from a backup") from error
    except OSError as error:
        raise WarcError(f"{path}: can't be read: {error.strerror or error}") from error
    if found is None:
        raise WarcError(f"{path}: offset {offset}: the file ends before; restore it from a backup")
    if found.damage is not None or found.offset != offset:
        damage = found.damage or "no record begins here"
        raise WarcError(f"{path}: offset {offset}: {damage}; restore the file from a backup")
    return found


def verify_record(folder: Path, warc_file: str, offset: int, expected_digest: str) -> str | None:
    """None if the content record at the offset is whole and has the payload digest expected,
    matching what it states itself; else why not, in one line."""
    try:
        found = _find_at(folder, warc_file, offset, PAYLOAD_LIMIT, check_blocks=True)
    except WarcError as error:
        return str(error)
    where = f"{folder / warc_file}: offset {offset}"
    record = found.record
    if record is None:
        return f"{where}: a record without content stands here"
    if record.payload_digest != expected_digest:
        return f"{where}: the payload's digest is {record.payload_digest}, expected {expected_digest}"
    if record.declared_digest and in_our_form(record.declared_digest) != record.payload_digest:
        return f"{where}: the record states {record.declared_digest}, its payload has {expected_digest}"
    return None
