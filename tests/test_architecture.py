"""Who may import whom, read from the source: one table, every folder, no exceptions."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest
from support.import_graph import MODULES, OWN, drawing, room, rooms_imported
from support.paths import ROOT

VALUES = ("items", "errors", "clock", "characters", "urls", "site", "wording")
STATE = ("archive.search", "archive.state", "archive.articles", "archive.schema")
ARCHIVE = (*STATE, "archive.queries")

RULES: dict[str, tuple[str, ...]] = {
    "": ("wording", "api"),
    "api": (*ARCHIVE, "errors", "items", "parse", "site", "+sqlite_utils"),
    "characters": (),
    "clock": (),
    "wording": (),
    "errors": (),
    "items": (),
    "site": ("characters", "errors"),
    "urls": (),
    "parse": ("characters", "items", "site", "urls", "+parsel", "+w3lib", "+lxml"),
    "completeness": ("items",),
    "warc": ("errors", "items", "+warcio"),
    "archive": (),
    "archive.search": ("wording", "+sqlite_utils"),
    "archive.state": ("clock", "items", "+sqlite_utils"),
    "archive.articles": (
        "archive.search",
        "archive.state",
        "characters",
        "clock",
        "items",
        "+sqlite_utils",
    ),
    "archive.schema": ("archive.articles", "archive.search", "archive.state", "+sqlite_utils", "+filelock"),
    "archive.queries": (*STATE, "items", "+sqlite_utils"),
    "session": (*STATE, "clock", "errors", "items", "site", "warc", "wording", "+filelock", "+sqlite_utils"),
    "settings": ("wording",),
    "spiders": ("items", "middlewares", "+scrapy", "+twisted"),
    "pipelines": ("items", "parse", "+scrapy", "+itemadapter"),
    "middlewares": ("characters", "clock", "items", "urls", "warc", "+scrapy", "+twisted", "+protego"),
    "crawl": (
        *VALUES,
        *ARCHIVE,
        "completeness",
        "middlewares",
        "parse",
        "session",
        "settings",
        "spiders",
        "warc",
        "watch",
        "+scrapy",
        "+sqlite_utils",
        "+twisted",
    ),
    "imports": (*VALUES, *ARCHIVE, "parse", "session", "warc"),
    "bulk": (*VALUES, *ARCHIVE, "imports", "parse", "session", "warc", "+filelock"),
    "wayback": (*VALUES, *ARCHIVE, "imports", "parse", "session", "warc"),
    "maintenance": (*VALUES, *ARCHIVE, "completeness", "imports", "parse", "session", "warc"),
    "learn": ("characters", "items", "parse", "site", "wording"),
    "watch": ("characters", "errors", "urls", "wording"),
    "exports": (*VALUES, *ARCHIVE, "warc"),
    "report": ("clock", "wording"),
    "serving": (*ARCHIVE, "characters", "items", "maintenance", "parse", "report", "session", "site", "warc"),
    "analysis": (*ARCHIVE, "errors"),
    "sample": ("site",),
    "cli": ("*",),
    "__main__": ("cli",),
}
"""Folder (or module of the root) → what it may import besides the standard library and itself:
others of this table, and ``+`` libraries. The empty name is ``yiqihui_spider/__init__.py``; ``*`` is
everything. Libraries of the extras are free where no ``+`` is named."""

LIBRARIES = {"scrapy", "twisted", "sqlite_utils", "parsel", "w3lib", "lxml", "warcio", "click", "datasette"}
"""Those that a folder must be allowed by name."""

FREE = {"report", "serving", "analysis", "exports", "wayback", "cli", "imports", "maintenance", "bulk"}
"""Folders at the edge that bring libraries of their own."""


def may(rule: str, name: str) -> bool:
    allowed = RULES[rule]
    if name == rule or "*" in allowed or name in allowed:
        return True
    return name.startswith("+") and (rule in FREE or name[1:] not in LIBRARIES)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_imports_only_what_its_folder_may(module: str) -> None:
    own = room(module)
    assert own in RULES, f"{own} is in no row of the table"
    wrong = {name for name in rooms_imported(MODULES[module]) if not may(own, name)}
    assert wrong == set()


def test_the_table_names_nothing_that_is_not_there() -> None:
    assert set(RULES) == {room(module) for module in MODULES}
    used = {rule: set(RULES[rule]) - set(RULES) - {"*"} for rule in RULES}
    assert {name for names in used.values() for name in names if not name.startswith("+")} == set()


def test_no_circles() -> None:
    everything = set(RULES) - {"", "api", "cli", "__main__"}
    graph = {rule: everything if "*" in RULES[rule] else set(RULES[rule]) & set(RULES) for rule in RULES}
    assert len(tuple(TopologicalSorter(graph).static_order())) == len(RULES)


def test_the_drawing_is_of_the_real_imports() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert drawing() in page, "run: make docs"


def test_at_most_thirty_rooms() -> None:
    assert len({rule.split(".")[0] for rule in RULES} - {"", "__main__"}) <= 30


def test_every_folder_says_what_it_is_for() -> None:
    for module, path in MODULES.items():
        if path.name == "__init__.py":
            assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), module


def test_no_module_is_longer_than_400_lines() -> None:
    assert {
        name for name, path in MODULES.items() if len(path.read_text("utf-8").splitlines()) > 400
    } == set()


@pytest.mark.parametrize("module", ["search_cmd", "show_cmd", "status_cmd", "history_cmd"])
def test_reading_commands_never_load_twisted(module: str) -> None:
    code = f"import sys, {OWN}.cli.{module}; sys.exit('twisted' in sys.modules or 'scrapy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
