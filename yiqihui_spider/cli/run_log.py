"""The run log of a command: all that is logged and printed while it is at work."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from yiqihui_spider.cli.common import Failure
from yiqihui_spider.cli.terminal import Heard

if TYPE_CHECKING:
    from yiqihui_spider.cli.running import Run
    from yiqihui_spider.watch.log import RunLogHandler


@contextmanager
def run_log(run: Run, hear: bool) -> Iterator[RunLogHandler | None]:
    """The run log, if there is to be one; all that anybody logs or prints meanwhile goes into it."""
    if run.how.log_file is None:
        with Heard.standard_error(_heard, alone=True) if run.how.unattended else nullcontext():
            yield None
        return
    from yiqihui_spider.session.events import logger as events
    from yiqihui_spider.watch.log import LogFile, RunLogHandler

    path = run.how.log_file
    try:
        if run.archive.resolve() == path.resolve():
            raise OSError(0, "it is the archive's own name")
        file = LogFile(path)
    except OSError as error:
        raise Failure(f"cannot write the log {path}: {words_of(error)}") from None
    handler = RunLogHandler(file, run.how.log_format, lambda: run.run_id)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(min(level, logging.INFO))  # what others want to hear they still do
    events.addHandler(handler)
    logging.captureWarnings(True)
    try:
        with Heard.standard_error(_heard, alone=run.how.unattended) if hear else nullcontext():
            yield handler
    finally:
        logging.captureWarnings(False)
        events.removeHandler(handler)
        root.removeHandler(handler)
        root.setLevel(level)
        file.close()


def words_of(error: OSError) -> str:
    return error.strerror or str(error)


def _heard(line: str) -> None:
    logging.getLogger("stderr").info("%s", line)
