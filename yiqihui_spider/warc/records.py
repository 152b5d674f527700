"""The values of the WARC parts, and the small grammar of heads, dates and digests."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from yiqihui_spider.errors import YiqihuiError

Headers = Sequence[tuple[str, str]]

HEAD_LIMIT = 1024 * 1024
"""Bytes of an HTTP head that are written, and that are read: what is longer is no head."""

CONTENT_TYPES = frozenset({"response", "revisit", "resource", "conversion"})
"""Record types that hold what a page said; requests, warcinfo and metadata don't."""

IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"

TIME_SOURCE_FIELD = "X-Yiqihui-Time-Source"
ORIGIN_FIELD = "X-Yiqihui-Origin"
"""Our two extension fields: with them the table of captures can be rebuilt from the files alone."""


class WarcError(YiqihuiError):
    """One clear line: which file, which offset, what is wrong, what to do."""


@dataclass(frozen=True, slots=True)
class Previous:
    """An earlier capture whose payload stands for a later, unchanged one."""

    url: str
    captured_at: str
    payload_digest: str


@dataclass(frozen=True, slots=True)
class Damaged:
    """A stretch of a WARC file in which no whole record could be read."""

    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A record as read back."""

    url: str
    record_type: str
    """``response``, ``revisit``, ``resource`` or ``conversion``."""
    captured_at: str | None
    """None where the record's date makes no sense."""
    status: int | None = None
    reason: str = ""
    protocol: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """HTTP headers in order, repeated ones too, each byte as the code point of its value (latin-1)."""
    payload: bytes = b""
    """As sent: still content-encoded, chunks undone; empty for a revisit that was not resolved."""
    body: bytes = b""
    """The payload with its content coding undone."""
    content_type: str | None = None
    payload_digest: str = ""
    """``sha1:`` + base32 of the payload; for a revisit, the digest its record states."""
    declared_digest: str | None = None
    """WARC-Payload-Digest as the record states it (tools differ in what they hash)."""
    refers_to: tuple[str | None, str | None] | None = None
    """Of a revisit: target address and date (ISO 8601) of the capture that holds the payload."""
    profile: str | None = None
    """Of a revisit: what it claims, as an address."""
    truncated: str | None = None
    """WARC-Truncated of the record, or ``length`` when our own limit cut payload or body."""
    problem: str | None = None
    """Why ``body`` may not be what the server meant: a coding unknown, damaged or cut off."""
    warning: str | None = None
    """What is not as the record declares, though ``body`` can be read: to be counted and told."""
    offset: int = 0
    length: int | None = None
    """Bytes in the file; None for a record that shares a gzip member with others."""
    ip: str | None = None
    time_source: str = "warc"
    origin: str = "import"

    @property
    def is_whole(self) -> bool:
        """Whether the status says that this is the page, all of it: 200, 203 (changed by a proxy
        on the way), 206 with the whole as its part; or no status, where it came from a file."""
        return self.status is None or is_whole(self.status, self.headers)

    def header(self, name: str) -> str | None:
        return header(self.headers, name)

    def header_list(self, name: str) -> str | None:
        """All values of one header as one list."""
        return ",".join(headers_named(self.headers, name)) or None


def header(headers: Headers, name: str) -> str | None:
    """The value of the first header with this name, in whatever case."""
    return next(iter(headers_named(headers, name)), None)


def headers_named(headers: Headers, name: str) -> list[str]:
    name = name.lower()
    return [value for key, value in headers if key.lower() == name]


def is_whole(status: int, headers: Headers) -> bool:
    """Whether an answer holds the whole page by its status line and ``Content-Range``."""
    if status != 206:
        return status in (200, 203)
    part = _RANGE.fullmatch(header(headers, "Content-Range") or "")
    return part is not None and int(part[1]) == 0 and int(part[2]) + 1 == int(part[3])


_RANGE = re.compile(
    r"\s*bytes[ =]\s*(\d{1,15})\s*-\s*(\d{1,15})\s*/\s*(\d{1,15})\s*", re.ASCII | re.IGNORECASE
)


@dataclass(slots=True)
class Fields:
    """A head: first line and fields, names compared without case."""

    first: str
    pairs: list[tuple[str, str]] = field(default_factory=list)

    def get(self, name: str) -> str | None:
        return header(self.pairs, name)

    def all(self, name: str) -> list[str]:
        return headers_named(self.pairs, name)


def parse_fields(head: bytes, *, utf8: bool = False) -> Fields:
    """A WARC or HTTP head apart; folded lines are joined, lines without a colon are passed over.

    ``utf8`` decodes as UTF-8 where it can (WARC fields); else bytes become code points (HTTP).
    """
    text = _decode(head) if utf8 else head.decode("latin-1")
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    fields = Fields(lines[0].strip(" \t\r"))
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and fields.pairs:
            key, before = fields.pairs[-1]
            fields.pairs[-1] = (key, f"{before} {line.strip(_BLANKS)}".strip(_BLANKS))
        elif colon:
            fields.pairs.append((name.strip(_BLANKS), value.strip(_BLANKS)))
    return fields


_BLANKS = " \t\r"


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _encode(text: str) -> bytes:
    """The bytes as they came; text that never was bytes (beyond latin-1) becomes UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")


def format_head(first: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """An HTTP head as bytes, with its empty line. Line breaks inside values become spaces, and
    what can't stand in a name becomes ``_``: the head must read back line by line."""
    lines = [first, *(f"{_ODD_NAME.sub('_', name) or '_'}: {value}" for name, value in headers)]
    return b"".join(_encode(_BREAK.sub(" ", line)) + b"\r\n" for line in lines) + b"\r\n"


_ODD_NAME = re.compile(r"[\s:]")
_BREAK = re.compile(r"[\r\n]+")


# --- dates --------------------------------------------------------------------------------

_WARC_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?"
    r"(?: ?(?:[Zz]|([+-])(\d\d):?(\d\d)?))?)?)?)?",
    re.ASCII,
)
_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)", re.ASCII)


def warc_date(moment: str | datetime) -> str:
    """``2026-11-22T06:00:00Z``, whole seconds, UTC. ValueError without an offset."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", moment))
    if moment.tzinfo is None:
        raise ValueError(f"a time of capture needs an offset: {moment.isoformat()}")
    return moment.astimezone(timezone.utc).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def iso_date(moment: str | datetime) -> str:
    """The same moment as the archive writes it: ``2026-11-22T06:00:00+00:00``."""
    return warc_date(moment).replace("Z", "+00:00")


def read_date(text: str | None) -> str | None:
    """A WARC-Date (any precision, WARC 1.0 and 1.1; with an offset, too, and as the 14 digits of
    web archives) as the archive writes times, or None. Without a zone it is UTC."""
    text = (text or "").strip()
    match = _WARC_DATE.fullmatch(text) or _DIGITS.fullmatch(text)
    if not match:
        return None
    parts = [int(part or least) for part, least in zip(match.groups(), (0, 1, 1, 0, 0, 0), strict=False)]
    parts[5] = min(parts[5], 59)
    try:
        return iso_date(datetime(*parts[:6], tzinfo=_zone(*match.groups()[6:])))  # type: ignore[arg-type,misc]
    except (ValueError, OverflowError):
        return None


def _zone(sign: str | None = None, hours: str | None = None, minutes: str | None = None) -> timezone:
    if sign is None:
        return timezone.utc
    ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    return timezone(-ahead if sign == "-" else ahead)


# --- digests ------------------------------------------------------------------------------


def digest_of(sha1: Any) -> str:
    return "sha1:" + base64.b32encode(sha1.digest()).decode("ascii")


def payload_digest(payload: bytes) -> str:
    """As in WARC-Payload-Digest: ``sha1:`` + base32."""
    return digest_of(hashlib.sha1(payload, usedforsecurity=False))


_ALGORITHMS = {
    name.replace("_", ""): name
    for name in (
        "md5",
        "sha1",
        "sha224",
        "sha256",
        "sha384",
        "sha512",
        "sha3_256",
        "sha3_512",
        "blake2b",
        "blake2s",
    )
}


def hasher(declared: str | None) -> Any | None:
    """A hash object for a declared digest (``sha1:…``, ``sha-256:…``), None for one we can't check."""
    name = re.sub(r"[-_]", "", (declared or "").partition(":")[0].strip().lower())
    return hashlib.new(_ALGORITHMS[name], usedforsecurity=False) if name in _ALGORITHMS else None


def digest_matches(declared: str, computed: bytes) -> bool:
    """Whether a declared digest, in base 32, base 16 or base 64, is ``computed``."""
    value = declared.partition(":")[2].strip()
    forms = (base64.b64encode(computed), base64.urlsafe_b64encode(computed))
    return (
        value.upper().rstrip("=") == base64.b32encode(computed).decode().rstrip("=")
        or value.lower() == computed.hex()
        or value.rstrip("=") in {form.decode().rstrip("=") for form in forms}
    )


def in_our_form(declared: str | None) -> str:
    """A SHA-1 in hex, as some crawlers write it, in base 32; anything else unchanged."""
    name, _, value = (declared or "").strip().partition(":")
    if name.lower() in ("sha1", "sha-1") and re.fullmatch(r"[0-9A-Fa-f]{40}", value):
        return "sha1:" + base64.b32encode(bytes.fromhex(value)).decode("ascii")
    return (declared or "").strip()
