"""The libraries of the extra ``cluster``, loaded when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from yiqihui_spider.errors import YiqihuiError


class BulkError(YiqihuiError):
    """Why there can be no run, or no result, in one line."""


def library(name: str) -> Any:
    """A module of dask, distributed, pyarrow or fsspec. Raises BulkError, naming the extra, without it."""
    try:
        return import_module(name)
    except ImportError:
        root = name.partition(".")[0]
        raise BulkError(f"this needs {root}: pip install 'yiqihui_spider[cluster]'") from None
