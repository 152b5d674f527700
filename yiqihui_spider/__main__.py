"""The program ``yiqihui``, also as ``python -m yiqihui_spider``."""

from __future__ import annotations

import sys
from typing import Any


def main() -> None:
    _load_sqlite_utils_alone()
    from yiqihui_spider.cli import main as command

    command()


def _load_sqlite_utils_alone() -> None:
    """sqlite-utils imports pandas and numpy wherever they are installed, to know their types of numbers:
    half of the time and of the memory of most commands, none of which has a use for them."""
    modules: dict[str, Any] = sys.modules
    hidden = {"pandas", "numpy"} - modules.keys()
    modules |= dict.fromkeys(hidden)  # None is what makes an import fail
    try:
        import sqlite_utils  # noqa: F401 - for its being there
    finally:
        for name in hidden:
            del modules[name]


if __name__ == "__main__":
    main()
