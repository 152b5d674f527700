"""Counting the terms of what is new or changed in the archive."""

from __future__ import annotations

from collections.abc import Callable

from sqlite_utils import Database

from yiqihui_spider.analysis.terms import Segmenter
from yiqihui_spider.archive.search import terms

BATCH = 200
"""Articles in one transaction."""


def analyze(db: Database, segmenter: Segmenter, progress: Callable[[], None] = lambda: None) -> int:
    """Count what is to be counted; how many articles that were. A killed run goes on next time."""
    done = 0
    for texts in terms.batches(db, segmenter.hash, BATCH):
        counted = []
        for text in texts:
            counted.append((text, segmenter.count(text.title, text.body)))
            progress()
        terms.keep(db, segmenter.hash, counted)
        done += len(texts)
    return done
