"""Loading a library without the large ones that it imports wherever they are installed."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Any


def import_without(library: str, *hidden: str) -> None:
    """Import ``library`` as if ``hidden`` were not installed, unless one or the other is loaded already."""
    modules: dict[str, Any] = sys.modules
    absent = [name for name in hidden if library not in modules and name not in modules]
    modules |= dict.fromkeys(absent)  # None is what makes an import fail
    try:
        import_module(library)
    finally:
        for name in absent:
            del modules[name]


@contextmanager
def bare_stacks() -> Iterator[None]:
    """Scrapy asks for the whole stack for each class that it deprecates, and Python looks for the source of
    every frame of it, a quarter of the time that a run takes to start; nobody reads that."""
    whole = inspect.stack
    inspect.stack = _frames
    try:
        yield
    finally:
        inspect.stack = whole


def _frames(context: int = 1) -> list[inspect.FrameInfo]:
    """As ``inspect.stack``, without the lines of source."""
    frame: FrameType | None = sys._getframe(1)
    frames = []
    while frame is not None:
        code = frame.f_code
        frames.append(inspect.FrameInfo(frame, code.co_filename, frame.f_lineno, code.co_name, None, None))
        frame = frame.f_back
    return frames
