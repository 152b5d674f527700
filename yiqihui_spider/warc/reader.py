"""Reading WARC and ARC files: one record by its offset, or any file whole, whoever wrote it.

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
from typing import BinaryIO

from yiqihui_spider.warc import arc
from yiqihui_spider.warc.coding import PAYLOAD_LIMIT
from yiqihui_spider.warc.digests import Digests, Verdict
from yiqihui_spider.warc.records import (
    CONTENT_TYPES,
    HEAD_LIMIT,
    Damaged,
    Fields,
    StoredResponse,
    WarcError,
    digest_of,
    in_our_form,
    parse_fields,
)
from yiqihui_spider.warc.responses import http_response, is_http, resolved, with_payload
from yiqihui_spider.warc.stream import BLOCK, Broken, Place, Source

__all__ = [
    "Damaged",
    "Found",
    "Lookup",
    "StoredResponse",
    "WarcError",
    "holds_payload",
    "iter_records",
    "read_record",
    "scan",
    "verify_record",
]

Lookup = Callable[[str, "str | None", "str | None"], "tuple[str, int] | None"]
"""Where a revisit's payload is: (digest, target address, date as ISO 8601) to (file, offset)."""

_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at a place in a file: a record of any type, or damage."""

    offset: int
    end: int | None = None
    """Where its bytes end; None for damage and for a record that shares its gzip member."""
    record: StoredResponse | None = None
    """For the record types that hold content, if it was wanted."""
    damage: str | None = None
    kind: str = ""
    """The record's type, in lower case; of ARC ``response`` or ``filedesc``."""


# --- a whole file -------------------------------------------------------------------------


def iter_records(
    stream: BinaryIO,
    *,
    wanted: Callable[[str], bool] = lambda url: True,
    limit: int = PAYLOAD_LIMIT,
) -> Iterator[tuple[int, StoredResponse | Damaged]]:
    """Every content record (response, revisit, resource, conversion) whose address is ``wanted``,
    in file order, with its offset, and every damaged stretch.

    Takes any WARC or ARC, plain, ``.gz`` or ``.zst`` (with its dictionary in front or without),
    from a file or a pipe. The offset is that of the gzip member or zstd frame, where there is one.
    Payloads of unwanted addresses are neither held nor decoded.
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
        self, source: Source, place: Place, wanted: Callable[[str], bool], limit: int, check: bool
    ) -> None:
        self._source = source
        self._place = place
        self._wanted = wanted
        self._limit = limit
        self._check = check
        self._left = 0
        self._digests = Digests(None, None)
        self._kind = ""

    def read(self) -> Found:
        form = self._source.begins()
        if form is None:
            raise Broken("no WARC record begins here")
        self._source.form = form
        return self._arc() if form == "arc" else self._warc()

    def _warc(self) -> Found:
        fields = parse_fields(self._source.read_head(HEAD_LIMIT), utf8=True)
        self._left = _content_length(fields)
        self._source.expect(self._left)
        self._kind = kind = (fields.get("WARC-Type") or "").lower()
        url = (fields.get("WARC-Target-URI") or "").strip("<>")
        if self._check:
            self._digests = Digests(fields.get("WARC-Block-Digest"), fields.get("WARC-Payload-Digest"))
        is_content = kind in CONTENT_TYPES and self._wanted(url)
        record = self._content(kind, url, fields) if is_content else None
        self._skip()
        end = self._source.end_of_record(self._place, sound=self._digests.block_matches() is True)
        verdict = self._digests.judge(record) if record is not None else Verdict()
        if verdict.damage:  # not Broken: it ends properly, nothing needs to be searched for
            return Found(self._place.offset, damage=verdict.damage)
        return self._found(end, record, verdict.warning)

    def _arc(self) -> Found:
        line = arc.parse(self._source.read(self._source.arc_line() or 0))
        self._left = line.length
        self._source.expect(self._left)
        record = None
        self._kind = "response" if line.is_content else "filedesc"
        if line.is_content and self._wanted(line.url):
            record = self._arc_content(line)
        self._skip()
        return self._found(self._source.end_of_record(self._place, sound=False), record, None)

    def _arc_content(self, line: arc.ArcLine) -> StoredResponse:
        start = self._block(BLOCK)
        head, rest = self._http_head(start) if re.match(rb"HTTP/\d", start) else (b"", start)
        fields = Fields("", [("WARC-IP-Address", line.ip)])
        if not head:
            fields.pairs.append(("Content-Type", line.content_type or "application/octet-stream"))
        record = http_response("response", line.url, fields, head)
        kind = record.content_type or line.content_type
        record = replace(record, captured_at=line.captured_at, content_type=kind)
        return with_payload(record, *self._payload(rest), self._limit)

    def _found(self, end: int | None, record: StoredResponse | None, warning: str | None) -> Found:
        offset = self._place.offset
        length = None if end is None else end - offset
        if record is not None:
            warnings = "; ".join(one for one in (warning, record.warning) if one) or None
            record = replace(record, offset=offset, length=length, warning=warnings)
        return Found(offset, end, record, kind=self._kind)

    def _skip(self) -> None:
        while self._block(BLOCK):
            pass

    def _block(self, size: int) -> bytes:
        """The next bytes of the block; empty at its end."""
        data = self._source.read(min(size, self._left))
        if self._left and not data:
            raise Broken("the data ends inside the record")
        self._left -= len(data)
        self._digests.block(data)
        return data

    def _content(self, kind: str, url: str, fields: Fields) -> StoredResponse:
        head, rest = b"", b""
        if is_http(kind, fields):
            head, rest = self._http_head(b"")
        record = http_response(kind, url, fields, head)
        return with_payload(record, *self._payload(rest), self._limit)

    def _http_head(self, data: bytes) -> tuple[bytes, bytes]:
        """The HTTP head, and what was read behind it."""
        searched = 0
        while True:
            if match := _EMPTY_LINE.search(data, max(0, searched - 3)):
                if match.end() > HEAD_LIMIT:
                    break
                return data[: match.end()], data[match.end() :]
            if len(data) > HEAD_LIMIT:
                break
            searched = len(data)
            more = self._block(BLOCK)
            if not more:  # a revisit's head may stand alone, without its empty line
                return data, b""
            data += more
        raise Broken(f"the HTTP head is longer than {HEAD_LIMIT >> 20} MiB")

    def _payload(self, rest: bytes) -> tuple[bytes, str, bool]:
        """Payload up to the limit, the digest of all of it, and whether it was cut."""
        parts, size, sha1 = [], 0, hashlib.sha1(usedforsecurity=False)
        piece = rest or self._block(BLOCK)
        while piece:
            sha1.update(piece)
            self._digests.payload(piece)
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
    return resolved(record, source, limit)


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


def holds_payload(folder: Path, warc_file: str, offset: int, digest: str) -> bool:
    """Whether the record at the offset can be read, is no revisit, and has this payload."""
    try:
        record = _find_at(folder, warc_file, offset, 0, check_blocks=True).record
    except WarcError:
        return False
    return record is not None and record.record_type != "revisit" and record.payload_digest == digest


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
