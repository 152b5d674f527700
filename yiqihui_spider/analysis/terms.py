"""The terms of a text: words, by jieba and the dictionaries, with how often they stand in it.

Needs the extra ``analysis``.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from importlib import import_module
from tempfile import TemporaryDirectory
from typing import Any

from yiqihui_spider.analysis.dictionary import Dictionary, fold
from yiqihui_spider.errors import YiqihuiError

COUNTING_VERSION = "1"
"""To be raised when other terms would be counted of the same text."""

_LETTER = re.compile(r"[^\W\d_]")
_CHINESE_NUMBER = re.compile(
    "[第约近超数上]?[零〇一二两三四五六七八九十百千万亿几多余]+[个元块年月日号天次位家]?"
)


class JiebaMissing(YiqihuiError):
    """The extra is not installed."""

    def __init__(self) -> None:
        super().__init__("analyze needs jieba: pip install 'yiqihui-spider[analysis]'")


class Segmenter:
    """Counts terms. Making one takes about a second. Raises JiebaMissing."""

    def __init__(self, dictionary: Dictionary) -> None:
        jieba = _library()
        self._dictionary = dictionary
        self._tokenizer = _tokenizer(jieba, dictionary)
        self.hash = _hash(dictionary, str(jieba.__version__))
        """Changes when the same text may give other terms."""

    def count(self, *texts: str | None) -> Counter[str]:
        """The terms of these texts together, folded, with their numbers."""
        counted: Counter[str] = Counter()
        for text in texts:
            counted.update(counted_terms(self._tokenizer.cut, text or "", self._dictionary))
        return counted


def counted_terms(cut: Callable[[str], Iterable[str]], text: str, dictionary: Dictionary) -> Iterable[str]:
    """The terms of a text that are worth counting, one after another. Pure, given a pure ``cut``."""
    return (word for word in cut(fold(text)) if is_term(word, dictionary))


def is_term(word: str, dictionary: Dictionary) -> bool:
    """Whether a (folded) word is counted: no single characters, numbers, punctuation or stop words."""
    if word in dictionary.dropped:
        return False
    if word in dictionary.words:
        return True
    return len(word) > 1 and _LETTER.search(word) is not None and not _CHINESE_NUMBER.fullmatch(word)


def _library() -> Any:
    """jieba, without the warnings of its import (of pkg_resources, of its old string escapes) and
    without its talk on stderr."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            jieba = import_module("jieba")
        except ImportError:
            raise JiebaMissing from None
    jieba.setLogLevel(logging.ERROR)
    return jieba


def _tokenizer(jieba: Any, dictionary: Dictionary) -> Any:
    """One of our own, so that nobody else's words are in it."""
    tokenizer = jieba.Tokenizer()
    # It would read a cache that anyone may have put into /tmp.
    with TemporaryDirectory(prefix="yiqihui-") as folder:
        tokenizer.tmp_dir = folder
        tokenizer.initialize()
    for word, weight in sorted(dictionary.words.items()):
        tokenizer.add_word(word, weight)
    return tokenizer


def _hash(dictionary: Dictionary, jieba_version: str) -> str:
    told = [COUNTING_VERSION, jieba_version, sorted(dictionary.words.items()), sorted(dictionary.dropped)]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()
