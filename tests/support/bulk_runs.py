"""Runs of ``bulk``: without a cluster for what a worker does, as commands for all else; and what archives
hold, compared."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from support.hui import HUI
from yiqihui_spider.bulk import run
from yiqihui_spider.bulk.cluster import Done
from yiqihui_spider.bulk.run import Bulk, Summary
from yiqihui_spider.bulk.take_in import BulkResults
from yiqihui_spider.bulk.task import Job, Options, read_shard
from yiqihui_spider.imports.importer import Import
from yiqihui_spider.imports.summary import Tally

CONTRACT = (
    "articles", "article_versions", "view_counts", "article_categories", "captures", "residues", "walks",
    "sightings", "articles_by_month", "source_share", "view_growth", "completeness", "edits",
    "disappearances",
)  # fmt: skip
"""Tables and views that users' scripts rely on."""
_OWN = {"warc_file", "warc_offset", "warc_length"}
"""Columns that tell where an archive keeps its records: each has files of its own."""


class Here:
    """Does the work of a cluster in this process."""

    def work(self, jobs: Iterator[Job], again: Callable[[Done], Job | None]) -> Iterator[Done]:
        for first in jobs:
            job: Job | None = first
            while job is not None:
                done = self._done(job)
                job = again(done) if done.error else None
                if job is None:
                    yield done

    def _done(self, job: Job) -> Done:
        try:
            return Done(job, read_shard(job))
        except Exception as error:
            return Done(job, error=str(error))


@contextmanager
def here(where: str, workers: int | None, most: int) -> Iterator[Here]:
    yield Here()


def bulk(folder: Path, *patterns: Path | str, **options: Any) -> Summary:
    """A run in this process."""
    chosen = Options(HUI.text, True, **options)
    with mock.patch.object(run, "cluster", here), mock.patch.object(run, "PAUSE", 0.0):
        return Bulk(folder, chosen).run([str(one) for one in patterns])


def take_in(archive: Path, folder: Path) -> Tally:
    return Import(archive, results=BulkResults()).run([str(folder)])


def rows_of(archive: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows of the contract, column by column, in a fixed order."""
    with closing(sqlite3.connect(f"{archive.as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        return {
            table: sorted(
                (
                    {name: value for name, value in dict(row).items() if name not in _OWN}
                    for row in db.execute(f"SELECT * FROM {table}")
                ),
                key=repr,
            )
            for table in CONTRACT
        }


def table(folder: Path, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """Rows of one of the tables, in order."""
    import pyarrow.parquet as pq

    read = [
        tuple(row[column] for column in columns)
        for path in sorted((folder / name).glob("*.parquet"))
        for row in pq.read_table(path, columns=list(columns)).to_pylist()
    ]
    return sorted(read, key=repr)


def yiqihui(*words: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "yiqihui_spider", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=100, check=False, env={**os.environ, **env}
    )
