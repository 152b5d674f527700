"""Ask in advance what everybody asks first, so that nobody waits for a count over the whole archive."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from yiqihui_spider.serving.answers import IS_IN_ADVANCE
from yiqihui_spider.serving.metadata import CONTENT, DATABASE
from yiqihui_spider.serving.queries import canned_queries

OTHERS = (
    *("articles_by_month", "source_share", "view_growth", "edits", "disappearances", "completeness"),
    *("captures", "sightings"),
)
"""Views and tables over all there is."""
EVERY = 20.0
"""Seconds between two looks at whether the archive has changed."""


def pages() -> list[str]:
    """The addresses, those that are asked for most often first."""
    ready = (name for name, query in canned_queries().items() if not query.params)
    return [
        "/",
        "/search?q=",
        "/search?q=%E4%B8%80",  # what knows simplified from traditional characters is slow to load
        f"/{DATABASE}",
        *(f"/{DATABASE}/{name}" for name in (*CONTENT, *OTHERS, *ready)),
    ]


async def keep_warm(datasette: Any) -> None:
    """Until cancelled: ask at once, and again when a change of the archive has come to rest."""
    IS_IN_ADVANCE.set(True)
    answers = datasette.get_database(DATABASE).answers
    warm = before = None
    while True:
        with suppress(Exception):  # nobody waits for these answers; who asks for one is told what is wrong
            state = answers.state()
            if warm is None or (state != warm and state == before):
                warm = state
                for page in pages():
                    await datasette.client.get(page)
                    await asyncio.sleep(0.05)
            before = state
        await asyncio.sleep(EVERY)
