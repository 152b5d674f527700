"""The two dialects of CDX answers, and the addresses around an index. Pure.

The Internet Archive answers one JSON table: a header row, a row per capture and, where there
is more, an empty row and a key to resume from (a key is given only if a limit was asked for).
pywb answers one JSON object a line, silently cut at the limit.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

INTERNET_ARCHIVE = "https://web.archive.org/cdx/search/cdx"

_HTML = ("text/html", "application/xhtml+xml")
_UNSAID = ("", "-", "unk", "warc/revisit")
"""What indexes put for a type they don't know; a revisit has the type of what it repeats."""
_PORTS = {"http": ":80", "https": ":443"}
_ADDRESS_SAFE = "".join(c for c in string.printable if not c.isspace() and c not in '"<>\\^`{|}#')


class BadAnswer(ValueError):
    """Not a CDX answer; one line."""


@dataclass(frozen=True, slots=True)
class Row:
    """One capture an index knows of."""

    urlkey: str
    timestamp: str
    """``20190413093007``, UTC."""
    url: str
    """As captured, without the scheme's usual port."""
    mimetype: str
    status: str
    digest: str | None
    """In our form, ``sha1:`` + base32, or whatever else the index goes by."""

    @property
    def captured_at(self) -> str:
        return moment(self.timestamp)


@dataclass(frozen=True, slots=True)
class Answer:
    rows: tuple[Row, ...]
    resume_key: str | None = None
    unusable: int = 0
    """Rows without a usable time or address."""

    @property
    def size(self) -> int:
        return len(self.rows) + self.unusable


# --- answers -------------------------------------------------------------------------------


def parse(text: str) -> Answer:
    """An index's answer, in either dialect. BadAnswer if it is none."""
    text = text.strip("\ufeff \t\r\n")
    try:
        if not text:
            return Answer(())
        if text.startswith("["):
            return _table(json.loads(text))
        if text.startswith("{"):
            return _lines([json.loads(line) for line in text.splitlines() if line.strip()])
    except (json.JSONDecodeError, RecursionError):
        raise BadAnswer("the answer is cut off or is not JSON") from None
    raise BadAnswer(f"this is no index's answer: {' '.join(text[:80].split())!r}")


def _table(table: Sequence[Any]) -> Answer:
    if not table:
        return Answer(())
    header, *found = table
    if not isinstance(header, list) or "timestamp" not in header:
        raise BadAnswer("the table has no header row that names a timestamp")
    key = None
    if [] in found:
        end = found.index([])
        key = _key(found[end + 1 :])
        found = found[:end]
    rows = [_row(dict(zip(header, one, strict=False))) if isinstance(one, list) else None for one in found]
    return _answer(rows, key)


def _key(after: Sequence[Any]) -> str | None:
    first = after[0] if after else None
    if isinstance(first, list):
        first = first[0] if first else None
    return first if isinstance(first, str) and first else None


def _lines(found: Sequence[Any]) -> Answer:
    first = found[0]
    if isinstance(first, dict) and "timestamp" not in first:
        said = str(first.get("message") or first.get("error") or "")
        if said.lower().startswith("no captures"):
            return Answer(())
        raise BadAnswer(said or "the answer's lines name no timestamp")
    return _answer([_row(one) if isinstance(one, dict) else None for one in found], None)


def _answer(rows: Sequence[Row | None], key: str | None) -> Answer:
    good = tuple(row for row in rows if row is not None)
    return Answer(good, key, len(rows) - len(good))


def _row(fields: Mapping[str, Any]) -> Row | None:
    def first(*names: str) -> str:
        return next((str(fields[name]) for name in names if fields.get(name) is not None), "")

    url = plain_address(first("original", "url"))
    timestamp = first("timestamp")
    if url is None or not is_timestamp(timestamp):
        return None
    return Row(
        urlkey=first("urlkey") or url,
        timestamp=timestamp,
        url=url,
        mimetype=first("mimetype", "mime").partition(";")[0].strip().lower(),
        status=first("statuscode", "status"),
        digest=in_our_form(first("digest")),
    )


def may_be_page(row: Row) -> bool:
    """Whether a row is a page of text, or a repetition of something that may be one."""
    return row.status in ("200", "", "-") and (row.mimetype in _HTML or row.mimetype in _UNSAID)


def says_type(row: Row) -> bool:
    return row.mimetype not in _UNSAID


def in_our_form(digest: str) -> str | None:
    """
    >>> in_our_form("3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ")
    'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    """
    digest = digest.strip()
    if digest in ("", "-"):
        return None
    return digest if ":" in digest else f"sha1:{digest}"


# --- times ---------------------------------------------------------------------------------


def is_timestamp(text: str) -> bool:
    """Fourteen digits that are a moment."""
    if not re.fullmatch(r"\d{14}", text, re.ASCII):
        return False
    try:
        moment(text)
    except ValueError:
        return False
    return True


def moment(timestamp: str) -> str:
    """
    >>> moment("20190413093007")
    '2019-04-13T09:30:07+00:00'
    """
    parts = [int(timestamp[:4]), *(int(timestamp[at : at + 2]) for at in range(4, 14, 2))]
    return datetime(*parts, tzinfo=timezone.utc).isoformat()  # type: ignore[misc, arg-type]


# --- addresses -----------------------------------------------------------------------------


def plain_address(url: str) -> str | None:
    """A web address without the scheme's usual port and with nothing that can't stand in one;
    None if it is no web address.

    >>> plain_address("http://www.178hui.com:80/news/view/5561.html")
    'http://www.178hui.com/news/view/5561.html'
    """
    scheme, colon, rest = url.partition("://")
    scheme = scheme.lower()
    if not colon or scheme not in _PORTS:
        return None
    end = re.search(r"[/?#]|$", rest)
    assert end is not None
    host, path = rest[: end.start()], rest[end.start() :].partition("#")[0]
    host = host.removesuffix(_PORTS[scheme])
    try:
        if not urlsplit(f"{scheme}://{host}").hostname:
            return None
    except ValueError:
        return None
    return quote(f"{scheme}://{host}{path if path.startswith('/') else '/' + path}", safe=_ADDRESS_SAFE)


def query(
    index: str,
    prefix: str,
    *,
    since: str | None = None,
    until: str | None = None,
    limit: int,
    resume_key: str | None = None,
) -> str:
    """The address that asks ``index`` for all captures under ``prefix``, times as digits."""
    fields = {
        "url": prefix,
        "matchType": "prefix",
        "output": "json",
        "showResumeKey": "true",
        "limit": str(limit),
    }
    fields |= {"from": since} if since else {}
    fields |= {"to": until} if until else {}
    fields |= {"resumeKey": resume_key} if resume_key else {}
    return f"{index}{'&' if '?' in index else '?'}{urlencode(fields)}"


def replay_base(index: str) -> str | None:
    """Where captures are replayed, as far as the index's address tells.

    >>> replay_base("https://web.archive.org/cdx/search/cdx")
    'https://web.archive.org/web'
    >>> replay_base("http://localhost:8080/news/cdx")
    'http://localhost:8080/news'
    """
    index = index.partition("?")[0].rstrip("/")
    if index.endswith("/cdx/search/cdx"):
        return index.removesuffix("/cdx/search/cdx") + "/web"
    stem = re.fullmatch(r"(https?://[^/]+/.+)[/-]cdx", index)
    return stem[1] if stem else None


def replay_address(base: str, timestamp: str, url: str) -> str:
    """Where the original bytes of a capture are."""
    return f"{base}/{timestamp}id_/{url}"


def replayed(base: str, address: str) -> tuple[str, str] | None:
    """Timestamp and address of the capture that a replay address leads to, either scheme."""
    home = re.escape(base.partition("://")[2])
    match = re.fullmatch(rf"https?://{home}/(\d{{14}})(?:[a-z]{{2}}_)?/(.+)", address)
    if match is None or not is_timestamp(match[1]):
        return None
    url = plain_address(match[2])
    return (match[1], url) if url else None
