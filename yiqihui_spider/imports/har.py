"""HAR, as browsers and proxies save it: one entry at a time, whatever the file's length. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from datetime import tzinfo
from typing import Any

import ijson  # type: ignore[import-untyped]

from yiqihui_spider.imports.envelopes import ENVELOPE_LIMIT, WHOLE_LIMIT, Enclosed, http_head, response
from yiqihui_spider.imports.moments import moment
from yiqihui_spider.warc.coding import undo_coding
from yiqihui_spider.warc.records import StoredResponse, header, headers_named

STRING_LIMIT = WHOLE_LIMIT * 3 // 2
"""Bytes of one string (a page in base64): it is held whole."""
_LEFT_OUT = 16
"""So many bytes fewer than stated are the mark of an encoding, or a last line end."""


class _Bounded:
    """A stream for the parser that may hold neither too much nor too long a string."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._size = 0
        self._string = 0
        self._escape = b""

    def read(self, size: int = -1) -> bytes:
        if size == 0:  # the parser asks whether bytes come, or text
            return b""
        data = self._read(size if size > 0 else 65536)
        if not self._size:
            data = data.removeprefix(b"\xef\xbb\xbf") or data
        self._size += len(data)
        if self._size > ENVELOPE_LIMIT:
            raise ValueError(f"is a HAR file of more than {ENVELOPE_LIMIT // 1024 // 1024} MiB")
        self._measure(data)
        return data

    def _measure(self, data: bytes) -> None:
        whole = self._escape + data
        self._escape = b"\\" if (len(whole) - len(whole.rstrip(b"\\"))) % 2 else b""
        pieces = re.sub(rb"\\.", b"  ", whole[: len(whole) - len(self._escape)], flags=re.DOTALL).split(b'"')
        longest = max(self._string + len(pieces[0]), *map(len, pieces)) if pieces else 0
        self._string = len(pieces[-1]) + (self._string if len(pieces) == 1 else 0)
        if longest > STRING_LIMIT:
            raise ValueError(f"holds a page of more than {WHOLE_LIMIT // 1024 // 1024} MiB")


def entries(read: Callable[[int], bytes], zone: tzinfo, wanted: Callable[[str], bool]) -> Iterator[Enclosed]:
    """The answers of the addresses ``wanted``, in the order of the file.

    What is damaged or too long ends it, with a problem.
    """
    number = 0
    try:
        for number, entry in enumerate(ijson.items(_Bounded(read), "log.entries.item"), 1):
            yield from _entry(entry, number, zone, wanted)
    except ijson.JSONError as error:
        why = "is cut off" if isinstance(error, ijson.IncompleteJSONError) else "is damaged"
        detail = " ".join(str(error).split())[:80]
        yield Enclosed(f"behind entry {number}", problem=f"the JSON {why} ({detail}); the rest is lost")
    except (ValueError, RecursionError) as error:
        yield Enclosed(
            f"behind entry {number}", problem=f"{error or 'is nested too deeply'}; the rest is lost"
        )


def _entry(entry: Any, number: int, zone: tzinfo, wanted: Callable[[str], bool]) -> Iterator[Enclosed]:
    request, answer = _table(entry, "request"), _table(entry, "response")
    url = request.get("url")
    if not isinstance(url, str) or not wanted(url):
        return
    url = url.partition("#")[0]
    where = f"entry {number}: {url}"
    if request.get("method") == "HEAD":
        return
    try:
        record = _record(url, answer, moment(str(entry.get("startedDateTime")), zone))
    except (ValueError, binascii.Error) as error:
        yield Enclosed(where, problem=f"{error}")
    else:
        yield Enclosed(where, record)


def _record(url: str, answer: dict[str, Any], at: str | None) -> StoredResponse:
    content = _table(answer, "content")
    status = _number(answer.get("status"))
    if status == 0:
        raise ValueError("the browser got no answer (blocked or broken off)")
    payload, is_text = _payload(content)
    if payload is None:
        if _had_content(status, content, answer):
            raise ValueError("the file holds no content of it: save it with content")
        payload = b""
    elif status == 304:
        status = 200  # the browser shows what it had, and the file holds that
    headers = _headers(answer, content, payload, is_text)
    head = http_head(status, str(answer.get("statusText") or ""), headers)
    record = response(url, head, payload, at)
    missing = _number(content.get("size")) - len(payload)
    if payload and missing > _LEFT_OUT and _is_short(content, payload, is_text):
        raise ValueError(f"cut short ({len(payload)} of {content.get('size')} bytes)")
    return record


def _payload(content: dict[str, Any]) -> tuple[bytes | None, bool]:
    """The bytes, and whether they were text in the file (and are UTF-8 then)."""
    text = content.get("text")
    if not isinstance(text, str):
        return None, False
    if str(content.get("encoding") or "").lower() == "base64":
        return base64.b64decode(re.sub(r"\s", "", text), validate=True), False
    if not text and _number(content.get("size")) > 0:
        return None, False
    return text.encode("utf-8", "replace"), True


def _had_content(status: int, content: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Whether an answer without content in the file had one. (Browsers write -1 or 0 for what they
    no longer know.)"""
    if status not in (200, 203, 206):
        return False
    kind = str(content.get("mimeType") or "").lower()
    return "html" in kind or "text/plain" in kind or not kind or _number(content.get("size")) > 0


def _is_short(content: dict[str, Any], payload: bytes, is_text: bool) -> bool:
    """Whether less is there than the size says. Of text the size is that of another encoding: what
    ends as a document does is whole."""
    if not is_text:
        return True
    return b"</html>" not in payload[-2000:].lower() and "utf-16" not in str(content.get("mimeType")).lower()


_OF_THE_WIRE = frozenset(("content-encoding", "transfer-encoding", "content-length"))


def _headers(
    answer: dict[str, Any], content: dict[str, Any], payload: bytes, is_text: bool
) -> Iterator[tuple[str, str]]:
    """The headers as the content stands here: decoded, and if it was text, in UTF-8. What the
    server said instead stays readable under ``X-Archive-Orig-``."""
    given = list(_given(answer))
    coding = ",".join(headers_named(given, "Content-Encoding"))
    kind = header(given, "Content-Type")
    if kind is None:
        kind = str(content.get("mimeType") or "")
    untrue = set(_OF_THE_WIRE)
    if is_text:
        untrue.add("content-type")
    elif _is_still_coded(payload, coding):
        untrue.discard("content-encoding")
    for name, value in given:
        if name.lower() in untrue:
            yield f"X-Archive-Orig-{name}", value
        elif name.lower() != "content-type":
            yield name, value
    if kind:
        yield "Content-Type", f"{kind.partition(';')[0].strip()}; charset=utf-8" if is_text else kind
    yield "Content-Length", str(len(payload))


def _given(answer: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The headers as the file has them; several values may stand in one, each on a line."""
    for one in answer.get("headers") or ():
        name = str(one.get("name") or "") if isinstance(one, dict) else ""
        if name and not name.startswith(":"):
            for line in str(one.get("value") or "").splitlines() or [""]:
                yield name, line


def _is_still_coded(payload: bytes, coding: str) -> bool:
    """Whether a proxy saved the bytes as sent."""
    if not coding or not payload:
        return False
    done = undo_coding(payload, coding)
    return done.problem is None and getattr(done, "warning", None) is None and done.body != payload


def _table(value: Any, name: str) -> dict[str, Any]:
    inner = value.get(name) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _number(value: Any) -> int:
    try:
        return max(-1, min(int(value), 10**15))
    except (TypeError, ValueError, OverflowError):
        return 0
