"""Parquet with types: times as instants in Asia/Shanghai, lists as lists. Needs the extra ``parquet``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from itertools import islice
from typing import Any, BinaryIO

from sqlite_utils import Database

from yiqihui_spider.exports.rows import ARTICLES, Field, Table
from yiqihui_spider.exports.target import ExportError, Progress, no_progress

ZONE_NAME = "Asia/Shanghai"

GROUP_ROWS = {"articles": 2_000, "versions": 2_000, "view_counts": 100_000}
"""Rows in one row group, which is what is held in memory at a time."""


def write_parquet(db: Database, table: Table, file: BinaryIO, progress: Progress = no_progress) -> int:
    """Write a table's rows, of the chosen articles; their number. Raises ExportError without pyarrow."""
    pa, pq = library()
    schema = _schema(pa, table)
    to_values = [_value(field) for field in table.fields]
    rows = table.rows(db)
    count = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while group := list(islice(rows, GROUP_ROWS[table.name])):
            columns = [
                pa.array([to(value) for value in values], type=field.type)
                for to, values, field in zip(to_values, zip(*group, strict=True), schema, strict=True)
            ]
            writer.write_batch(pa.record_batch(columns, schema=schema))
            count += len(group)
            for _ in group if table is ARTICLES else ():
                progress()
    return count


def library() -> tuple[Any, Any]:
    """pyarrow and pyarrow.parquet. Raises ExportError, naming the extra, without them."""
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise ExportError("parquet needs pyarrow: pip install 'yiqihui-spider[parquet]'") from None


def _schema(pa: Any, table: Table) -> Any:
    types = {
        "integer": pa.int64(),
        "string": pa.string(),
        "boolean": pa.bool_(),
        "datetime": pa.timestamp("us", tz=ZONE_NAME),
        "list": pa.list_(pa.string()),
    }
    fields = [
        pa.field(one.name, types[one.type], nullable=not one.required, metadata={"description": one.meaning})
        for one in table.fields
    ]
    return pa.schema(fields, metadata={"description": table.meaning})


def _value(field: Field) -> Callable[[Any], Any]:
    if field.type == "datetime":
        return lambda value: value and datetime.fromisoformat(value)
    return lambda value: value
