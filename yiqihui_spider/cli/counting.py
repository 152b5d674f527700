"""Progress of what is counted: bytes read, captures read. A bar on a terminal, elsewhere an event of
the run log now and then, nothing when asked to be quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from yiqihui_spider.session.events import event

LINE_EVERY = 10.0
"""Seconds between two events."""


@contextmanager
def byte_progress(what: str, total: int | None, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Gives a function to be told of bytes read."""
    with _progress(what, total, 1e6, "MB", quiet) as seen:
        yield seen


@contextmanager
def count_progress(what: str, total: int | None, unit: str, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """Gives a function to be called once for each thing done."""
    with _progress(what, total, 1, unit, quiet) as seen:
        yield lambda: seen(1)


@contextmanager
def _progress(
    what: str, total: int | None, scale: float, unit: str, quiet: bool
) -> Iterator[Callable[[int], None]]:
    if quiet:
        yield lambda size: None
    elif sys.stderr.isatty():
        with _bar(scale > 1) as bar:
            task = bar.add_task(what, total=total)
            yield lambda size: bar.advance(task, size)
    else:
        yield PlainProgress(what, total, scale, unit)


def _bar(of_bytes: bool) -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    counts = (DownloadColumn(), TransferSpeedColumn()) if of_bytes else (MofNCompleteColumn(),)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        *counts,
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)


class PlainProgress:
    """How much, how fast, how long still; an event every ten seconds."""

    def __init__(
        self,
        what: str,
        total: int | None,
        scale: float,
        unit: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._total = total
        self._scale = scale
        self._unit = unit
        self._clock = clock
        self._begun = self._told = clock()
        self._done = 0

    def __call__(self, size: int) -> None:
        moment = self._clock()
        if not self._done and moment - self._begun > LINE_EVERY / 2:
            self._begun = self._told = moment  # something else took the time so far
        self._done += size
        if moment - self._told >= LINE_EVERY:
            self._told = moment
            event("progress", so_far=self.line(moment))

    def line(self, moment: float) -> str:
        rate = self._done / max(moment - self._begun, 1e-9)
        digits = 1 if self._scale > 1 else 0
        amount = f"{self._done / self._scale:.{digits}f} {self._unit}"
        text = f"{self._what}: {amount}, {rate / self._scale:.1f} {self._unit}/s"
        if not self._total:
            return text
        left = max(0, self._total - self._done) / rate if rate else 0
        return f"{text}, {min(100, 100 * self._done // self._total)} %, about {left:.0f} s to go"
