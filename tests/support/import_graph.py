"""Who imports whom in the package, read from the source, and a drawing of it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from support.paths import ROOT

OWN = "yiqihui_spider"
PACKAGE = ROOT / OWN


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def room(module: str) -> str:
    """The row of the table that a module of the package falls under."""
    parts = module.split(".")
    if parts[0] == "archive":
        return ".".join(parts[:2])
    return parts[0]


def imports(path: Path) -> Iterator[str]:
    """Dotted names, our own without the package's name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            for alias in node.names:
                full = f"{module}.{alias.name}"
                yield full if full.removeprefix(f"{OWN}.") in MODULES else module


def rooms_imported(path: Path) -> Iterator[str]:
    for name in imports(path):
        if name == OWN or name.startswith(f"{OWN}."):
            yield room(name.removeprefix(OWN).removeprefix("."))
        elif name.split(".")[0] not in sys.stdlib_module_names:
            yield f"+{name.split('.')[0]}"


def graph() -> dict[str, set[str]]:
    """Each room and the rooms it imports; the release's number and the ways in are left out."""
    found: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        own = room(module)
        names = {name for name in rooms_imported(path) if not name.startswith("+")}
        found.setdefault(own, set()).update(names - {own})
    left_out = {"version", "", "__main__", "archive"}
    return {name: others - left_out for name, others in found.items() if name not in left_out}


def reduced(found: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same without arrows that follow from others. ``found`` has no circles."""
    reach: dict[str, set[str]] = {}

    def all_behind(name: str) -> set[str]:
        if name not in reach:
            reach[name] = {far for one in found[name] for far in {one, *all_behind(one)}}
        return reach[name]

    return {
        name: {one for one in others if not any(one in all_behind(other) for other in others - {one})}
        for name, others in found.items()
    }


def drawing() -> str:
    """A Mermaid flowchart of the rooms, those that are imported below those that import."""
    arrows = reduced(graph())
    names = {name: name.replace(".", "_") for name in sorted(arrows)}
    inner = [name for name in names if name.startswith("archive.")]
    lines = ["```mermaid", "flowchart TD", "  subgraph archive"]
    lines += [f"    {names[name]}[{name.removeprefix('archive.')}]" for name in inner]
    lines += ["  end"]
    lines += [f"  {names[name]}[{name}]" for name in names if name not in inner]
    lines += [f"  {names[name]} --> {names[one]}" for name in names for one in sorted(arrows[name])]
    return "\n".join([*lines, "```"]) + "\n"
