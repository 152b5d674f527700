"""Appending captures to WARC 1.1 files, one gzip member per record.

A group of records (a response with its request) goes to the operating system in one write before
``write_*`` returns, so what was returned survives ``kill -9``; ``sync`` and ``close`` also wait
for the disk. A crash inside that write leaves one partial group at the file's end
(:mod:`yiqihui_spider.warc.repair`); a failed write (disk full) is taken back at once.
"""

from __future__ import annotations

import re
import string
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from warcio.recordloader import ArcWarcRecord  # type: ignore[import-untyped]
from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped]
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]

from yiqihui_spider.items import Capture
from yiqihui_spider.warc.files import WarcFile, begun_this_month, new_path, warcinfo_of
from yiqihui_spider.warc.heads import asks_for_head_only, http_head, matching, one_line
from yiqihui_spider.warc.records import (
    IDENTICAL,
    NOT_MODIFIED,
    ORIGIN_FIELD,
    TIME_SOURCE_FIELD,
    Fields,
    Headers,
    Previous,
    StoredResponse,
    iso_date,
    payload_digest,
    warc_date,
)

__all__ = ["MAX_BYTES", "Previous", "WarcWriter"]

MAX_BYTES = 1024 * 1024 * 1024
"""A file that has grown to 1 GiB (compressed) is closed and the next one begun."""

_LEVEL = 1
"""warcio's own level 9 costs a third of the crawl's speed and saves 5 % of the bytes."""

_BODILESS = (204, 304)
_ODD_URL = re.compile(r"[\x00-\x20\x7f]")
_URL_SAFE = "".join(c for c in string.printable if not c.isspace())


class _Members:
    """A stream for warcio: every flush (its end of a record) ends a gzip member."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS + 16)
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        self._parts.append(self._compressor.compress(data))

    def flush(self) -> None:
        self._parts.append(self._compressor.flush())

    def take(self) -> bytes:
        member = b"".join(self._parts)
        self._begin()
        return member


class _RawHead(StatusAndHeaders):  # type: ignore[misc]
    """An HTTP head written byte for byte; warcio would percent-encode what is not ASCII."""

    def __init__(self, head: bytes) -> None:
        super().__init__("as received", [])
        self.headers_buff = head

    def compute_headers_buffer(self, header_filter: object = None) -> None:
        """Nothing to compute."""


class WarcWriter:
    """Writes into ``folder``, from the first record on: to the open file of the runs before (``resume``),
    until it is large or the month is over, else to a file of its own. No other file is ever touched.

    All times need an offset (ValueError); what can't be written is a WarcError of one line.
    """

    def __init__(
        self,
        folder: Path,
        *,
        software: str,
        max_bytes: int = MAX_BYTES,
        prefix: str = "yiqihui",
        announce: Callable[[str], None] = lambda name: None,
        resume: Path | None = None,
    ) -> None:
        """``announce`` is told the name of each file before it is begun, or gone on with. ``resume`` must
        be whole, and nobody else's to write."""
        self.folder = folder
        self._software = software
        self._max_bytes = max_bytes
        self._prefix = prefix
        self._announce = announce
        self._members = _Members()
        self._warcio = WARCWriter(self._members, gzip=False, warc_version="WARC/1.1")
        self._file: WarcFile | None = None
        self._resume = resume
        self._serial = 0
        self._warcinfo_id = ""

    def __enter__(self) -> WarcWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Wait for the disk and close the file; the next record begins another."""
        if self._file is not None:
            file, self._file = self._file, None
            file.close()

    def sync(self) -> None:
        """Wait until the disk has what was written: then it survives a power failure too."""
        if self._file is not None:
            self._file.sync()

    # --- what can be written ---

    def write_response(
        self,
        *,
        url: str,
        request_headers: bytes | Sequence[str] | None,
        status: int,
        reason: str,
        headers: Headers,
        body: bytes,
        captured_at: str | datetime,
        request_body: bytes = b"",
        protocol: str = "HTTP/1.1",
        truncated: str | None = None,
        ip: str | None = None,
        previous: Previous | None = None,
        not_modified: bool = False,
        time_source: str = "clock",
        origin: str = "live",
    ) -> Capture:
        """One exchange: the response as received (content coding kept, chunks undone), and its
        request (head with the request line; None where it was not ours).

        ``previous`` makes it a ``revisit`` if its payload is the same, or, with ``not_modified``,
        if the server said so (304); the capture then has the digest of the payload meant.
        Without a ``previous``, an answer 304 is kept as the response it is. Of a head longer than
        HEAD_LIMIT the last headers are left out, and the capture says that it is truncated.
        """
        as_it_is = status in _BODILESS or asks_for_head_only(request_headers)
        sent = headers if as_it_is else matching(headers, len(body))
        head, whole = http_head(protocol, status, reason, sent)
        if not whole:
            truncated = truncated or "length"
            previous = None
        fields = _fields(captured_at, time_source, origin, truncated, ip)
        digest = payload_digest(body)
        if previous is not None and (not_modified or (body and previous.payload_digest == digest)):
            digest = previous.payload_digest
            record = self._revisit(url, head, fields, previous, NOT_MODIFIED if not_modified else IDENTICAL)
        else:
            record = self._record(url, "response", body, {**fields, "WARC-Payload-Digest": digest}, head)
        ours = [] if request_headers is None else [self._request(record, request_headers, request_body)]
        place = self._append([record, *ours])
        return _capture(record, place, digest, status=status, headers=headers)

    def write_resource(
        self,
        url: str,
        body: bytes,
        content_type: str | None,
        captured_at: str | datetime,
        time_source: str = "given",
        origin: str = "import",
        *,
        kind: str = "resource",
    ) -> Capture:
        """Bytes that did not come over HTTP (an imported file); ``kind`` may be ``conversion``."""
        digest = payload_digest(body)
        fields = _fields(captured_at, time_source, origin) | {"WARC-Payload-Digest": digest}
        record = self._record(url, kind, body, fields, content_type=content_type)
        return _capture(record, self._append([record]), digest)

    def write_copy(
        self,
        record: StoredResponse,
        *,
        previous: Previous | None = None,
        captured_at: str | None = None,
        time_source: str = "warc",
        origin: str = "import",
    ) -> Capture:
        """A record read from a foreign file, under its own time unless ``captured_at`` is given.

        Responses get our digests (and become revisits of ``previous`` if that has the same
        payload); revisits stay revisits of what they name. ValueError if no time is known.
        """
        moment = captured_at or record.captured_at
        if moment is None:
            raise ValueError(f"{record.url}: the record has no usable WARC-Date")
        if record.record_type == "revisit":
            return self._copy_revisit(record, moment, time_source, origin)
        if record.status is None:
            kind = "conversion" if record.record_type == "conversion" else "resource"
            return self.write_resource(
                record.url, record.payload, record.content_type, moment, time_source, origin, kind=kind
            )
        return self.write_response(
            url=record.url,
            request_headers=None,
            status=record.status,
            reason=record.reason,
            headers=record.headers,
            body=record.payload,
            captured_at=moment,
            protocol=record.protocol,
            truncated=record.truncated,
            ip=record.ip,
            previous=previous,
            time_source=time_source,
            origin=origin,
        )

    def _copy_revisit(self, record: StoredResponse, moment: str, time_source: str, origin: str) -> Capture:
        fields = _fields(moment, time_source, origin, record.truncated, record.ip)
        uri, date = record.refers_to or (None, None)
        previous = Previous(uri or record.url, date or "", record.payload_digest)
        head = b""
        if record.status is not None:
            head = http_head(record.protocol, record.status, record.reason, record.headers)[0]
        copy = self._revisit(record.url, head, fields, previous, record.profile or IDENTICAL)
        place = self._append([copy])
        return _capture(copy, place, record.payload_digest, status=record.status, headers=record.headers)

    # --- records ---

    def _record(
        self,
        url: str,
        kind: str,
        payload: bytes,
        fields: dict[str, str],
        head: bytes = b"",
        content_type: str | None = None,
    ) -> ArcWarcRecord:
        return self._warcio.create_warc_record(
            quote(url, safe=_URL_SAFE) if _ODD_URL.search(url) else url,
            kind,
            payload=BytesIO(payload),
            length=len(payload),
            warc_content_type=one_line(content_type or ("" if head else "application/octet-stream")),
            warc_headers_dict=fields,
            http_headers=_RawHead(head) if head else None,
        )

    def _revisit(
        self, url: str, head: bytes, fields: dict[str, str], previous: Previous, profile: str
    ) -> ArcWarcRecord:
        fields = {
            **fields,
            "WARC-Profile": profile,
            "WARC-Refers-To-Target-URI": previous.url,
            "WARC-Refers-To-Date": warc_date(previous.captured_at) if previous.captured_at else "",
            "WARC-Payload-Digest": previous.payload_digest,
        }
        known = {name: one_line(value) for name, value in fields.items() if value}
        return self._record(url, "revisit", b"", known, head, "application/http; msgtype=response")

    def _request(self, response: ArcWarcRecord, head: bytes | Sequence[str], body: bytes) -> ArcWarcRecord:
        if not isinstance(head, bytes):
            head = "\r\n".join(head).encode("utf-8")
        known = response.rec_headers
        fields = {
            "WARC-Date": known.get_header("WARC-Date"),
            "WARC-Concurrent-To": known.get_header("WARC-Record-ID"),
        }
        url = known.get_header("WARC-Target-URI")
        return self._record(url, "request", body, fields, head.rstrip(b"\r\n") + b"\r\n\r\n")

    def _warcinfo(self, name: str) -> ArcWarcRecord:
        return self._warcio.create_warcinfo_record(
            name,
            {
                "software": one_line(self._software),
                "format": "WARC File Format 1.1",
                "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
                "robots": "obey",
            },
        )

    # --- the file ---

    def _append(self, group: Sequence[ArcWarcRecord]) -> tuple[str, int, int]:
        """Write a group in one go; file name, offset and length of its first record."""
        if self._file is not None and self._file.size >= self._max_bytes:
            self.close()
        opening = b""
        if self._file is None:
            self._file = WarcFile(self._next_path(), self._announce)
        if not self._file.size:
            opening = self._member(self._warcinfo(self._file.name))
        members = [self._member(record) for record in group]
        offset = self._file.append(b"".join([opening, *members])) + len(opening)
        return self._file.name, offset, len(members[0])

    def _next_path(self) -> Path:
        """Of the file to go on with, if there is one (only at first), else of a new one."""
        resume, self._resume = self._resume, None
        if resume is not None and begun_this_month(resume.name) and resume.is_file():
            known = warcinfo_of(resume, one_line(self._software))
            if known is not None and resume.stat().st_size < self._max_bytes:
                self._warcinfo_id = known
                return resume
        self._serial += 1
        return new_path(self.folder, self._prefix, self._serial)

    def _member(self, record: ArcWarcRecord) -> bytes:
        if record.rec_type == "warcinfo":
            self._warcinfo_id = record.rec_headers.get_header("WARC-Record-ID")
        else:
            record.rec_headers.add_header("WARC-Warcinfo-ID", self._warcinfo_id)
        self._warcio.write_record(record)
        return self._members.take()


# --- values -------------------------------------------------------------------------------


def _fields(
    captured_at: str | datetime,
    time_source: str,
    origin: str,
    truncated: str | None = None,
    ip: str | None = None,
) -> dict[str, str]:
    fields = {
        "WARC-Date": warc_date(captured_at),
        "WARC-Truncated": truncated or "",
        "WARC-IP-Address": ip or "",
        ORIGIN_FIELD: origin,
        TIME_SOURCE_FIELD: time_source,
    }
    return {name: one_line(value) for name, value in fields.items() if value}


def _capture(
    record: ArcWarcRecord,
    place: tuple[str, int, int],
    digest: str,
    *,
    status: int | None = None,
    headers: Headers = (),
) -> Capture:
    said = record.rec_headers.get_header
    http = Fields("", list(headers))
    return Capture(
        url=said("WARC-Target-URI"),
        captured_at=iso_date(said("WARC-Date")),
        payload_digest=digest,
        warc_file=place[0],
        warc_offset=place[1],
        warc_length=place[2],
        http_status=status,
        etag=http.get("ETag"),
        last_modified=http.get("Last-Modified"),
        time_source=said(TIME_SOURCE_FIELD),
        origin=said(ORIGIN_FIELD),
        truncated=said("WARC-Truncated"),
    )
