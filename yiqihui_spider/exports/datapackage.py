"""The descriptor beside table exports: Data Package 2.0 (datapackage.org)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from yiqihui_spider.exports.rows import ARTICLES, Field, Table
from yiqihui_spider.exports.table import LIST_DELIMITER
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.wording import __version__

_PROFILES = "https://datapackage.org/profiles/2.0"
_MEDIA_TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}

TableFormat = Literal["csv", "parquet"]


@dataclass(frozen=True, slots=True)
class TableFile:
    """A written table."""

    table: Table
    path: Path
    rows: int


def descriptor(
    files: Sequence[TableFile],
    form: TableFormat,
    site: SiteProfile,
    *,
    created: str,
    filters: dict[str, Any],
    guard: bool = False,
) -> dict[str, Any]:
    """What is in these files, with their sizes and hashes. ``created``: ISO 8601."""
    about = "Times are in the site's zone (+08:00, assumed)."
    if guard:
        about += " Text that a spreadsheet would take for a formula has an apostrophe before it."
    return {
        "$schema": f"{_PROFILES}/datapackage.json",
        "name": "yiqihui",
        "title": f"{site.title}: articles of {site.host}",
        "description": about,
        "created": created,
        "version": __version__,
        "sources": [{"title": site.title, "path": site.start_url}],
        "filters": filters,
        "resources": [_resource(file, form, len(files) > 1) for file in files],
    }


def _resource(file: TableFile, form: TableFormat, related: bool) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "$schema": f"{_PROFILES}/dataresource.json",
        "name": file.table.name,
        "type": "table",
        "path": file.path.name,
        "description": file.table.meaning,
        "format": form,
        "mediatype": _MEDIA_TYPES[form],
        "bytes": file.path.stat().st_size,
        "hash": f"sha256:{_digest(file.path)}",
        "rows": file.rows,
        "schema": _schema(file.table, form, related),
    }
    if form == "csv":
        dialect = {"$schema": f"{_PROFILES}/tabledialect.json", "header": True, "lineTerminator": "\r\n"}
        resource |= {"encoding": "utf-8", "dialect": dialect}
    return resource


def _schema(table: Table, form: TableFormat, related: bool) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "$schema": f"{_PROFILES}/tableschema.json",
        "fields": [_field(field, form) for field in table.fields],
        "primaryKey": list(table.key),
    }
    if related and table is not ARTICLES:
        reference = {"resource": ARTICLES.name, "fields": ["id"]}
        schema["foreignKeys"] = [{"fields": ["article_id"], "reference": reference}]
    return schema


def _field(field: Field, form: TableFormat) -> dict[str, Any]:
    described: dict[str, Any] = {"name": field.name, "type": field.type, "description": field.meaning}
    if field.type == "list":
        as_text = {"itemType": "string", "delimiter": LIST_DELIMITER}
        described |= as_text if form == "csv" else {"type": "array"}
    elif field.required and not (form == "csv" and field.type == "string"):
        # An empty text and a missing one look the same in CSV.
        described["constraints"] = {"required": True}
    return described


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
