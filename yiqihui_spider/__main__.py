"""The program ``yiqihui``, also as ``python -m yiqihui_spider``."""

from __future__ import annotations

import sys
from typing import Any


def main() -> None:
    _load_sqlite_utils_alone()
    from yiqihui_spider.cli import main as command

    command()


def _load_sqlite_utils_alone() -> None:
    """sqlite-utils imports pandas wherever that is installed, to know its types of numbers: half of the
    time and of the memory of most commands, none of which has a use for it."""
    modules: dict[str, Any] = sys.modules
    if "pandas" in modules:
        return
    modules["pandas"] = None  # what makes an import fail
    try:
        import sqlite_utils  # noqa: F401 - for its being there
    finally:
        del modules["pandas"]


if __name__ == "__main__":
    main()
