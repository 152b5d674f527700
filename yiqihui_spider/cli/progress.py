"""Progress: a bar on a terminal, elsewhere an event of the run log now and then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from yiqihui_spider.cli.terminal import one_line
from yiqihui_spider.session.events import event

if TYPE_CHECKING:
    from rich.progress import Progress

TOLD_EVERY = 25
"""Pages between two events."""


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
        yield _tell


def _tell(item: Any, summary: Any, remaining: int) -> None:
    if summary.pages % TOLD_EVERY == 1:
        event("progress", pages=summary.pages, to_go=remaining, at=item.task.url)
