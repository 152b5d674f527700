"""Events of a run, for the run log: Python's logging carries them."""

from __future__ import annotations

import logging
from typing import Any

logger = logging.getLogger("yiqihui_spider.run")
logger.addHandler(logging.NullHandler())
logger.propagate = False  # without a run log they go nowhere, not into Scrapy's either


def event(name: str, level: int = logging.INFO, /, **fields: Any) -> None:
    """Tell that something happened: a name of one word, and what there is to know of it."""
    plain = ", ".join(f"{field} {value}" for field, value in fields.items())
    plain = plain.encode("utf-8", "backslashreplace").decode()  # a file's name need not be text
    logger.log(level, "%s: %s", name, plain, extra={"event": name, "fields": fields})
