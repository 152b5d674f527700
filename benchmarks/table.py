"""One table of all measurements: what was measured, against what, what came out, what was aimed at."""

from __future__ import annotations

import os
import platform
import resource
import sqlite3
import statistics
import subprocess
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROUNDS = 5
"""How often each thing is measured; the median counts."""


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    ours: str
    other: str = ""
    """What it is compared with, and what that took."""
    ratio: float | None = None
    """How many times better ours is than the other: above 1 is better."""
    aim: float | None = None
    """The least ratio wanted."""
    met: bool | None = None
    """Of an aim that is no ratio."""
    note: str = ""

    @property
    def verdict(self) -> str:
        met = self.met
        if self.ratio is not None and self.aim is not None:
            met = self.ratio >= self.aim
        return {True: "yes", False: "no", None: ""}[met]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a whole process, its start included."""

    seconds: float
    cpu: float
    """Seconds of processor time, which other work on the machine hardly changes."""
    megabytes: float
    """The most memory it held."""


def process(command: Sequence[str | Path], cwd: Path, check: bool = True) -> Cost:
    """Run a program to its end. Raises CalledProcessError if it fails."""

    began = time.perf_counter()
    child = subprocess.Popen(
        [str(word) for word in command], cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert child.stderr is not None
    error = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stderr.close()
    if check and child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command, stderr=error)
    return Cost(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median_cost(run: Callable[[], Cost], rounds: int = ROUNDS) -> Cost:
    costs = [run() for _ in range(rounds)]
    return Cost(
        statistics.median(cost.seconds for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        max(cost.megabytes for cost in costs),
    )


def cpu_of(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median processor time of a call in this process, in seconds."""
    times = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_SELF)
        run()
        after = resource.getrusage(resource.RUSAGE_SELF)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(times)


HEAD = ("measured", "ours", "compared with", "ratio", "aim", "met")


def cells(row: Row) -> tuple[str, ...]:
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    aim = "" if row.aim is None else f"≥ {row.aim:g}"
    return row.what, row.ours, row.other, ratio, aim, row.verdict


def shown(rows: Sequence[Row]) -> str:
    """For a terminal, in columns."""
    lines = [HEAD, *map(cells, rows)]
    widths = [max(_columns(line[at]) for line in lines) for at in range(len(HEAD))]
    return "\n".join(
        "  ".join(text + " " * (width - _columns(text)) for text, width in zip(line, widths, strict=True))
        for line in lines
    )


def _columns(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def section(title: str, rows: Sequence[Row], when: str) -> str:
    """One part of ``results.md``, with the machine, its load and the versions that it is true of."""
    lines = [f"## {title}", "", f"{when}, {machine()}", "", _line(HEAD), _line(["---"] * len(HEAD))]
    lines += [_line(cells(row)) for row in rows]
    if notes := [f"- {row.what}: {row.note}" for row in rows if row.note]:
        lines += ["", *notes]
    return "\n".join(lines) + "\n"


def parts_of(text: str) -> dict[str, str]:
    """The parts of ``results.md`` by title."""
    found = text.split("\n## ")[1:]
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in found}


def page(parts: dict[str, str], order: Sequence[str]) -> str:
    """``results.md``."""
    head = (
        "# What was measured\n\nBy `make bench`: medians of several runs. Ratios above 1 are in our favour; "
        "times are processor time where they say so,\nwhich other work on the machine hardly changes.\n"
    )
    return "\n".join([head, *(parts[title] for title in order if title in parts)])


def _line(texts: Sequence[str]) -> str:
    return f"| {' | '.join(text.replace('|', '&#124;') for text in texts)} |"


PACKAGES = (
    "scrapy", "parsel", "lxml", "sqlite-utils", "warcio", "datasette", "trafilatura", "newspaper4k",
    "readability-lxml", "resiliparse", "fastwarc", "dask",
)  # fmt: skip


def machine() -> str:
    found = {name: _version(name) for name in PACKAGES}
    versions = ", ".join(f"{name} {number}" for name, number in found.items() if number)
    return (
        f"{_processor()}, {_cores()} cores (load {os.getloadavg()[0]:.0f}: other work went on where that is "
        f"more than 2), {_memory():.0f} GB; {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; {versions}."
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "?")


def _cores() -> int:

    return os.cpu_count() or 1


def _memory() -> float:

    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
