"""An export as a whole: what is written where, complete or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from sqlite_utils import Database

from yiqihui_spider.archive.queries import export_rows
from yiqihui_spider.archive.queries.export_rows import Filter
from yiqihui_spider.archive.queries.news_article import local
from yiqihui_spider.clock import now
from yiqihui_spider.exports import feed, parquet
from yiqihui_spider.exports.datapackage import TableFile, TableFormat, descriptor
from yiqihui_spider.exports.jsonl import write_jsonl
from yiqihui_spider.exports.rows import ARTICLES, TABLES, Table
from yiqihui_spider.exports.table import CELL_CHARS, write_csv
from yiqihui_spider.exports.target import ExportError, Progress, new_file, new_folder, no_progress
from yiqihui_spider.site import SiteProfile

FeedKind = Literal["atom", "json"]

FEED_FILES: dict[FeedKind, str] = {"atom": "feed.atom", "json": "feed.json"}
FEED_SUFFIXES: dict[str, FeedKind] = {".atom": "atom", ".xml": "atom", ".json": "json"}
DESCRIPTOR = "datapackage.json"


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be exported: articles of ``db``, which are chosen already, and how."""

    db: Database
    site: SiteProfile
    wanted: Filter
    bom: bool = False
    """CSV begins with a byte order mark."""
    guard: bool = False
    """CSV guards against formulas."""
    feed_url: str | None = None
    progress: Progress = no_progress


def export_jsonl(export: Export, target: Path) -> dict[str, Any]:
    with new_file(target) as file:
        count = write_jsonl(export.db, file, export.site, export.progress)
    return _came_to(target, {"articles": count})


def write_stream(export: Export, form: str, kind: FeedKind | None, file: BinaryIO) -> int:
    """jsonl, the articles as csv, or a feed (Atom unless ``kind`` says otherwise); their number."""
    if form == "jsonl":
        return write_jsonl(export.db, file, export.site, export.progress)
    if form == "csv":
        return write_table(export, "csv", ARTICLES, file)
    return write_feed(export, kind or "atom", file)


# --- tables --------------------------------------------------------------------------------


def export_tables(export: Export, form: TableFormat, target: Path) -> dict[str, Any]:
    """A folder of all tables with a descriptor; or, where ``target`` is named like a file of this
    format, the articles alone, with the descriptor beside it."""
    if form == "parquet":
        parquet.library()
    if target.suffix.lower() == f".{form}" and not target.is_dir():
        return _articles_alone(export, form, target)
    names = frozenset([DESCRIPTOR, *(f"{table.name}.{form}" for table in TABLES)])
    with new_folder(target, names) as folder:
        files = [_table_file(export, form, table, folder) for table in TABLES]
        _describe(export, form, files, folder / DESCRIPTOR)
    return _came_to(target, {file.table.name: file.rows for file in files}) | _warnings(export, form)


def write_table(export: Export, form: TableFormat, table: Table, file: BinaryIO) -> int:
    if form == "csv":
        return write_csv(
            export.db,
            table,
            file,
            export.site.zone,
            bom=export.bom,
            guard=export.guard,
            progress=export.progress,
        )
    return parquet.write_parquet(export.db, table, file, export.progress)


def _table_file(export: Export, form: TableFormat, table: Table, folder: Path) -> TableFile:
    path = folder / f"{table.name}.{form}"
    with path.open("wb") as file:
        rows = write_table(export, form, table, file)
    return TableFile(table, path, rows)


def _articles_alone(export: Export, form: TableFormat, target: Path) -> dict[str, Any]:
    with new_file(target) as file:
        count = write_table(export, form, ARTICLES, file)
    described = target.with_name(f"{target.name}.{DESCRIPTOR}")
    _describe(export, form, [TableFile(ARTICLES, target, count)], described)
    return _came_to(target, {"articles": count}) | _warnings(export, form)


def _describe(export: Export, form: TableFormat, files: list[TableFile], target: Path) -> None:
    filters = {name: value for name, value in asdict(export.wanted).items() if value is not None}
    found = descriptor(
        files, form, export.site, created=local(now(), export.site.zone), filters=filters, guard=export.guard
    )
    with new_file(target) as file:
        file.write(json.dumps(found, ensure_ascii=False, indent=2).encode() + b"\n")


def _warnings(export: Export, form: TableFormat) -> dict[str, Any]:
    if form == "csv" and export.bom and (longest := export_rows.longest_body(export.db)) > CELL_CHARS:
        return {"longest_body": longest}
    return {}


# --- feeds ---------------------------------------------------------------------------------


def export_feed(export: Export, kind: FeedKind | None, target: Path) -> dict[str, Any]:
    """One feed, as ``kind`` or the name of ``target`` says; else both in a folder of that name."""
    kind = kind or FEED_SUFFIXES.get(target.suffix.lower())
    if kind and not target.is_dir():
        with new_file(target) as file:
            count = write_feed(export, kind, file)
        return _came_to(target, {"articles": count})
    _make_folder(target)
    paths = {each: target / FEED_FILES[each] for each in ([kind] if kind else FEED_FILES)}
    for each, path in paths.items():
        with new_file(path) as file:
            count = write_feed(export, each, file)
    return _came_to(target, {"articles": count}, paths.values())


def write_feed(export: Export, kind: FeedKind, file: BinaryIO) -> int:
    write: Callable[..., int] = {"atom": feed.write_atom, "json": feed.write_json_feed}[kind]
    return write(export.db, file, feed.About(export.site, export.wanted, export.feed_url), export.progress)


def _make_folder(target: Path) -> None:
    try:
        target.mkdir(exist_ok=True)
    except FileExistsError:
        raise ExportError(f"cannot write the folder {target}: there is a file of that name") from None
    except OSError as error:
        raise ExportError(f"cannot write {target}: {error.strerror or error}") from None


def _came_to(target: Path, rows: dict[str, int], files: Iterable[Path] | None = None) -> dict[str, Any]:
    files = files or (target.iterdir() if target.is_dir() else [target])
    return {"path": str(target), **rows, "bytes": sum(file.stat().st_size for file in files)}
