"""The way of what was read into the archive: at once, or when it is its turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from yiqihui_spider.warc.reader import StoredResponse


class Queue(Protocol):
    """Where what is read goes on its way into the archive."""

    def put(self, record: StoredResponse, write: Callable[[], None]) -> None:
        """``write`` this record, now or later, but before any that comes after it."""

    def settle(self) -> None:
        """Write all that was put."""


class AtOnce:
    def put(self, record: StoredResponse, write: Callable[[], None]) -> None:
        write()

    def settle(self) -> None:
        """Nothing waits."""
