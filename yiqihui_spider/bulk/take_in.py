"""A folder of results into an archive: each capture as if its file were imported here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from yiqihui_spider.bulk.entries import add_entry
from yiqihui_spider.bulk.journal import ResultFolder, is_result
from yiqihui_spider.bulk.libraries import BulkError, library
from yiqihui_spider.bulk.shard import rebuilt_body
from yiqihui_spider.imports.files import Files
from yiqihui_spider.imports.sources import Unreadable
from yiqihui_spider.warc.reader import StoredResponse
from yiqihui_spider.warc.records import iso_date
from yiqihui_spider.wording import counted

_AT_ONCE = 32
"""Rows in memory at a time: a payload has up to 64 MiB."""


class BulkResults:
    """Knows the folders that ``bulk`` writes, and reads their captures. (``imports.importer.Results``.)"""

    def holds(self, folder: Path) -> bool:
        return is_result(folder)

    def take_in(self, folder: Path, files: Files) -> None:
        """Hand every capture to the sink, input by input in the order in which they were named, and tell
        again what was wrong with them. What was read of a page on the cluster is not used: the
        archive reads it by its own parser and profile, as ``reparse`` would."""
        try:
            results = ResultFolder(folder)
            if results.about["site"] != files.site.name:
                raise Unreadable(
                    f"holds pages of {results.about['site']}, the archive is one of {files.site.name}; "
                    "--site FILE names a profile"
                )
            missing = self._take_in(results, files)
        except BulkError as error:
            raise Unreadable(str(error)) from error
        if missing:
            files.tally.damaged.add(
                f"{folder}: of {counted(missing, 'input')} there is nothing yet; run `yiqihui bulk` again, "
                "then import it once more"
            )

    def _take_in(self, results: ResultFolder, files: Files) -> int:
        missing = 0
        for input_id, _ in results.inputs():
            entry = results.entry(input_id)
            if entry is None:
                missing += 1
                continue
            add_entry(files.tally, entry, rows_follow=True)
            if entry["rows"]["captures"]:
                for row in _rows(results.path("captures", input_id)):
                    _take(row, files)
            files.seen(sum(entry["sizes"].values()))
        return missing


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        file = library("pyarrow.parquet").ParquetFile(path)
        for batch in file.iter_batches(batch_size=_AT_ONCE):
            yield from batch.to_pylist()
    except (OSError, library("pyarrow").ArrowException) as error:
        raise Unreadable(f"{path.name} is damaged: {error}") from error


def _take(row: dict[str, Any], files: Files) -> None:
    record = _record(row)
    where = ": ".join(filter(None, (row["file"], row["place"])))
    if row["entry"] == "record":
        files.records.put(record, row["time_source"], where)
    else:
        files.records.file(record, row["time_source"], where)


_FIELDS = (
    "url", "record_type", "content_type", "payload_digest", "declared_digest", "profile", "truncated",
    "problem", "warning", "offset", "length", "ip", "origin", "protocol", "reason", "payload",
)  # fmt: skip
"""Columns that are fields of a record as they are."""


def _record(row: dict[str, Any]) -> StoredResponse:
    """The record that a capture's row was made of."""
    refers_to = (row["refers_to_url"], row["refers_to_at"] and iso_date(row["refers_to_at"]))
    bare = StoredResponse(
        **{name: row[name] for name in _FIELDS},
        captured_at=iso_date(row["captured_at"]),
        status=row["http_status"],
        headers=tuple((one["name"], one["value"]) for one in row["headers"]),
        refers_to=refers_to if row["record_type"] == "revisit" else None,
        time_source=row["time_source"],
    )
    return replace(bare, body=rebuilt_body(bare) if row["body"] is None else row["body"])
