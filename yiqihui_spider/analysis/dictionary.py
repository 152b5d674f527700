"""Dictionaries of words to know and words not to count. Pure, but for reading the files.

A line holds a word and, if need be, its weight as a number; after ``-`` stands a word that is
not to be counted; ``#`` begins a remark.  Words are compared in lower case and without full width.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from yiqihui_spider.errors import YiqihuiError

BESIDE = "yiqihui.dict.txt"
"""A user's dictionary beside the archive has this name."""

_LINE = re.compile(r"(-\s*)?([^\s-]\S*?)(?:\s+([0-9]{1,9}))?(?:\s+[a-z]{1,4})?")


class DictionaryError(YiqihuiError):
    """A dictionary can't be read; one clear line."""


@dataclass(slots=True)
class Dictionary:
    words: dict[str, int | None] = field(default_factory=dict)
    """To their weights; None leaves it to the segmenter."""
    dropped: set[str] = field(default_factory=set)
    """Not to be counted."""


def fold(text: str) -> str:
    """A text as terms are counted: lower case, full-width forms narrow.

    >>> fold("ＫＯＬ与GMV")
    'kol与gmv'
    """
    return unicodedata.normalize("NFKC", text).lower()


def parse(text: str, name: str) -> Dictionary:
    """Read a dictionary. Pure. Raises DictionaryError, naming the line."""
    found = Dictionary()
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise DictionaryError(f"{name}, line {number}: not a word with an optional number: {line[:40]}")
        word = fold(match[2])
        if match[1]:
            found.dropped.add(word)
            found.words.pop(word, None)
        else:
            found.words[word] = int(match[3]) if match[3] else None
            found.dropped.discard(word)
    return found


def merged(dictionaries: Iterable[Dictionary]) -> Dictionary:
    """All together; what comes later has the last word."""
    together = Dictionary()
    for one in dictionaries:
        together.dropped = (together.dropped - one.words.keys()) | one.dropped
        kept = {word: weight for word, weight in together.words.items() if word not in one.dropped}
        together.words = kept | one.words
    return together


def load(paths: Iterable[Path]) -> Dictionary:
    """The package's dictionary and stop words, and the users' after them."""
    stop_words = Dictionary(dropped=_stop_words())
    own = parse(_packaged("trade_terms.txt"), "trade_terms.txt")
    return merged([stop_words, own, *(parse(_read(path), str(path)) for path in paths)])


def _stop_words() -> set[str]:
    lines = _packaged("stop_words.txt").splitlines()
    return {word for line in lines if not line.startswith("#") for word in line.split()}


def _packaged(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise DictionaryError(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise DictionaryError(f"cannot read {path}: {error.strerror or error}") from None
