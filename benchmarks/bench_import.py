"""Whole commands on 500 pages: import beside its floor, reparse beside merely reading the WARC files.

The floor is what any program must do to put a dump into SQLite with a search index: one regular
expression, a hash of each text, one table, FTS5, one transaction a page. It checks nothing, keeps no
evidence, knows no history. Every figure is of a process from its start to its end.

Aims: import at 0.65 of the floor; reparse of unchanged captures at 0.15 of warcio reading the records;
2.3 bytes on disk for each byte of text.

Usage: python benchmarks/bench_import.py [PAGES]
"""

from __future__ import annotations

import hashlib
import random
import re
import sqlite3
import sys
import tempfile
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from bench_splitter import pages
from table import Cost, Row, median_cost, process, shown

IMPORT_AIM, REPARSE_AIM, SIZE_AIM = 0.65, 0.15, 2.3
PAGES = 500
ROUNDS = 3

_MARKER = re.compile(r"\n([^\n]*?)(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\d+) 次\n")
_HEAD = re.compile(r"(?m)^当前位置.*\n.*\n")


class _Spacing(dict[int, str]):
    """A table for ``str.translate`` that sets every character of a script without spaces apart."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = text = char if char.isascii() and char.isalnum() else f" {char} "
        return text


def floor(source: Path, target: Path) -> None:
    spacing = _Spacing()
    db = sqlite3.connect(target, isolation_level=None)
    db.executescript(
        "PRAGMA journal_mode = wal; PRAGMA synchronous = normal;"
        "CREATE TABLE articles (id INTEGER PRIMARY KEY, body, source, published_at, views, hash);"
        "CREATE VIRTUAL TABLE words USING fts5 (body, content = '');"
    )
    number = 0
    for page in _HEAD.split(source.read_text("utf-8"))[1:]:
        parts = _MARKER.split("\n" + page)
        db.execute("BEGIN")
        for body, signed, time, views in zip(*(parts[at:-1:4] for at in range(4)), strict=True):
            number += 1
            text = body.strip("\n")
            digest = hashlib.sha256(re.sub(r"\s+", "", text).encode()).hexdigest()
            db.execute(
                "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?)",
                (number, text, signed, time, int(views), digest),
            )
            db.execute("INSERT INTO words (rowid, body) VALUES (?, ?)", (number, text.translate(spacing)))
        db.execute("COMMIT")
    db.close()


def merely_read(folder: Path) -> None:
    from warcio.archiveiterator import ArchiveIterator

    for path in sorted(folder.glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                record.content_stream().read()


def merely_read_fast(folder: Path) -> None:
    from fastwarc.warc import ArchiveIterator

    for path in sorted(folder.glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                record.reader.read()


READERS = {"warcio": merely_read, "fastwarc": merely_read_fast}


def rows(count: int = PAGES) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        return _measured(Path(folder), count)


def _measured(folder: Path, count: int) -> list[Row]:
    dump = folder / "pages.txt"
    dump.write_text("".join(islice(pages(random.Random(2019), 10**12), count)), "utf-8")
    program = [sys.executable, "-m", "yiqihui_spider"]

    def imported() -> Cost:
        for old in (folder / "a").glob("**/*"):
            if old.is_file():
                old.unlink()
        return process([*program, "import", dump, "--archive", folder / "a" / "a.db"], folder)

    def floored() -> Cost:
        (folder / "floor.db").unlink(missing_ok=True)
        return process([sys.executable, __file__, "--floor", dump, folder / "floor.db"], folder)

    least, ours = median_cost(floored, ROUNDS), median_cost(imported, ROUNDS)
    return [
        Row(
            f"import of {count} pages in one dump",
            _told(ours),
            f"the floor: {_told(least)}",
            least.cpu / ours.cpu,
            IMPORT_AIM,
        ),
        _size(folder / "a" / "a.db"),
        *_reparse(folder, [*program, "reparse", "--archive", folder / "a" / "a.db"]),
    ]


def _told(cost: Cost) -> str:
    return f"{cost.cpu:.2f} s of processor, {cost.megabytes:.0f} MB"


def _size(archive: Path) -> Row:
    db = sqlite3.connect(archive)
    (text,) = db.execute("SELECT sum(length(CAST(body AS BLOB))) FROM articles").fetchone()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    db.close()
    size = archive.stat().st_size / text
    told = f"{size:.2f} bytes for each byte of text"
    return Row("the archive's size", told, f"{text / 1e6:.1f} MB of text", met=size <= SIZE_AIM)


def _reparse(folder: Path, command: list[str | Path]) -> list[Row]:
    ours = median_cost(lambda: process(command, folder), ROUNDS)
    return [
        Row(
            "reparse of unchanged captures",
            _told(ours),
            f"{name} merely reading: {_told(reading)}",
            reading.cpu / ours.cpu,
            REPARSE_AIM if name == "warcio" else None,
        )
        for name in READERS
        if (reading := _reading(name, folder)) is not None
    ]


def _reading(name: str, folder: Path) -> Cost | None:
    if find_spec(name) is None:
        return None
    command = [sys.executable, __file__, "--read", name, folder / "a" / "warc"]
    return median_cost(lambda: process(command, folder), ROUNDS)


def main(words: list[str]) -> None:
    if words[:1] == ["--floor"]:
        floor(Path(words[1]), Path(words[2]))
    elif words[:1] == ["--read"]:
        READERS[words[1]](Path(words[2]))
    else:
        print(shown(rows(int(words[0]) if words else PAGES)))


if __name__ == "__main__":
    main(sys.argv[1:])
