"""One record or one file's page into the archive: kept in our WARC first, then rows, in one transaction."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from yiqihui_spider.archive.articles import store
from yiqihui_spider.archive.articles.rebuild import DISBELIEVED
from yiqihui_spider.archive.state import lookup
from yiqihui_spider.imports import foreign
from yiqihui_spider.imports.absent import says_absent
from yiqihui_spider.imports.file_type import HEAD, is_binary, recognise, whole_characters
from yiqihui_spider.imports.layout import layout_trouble, looks_ours, missing_entries, too_early
from yiqihui_spider.items import (
    PAGE_STATUSES,
    Capture,
    PageItem,
    PageKind,
    PageText,
    ParsedPage,
    SplitPage,
)
from yiqihui_spider.parse.charset import decode
from yiqihui_spider.parse.cut_off import CUT_OFF
from yiqihui_spider.parse.markup import form_of, media_type
from yiqihui_spider.parse.read import read_page, reading_version
from yiqihui_spider.session import Session
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.warc.reader import StoredResponse, WarcError, read_record
from yiqihui_spider.warc.records import Previous, iso_date, payload_digest

Status = Literal["archived", "kept", "known", "skipped", "unresolved", "unusable"]

_PAGES = ("text/html", "application/xhtml+xml", "text/plain")
_NO_PAGES = re.compile(
    r"(?:image|audio|video|font|model|multipart)/|.*(?:javascript|ecmascript|json|css|csv|pdf|msword|font|zip|flash)"
)
_DOCUMENT = re.compile(rb"[\s\xef\xbb\xbf]*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_PAGE_STATUS = (None, *PAGE_STATUSES)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a record or page.

    ``archived``: a page of ours; ``kept``: captured, but no page (a redirect, an error, a page of
    another kind, a page cut short); ``known``: it was there; ``skipped``: no page and not kept (a
    picture); ``unresolved``: a revisit whose original isn't here; ``unusable``: see ``reason``.
    """

    status: Status
    capture_id: int | None = None
    kind: PageKind = "other"
    articles: int = 0
    new_or_changed: int = 0
    """Articles new to the archive, or with a text that differed."""
    layout: str | None = None
    """What was not understood of a page that looks like one of ours."""
    incomplete: str | None = None
    """What a page lacks by its own word, or why one was not read."""
    reason: str | None = None
    warning: str | None = None
    """What was not as the record says, and could be read all the same."""


UNRESOLVED = Outcome("unresolved", reason="the capture that this revisit refers to is not here")
UNDATED = Outcome("unusable", reason="the record has no usable date")


def archive_record(
    session: Session,
    record: StoredResponse,
    *,
    time_source: str = "warc",
    origin: str = "import",
    read: Read | None = None,
) -> Outcome:
    """Copy a record read elsewhere into our WARC, under its own time, and archive the page it holds.

    The same address, payload and second are the same record, and change nothing. The record's
    host is not looked at. ``read`` does for a page what :func:`read_shown` does.
    """
    if record.captured_at is None:
        return UNDATED
    found = resolve(session, record)
    if found is None:
        return UNRESOLVED
    record, shown = found
    if not worth_keeping(shown):
        return Outcome("skipped")
    if record.truncated and record.payload:
        # Of what was cut off we have no more, and no other digest.
        record = replace(record, payload_digest=payload_digest(record.payload))

    def write(previous: Previous | None = None) -> Capture:
        return session.warc.write_copy(record, previous=previous, time_source=time_source, origin=origin)

    known = _known(session, record)
    if known is not None:
        if record.payload:
            session.evidence.mend(known, write)
        return _as_known(session, known, shown)
    earlier = session.evidence.holder(record.payload_digest) if record.payload else None
    previous = Previous(earlier.url, earlier.captured_at, earlier.payload_digest) if earlier else None
    return file_capture(session, write(previous), shown, read)


def _known(session: Session, record: StoredResponse) -> int | None:
    return lookup.known_record(session.db, record.url, record.payload_digest, record.captured_at or "")


def adopt_record(session: Session, warc_file: str, record: StoredResponse) -> Outcome:
    """Archive a record that stands in our own WARC already, but has no row: a crash kept it out."""
    if record.captured_at is None or record.length is None:
        return Outcome("unusable", reason="the record has no usable date or length")
    found = resolve(session, record)
    if found is None:
        return UNRESOLVED
    record, shown = found
    known = _known(session, record)
    if known is not None:
        return _as_known(session, known, shown)
    capture = Capture(
        url=record.url,
        captured_at=record.captured_at or "",
        payload_digest=record.payload_digest,
        warc_file=warc_file,
        warc_offset=record.offset,
        warc_length=record.length or 0,
        http_status=record.status,
        etag=record.header("ETag"),
        last_modified=record.header("Last-Modified"),
        time_source=record.time_source,
        origin=record.origin,
        truncated=record.truncated,
    )
    return file_capture(session, capture, shown)


def part(url: str, body: bytes, content_type: str, captured_at: str, offset: int = 0) -> StoredResponse:
    """A page of a text file as a record."""
    return StoredResponse(
        url,
        "resource",
        iso_date(captured_at),
        payload=body,
        body=body,
        content_type=content_type,
        payload_digest=payload_digest(body),
        offset=offset,
    )


def archive_file(
    session: Session, record: StoredResponse, time_source: str, read: Read | None = None
) -> Outcome:
    """The same for a record that was made of a file; its time must be set."""

    def anew() -> Capture:
        return session.warc.write_copy(record, time_source=time_source, origin="import")

    known_at = record.captured_at if time_source in ("given", "warc") else None
    known = lookup.known_file(session.db, record.payload_digest, known_at)
    if known is not None:
        session.evidence.mend(known, anew)
        return _as_known(session, known, record)
    capture = anew()
    return file_capture(session, capture, replace(record, url=capture.url), read)


# --- from capture to rows ------------------------------------------------------------------


def file_capture(
    session: Session, capture: Capture, shown: StoredResponse, read: Read | None = None
) -> Outcome:
    """Rows for a capture that is in our WARC; ``shown`` is what it says, revisits resolved."""
    seen = (read or read_shown)(shown, capture.url, session.site)
    if seen.read is None:
        return _keep(session, capture, shown.content_type, seen.problem, None)
    if not seen.is_ours:
        outcome = _keep(session, capture, shown.content_type, seen.layout, reading_version(session.site))
        return replace(outcome, layout=seen.layout, incomplete=None)
    text, page, reading = seen.read
    item = PageItem(capture.url, b"", shown.content_type, capture, text=text, page=page, reading=reading)
    saved = store.save_page(session.db, session.run_id, item, parser_version=reading_version(session.site))
    assert item.reading is not None
    return Outcome(
        "archived",
        saved.capture_id,
        reading.kind,
        articles=len(saved.article_ids),
        new_or_changed=sum(saved.new_or_changed),
        layout=seen.layout or item.reading.mixed_up,
        incomplete=_incomplete(session, reading, saved.capture_id, capture.captured_at),
        warning=warning_of(shown),
    )


class Seen(NamedTuple):
    """What a record shows."""

    read: tuple[PageText, SplitPage, ParsedPage] | None = None
    """None where it holds no page, or none that may be read."""
    problem: str | None = None
    """Why a page may not be read."""
    layout: str | None = None
    """What of it is not understood."""
    is_ours: bool = False


Read = Callable[[StoredResponse, str, SiteProfile], Seen]


def read_shown(shown: StoredResponse, url: str, site: SiteProfile) -> Seen:
    """The page that a record holds, revisits resolved. Pure."""
    why_not = unreadable(shown)
    if why_not is not None or not is_page(shown):
        return Seen(problem=why_not)
    text, page, reading = read_page(shown.body, shown.content_type, url, site)
    if CUT_OFF in reading.problems:
        return Seen(problem=f"{CUT_OFF}: kept, not read")
    layout = text.refused or layout_trouble(page, reading, url, site, shown.record_type == "conversion")
    if layout and not reading.articles and says_absent(text, page):
        layout = None
    return Seen((text, page, reading), None, layout, bool(reading.articles) or looks_ours(page, site))


def _as_known(session: Session, known: int, shown: StoredResponse) -> Outcome:
    """A record that was there. What was wrong with it the first time still is, and is told again:
    an import that is repeated may not look better than it was."""
    if not lookup.trouble_with(session.db, known):
        return Outcome("known", known)
    url, captured_at = lookup.filed_as(session.db, known)
    seen = read_shown(shown, url, session.site)
    if seen.read is None:
        return Outcome("known", known, incomplete=seen.problem)
    reading = seen.read[2]
    return Outcome(
        "known",
        known,
        layout=seen.layout or reading.mixed_up,
        incomplete=_incomplete(session, reading, known, captured_at),
    )


def _incomplete(session: Session, reading: ParsedPage, capture_id: int, captured_at: str) -> str | None:
    told = missing_entries(reading) or _disbelieved(session, capture_id)
    return told or too_early(reading, captured_at)


def _disbelieved(session: Session, capture_id: int) -> str | None:
    """What the archive, which knows more than the page, says against it."""
    problems = lookup.problems_of(session.db, capture_id)
    return next((f"{why}: kept, not believed" for why in DISBELIEVED if why in problems), None)


def _keep(
    session: Session, capture: Capture, content_type: str | None, problem: str | None, read_by: str | None
) -> Outcome:
    with session.db.atomic():
        capture_id = store.save_capture(session.db, session.run_id, capture, content_type=content_type)
        lookup.note_other(session.db, capture_id, content_type, problem, read_by)
    return Outcome("kept", capture_id, incomplete=problem)


# --- judging (pure) ------------------------------------------------------------------------


def worth_keeping(record: StoredResponse) -> bool:
    """Pages, what should have been one, and answers other than 200: they say what the site did. No
    pictures, no scripts."""
    if record.status not in _PAGE_STATUS:
        return True
    return is_page(record) or record.url.endswith("/robots.txt") or unreadable(record) is not None


def is_page(record: StoredResponse) -> bool:
    """Whether a record may hold a page of text: by its type, where that says so, and by what it holds.

    Types are written in many ways (``text/html charset=utf-8``, two of them, none, that of any file);
    JSON often comes as text/html.
    """
    if record.status not in _PAGE_STATUS or not record.body or record.url.endswith("/robots.txt"):
        return False
    if _DOCUMENT.match(record.body[:HEAD]):
        return True
    kind = media_type(record.content_type)
    if _NO_PAGES.match(kind):
        return False
    form = recognise(record.body[:HEAD])
    if form == "other" and kind in ("text/html", "application/xhtml+xml"):
        # Text before the document, or an encoding with zeros in it, that only the header names.
        return form_of(_opening(record), record.content_type) == "html"
    return form in ("html", "text")


def _opening(record: StoredResponse) -> str:
    return decode(whole_characters(record.body[:HEAD]), record.content_type)[0]


def unreadable(record: StoredResponse) -> str | None:
    """Why a page must not be read as if it were whole, or None. (That a coding is declared and
    was undone before it was stored is what many crawlers do, and no fault.)"""
    if record.status is not None and not 100 <= record.status <= 599:
        return f"status {record.status:03} is none of HTTP's: kept, not read" if record.payload else None
    if record.status not in _PAGE_STATUS or not _should_be_page(record):
        return None
    trouble = _damage(record) or _not_text(record)
    return f"{trouble}: kept, not read" if trouble else None


def _damage(record: StoredResponse) -> str | None:
    if record.truncated:
        return f"cut short ({record.truncated})"
    if record.problem and not record.problem.startswith("declared "):
        return record.problem
    if not record.is_whole:
        said = (record.header("Content-Range") or "without a Content-Range")[:80]
        return f"a part of the page only (206, {said})"
    short = _missing_bytes(record)
    return f"cut short ({short} bytes)" if short else None


def warning_of(record: StoredResponse) -> str | None:
    """What is not as the record says, and could be read all the same."""
    declared = record.problem if (record.problem or "").startswith("declared ") else None
    return getattr(record, "warning", None) or declared


def _should_be_page(record: StoredResponse) -> bool:
    """Whether a record was meant to be a page, whatever came of it."""
    if not record.payload or record.url.endswith("/robots.txt"):
        return False
    kind = media_type(record.content_type)
    return is_page(record) or kind in _PAGES or (not record.body and not _NO_PAGES.match(kind))


def _not_text(record: StoredResponse) -> str | None:
    """Of what is called a page: whether it is something else that may hide one."""
    if not record.body or is_page(record):
        return None
    form = recognise(record.body[:HEAD])
    called = media_type(record.content_type)
    if form != "other":
        return f"is {form} data, called {called}"
    if is_binary(record.body[:HEAD]):
        return f"{foreign.binary(record.body[:HEAD]).what}, called {called}"
    refused = form_of(_opening(record), record.content_type) == "wrapped"
    return f"holds HTML, called {called}" if refused else None


def _missing_bytes(record: StoredResponse) -> str | None:
    """``100 of 200`` where a record holds less than its head promises."""
    declared = record.header("Content-Length") or ""
    known = declared.isascii() and declared.isdigit() and not record.header("Transfer-Encoding")
    if not known or record.problem:
        return None
    # A body that was stored decoded has another length than the coded one.
    stored_decoded = bool(record.header("Content-Encoding")) and record.body == record.payload
    short = len(record.payload) < int(declared[:18]) and not stored_decoded
    return f"{len(record.payload)} of {declared}" if short else None


# --- revisits ------------------------------------------------------------------------------


def resolve(session: Session, record: StoredResponse) -> tuple[StoredResponse, StoredResponse] | None:
    """A record, and what it shows: of a revisit, with the digest under which we hold its payload, the
    page that it means; None if we don't hold it.

    Tools differ in what they hash, and a "not modified" may name no digest: then the address and
    time it refers to decide, or else what its own address showed last.
    """
    if record.record_type != "revisit":
        return record, record
    uri, date = record.refers_to or (None, None)
    held = session.evidence.place(record.payload_digest, uri or record.url, date or record.captured_at)
    if held is None:
        return None
    try:
        source = read_record(session.warc_folder, held.warc_file, held.warc_offset, session.evidence.lookup)
    except WarcError:
        return None
    meant = replace(record, payload_digest=held.payload_digest, refers_to=(held.url, held.captured_at))
    said_itself = record.status not in (None, 304)
    shown = replace(
        source,
        url=record.url,
        captured_at=record.captured_at,
        status=200 if source.status is None else (record.status if said_itself else source.status),
        truncated=record.truncated or source.truncated,
    )
    return meant, shown
