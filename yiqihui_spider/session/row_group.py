"""The rows of several pages in one transaction: most of what a page costs SQLite, twenty cost too.

What is captured is in the WARC file before its rows are: a program killed in the middle leaves
records without rows, which the same work done again finds to be there twice.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType, TracebackType

from sqlite_utils import Database

from yiqihui_spider.archive.search.index import direct_indexing

MOST_PAGES = 64
MOST_BYTES = 4 * 1024 * 1024
"""Of pages, as they came."""
MOST_SECONDS = 2.0
"""Other programs that want to write wait so long, and more is never lost."""


class RowGroup:
    """Of one thread. In ``with`` it, Ctrl-C waits for the end of a page, and at the end, whatever it
    is, what is whole is committed."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._transaction: ExitStack | None = None
        self._pages = self._bytes = 0
        self._began = 0.0
        self._busy = self._interrupted = False

    # --- pages -----------------------------------------------------------------------------

    @contextmanager
    def page(self, size: int) -> Iterator[None]:
        """One page of ``size`` bytes. Its writer puts its rows into a savepoint (as ``save_page`` does), so
        that a page which fails takes back nothing but its own."""
        self._heed_interrupt()
        with self._uninterrupted():
            if self._transaction is None:
                self._begin()
            try:
                yield
            except BaseException as error:
                self._abandon_if_lost(error)
                raise
            self._pages += 1
            self._bytes += size
            if self._pages >= MOST_PAGES or self._bytes >= MOST_BYTES or self._is_old():
                self.commit()

    def rest(self) -> None:
        """Between pages, often: a group that has been open for long is committed."""
        self._heed_interrupt()
        if self._is_old():
            self.commit()

    def commit(self) -> None:
        """Where something must not wait for the group's end. (No savepoint may be open.)"""
        transaction, self._transaction = self._transaction, None
        if transaction is not None:
            with self._uninterrupted():
                transaction.close()

    def _is_old(self) -> bool:
        return time.monotonic() - self._began > MOST_SECONDS

    def _begin(self) -> None:
        with ExitStack() as stack:
            stack.enter_context(direct_indexing(self._db))
            self._transaction = stack.pop_all()
        self._pages, self._bytes, self._began = 0, 0, time.monotonic()

    def _abandon_if_lost(self, error: BaseException) -> None:
        """A full disk, say, makes SQLite take back the whole transaction, not only the statement."""
        if self._transaction is not None and not self._db.conn.in_transaction:
            transaction, self._transaction = self._transaction, None
            transaction.__exit__(type(error), error, error.__traceback__)

    # --- Ctrl-C ----------------------------------------------------------------------------

    def __enter__(self) -> RowGroup:
        self._before = signal.getsignal(signal.SIGINT)
        self._heeds = self._before is signal.default_int_handler and _in_main_thread()
        if self._heeds:
            signal.signal(signal.SIGINT, self._on_interrupt)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.commit()
        finally:
            if self._heeds:
                signal.signal(signal.SIGINT, self._before)

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        if not self._busy or self._interrupted:  # who asks twice means it
            raise KeyboardInterrupt
        self._interrupted = True

    @contextmanager
    def _uninterrupted(self) -> Iterator[None]:
        outer, self._busy = self._busy, True
        try:
            yield
        finally:
            self._busy = outer

    def _heed_interrupt(self) -> None:
        if self._interrupted and not self._busy:
            self._interrupted = False
            raise KeyboardInterrupt


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
