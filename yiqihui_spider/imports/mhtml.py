"""MHTML, a page with its parts as one message, as browsers save it. Pure."""

from __future__ import annotations

import re
from email.errors import CloseBoundaryNotFoundDefect
from email.message import Message
from email.parser import BytesFeedParser
from email.policy import compat32

from yiqihui_spider.imports.addresses import is_web
from yiqihui_spider.imports.moments import moment

_STEP = 1024 * 1024
_PAGES = ("text/html", "application/xhtml+xml", "text/plain")


class EnclosedPage:
    """One of the pages in it: the one that was saved, or a frame."""

    def __init__(self, part: Message, location: str | None, body: bytes) -> None:
        self.content_type = str(part.get("Content-Type") or "text/html")
        self.location = location
        self.body = body


def parse(data: bytes) -> tuple[list[EnclosedPage], str | None]:
    """The pages, the one that was saved first, and when it was saved. Raises ValueError for a
    message that holds none, or is cut off."""
    message = _message(data)
    parts = [part for part in message.walk() if not part.is_multipart()]
    if _is_cut_off(message) and parts and _is_page(parts[-1]):
        raise ValueError("is MHTML that is cut off inside its page")
    pages = [EnclosedPage(part, _location(part, message), _body(part)) for part in parts if _is_page(part)]
    if not pages:
        kinds = ", ".join(sorted({part.get_content_type() for part in parts})[:5])
        raise ValueError(f"is MHTML without a page in it ({kinds})")
    start = _address(message.get("Snapshot-Content-Location"))
    if start is not None:
        pages.sort(key=lambda page: page.location != start)
    if pages[0].location is None:
        pages[0].location = start
    return pages, moment(str(message.get("Date") or ""))


def _message(data: bytes) -> Message:
    parser = BytesFeedParser(policy=compat32)
    view = data.lstrip(b"\r\n").removeprefix(b"\xef\xbb\xbf")
    for at in range(0, len(view), _STEP):
        parser.feed(view[at : at + _STEP])
    return parser.close()


def _is_cut_off(message: Message) -> bool:
    return any(isinstance(defect, CloseBoundaryNotFoundDefect) for defect in message.defects)


def _is_page(part: Message) -> bool:
    # A text beside an HTML part is what mail programs show; a browser saves no plain text but a page.
    return part.get_content_type() in _PAGES and not part.get_filename()


def _body(part: Message) -> bytes:
    body = part.get_payload(decode=True)
    return body if isinstance(body, bytes) else b""


def _location(part: Message, message: Message) -> str | None:
    found = _address(part.get("Content-Location"))
    return found or (_address(message.get("Content-Location")) if part is message else None)


def _address(value: object) -> str | None:
    """An address from a header: folded ones are joined."""
    text = re.sub(r"\s+", "", str(value or ""))
    return text.partition("#")[0] if is_web(text) else None
