"""Progress: a bar on a terminal, plain lines to a file, nothing when asked to be quiet."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from yiqihui_spider.cli.terminal import echo, one_line
from yiqihui_spider.wording import counted

if TYPE_CHECKING:
    from rich.progress import Progress

LINES_EVERY = 25
"""Pages between two plain lines."""


def bar(*, unit: str = "") -> Progress:
    """A bar with count, rate and remaining time, on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


@contextmanager
def crawl_progress(*, quiet: bool) -> Iterator[Any]:
    """Gives the callback for ``runner.crawl``, or None when quiet."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with bar() as progress:
            task = progress.add_task("crawling", total=None, rate="")

            def show(item: Any, summary: Any, remaining: int) -> None:
                done = summary.pages + len(summary.failures)
                text = f"{item.task.category or 'section'} {item.task.label}"
                progress.update(task, description=one_line(text), completed=done, total=done + remaining)

            yield show
    else:
        yield _line


def _line(item: Any, summary: Any, remaining: int) -> None:
    if summary.pages % LINES_EVERY == 1:
        where = f"{item.task.category or 'section'} {item.task.label}"
        echo(f"{counted(summary.pages, 'page')}, about {remaining} to go: {where}", err=True)
