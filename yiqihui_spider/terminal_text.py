"""Text of pages, servers and file names made fit for a terminal or a line of a log. Pure."""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""C0 and C1 controls, marks that turn or hide text, half characters."""


def printable(text: str) -> str:
    """One line of ``text`` in which nothing steers a terminal or turns the order of reading.

    >>> printable("a\\x1b[31mb\\u202ec\\r\\n\\td")
    'a\\ufffd[31mb\\ufffdc d'
    """
    return _HIDDEN.sub("\ufffd", " ".join(re.split(r"[\t\n\r]+", text)))
