"""The libraries of the extra ``cluster``, loaded when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from yiqihui_spider.errors import YiqihuiError


class BulkError(YiqihuiError):
    """Why there can be no run, or no result, in one line."""


def need_all() -> None:
    """Raises BulkError, naming the extra, if one of its libraries is missing."""
    try:
        import_module("dask")
        import_module("distributed")
        import_module("fsspec")
        import_module("pyarrow")
    except ImportError as error:
        raise _missing(error.name or "Dask") from None


def library(name: str) -> Any:
    """One of their modules. Raises BulkError, naming the extra, without it."""
    try:
        return import_module(name)
    except ImportError:
        raise _missing(name) from None


def _missing(name: str) -> BulkError:
    return BulkError(f"bulk needs {name.partition('.')[0]}: pip install 'yiqihui-spider[cluster]'")
