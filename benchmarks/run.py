"""All benchmarks: one table on the terminal, and ``benchmarks/results.md``.

Usage: python benchmarks/run.py [NAME ...] [--dry-run]
NAME: splitter, html, import, crawl, year, search, room, bulk; all of them if none is given. Of those that
are measured the part of results.md is written anew, and the others keep what they have.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import bench_bulk
import bench_crawl
import bench_html
import bench_import
import bench_room
import bench_search
import bench_splitter
import bench_year
from table import Row, page, parts_of, section, shown

RESULTS = Path(__file__).with_name("results.md")
BENCHMARKS: dict[str, tuple[str, Callable[[], list[Row]]]] = {
    "splitter": ("Splitting", bench_splitter.rows),
    "html": ("Reading HTML", bench_html.rows),
    "import": ("Import and reparse", bench_import.rows),
    "crawl": ("Crawling", bench_crawl.rows),
    "year": ("A year of hourly crawls", bench_year.rows),
    "search": ("Searching", bench_search.rows),
    "room": ("The reading room", bench_room.rows),
    "bulk": ("Very many files", bench_bulk.rows),
}


def _quiet() -> None:
    warnings.simplefilter("ignore")  # of the peers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], metavar="NAME")
    parser.add_argument("--dry-run", action="store_true", help="print only")
    given = parser.parse_args()
    parts = parts_of(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    for name in given.names or BENCHMARKS:
        title, rows = BENCHMARKS[name]
        # In a process of its own: a program begins its count of memory with that of who starts it.
        with ProcessPoolExecutor(1, get_context("spawn"), initializer=_quiet) as apart:
            found = apart.submit(rows).result()
        print(f"\n{title}\n{shown(found)}", flush=True)
        parts[title] = section(title, found, time.strftime("%Y-%m-%d"))
        if not given.dry_run:
            RESULTS.write_text(page(parts, [title for title, _ in BENCHMARKS.values()]), "utf-8")
    if not given.dry_run:
        print(f"\nwritten: {RESULTS}")


if __name__ == "__main__":
    main()
