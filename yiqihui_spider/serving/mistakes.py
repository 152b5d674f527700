"""What went wrong with a request, in words for the reader; what is the reader's and what is ours."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from datasette.database import QueryInterrupted  # type: ignore[import-untyped]
from datasette.utils.asgi import Base400  # type: ignore[import-untyped]
from datasette.views.base import DatasetteError  # type: ignore[import-untyped]

NOT_FOUND = "Not found"
NOT_ANSWERED = "That can’t be answered"
FAILED = "Something went wrong"

NOTHING_HERE = "Nothing stands at this address."
TOO_LONG = "It took too long, and was stopped. Ask for less: fewer words, a shorter time, one category."
NO_ARGUMENT = "An argument of the address is not of the form that it should have."
OURS = "The fault is the program’s; what it was is told where the server runs."


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is answered; ``is_ours`` if it belongs in the log."""

    status: int
    title: str
    message: str
    is_ours: bool = False


def mistake(error: Exception, path: str, asks: bool) -> Mistake:
    """What an exception comes to, raised by a page at ``path``; ``asks`` if the address has arguments."""
    if isinstance(error, QueryInterrupted) or error.args == ("interrupted",):
        return Mistake(503, NOT_ANSWERED, TOO_LONG)
    if isinstance(error, DatasetteError):
        return _said_by_datasette(error)
    if isinstance(error, Base400):
        return _refused(error)
    if _is_of_data(path) and asks:
        return Mistake(400, NOT_ANSWERED, str(error) if isinstance(error, sqlite3.Error) else NO_ARGUMENT)
    if _is_of_data(path) and isinstance(error, sqlite3.ProgrammingError):
        return Mistake(404, NOT_FOUND, NOTHING_HERE)  # a row named by too few numbers, or too many
    return Mistake(500, FAILED, OURS, is_ours=True)


def _said_by_datasette(error: DatasetteError) -> Mistake:
    if error.message_is_html:  # of queries that were stopped
        return Mistake(400, NOT_ANSWERED, TOO_LONG)
    return Mistake(400 if error.status == 500 else error.status, NOT_ANSWERED, str(error.message))


def _refused(error: Base400) -> Mistake:
    text = str(error.args[0]) if error.args else ""
    if error.status == 404:
        return Mistake(404, NOT_FOUND, NOTHING_HERE if text in ("", "404") else text)
    return Mistake(error.status, NOT_ANSWERED, text)


def _is_of_data(path: str) -> bool:
    """Datasette's pages take what an address says at its word: what they then fail at is no fault of ours."""
    return path.startswith("/yiqihui")
