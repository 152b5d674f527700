"""Who may import whom, read from the source (DESIGN: "Who may import whom")."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "yiqihui_spider"
OWN = "yiqihui_spider"

ALLOWED: dict[str, set[str]] = {
    "characters": set(),
    "site": {f"{OWN}.characters"},
    "items": set(),
    "splitter": {
        f"{OWN}.{part}"
        for part in (
            "site",
            "items",
            "declared",
            "grammar",
            "marks",
            "tiles",
            "stamps",
            "suspects",
            "headlines",
            "belief",
            "claims",
        )
    },
    "claims": {f"{OWN}.{part}" for part in ("site", "items", "grammar", "marks", "tiles")},
    "belief": {f"{OWN}.{part}" for part in ("site", "headlines", "marks", "suspects", "tiles")},
    "headlines": {f"{OWN}.{part}" for part in ("site", "items", "grammar", "tiles")},
    "suspects": {f"{OWN}.{part}" for part in ("site", "grammar", "marks", "stamps", "tiles")},
    "stamps": {f"{OWN}.site"},
    "declared": {f"{OWN}.items"},
    "marks": {f"{OWN}.{part}" for part in ("site", "grammar", "tiles", "stamps")},
    "tiles": {f"{OWN}.items", f"{OWN}.grammar"},
    "grammar": {f"{OWN}.{name}" for name in ("site", "items", "characters", "stamps")},
    "normalise": {f"{OWN}.{name}" for name in ("site", "items", "splitter", "characters", "titles")},
    "titles": {f"{OWN}.{name}" for name in ("site", "items", "characters", "addresses")},
    "pagetext": {
        f"{OWN}.{name}"
        for name in ("items", "addresses", "charset", "document", "furniture", "landmarks", "markup")
    },
    "document": {f"{OWN}.outline", "parsel"},
    "furniture": {f"{OWN}.{name}" for name in ("characters", "site", "items", "landmarks", "outline")},
    "landmarks": {f"{OWN}.{name}" for name in ("characters", "site", "grammar", "stamps", "outline")},
    "outline": {f"{OWN}.items"},
    "charset": set(),
    "markup": set(),
    "walk": {f"{OWN}.items", f"{OWN}.certificate"},
    "certificate": {f"{OWN}.items"},
    "wayback/cdx": {f"{OWN}.wayback.words"},
    "wayback/query": {f"{OWN}.wayback.cdx"},
    "wayback/plan": {f"{OWN}.wayback.cdx"},
    "wayback/retrying": set(),
    "wayback/words": set(),
    "outcome": {f"{OWN}.items"},
    "addresses": {f"{OWN}.site"},
}
"""Module → what it may import besides the standard library."""

FORBIDDEN: dict[str, tuple[str, ...]] = {
    "archive/": (
        "scrapy",
        "twisted",
        f"{OWN}.splitter",
        f"{OWN}.pagetext",
        f"{OWN}.spiders",
        f"{OWN}.pipelines",
    ),
    "spiders/": (f"{OWN}.archive", f"{OWN}.splitter", f"{OWN}.pagetext", f"{OWN}.normalise", "sqlite_utils"),
    "": (f"{OWN}.cli",),
}
"""Folder → what nothing in it may import ("" is the whole package but ``cli`` and ``__main__``)."""


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" if module == OWN else module for alias in node.names)


def is_stdlib(name: str) -> bool:
    return name.split(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize("module", sorted(ALLOWED))
def test_pure_modules_import_only_what_they_may(module: str) -> None:
    allowed = ALLOWED[module]
    found = {name for name in imports(PACKAGE / f"{module}.py") if not is_stdlib(name)}
    assert {
        name for name in found if not any(name == a or name.startswith(a + ".") for a in allowed)
    } == set()


def test_archive_imports_items_and_sqlite_utils_only() -> None:
    for path in (PACKAGE / "archive").glob("*.py"):
        for name in imports(path):
            fine = is_stdlib(name) or name.startswith(
                (
                    "sqlite_utils",
                    "filelock",
                    *(f"{OWN}.{name}" for name in ("archive", "items", "clock", "characters")),
                )
            )
            assert fine, f"{path.name} imports {name}"


@pytest.mark.parametrize("folder", sorted(FORBIDDEN))
def test_forbidden_imports(folder: str) -> None:
    for path in (PACKAGE / folder).rglob("*.py"):
        relative = path.relative_to(PACKAGE).as_posix()
        if folder == "" and (relative.startswith("cli/") or relative == "__main__.py"):
            continue
        for name in imports(path):
            hit = [bad for bad in FORBIDDEN[folder] if name == bad or name.startswith(bad + ".")]
            assert not hit, f"{relative} imports {name}"


@pytest.mark.parametrize("module", ["search_cmd", "show_cmd", "status_cmd", "history_cmd"])
def test_reading_commands_never_load_twisted(module: str) -> None:
    code = f"import sys, {OWN}.cli.{module}; sys.exit('twisted' in sys.modules or 'scrapy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
