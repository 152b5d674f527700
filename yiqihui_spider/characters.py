"""White space, line ends and characters that nobody sees: one meaning for the whole project.

Standard library only, and nothing of one site: what reads pages and what compares texts both
rest on it.
"""

from __future__ import annotations

import re

NEWLINES = "\n\r\x0b\x0c\x85\u2028\u2029"

MARKS = (
    "".join(map(chr, (*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0))))
    + "\u00ad\u061c\u180e\u200b\u200e\u200f"
    + "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x2070))))
    + "\ufeff\ufff9\ufffa\ufffb"
)
"""Marks without width or meaning: zero-width space, byte-order mark, word joiner, soft hyphen,
direction marks and overrides, control characters. At a text's edges they are white space."""

SHAPERS = "\u034f\u200c\u200d\ufe0e\ufe0f"
"""Invisible, too, but they shape the character before them (emoji, scripts that join): part of a
text wherever they stand, and no difference between two texts."""

SPACES = " \t\u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f\u3000" + MARKS
"""White space within a line, the marks among it."""

BLANK = SPACES + NEWLINES
"""What may stand around a text without being any of it; for ``str.strip``."""

UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Control characters (tab and line feed apart), marks that turn the direction of what follows,
lone surrogates (bytes of a file name that are no text), invisible tags."""

_INVISIBLE = re.compile(f"[{MARKS}{SHAPERS}]+")
_MARKS = re.compile(f"[{MARKS}]+")
_PRINTABLE_SHAPERS = ("\u034f", "\ufe0e", "\ufe0f")


def squeeze(text: str) -> str:
    """The text without any white space and without what nobody sees: what two texts have in
    common if they differ in neither.

    >>> squeeze(" 社群\\u3000电商\\u200b\\n的\\xa01V1\\u2028 ")
    '社群电商的1V1'
    """
    text = "".join(text.split())
    if text.isprintable() and not any(char in text for char in _PRINTABLE_SHAPERS):  # nearly always
        return text
    return _INVISIBLE.sub("", text)


def one_line(text: str) -> str:
    """A heading as it is kept: on one line, its white space single, without marks.

    >>> one_line(" 社群\\u200b电商\\u2028的 \\n 春天\\ufeff ")
    '社群电商 的 春天'
    """
    words = " ".join(text.split())
    return words if words.isprintable() else " ".join(_MARKS.sub("", words).split())


def has_ink(text: str) -> bool:
    """Whether a reader sees anything.

    >>> has_ink("\\u200b \\u2028"), has_ink("社")
    (False, True)
    """
    return squeeze(text) != ""


def printable(text: str) -> str:
    """The text with every character that a terminal would act upon shown as its escape.

    >>> printable("a\\x1b[31mb\\u202ec")
    'a\\\\x1b[31mb\\\\u202ec'
    """
    return text if text.isprintable() else UNPRINTABLE.sub(_escape, text)


def printable_line(text: str) -> str:
    """On one line, character for character: white space is a space, and what can't be printed a
    replacement character.

    >>> printable_line("a\\x1b[31mb\\u202ec\\n\\td")
    'a\ufffd[31mb\ufffdc  d'
    """
    return UNPRINTABLE.sub("\ufffd", re.sub(r"[\t\n\r]", " ", text))


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
