"""From a replayed answer back to the response that was captured. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from yiqihui_spider.items import ArticleItem, ParsedPage
from yiqihui_spider.warc.records import StoredResponse, iso_date, payload_digest
from yiqihui_spider.wayback.cdx import plain_address
from yiqihui_spider.wayback.client import Response
from yiqihui_spider.wayback.verdict import ORIGINAL, Payload, original_address, originals

_OF_THE_PAYLOAD = ("content-type", "content-encoding", "content-length", "transfer-encoding")
_TOLD_PLAIN = ("etag", "last-modified", "content-language")
"""Also believed where a replayer passes headers on without marking them."""
CLOCKS = timedelta(days=1)
"""How far clocks may be apart."""


@dataclass(frozen=True, slots=True)
class Place:
    """Of which address and second a capture is."""

    url: str
    captured_at: str


def served(response: Response, asked: Place) -> Place:
    """The capture that an answer is, by the replayer's word (RFC 7089), which may show a neighbour of
    the one asked for."""
    url = plain_address(original_address(response) or "")
    same = url is None or _loose(url) == _loose(asked.url)
    return Place(asked.url if same or url is None else url, captured_at(response) or asked.captured_at)


def _loose(url: str) -> str:
    """An address as indexes compare it: without scheme, ``www.`` and case of letters."""
    return unquote(url.partition("://")[2].removeprefix("www.").rstrip("/")).lower()


def captured_at(response: Response) -> str | None:
    try:
        moment = parsedate_to_datetime(response.header("Memento-Datetime") or "")
        return iso_date(moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def contradiction(
    reading: ParsedPage, at: str, known: Callable[[int], tuple[str, str | None] | None]
) -> str | None:
    """Why what a page shows can't have been captured at that time, at that address; or None.

    ``known`` tells time and title of an article by its number, as far as the archive knows it."""
    late = (datetime.fromisoformat(at) + CLOCKS).astimezone(timezone.utc)
    times = sorted((article.published_at for article in reading.articles), key=datetime.fromisoformat)
    middle = times[(len(times) - 1) // 2] if times else None
    if middle is not None and datetime.fromisoformat(middle) > late:
        return f"dated before what it shows was published ({middle})"
    if reading.kind != "article" or len(reading.articles) != 1:
        return None
    (article,) = reading.articles
    said = known(article.site_id) if article.site_id is not None else None
    if said is None or not _differ(article, *said):
        return None
    return f"shows another article than number {article.site_id} (time and title differ)"


def _differ(article: ArticleItem, published_at: str, title: str | None) -> bool:
    """Whether both time and title are others than those known."""
    if article.title is None or title is None:
        return False
    if datetime.fromisoformat(published_at) == datetime.fromisoformat(article.published_at):
        return False
    return "".join(title.split()) != "".join(article.title.split())


def stored(response: Response, payload: Payload, place: Place) -> StoredResponse:
    """The captured response, its payload as it was then."""
    content_type = originals(response).get("content-type") or response.header("Content-Type")
    return StoredResponse(
        url=place.url,
        record_type="response",
        captured_at=place.captured_at,
        status=response.status,
        reason=response.reason,
        protocol="HTTP/1.1",
        headers=_headers(response, content_type, payload),
        payload=payload.data,
        body=payload.decoded.body,
        content_type=content_type,
        payload_digest=payload_digest(payload.data),
        truncated="length" if response.cut or payload.decoded.cut else None,
        problem=payload.decoded.problem,
        time_source="cdx",
        origin="wayback",
    )


def repetition(earlier: StoredResponse, place: Place) -> StoredResponse:
    """A capture of the same payload as an earlier one's, by an index's word: a ``revisit`` with as
    much of a head as the payload needs to be read."""
    assert earlier.captured_at is not None
    return replace(
        earlier,
        url=place.url,
        record_type="revisit",
        captured_at=place.captured_at,
        status=200,
        reason="OK",
        protocol="HTTP/1.1",
        headers=tuple((name, value) for name, value in earlier.headers if name.lower() in _OF_THE_PAYLOAD),
        payload=b"",
        body=b"",
        refers_to=(earlier.url, earlier.captured_at),
        profile=None,
    )


def _headers(response: Response, content_type: str | None, payload: Payload) -> tuple[tuple[str, str], ...]:
    told = [
        (name[len(ORIGINAL) :], value)
        for name, value in response.headers
        if name.lower().startswith(ORIGINAL)
    ]
    if not told:
        told = [(name, value) for name, value in response.headers if name.lower() in _TOLD_PLAIN]
    kept = [(name, value) for name, value in told if name.lower() not in _OF_THE_PAYLOAD]
    own = [
        ("Content-Type", content_type),
        ("Content-Encoding", payload.coding),
        ("Content-Length", str(len(payload.data))),
    ]
    return (*kept, *((name, value) for name, value in own if value is not None))
