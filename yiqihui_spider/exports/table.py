"""CSV (RFC 4180, UTF-8, CRLF): one file a table.

With ``bom`` it opens right in Excel: the byte order mark says that it is UTF-8.  With ``guard``
text that a spreadsheet would take for a formula (it begins with ``= + - @``, a tab or a carriage
return) gets an apostrophe before it, because the texts come from strangers.  Lists are joined by
``|``, times are ISO 8601 with +08:00, what is not known is empty.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import suppress
from datetime import tzinfo
from io import TextIOWrapper
from typing import Any, BinaryIO

from sqlite_utils import Database

from yiqihui_spider.archive.queries.news_article import local
from yiqihui_spider.exports.rows import ARTICLES, Field, Table
from yiqihui_spider.exports.target import Progress, no_progress

LIST_DELIMITER = "|"
CELL_CHARS = 32_767
"""Characters a cell of Excel holds; it puts the rest of a longer text elsewhere."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(
    db: Database,
    table: Table,
    file: BinaryIO,
    zone: tzinfo,
    *,
    bom: bool = False,
    guard: bool = False,
    progress: Progress = no_progress,
) -> int:
    """Write a table's rows, of the chosen articles; their number."""
    text = TextIOWrapper(file, encoding="utf-8-sig" if bom else "utf-8", newline="")
    count = 0
    try:
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow([field.name for field in table.fields])
        to_cells = [cell(field, guard, zone) for field in table.fields]
        for row in table.rows(db):
            writer.writerow([to(value) for to, value in zip(to_cells, row, strict=True)])
            count += 1
            if table is ARTICLES:
                progress()
        text.flush()
    finally:
        with suppress(BrokenPipeError):
            text.detach()
    return count


def cell(field: Field, guard: bool, zone: tzinfo) -> Callable[[Any], Any]:
    """What makes a value of this column a cell."""
    plain = _guarded if guard else _text_cell
    by_type: dict[str, Callable[[Any], Any]] = {
        "integer": lambda value: value,
        "boolean": lambda value: "true" if value else "false",
        "datetime": lambda value: value and local(value, zone),
        "list": lambda value: plain(LIST_DELIMITER.join(value)),
        "string": plain,
    }
    return by_type[field.type]


def _text_cell(text: str | None) -> str | None:
    """Without NUL, at which readers stop."""
    return text and text.replace("\0", "")


def _guarded(text: str | None) -> str | None:
    text = _text_cell(text)
    return f"'{text}" if text and text.startswith(_FORMULA) else text
