"""A process that reads pages for another: records come in on standard input, what they show goes out on
standard output. It ends when its input does, which is when the other one ends, however that comes about."""

from __future__ import annotations

import os
import pickle
import sys
from contextlib import suppress
from typing import Any, NamedTuple

from yiqihui_spider.archive.search.index import spaced
from yiqihui_spider.archive.state.lookup import as_stored
from yiqihui_spider.imports.ingest import Seen, read_shown
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.warc.reader import StoredResponse


class ReadPage(NamedTuple):
    seen: Seen
    spaced: tuple[tuple[str, str], ...] = ()
    """The texts on it, and how the search index has them: half the work of writing them."""


def read(record: StoredResponse, site: SiteProfile) -> ReadPage:
    seen = read_shown(record, as_stored(record.url), site)
    bodies = (article.body for article in seen.read[2].articles) if seen.read and seen.is_ours else ()
    return ReadPage(seen, tuple((body, spaced(body)) for body in bodies))


def main() -> None:
    told = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anybody prints must not come between
    with suppress(EOFError, BrokenPipeError):
        site = pickle.load(sys.stdin.buffer)
        while True:
            record = pickle.load(sys.stdin.buffer)
            pickle.dump(_answer(record, site), told, pickle.HIGHEST_PROTOCOL)
            told.flush()


def _answer(record: StoredResponse, site: SiteProfile) -> Any:
    try:
        return read(record, site)
    except Exception as error:  # raised where the page was asked for
        return RuntimeError(f"{type(error).__name__}: {error}")
