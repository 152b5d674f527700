"""What a CDX index answers, in the dialects there are. Pure.

The Internet Archive answers one JSON table: a header row, a row per capture and, where there
is more, an empty row and a key to resume from (a key is given only if a limit was asked for).
pywb answers one JSON object a line, silently cut at the limit. Others leave the header row out,
answer a list of objects, or whatever is asked for the plain lines of a CDX or CDXJ file.
"""

from __future__ import annotations

import base64
import json
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, unquote_plus, urlsplit

from yiqihui_spider.errors.network import one_line

_HTML = ("text/html", "application/xhtml+xml")
_UNSAID = ("", "-", "unk", "warc/revisit")
"""What indexes put for a type they don't know; a revisit has the type of what it repeats."""
_PORTS = {"http": ":80", "https": ":443"}
_ADDRESS_SAFE = "".join(c for c in string.printable if not c.isspace() and c not in '"<>\\^`{|}#')

COLUMNS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest")
"""With these every index begins a row that has no names."""
_LETTERS = dict(zip("NbamskS", (*COLUMNS, "length"), strict=True))
"""What a CDX file's first line calls them."""
EMPTY = "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
"""The digest of no bytes at all."""
FIRST_YEAR = 1996
"""No web archive has captures of earlier years."""


class BadAnswer(ValueError):
    """Not a CDX answer; one line."""

    def __init__(self, message: str, *, cut: bool = False) -> None:
        super().__init__(message)
        self.cut = cut
        """It may be the beginning of one."""


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
class LeftOut:
    """A row that stands for no capture that could be asked for."""

    reason: str
    row: str
    """The row, as far as it says anything."""


@dataclass(frozen=True, slots=True)
class Answer:
    rows: tuple[Row, ...]
    resume_key: str | None = None
    left_out: tuple[LeftOut, ...] = ()
    table: bool = False
    """The Internet Archive's dialect, which says where there is more."""

    @property
    def size(self) -> int:
        return len(self.rows) + len(self.left_out)


# --- answers -------------------------------------------------------------------------------


def parse(text: str) -> Answer:
    """An index's answer, in any dialect. BadAnswer if it is none."""
    text = text.strip("\ufeff\r\n")
    try:
        if not text.strip():
            return Answer(())
        if text.lstrip().startswith("["):
            return _table(json.loads(text))
        if text.lstrip().startswith("{"):
            return _objects(_json_lines(text))
    except BadAnswer:
        raise
    except (ValueError, RecursionError):  # a number of too many digits is no JSONDecodeError
        raise BadAnswer("the answer is cut off or is not JSON", cut=True) from None
    return _plain(text)


def _json_lines(text: str) -> list[Any]:
    try:
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except ValueError:
        return [json.loads(text)]  # one object, printed over several lines


def _table(table: Sequence[Any]) -> Answer:
    if not table:
        return Answer((), table=True)
    if all(isinstance(one, dict) for one in table):
        return _objects(table)
    header, found = _header(table)
    key = None
    if [] in found:
        end = found.index([])
        key = _key(found[end + 1 :])
        found = found[:end]
    return _answer([_named(header, one) for one in found], key, table=True)


def _header(table: Sequence[Any]) -> tuple[Sequence[Any], list[Any]]:
    """The names of the columns, and the rows."""
    first = table[0]
    if isinstance(first, list) and "timestamp" in first:
        return [str(name) for name in first], list(table[1:])
    if isinstance(first, list) and len(first) >= 3 and _like_a_timestamp(str(first[1])):
        return COLUMNS, list(table)
    raise BadAnswer("the table has no header row that names a timestamp")


def _key(after: Sequence[Any]) -> str | None:
    first = after[0] if after else None
    if isinstance(first, list):
        first = first[0] if first else None
    return first if isinstance(first, str) and first else None


def _objects(found: Sequence[Any]) -> Answer:
    for one in found:
        if isinstance(one, dict) and "timestamp" not in one:
            said = str(one.get("message") or one.get("error") or "")
            if said.lower().startswith("no captures") and len(found) == 1:
                return Answer(())
            if said or one is found[0]:
                raise BadAnswer(one_line(said) or "the answer's lines name no timestamp")
    return _answer(found, None)


def _plain(text: str) -> Answer:
    """The lines of a CDX file, with or without the line that names its columns, or a CDXJ file's."""
    lines = [line.rstrip("\r") for line in text.strip().split("\n")]
    key = None
    if "" in lines:
        end = lines.index("")
        key = unquote_plus("".join(lines[end + 1 : end + 2])) or None
        lines = lines[:end]
    names: Sequence[str] = COLUMNS
    if re.match(r" ?CDX ", lines[0]):
        names = [_LETTERS.get(letter, letter) for letter in lines.pop(0).split()[1:]]
    found = [_plain_row(names, line) for line in lines]
    if not any(isinstance(one, dict) and _like_a_timestamp(str(one.get("timestamp"))) for one in found[:5]):
        raise BadAnswer(f"this is no index's answer: {one_line(text[:80])!r}")
    return _answer(found, key)


def _plain_row(names: Sequence[str], line: str) -> Any:
    try:
        key, timestamp, rest = line.split(" ", 2)
    except ValueError:
        return line
    if not rest.startswith("{"):
        return _named(names, line.split())
    try:
        return {**json.loads(rest), "urlkey": key, "timestamp": timestamp}
    except (ValueError, RecursionError, TypeError):
        return line


def _named(names: Sequence[Any], row: Any) -> Any:
    return dict(zip(names, row, strict=False)) if isinstance(row, list) else row


def _answer(found: Sequence[Any], key: str | None, *, table: bool = False) -> Answer:
    rows = [_row(one) if isinstance(one, dict) else _no_row(one) for one in found]
    good = tuple(row for row in rows if isinstance(row, Row))
    return Answer(good, key, tuple(row for row in rows if isinstance(row, LeftOut)), table)


def _no_row(one: Any) -> LeftOut:
    return LeftOut("no row of an index", one_line(str(one)))


def _row(fields: Mapping[Any, Any]) -> Row | LeftOut:
    def first(*names: str) -> str:
        return next((str(fields[name]) for name in names if fields.get(name) is not None), "")

    address, timestamp = first("original", "url"), first("timestamp")
    url = plain_address(address)
    said = one_line(f"{timestamp} {address}")
    if url is None:
        return LeftOut("an address that is no http:// or https:// address", said)
    if not is_timestamp(timestamp):
        return LeftOut("a timestamp that is no moment", said)
    return Row(
        urlkey=first("urlkey") or url,
        timestamp=timestamp,
        url=url,
        mimetype=first("mimetype", "mime").partition(";")[0].strip().lower(),
        status=first("statuscode", "status"),
        digest=in_our_form(first("digest")),
    )


def page_count(text: str) -> int:
    """What ``showNumPages`` is answered with: a number, or an object that names it; else 1.

    >>> page_count("3"), page_count('{"pages": 7, "pageSize": 5}'), page_count("<html>")
    (3, 7, 1)
    """
    try:
        said = json.loads(text.strip())
    except (ValueError, RecursionError):
        return 1
    said = said.get("pages") if isinstance(said, dict) else said
    return said if isinstance(said, int) and not isinstance(said, bool) and said > 0 else 1


def may_be_page(row: Row) -> bool:
    """Whether a row is a page of text, or a repetition of something that may be one."""
    return row.status in ("200", "", "-") and (row.mimetype in _HTML or row.mimetype in _UNSAID)


def says_type(row: Row) -> bool:
    return row.mimetype not in _UNSAID


def in_our_form(digest: str) -> str | None:
    """A digest with the name of its kind; a bare one is told by its form.

    >>> in_our_form("3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ")
    'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    >>> in_our_form("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709")
    'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    """
    digest = digest.strip().removeprefix("urn:")
    if digest in ("", "-"):
        return None
    kind, value = next(_kinds(digest))
    if kind == "sha1" and re.fullmatch("[0-9A-Fa-f]{40}", value):
        value = base64.b32encode(bytes.fromhex(value)).decode("ascii")
    return f"{kind}:{value.upper() if kind == 'sha1' and len(value) == 32 else value}"


def _kinds(digest: str) -> Iterator[tuple[str, str]]:
    kind, colon, value = digest.partition(":")
    if colon:
        yield kind.strip().lower().replace("-", ""), value.strip()
    for form, name in (
        ("[A-Za-z2-7]{32}|[0-9A-Fa-f]{40}", "sha1"),
        ("[0-9A-Fa-f]{32}", "md5"),
        ("[0-9A-Fa-f]{64}", "sha256"),
    ):
        if re.fullmatch(form, digest):
            yield name, digest
    yield "unknown", digest


# --- times ---------------------------------------------------------------------------------


def _like_a_timestamp(text: str) -> bool:
    return re.fullmatch(r"\d{4,14}", text, re.ASCII) is not None


def is_timestamp(text: str) -> bool:
    """Fourteen digits that are a moment in the time of web archives."""
    if not re.fullmatch(r"\d{14}", text, re.ASCII) or int(text[:4]) < FIRST_YEAR:
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
