"""The program ``yiqihui``, also as ``python -m yiqihui_spider``."""

from __future__ import annotations

import sys
from typing import Any


def main() -> None:
    # sqlite-utils imports pandas wherever that is installed, to know its types of numbers: half of the time
    # and of the memory of most commands, none of which has a use for it.
    modules: dict[str, Any] = sys.modules
    modules.setdefault("pandas", None)
    from yiqihui_spider.cli import main as command

    command()


if __name__ == "__main__":
    main()
