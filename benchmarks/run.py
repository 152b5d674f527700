"""All benchmarks: one table on the terminal, and ``benchmarks/results.md``.

Usage: python benchmarks/run.py [NAME ...] [--dry-run]
NAME: splitter, html, import, crawl, search, room; all of them if none is given. With some of them the
others keep what they have in results.md only if the whole is measured again: it is not written then.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import bench_crawl
import bench_html
import bench_import
import bench_splitter
from table import Row, page, shown

RESULTS = Path(__file__).with_name("results.md")
BENCHMARKS: dict[str, tuple[str, Callable[[], list[Row]]]] = {
    "splitter": ("Splitting", bench_splitter.rows),
    "html": ("Reading HTML", bench_html.rows),
    "import": ("Import and reparse", bench_import.rows),
    "crawl": ("Crawling", bench_crawl.rows),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], metavar="NAME")
    parser.add_argument("--dry-run", action="store_true", help="print only")
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # of the peers
    groups = {}
    for name in given.names or BENCHMARKS:
        title, rows = BENCHMARKS[name]
        groups[title] = rows()
        print(f"\n{title}\n{shown(groups[title])}", flush=True)
    if not given.names and not given.dry_run:
        RESULTS.write_text(page(groups, time.strftime("%Y-%m-%d")), "utf-8")
        print(f"\nwritten: {RESULTS}")


if __name__ == "__main__":
    main()
