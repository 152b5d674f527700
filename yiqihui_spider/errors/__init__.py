"""Errors that are told to the user in one line, and the codes a command exits with."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from difflib import get_close_matches
from enum import IntEnum


class Exit(IntEnum):
    """The exit codes users' scripts rely on."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNCERTIFIED = 3
    LAYOUT = 4
    TRY_LATER = 75


class YiqihuiError(Exception):
    """Told to the user as it is; ``exit_code`` is what the command ends with."""

    exit_code = 1


def in_words(error: BaseException) -> str:
    """An error that ends a run, on one line. A class name only where it is a fault of ours, whose
    place in the code it helps to find."""
    words = " ".join(str(error).split())
    if isinstance(error, YiqihuiError):
        return words
    if isinstance(error, sqlite3.Error):
        return f"the archive's database: {words}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """To be put behind the word that a misspelt name is unknown: the nearest right one, if one is near.

    >>> did_you_mean("社区", ["社群", "购物资讯"]), did_you_mean("xyz", ["社群"])
    ('; did you mean 社群?', '')
    """
    near = get_close_matches(name, list(known), 1, 0.5)
    return f"; did you mean {near[0]}?" if near else ""
