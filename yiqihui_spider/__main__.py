"""The program ``yiqihui``, also as ``python -m yiqihui_spider``."""

from __future__ import annotations

from yiqihui_spider.cli.lean_imports import import_without


def main() -> None:
    # Half of the time and of the memory of most commands, none of which has a use for its types of numbers.
    import_without("sqlite_utils", "pandas", "numpy")
    from yiqihui_spider.cli import main as command

    command()


if __name__ == "__main__":
    main()
