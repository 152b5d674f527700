"""Answers that took a while, kept until the archive changes."""

from __future__ import annotations

import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from threading import Lock
from typing import Any, TypeVar

Answer = TypeVar("Answer")

WORTH_KEEPING = 0.005
"""Seconds; what is quicker is asked again."""
MOST_KEPT = 300
IS_IN_ADVANCE: ContextVar[bool] = ContextVar("IS_IN_ADVANCE", default=False)
"""Whether nobody is waiting: what is asked in advance may take longer."""


class Answers:
    """Shared by all threads. ``connect`` opens the archive, for a look at whether it has changed."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._watching: sqlite3.Connection | None = None
        self._lock = Lock()
        self._state = -1
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def ask(
        self,
        key: Hashable,
        question: Callable[[], Answer],
        is_kept: Callable[[Answer], bool] = lambda _: True,
    ) -> Answer:
        """The answer, from memory if it was asked before and nothing has been written since.

        ``is_kept`` tells of an answer whether it may stay in memory.
        """
        with self._lock:
            state = self._look()
            if key in self._kept:
                self._kept.move_to_end(key)
                kept: Answer = self._kept[key]
                return kept
        started = time.perf_counter()
        answer = question()
        if time.perf_counter() - started >= WORTH_KEEPING and is_kept(answer):
            with self._lock:
                if self._look() == state:
                    self._kept[key] = answer
                    while len(self._kept) > MOST_KEPT:
                        self._kept.popitem(last=False)
        return answer

    def state(self) -> int:
        """A number that changes when the archive does."""
        with self._lock:
            return self._look()

    def known(self, key: Hashable) -> Any:
        """The answer if it is in memory and still true; None if not."""
        with self._lock:
            self._look()
            return self._kept.get(key)

    def _look(self) -> int:
        if self._watching is None:
            self._watching = self._connect()
        state = int(self._watching.execute("PRAGMA data_version").fetchone()[0])
        if state != self._state:
            self._kept.clear()
            self._state = state
        return state
