"""WARC and ARC records: reading, writing, repair."""

import sys
from typing import Any


def _load_warcio_alone() -> None:
    """warcio imports fsspec wherever that is installed, for files that are elsewhere; here none is."""
    modules: dict[str, Any] = sys.modules
    if "fsspec" in modules:
        return
    modules["fsspec"] = None  # what makes an import fail
    try:
        import warcio  # type: ignore[import-untyped]  # noqa: F401 - for its being there
    finally:
        del modules["fsspec"]


_load_warcio_alone()
