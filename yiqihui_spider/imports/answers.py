"""HTTP answers with their heads (``curl -i``, ``wget --save-headers``), one or several behind one another.

Nothing in such a file says where an answer ends but the answers themselves. Pure.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from yiqihui_spider.imports.moments import moment
from yiqihui_spider.warc.records import Fields, parse_fields

_HEAD = re.compile(
    rb"(?:\xef\xbb\xbf)?HTTP/\d(?:\.\d)?[ \t]+(\d{3})[^\n]{0,2000}\n(?:[^\r\n][^\n]{0,65536}\n){0,1000}\r?\n"
)
_LATER_HEAD = re.compile(
    rb"HTTP/\d(?:\.\d)? \d{3}[^\r\n]{0,200}\r?\n(?:[!-9;-~]{1,80}:[^\r\n]{0,8192}\r?\n){0,200}\r?\n"
)
_HEAD_IN_A_BODY = re.compile(
    rb"HTTP/\d(?:\.\d)? (?:\d{3}[^\r\n]{0,200}\r\n(?:[!-9;-~]{1,80}:[^\r\n]{0,8192}\r\n){1,200}"
    rb"|1\d\d[^\r\n]{0,200}\r\n|200 Connection established\r\n)\r\n",
    re.IGNORECASE,
)
_CLOSED = re.compile(rb"</html\s*>\s*(?:<!--(?:(?!-->).)*-->\s*)*\Z", re.IGNORECASE | re.DOTALL)
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]{0,200})?\r\n")
_BLANK = re.compile(rb"[ \t\r\n]*")
_CLOSING = 2000
"""In so many last bytes of a page its closing tag must stand, with comments behind it."""
MOST = 10_000
"""Answers in one file."""

SEVERAL = "holds several HTTP answers, and not where each of them ends: save each by itself"
_OWN_LINK = re.compile(
    r"<([^<>]{1,2000})>\s*;[^,<]{0,200}\brel\s*=\s*\"?(?:canonical|original)\b", re.IGNORECASE
)


class Answer(NamedTuple):
    head: bytes
    payload: bytes
    url: str | None
    """The answer's address, if heads before it or its own say so."""
    captured_at: str | None
    """By the server's clock; of a web archive's answer, when the page had been captured there."""
    offset: int
    """Where in the file the last of its chain begins."""


class _Part(NamedTuple):
    offset: int
    head: bytes
    fields: Fields
    payload: bytes

    @property
    def status(self) -> str:
        return [*self.fields.first.split(None, 2), "", ""][1]

    @property
    def leads_on(self) -> bool:
        """Whether it is a redirect, an interim answer, a login, a proxy's tunnel: another one follows."""
        return not self.payload and (
            self.status[:1] in ("1", "3") or self.status in ("401", "407") or _is_tunnel(self.fields)
        )

    @property
    def followed(self) -> str | None:
        """Where a redirect led, if that was surely asked next: curl leaves out their bodies only then."""
        length, coding = self.fields.get("Content-Length"), self.fields.get("Transfer-Encoding")
        has_body = length not in (None, "0") or coding is not None
        return self.location if has_body and not self.payload else None

    @property
    def location(self) -> str | None:
        return _web(self.fields.get("Location")) if self.status[:1] == "3" else None


def answers(data: bytes) -> list[Answer]:
    """The answers that stand in a file; of a chain of redirects, logins and interim answers the last one.

    Raises ValueError for what can't be told apart without a doubt.
    """
    parts = list(_parts(data))
    ends = [n for n, part in enumerate(parts, 1) if not part.leads_on or n == len(parts)]
    found, begin = [], 0
    for end in ends:
        chain, last = parts[begin : end - 1], parts[end - 1]
        # Whether a redirect without a body was followed, or the next answer is of another address, shows
        # only where there is no other answer.
        led = [part.followed or (part.location if len(ends) == 1 else None) for part in chain]
        url = _told_address(last.fields) or next((one for one in reversed(led) if one), None)
        found.append(Answer(_version_of_old(last.head), last.payload, url, _date(last.fields), last.offset))
        begin = end
    return found


def _parts(data: bytes) -> list[_Part]:
    parts: list[_Part] = []
    at = 0
    while at < len(data) or not parts:
        match = (_LATER_HEAD if parts else _HEAD).match(data, at)
        if match is None:
            raise ValueError(SEVERAL if parts else "is cut off inside the HTTP head")
        fields = parse_fields(match[0])
        end = _end(data, match.end(), fields)
        parts.append(_Part(at, match[0], fields, data[match.end() : end]))
        at = _after_blank(data, end)
        if len(parts) > MOST:
            raise ValueError(f"holds more than {MOST} HTTP answers")
    return parts


def _end(data: bytes, start: int, fields: Fields) -> int:
    """Where an answer's body ends: by its length, its chunks, or the next answer behind a whole document."""
    if _is_boundary(data, start):
        return start
    length = fields.get("Content-Length") or ""
    if length.isascii() and length.isdigit() and _is_boundary(data, start + int(length[:18])):
        return start + int(length[:18])
    if fields.get("Transfer-Encoding"):
        chunks = _end_of_chunks(data, start)
        if chunks is not None and _is_boundary(data, chunks):
            return chunks
    other = _HEAD_IN_A_BODY.search(data, start)
    if other is None:
        return len(data)
    if _CLOSED.search(data[max(start, other.start() - _CLOSING) : other.start()]):
        return other.start()
    raise ValueError(SEVERAL)


def _is_boundary(data: bytes, place: int) -> bool:
    """Whether the file ends here, or another answer begins."""
    if place > len(data):
        return False
    at = _after_blank(data, place)
    return at == len(data) or _LATER_HEAD.match(data, at) is not None


def _after_blank(data: bytes, place: int) -> int:
    match = _BLANK.match(data, place)
    return match.end() if match else place


def _end_of_chunks(data: bytes, place: int) -> int | None:
    """Behind the last of the chunks, where a body was saved as it was sent."""
    while match := _CHUNK.match(data, place):
        size = int(match[1], 16)
        place = match.end() + size + 2
        if not size:
            return place
    return None


def _is_tunnel(fields: Fields) -> bool:
    return "connection established" in fields.first.lower()


def _version_of_old(head: bytes) -> bytes:
    """HTTP/2 and 3 heads as records hold them."""
    plain = head[3:] if head.startswith(b"\xef\xbb\xbf") else head
    return re.sub(rb"\AHTTP/(\d)(?=[ \t])", rb"HTTP/\1.0", plain)


def _told_address(fields: Fields) -> str | None:
    links = (_OWN_LINK.search(link) for link in fields.all("Link"))
    told = (_web(link[1]) for link in links if link)
    return next((url for url in told if url), None) or _web(fields.get("Content-Location"))


def _web(url: str | None) -> str | None:
    return url if url and url.lower().startswith(("http://", "https://")) else None


def _date(fields: Fields) -> str | None:
    return moment(fields.get("Memento-Datetime")) or moment(fields.get("Date"))
