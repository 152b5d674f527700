"""The tables that ``bulk`` writes: their columns, with what they mean, and rows written as they come."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from yiqihui_spider.bulk.libraries import library


class Column(NamedTuple):
    name: str
    type: str
    """``text``, ``whole``, ``flag``, ``moment``, ``printed`` (a moment in the site's zone), ``bytes``,
    ``texts``, ``headers``."""
    meaning: str


_PLACE = (
    Column("file", "text", "Path or address of the input"),
    Column("offset", "whole", "Where in it: of the record (its gzip member or zstd frame), or of the page "
           "in a text, its compression undone; 0 in other files"),
    Column("capture", "whole", "Number of the capture in the file, from 1"),
)  # fmt: skip
_PAGE = (
    Column("page_url", "text", "Address of the page"),
    Column("captured_at", "moment", "When the page was captured"),
)

TABLES: Mapping[str, tuple[Column, ...]] = {
    "articles": (
        *_PLACE,
        *_PAGE,
        Column("position", "whole", "Place on the page, from 1"),
        Column("page_kind", "text", "listing or article: counts of views differ between the two"),
        Column("category", "text", "Category of the page"),
        Column("payload_digest", "text", "By which captures without articles of their own (revisits) join"),
        Column("site_id", "whole", "Number in the article's address"),
        Column("url", "text", "The article's address"),
        Column("title", "text", "Title, where the page shows one"),
        Column("body", "text", "Text"),
        Column("source", "text", "Source named in the marker line"),
        Column("published_at", "printed", "Time printed in the marker line, in the site's zone"),
        Column("views", "whole", "Count of views"),
        Column("views_printed", "text", "The count as printed, where that is not exact"),
        Column("excerpt", "flag", "The page says that this is the beginning only"),
        Column("foreign_host", "flag", "The address is on a host whose numbers are not the site's"),
        Column("content_hash", "text", "Of the text without white space, as in the archive"),
        Column("span_start", "whole", "Where the body stands in the page's text"),
        Column("span_end", "whole", "And where it ends"),
        Column("parser_version", "text", "By what the page was read"),
    ),
    "captures": (
        *_PLACE,
        Column("place", "text", "The place in words, as messages name it"),
        Column("entry", "text", "record (of a WARC or the like) or file"),
        Column("url", "text", "Address"),
        Column("kind", "text", "listing, article or other"),
        Column("captured_at", "moment", "When"),
        Column("time_source", "text", "Who says so: clock, warc, cdx, mtime, given"),
        Column("http_status", "whole", "NULL for what did not come over HTTP"),
        Column("content_type", "text", "As declared"),
        Column("payload_digest", "text", "sha1: and base 32, of the payload as sent"),
        Column("record_type", "text", "response, revisit, resource or conversion"),
        Column("refers_to_url", "text", "Of a revisit: the address of the capture that holds the payload"),
        Column("refers_to_at", "moment", "And its time"),
        Column("category", "text", "Category of the page"),
        Column("declared_first", "whole", "What the pager says: the first entry on the page"),
        Column("declared_last", "whole", "The last one"),
        Column("declared_total", "whole", "Of how many"),
        Column("declared_page", "whole", "Page"),
        Column("declared_pages", "whole", "Of how many"),
        Column("entries", "whole", "Article entries on the page"),
        Column("residue_chars", "whole", "Characters that nothing explains"),
        Column("problems", "texts", "What the reading met"),
        Column("layout", "text", "What of the page was not understood"),
        Column("incomplete", "text", "What the page lacks by its own word, or why it was not read"),
        Column("truncated", "text", "Why there is a part of the payload only"),
        Column("parser_version", "text", "By what the page was read; NULL if it was not"),
        Column("length", "whole", "Bytes of the record in the file"),
        Column("protocol", "text", "Of the answer: HTTP/1.1"),
        Column("reason", "text", "Of the status line"),
        Column("headers", "headers", "Of the answer, in order"),
        Column("payload", "bytes", "As sent, content coding kept: with it the archive has its evidence"),
        Column("body", "bytes", "The payload decoded, where that can't be told from payload and headers"),
        Column("declared_digest", "text", "WARC-Payload-Digest as the record states it"),
        Column("profile", "text", "Of a revisit: what it claims"),
        Column("problem", "text", "Why the body may not be what was meant"),
        Column("warning", "text", "What was not as declared, and could be read all the same"),
        Column("ip", "text", "Address of the server"),
        Column("origin", "text", "live, import or wayback, as our own WARC files say"),
    ),
    "residues": (
        *_PLACE,
        *_PAGE,
        Column("span_start", "whole", "Where in the page's text"),
        Column("span_end", "whole", "And where it ends"),
        Column("text", "text", "Text that nothing explained"),
        Column("reason", "text", "Why"),
    ),
    "refusals": (
        Column("file", "text", "Path or address of the input"),
        Column("offset", "whole", "Where in it, if at a place"),
        Column("kind", "text", "error, passed over, damaged, layout, warning, note, failed"),
        Column("reason", "text", "In words"),
    ),
}  # fmt: skip

OF_A_SHARD = ("articles", "captures", "residues")
"""Tables of which every input has a file of its own, if it has rows."""

_GROUP_BYTES = 8 * 1024 * 1024
_GROUP_ROWS = 5_000
"""A row group is written when it holds so much: that is what stays in memory."""


def schema(table: str, zone: str, described: bool = False) -> Any:
    """The Arrow schema of a table; ``zone`` is that of the site. Only files without rows describe
    their columns: it is more than many a shard has to say."""
    pa = library("pyarrow")
    types = {
        "text": pa.string(),
        "whole": pa.int64(),
        "flag": pa.bool_(),
        "moment": pa.timestamp("us", tz="UTC"),
        "printed": pa.timestamp("us", tz=zone),
        "bytes": pa.binary(),
        "texts": pa.list_(pa.string()),
        "headers": pa.list_(pa.struct([("name", pa.string()), ("value", pa.string())])),
    }
    about = [{"description": one.meaning} if described else None for one in TABLES[table]]
    return pa.schema(
        [
            pa.field(one.name, types[one.type], metadata=told)
            for one, told in zip(TABLES[table], about, strict=True)
        ]
    )


class TableWriter:
    """Writes rows to a Parquet file, a row group at a time; without rows there is no file."""

    def __init__(self, path: Path, table: str, zone: str) -> None:
        self.path = path
        self.rows = 0
        self._table = table
        self._zone = zone
        self._columns = TABLES[table]
        self._pending: list[dict[str, Any]] = []
        self._size = 0
        self._writer: Any = None

    def add(self, row: Mapping[str, Any]) -> None:
        self._pending.append({one.name: _value(one.type, row.get(one.name)) for one in self._columns})
        self._size += sum(len(value) for value in row.values() if isinstance(value, (str, bytes)))
        self.rows += 1
        if self._size >= _GROUP_BYTES or len(self._pending) >= _GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        pa = library("pyarrow")
        form = schema(self._table, self._zone, described=not self._pending)
        if self._writer is None:
            self._writer = library("pyarrow.parquet").ParquetWriter(self.path, form, compression="zstd")
        self._writer.write_batch(pa.RecordBatch.from_pylist(self._pending, form))
        self._pending, self._size = [], 0

    def close(self, *, empty: bool = False) -> int:
        """The file's size, on the disk for good; 0 where there is none. ``empty``: write one without rows."""
        if self._pending or (empty and self._writer is None):
            self._flush()
        if self._writer is None:
            return 0
        self._writer.close()
        self._writer = None
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
            return os.fstat(file.fileno()).st_size


def _value(kind: str, value: Any) -> Any:
    """A value as Arrow takes it: no half of a surrogate pair, which is no text, gets in."""
    if value is None:
        return None
    if kind == "text":
        return _text(value)
    if kind == "texts":
        return [_text(one) for one in value]
    if kind == "headers":
        return [{"name": _text(name), "value": _text(one)} for name, one in value]
    return datetime.fromisoformat(value) if kind in ("moment", "printed") else value


def _text(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
