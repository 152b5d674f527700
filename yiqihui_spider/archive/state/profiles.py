"""Whose archive this is: the site profile by which its pages are read."""

from __future__ import annotations

import sqlite3
from typing import Literal, NamedTuple

from sqlite_utils import Database

Origin = Literal["built-in", "file"]


class KeptProfile(NamedTuple):
    name: str
    text: str
    origin: Origin
    """``file``: given by the user; ``built-in``: the one that came with the program at that time."""


def kept_profile(db: Database | sqlite3.Connection) -> KeptProfile | None:
    """The profile in force; None in an archive from before profiles were kept, or a new one."""
    try:
        row = db.execute("SELECT name, text, origin FROM site_profiles ORDER BY id DESC LIMIT 1").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    return None if row is None else KeptProfile(*row)


def has_runs(db: Database | sqlite3.Connection) -> bool:
    """Whether anything was ever put into the archive."""
    try:
        return bool(db.execute("SELECT EXISTS (SELECT 1 FROM runs)").fetchone()[0])
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return False
        raise


def keep_profile(db: Database, profile: KeptProfile, at: str) -> None:
    """From now on pages are read by this one."""
    if kept_profile(db) != profile:
        db.execute(
            "INSERT INTO site_profiles (name, text, origin, since) VALUES (?, ?, ?, ?)", [*profile, at]
        )
