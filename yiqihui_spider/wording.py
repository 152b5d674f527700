"""How the program words things: numbers with their nouns, and its own release."""

from __future__ import annotations

__version__ = "0.1.0"
"""The release, by which the program names itself."""


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number and what it counts.

    >>> counted(1, "article"), counted(0, "article"), counted(2000, "address", "addresses")
    ('1 article', '0 articles', '2,000 addresses')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
