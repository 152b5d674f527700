"""What becomes of one input: its pages read, and rows of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from yiqihui_spider.archive.articles.identity import content_hash
from yiqihui_spider.archive.state.captures import in_utc
from yiqihui_spider.archive.state.lookup import as_stored
from yiqihui_spider.bulk.tables import OF_A_SHARD, TableWriter
from yiqihui_spider.imports.ingest import UNDATED, Outcome, Seen, read_shown, warning_of, worth_keeping
from yiqihui_spider.imports.layout import missing_entries, too_early
from yiqihui_spider.items import ParsedPage
from yiqihui_spider.parse.read import reading_version
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.warc.coding import undo_coding
from yiqihui_spider.warc.reader import StoredResponse
from yiqihui_spider.warc.records import payload_digest


class Shard:
    """Takes the pages of one input, and writes the rows of its tables. (A ``Sink``.)"""

    is_open = True

    def __init__(self, folder: Path, stem: str, name: str, site: SiteProfile) -> None:
        """``name``: what the input is called; the files are ``folder/stem.<table>.parquet``."""
        zone = zone_of(site)
        self._writers = {
            table: TableWriter(folder / f"{stem}.{table}.parquet", table, zone) for table in OF_A_SHARD
        }
        self._name = name
        self._site = site

    def close(self) -> tuple[dict[str, int], dict[str, int]]:
        """Rows and bytes of each table."""
        sizes = {table: writer.close() for table, writer in self._writers.items()}
        return {table: writer.rows for table, writer in self._writers.items()}, sizes

    def record(self, record: StoredResponse, time_source: str, where: str) -> Outcome:
        """As ``archive_record`` judges. A revisit is written as it is, for its original may be in
        another file: it has no articles here, the payload's digest leads to them."""
        if record.captured_at is None:
            return UNDATED
        if record.record_type == "revisit":
            self._capture(record, "record", time_source, where, {})
            return Outcome("known")
        if not worth_keeping(record):
            return Outcome("skipped")
        if record.truncated and record.payload:
            record = replace(record, payload_digest=payload_digest(record.payload))
        return self._page(record, "record", time_source, where)

    def file(self, record: StoredResponse, time_source: str, where: str) -> Outcome:
        return self._page(record, "file", time_source, where)

    # --- rows ------------------------------------------------------------------------------

    def _page(self, record: StoredResponse, entry: str, time_source: str, where: str) -> Outcome:
        url = as_stored(record.url)
        seen = read_shown(record, url, self._site)
        outcome = _judged(seen, record)
        told: dict[str, Any] = {"layout": outcome.layout, "incomplete": outcome.incomplete}
        if seen.read is not None:
            told["parser_version"] = reading_version(self._site)
        if outcome.status == "archived" and seen.read is not None:
            told |= _read_as(seen.read[2])
        place = self._capture(record, entry, time_source, where, told)
        if outcome.status == "archived" and seen.read is not None:
            self._entries({**place, "page_url": url}, seen.read[2])
        return outcome

    def _capture(
        self, record: StoredResponse, entry: str, time_source: str, where: str, told: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Write a capture's row; what other tables say of it."""
        writer = self._writers["captures"]
        uri, at = record.refers_to or (None, None)
        common = {
            "file": self._name,
            "offset": record.offset,
            "capture": writer.rows + 1,
            "captured_at": in_utc(record.captured_at or ""),
            "payload_digest": record.payload_digest,
        }
        writer.add(
            {
                **{name: getattr(record, name) for name in _AS_THEY_ARE},
                **common,
                "place": where.removeprefix(self._name).removeprefix(": "),
                "entry": entry,
                "kind": "other",
                "time_source": time_source,
                "http_status": record.status,
                "refers_to_url": uri,
                "refers_to_at": at,
                "problems": (),
                "body": None if rebuilt_body(record) == record.body else record.body,
                **told,
            }
        )
        return common

    def _entries(self, page: Mapping[str, Any], reading: ParsedPage) -> None:
        about = {"page_kind": reading.kind, "category": reading.category}
        for position, article in enumerate(reading.articles, 1):
            self._writers["articles"].add(
                {
                    **page,
                    **about,
                    **{name: getattr(article, name) for name in _OF_AN_ARTICLE},
                    "position": position,
                    "foreign_host": article.foreign,
                    "content_hash": content_hash(article.body),
                    "span_start": article.span.start,
                    "span_end": article.span.end,
                    "parser_version": reading_version(self._site),
                }
            )
        for residue in reading.residues:
            spans = {"span_start": residue.span.start, "span_end": residue.span.end}
            self._writers["residues"].add({**page, **spans, "text": residue.text, "reason": residue.reason})


_AS_THEY_ARE = (
    "url", "record_type", "content_type", "truncated", "length", "protocol", "reason", "headers", "payload",
    "declared_digest", "profile", "problem", "warning", "ip", "origin",
)  # fmt: skip
"""Columns of ``captures`` that are fields of a record."""
_OF_AN_ARTICLE = (
    "site_id", "url", "title", "body", "source", "published_at", "views", "views_printed", "excerpt",
)  # fmt: skip
"""Columns of ``articles`` that are fields of an article."""


def _judged(seen: Seen, record: StoredResponse) -> Outcome:
    """What an archive would say of a page that it has not met before."""
    if seen.read is None:
        return Outcome("kept", incomplete=seen.problem)
    if not seen.is_ours:
        return Outcome("kept", layout=seen.layout)
    reading = seen.read[2]
    return Outcome(
        "archived",
        kind=reading.kind,
        articles=len(reading.articles),
        layout=seen.layout or reading.mixed_up,
        incomplete=missing_entries(reading) or too_early(reading, in_utc(record.captured_at or "")),
        warning=warning_of(record),
    )


def _read_as(reading: ParsedPage) -> dict[str, Any]:
    declared = asdict(reading.declared) if reading.declared else {}
    return {
        "kind": reading.kind,
        "category": reading.category,
        "entries": len(reading.articles),
        "residue_chars": reading.residue_chars,
        "problems": reading.problems,
        **{f"declared_{name}": value for name, value in declared.items()},
    }


def rebuilt_body(record: StoredResponse) -> bytes:
    """A record's body from its payload and headers alone."""
    return undo_coding(record.payload, record.header_list("Content-Encoding")).body


def zone_of(site: SiteProfile) -> str:
    """The name of a site's zone, as Arrow, Polars and Spark know it; UTC where it has none.

    >>> from yiqihui_spider.site import built_in
    >>> zone_of(built_in("178hui"))
    'Asia/Shanghai'
    """
    if isinstance(site.zone, ZoneInfo):
        return site.zone.key
    hours = (site.zone.utcoffset(None) or timedelta()) / timedelta(hours=1)
    if hours == 8:
        return "Asia/Shanghai"
    return f"Etc/GMT{-int(hours):+}" if hours.is_integer() and -12 <= hours <= 14 else "UTC"
