"""A capture read back from its WARC record, and read anew, for a person to look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from yiqihui_spider.maintenance.explain import Named, named_segments, summary
from yiqihui_spider.parse.charset import decode
from yiqihui_spider.parse.markup import form_of
from yiqihui_spider.parse.read import read_page
from yiqihui_spider.serving.inert import coloured_text, inert_html
from yiqihui_spider.session.evidence import Evidence
from yiqihui_spider.session.profile import own_site
from yiqihui_spider.warc.reader import WarcError, read_record

LARGEST = 4_000_000
"""Bytes of a page that is shown; those of the site have a twentieth of that."""


class NotShown(Exception):
    """Why a captured page can't be shown, in plain words."""


@dataclass(frozen=True, slots=True)
class Captured:
    """What a capture shows, and how it is read today."""

    segments: tuple[Named, ...]
    html: str | None
    """None where it is no HTML: a text dump, or something else altogether."""

    def kinds(self) -> list[tuple[str, int]]:
        """What its text is made of, with the number of characters."""
        return [(kind, count) for kind, count in summary(self.segments).items() if kind != "blank"]

    def residues(self) -> list[tuple[str, str]]:
        return [(one.text, one.reason) for one in self.segments if one.kind == "residue"]

    def as_page(self) -> str:
        return inert_html(self.html or "", self.segments)

    def as_text(self) -> str:
        return f"<pre>{coloured_text(self.segments)}</pre>"


def read_capture(db: Database, folder: Path, row: dict[str, Any]) -> Captured:
    """Raises NotShown."""
    try:
        record = read_record(
            folder, row["warc_file"], row["warc_offset"], Evidence(db, folder).lookup, limit=LARGEST
        )
    except WarcError as error:
        raise NotShown(str(error)) from error
    if not record.body:
        raise NotShown(record.problem or "it is empty")
    if record.truncated == "length" and len(record.body) >= LARGEST:
        raise NotShown(f"it is larger than {LARGEST // 1_000_000} MB")
    text, page, reading = read_page(record.body, record.content_type, row["url"], own_site(db))
    html, _ = decode(record.body, record.content_type)
    is_html = form_of(html, record.content_type) == "html"
    return Captured(named_segments(text, page, reading), html if is_html else None)
