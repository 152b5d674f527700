"""How the program words things: numbers with their nouns, and its own release."""

from __future__ import annotations

__version__ = "0.1.0"
"""The release, by which the program names itself."""


def user_agent(
    contact: str = "", purpose: str = "news archive; one request at a time; obeys robots.txt"
) -> str:
    """How we present ourselves to a server: who, what for, and whom to write to.

    >>> user_agent("me@example.org", "news archive").partition("(")[2]
    'news archive; +me@example.org)'
    """
    return f"yiqihui_spider/{__version__} ({purpose}{contact and f'; +{contact}'})"


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number and what it counts.

    >>> counted(1, "article"), counted(0, "article"), counted(2000, "address", "addresses")
    ('1 article', '0 articles', '2,000 addresses')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def brief(text: str, most: int) -> str:
    """On one line, cut.

    >>> brief("one\\n two", 20), brief("one two three", 8)
    ('one two', 'one two…')
    """
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
