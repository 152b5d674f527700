"""What a folder of results holds, and for which inputs: written so that no kill can make it untrue.

    FOLDER/articles/<input>.parquet   rows, one file for each input that has any
    FOLDER/captures/…  residues/…
    FOLDER/refusals/all.parquet       what was refused or damaged, of all inputs
    FOLDER/_SUCCESS                   every input was read whole
    FOLDER/_bulk/                     whose folder this is, and the journal

A worker writes files under names of their own in ``_bulk/tmp``. The run, of which there is one at a time,
puts them in place and then writes the journal's line: what has no line was not done, and is done again.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from yiqihui_spider.bulk.libraries import BulkError
from yiqihui_spider.bulk.tables import OF_A_SHARD, TABLES, TableWriter
from yiqihui_spider.errors import Exit
from yiqihui_spider.wording import __version__

FORMAT = 1
OWN = "_bulk"
SUCCESS = "_SUCCESS"


class FolderBusy(BulkError):
    exit_code = Exit.TRY_LATER


def is_result(folder: Path) -> bool:
    """Whether a folder is one that ``bulk`` has written."""
    return (folder / OWN / "about.json").is_file()


class ResultFolder:
    """A folder of results, for reading."""

    def __init__(self, folder: Path) -> None:
        """Raises BulkError if it is none, or one of a newer version."""
        self.folder = folder
        self.about: dict[str, Any] = _read_json(folder / OWN / "about.json")
        if self.about.get("format") != FORMAT:
            raise BulkError(f"{folder}: was written by a newer version ({self.about.get('software')})")
        self._lines: dict[str, str] = {}
        for line, entry in _whole_lines(folder / OWN / "journal.jsonl"):
            if entry.get("undone"):
                self._lines.pop(entry["id"], None)
            else:
                self._lines[entry["id"]] = line

    def inputs(self) -> list[tuple[str, str]]:
        """Id and name of the inputs of all runs; those of the last one first, in its order."""
        return [(one["id"], one["file"]) for _, one in _whole_lines(self.folder / OWN / "inputs.jsonl")]

    def entry(self, input_id: str) -> dict[str, Any] | None:
        """What came of an input, if its files are there as they were written."""
        line = self._lines.get(input_id)
        entry: dict[str, Any] | None = json.loads(line) if line else None
        return entry if entry and self._is_there(entry) else None

    def entries(self) -> Iterator[dict[str, Any]]:
        for input_id, _ in self.inputs():
            if (entry := self.entry(input_id)) is not None:
                yield entry

    def _is_there(self, entry: dict[str, Any]) -> bool:
        return all(
            _size(self.path(table, entry["id"])) == size for table, size in entry["sizes"].items() if size
        )

    def path(self, table: str, input_id: str) -> Path:
        return self.folder / table / f"{input_id}.parquet"


class Journal(ResultFolder):
    """The same for the one run that writes to it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.temporary = folder / OWN / "tmp" / uuid.uuid4().hex
        shutil.rmtree(self.temporary.parent, ignore_errors=True)  # of runs that were killed
        self.temporary.mkdir(parents=True)
        path = folder / OWN / "journal.jsonl"
        self._file = path.open("a+b", buffering=0)
        if self._file.seek(0, os.SEEK_END):
            self._file.seek(-1, os.SEEK_END)
            if self._file.read(1) != b"\n":  # a kill has torn the last line
                self._file.write(b"\n")

    def close(self) -> None:
        self._file.close()
        shutil.rmtree(self.temporary.parent, ignore_errors=True)

    def begin(self, inputs: Iterable[tuple[str, str]]) -> None:
        """Note the inputs of this run; those of earlier ones stay known."""
        (self.folder / SUCCESS).unlink(missing_ok=True)
        known = dict(inputs)
        known |= {key: name for key, name in self.inputs() if key not in known}
        lines = (json.dumps({"id": key, "file": name}) + "\n" for key, name in known.items())
        _replace(self.folder / OWN / "inputs.jsonl", "".join(lines))

    def put(self, entry: dict[str, Any]) -> None:
        """Put an input's files in place, and its line into the journal."""
        stem = entry.pop("stem")
        if entry["id"] in self._lines:
            self._write({"id": entry["id"], "undone": True})
        for table in OF_A_SHARD:
            target = self.path(table, entry["id"])
            if entry["sizes"].get(table):
                _move(self.temporary / f"{stem}.{table}.parquet", target)
            else:
                target.unlink(missing_ok=True)
        self._write(entry)

    def _write(self, entry: dict[str, Any]) -> None:
        line = json.dumps(entry)
        self._file.write(line.encode() + b"\n")
        if entry.get("undone"):
            self._lines.pop(entry["id"], None)
        else:
            self._lines[entry["id"]] = line

    def finish(self, refusals: Iterable[dict[str, Any]], *, whole: bool) -> None:
        """Write the table of refusals, and whether every input was read whole."""
        path = self.temporary / "refusals.parquet"
        writer = TableWriter(path, "refusals", self.about["zone"])
        for row in refusals:
            writer.add(row)
        writer.close(empty=True)
        _move(path, self.folder / "refusals" / "all.parquet")
        if whole:
            (self.folder / SUCCESS).touch()


@contextmanager
def writing(folder: Path, about: dict[str, Any]) -> Iterator[Journal]:
    """Hold a folder of results, made if need be. Raises BulkError, FolderBusy."""
    if folder.exists() and not is_result(folder) and not _is_empty(folder):
        raise BulkError(f"{folder}: is there, and no folder of results of `yiqihui bulk`")
    own = folder / OWN
    own.mkdir(parents=True, exist_ok=True)
    lock = FileLock(own / "lock")
    try:
        lock.acquire(timeout=1, poll_interval=0.05)
    except Timeout:
        raise FolderBusy(f"{folder}: another run is writing to it; try again later") from None
    try:
        _settle(folder, about)
        journal = Journal(folder)
        try:
            yield journal
        finally:
            journal.close()
    finally:
        lock.release()


def _settle(folder: Path, about: dict[str, Any]) -> None:
    """What a folder was begun with stays; files without rows give every table its columns."""
    path = folder / OWN / "about.json"
    if path.exists():
        before = _read_json(path)
        for name, now in about.items():
            if before.get(name) != now:
                raise _OtherOptions(
                    f"{folder}: was begun with {name.replace('_', ' ')} {_shown(before.get(name))}, "
                    f"not {_shown(now)}; use another folder"
                )
        return
    for table in TABLES:
        (folder / table).mkdir(exist_ok=True)
        name = "all.parquet" if table == "refusals" else "none.parquet"
        TableWriter(folder / table / name, table, about["zone"]).close(empty=True)
    _replace(path, json.dumps({"format": FORMAT, "software": __version__, **about}))


class _OtherOptions(BulkError):
    exit_code = Exit.USAGE


def _shown(value: Any) -> str:
    return (", ".join(map(str, value)) or "none") if isinstance(value, list) else str(value)


def _is_empty(folder: Path) -> bool:
    """Whether nothing stands in a folder but what a run leaves that was killed as it began."""
    return folder.is_dir() and all(one.name in (OWN, *TABLES) for one in folder.iterdir())


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BulkError(f"{path}: can't be read: {error}") from error


def _whole_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The lines of a file and what they say, without one that a kill has torn."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            with suppress(ValueError):
                yield line.decode(), json.loads(line)


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, "ascii")
    os.replace(temporary, path)


def _move(source: Path, target: Path) -> None:
    try:
        os.replace(source, target)
    except FileNotFoundError:
        raise BulkError(
            f"{source}: a worker wrote it, and it is not here: workers and this machine must share the folder"
        ) from None


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
