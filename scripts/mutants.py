"""Mutation testing of the parts that decide: what do their own tests not notice?

    make mutants                                                20 mutants of each module
    python scripts/mutants.py completeness/walk parse/belief --count 60 --seed 3
    python scripts/mutants.py completeness/walk --all --log m.jsonl     goes on where it was stopped

One thing is changed at a time (a comparison, a constant, and for or, a condition turned round, a
statement left out, None returned; in SQL likewise), in a copy of the package, and the module's own
tests are run against the copy.  A mutant that they let pass is printed.  Each run has its own copy,
so that several may run side by side.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "yiqihui_spider"
SECONDS = 180

TESTS: dict[str, tuple[str, ...]] = {
    "site": ("site",),
    "parse/candidates": ("parse/test_candidates.py", "parse/test_unread_markers.py"),
    "parse/scan": ("parse/test_splitter.py", "site"),
    "parse/markers": ("parse/test_splitter.py", "parse/test_unread_markers.py"),
    "parse/suspects": ("parse/test_unread_markers.py", "parse/test_splitter.py"),
    "parse/belief": ("parse/test_splitter.py", "parse/test_unread_markers.py"),
    "parse/claims": ("parse/test_splitter.py", "parse/test_unread_markers.py"),
    "parse/tiling": ("parse/test_splitter.py",),
    "parse/splitter": ("parse/test_splitter.py", "parse/test_unread_markers.py"),
    "parse/pager": ("parse/test_splitter.py",),
    "parse/normalise": ("parse/test_normalise.py",),
    "parse/titles": ("parse/test_titles.py", "parse/test_normalise.py"),
    "completeness/walk": ("completeness/test_walk.py", "completeness/test_worlds.py"),
    "completeness/certificate": ("completeness",),
    "crawl/controller": ("crawl/test_controller.py",),
    "crawl/frontier": ("crawl/test_frontier.py", "crawl/test_controller.py"),
    "crawl/page_check": ("crawl/test_page_check.py", "crawl/test_controller.py"),
    "archive/articles/identity": ("archive/articles/test_identity.py",),
    "archive/articles/versions": ("archive/articles/test_versions.py",),
    "archive/articles/matching": ("archive/articles/test_matching.py",),
    "archive/articles/disappearance": ("archive/articles/test_disappearance.py",),
    "archive/state/listed_articles": ("archive/state/test_listed_articles.py",),
    "archive/schema/views.sql": ("archive/schema/test_views.py",),
}
"""Each module and the tests that are its own."""

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}

SQL_SWAPS = (
    (r"\bDISTINCT ", ""),
    (r"\bmin\(", "max("),
    (r"\bmax\(", "min("),
    (r"(?<![<>=])<(?![=>])", "<="),
    (r"(?<![<>=])>(?!=)", ">="),
    (r"<=", "<"),
    (r">=", ">"),
    (r"(?<![<>!=])=(?!=)", "<>"),
    (r"<>", "="),
    (r"\bAND\b", "OR"),
    (r"\bOR\b", "AND"),
    (r"\bIS NOT NULL\b", "IS NULL"),
    (r"\bIS NULL\b", "IS NOT NULL"),
    (r"\bLEFT JOIN\b", "JOIN"),
    (r"\bNOT EXISTS\b", "EXISTS"),
    (r"\bNOT IN\b", "IN"),
    (r"\bDESC\b", "ASC"),
    (r"(?<![\w.'%])1(?![\w.'])", "2"),
    (r"(?<![\w.'%-])0(?![\w.'])", "1"),
    (r"\bUNION ALL\b", "UNION"),
)


@dataclass(frozen=True, slots=True)
class Mutant:
    line: int
    what: str
    source: str


# --- making them ------------------------------------------------------------------------------


def python_mutants(source: str) -> Iterator[Mutant]:
    tree = ast.parse(source)
    decorators = {
        id(part)
        for node in ast.walk(tree)
        for decorator in getattr(node, "decorator_list", ())
        for part in ast.walk(decorator)
    }
    for index, node in enumerate(ast.walk(tree)):
        if id(node) in decorators:  # frozen, slots: nobody depends on them
            continue
        for what, change in _changes(node):
            twin = deepcopy(tree)
            target = next(other for at, other in enumerate(ast.walk(twin)) if at == index)
            change(target)
            text = ast.unparse(ast.fix_missing_locations(twin))
            yield Mutant(getattr(node, "lineno", 0), what, text)


Change = Callable[[Any], None]


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """What can be done to a node: in words, and as a function of the same node in a copy of the tree."""
    if isinstance(node, ast.Compare):
        for at, operator in enumerate(node.ops):
            if (other := SWAPS.get(type(operator))) is not None:
                yield f"{type(operator).__name__} to {other.__name__}", _operator_at(at, other)
    elif isinstance(node, (ast.BoolOp, ast.BinOp)) and (swap := SWAPS.get(type(node.op))) is not None:
        yield f"{type(node.op).__name__} to {swap.__name__}", _set("op", swap())
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
        yield "condition turned round", _set("test", ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield "return None", _set("value", ast.Constant(None))
    elif isinstance(node, ast.Constant):
        yield from _other_constants(node.value)
    yield from _without_statements(node)


def _other_constants(value: object) -> Iterator[tuple[str, Change]]:
    if isinstance(value, bool):
        yield f"{value} to {not value}", _set("value", not value)
    elif isinstance(value, int):
        yield "one more", _set("value", value + 1)
        yield "one less", _set("value", value - 1)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _set(name: str, value: object) -> Change:
    return lambda node: setattr(node, name, value)


def _operator_at(at: int, kind: type[ast.AST]) -> Change:
    def change(node: Any) -> None:
        node.ops[at] = kind()

    return change


def _without_statements(node: ast.AST) -> Iterator[tuple[str, Change]]:
    if not isinstance(node, ast.stmt) or isinstance(node, ast.ClassDef):
        return
    for name in ("body", "orelse"):
        for at, statement in enumerate(getattr(node, name, None) or ()):
            gone = isinstance(statement, (ast.Assign, ast.AugAssign, ast.Continue, ast.Break, ast.Raise))
            if gone or (isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Constant)):
                yield f"left out: {ast.unparse(statement)[:60]}", _leaver(name, at)


def _leaver(name: str, at: int) -> Change:
    def change(node: Any) -> None:
        getattr(node, name)[at] = ast.Pass()

    return change


def sql_mutants(source: str) -> Iterator[Mutant]:
    code = re.sub(r"--[^\n]*", lambda comment: " " * len(comment[0]), source)
    for pattern, replacement in SQL_SWAPS:
        for found in re.finditer(pattern, code, re.IGNORECASE):
            text = source[: found.start()] + replacement + source[found.end() :]
            line = source.count("\n", 0, found.start()) + 1
            yield Mutant(line, f"{found[0].strip()} to {replacement or 'nothing'}", text)


# --- running the tests on them ----------------------------------------------------------------


def path_of(module: str) -> Path:
    plain = ROOT / PACKAGE / module
    if plain.suffix == ".sql":
        return plain
    return plain / "__init__.py" if plain.is_dir() else plain.with_suffix(".py")


def tests_of(module: str) -> list[str]:
    return [str(ROOT / "tests" / name) for name in TESTS[module]]


def passes(copy: Path, tests: list[str]) -> bool:
    """Whether the tests let the package in ``copy`` pass; one that hangs is noticed, too."""
    relative = [str(copy / Path(test).relative_to(ROOT)) for test in tests]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *relative]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def copy_of_the_tree(folder: Path) -> Path:
    copy = folder / "tree"
    skipped = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "data")
    shutil.copytree(ROOT, copy, ignore=skipped)
    return copy


def run(module: str, asked: argparse.Namespace, done: set[str]) -> tuple[int, int]:
    """How many mutants were killed, and how many there were."""
    path = path_of(module)
    source = path.read_text(encoding="utf-8")
    is_sql = path.suffix == ".sql"
    plain = source if is_sql else ast.unparse(ast.parse(source))
    mutants = [m for m in (sql_mutants(source) if is_sql else python_mutants(source)) if m.source != plain]
    if not asked.all:
        mutants = random.Random(asked.seed).sample(mutants, min(asked.count, len(mutants)))
    killed = tried = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_of_the_tree(Path(folder))
        target = copy / path.relative_to(ROOT)
        if not passes(copy, tests_of(module)):
            raise SystemExit(f"the tests of {module} fail before anything is changed")
        for mutant in mutants:
            key = f"{module}:{mutant.line}:{mutant.what}"
            if key in done:
                continue
            target.write_text(mutant.source, encoding="utf-8")
            survived = passes(copy, tests_of(module))
            tried, killed = tried + 1, killed + (not survived)
            if survived:
                tell(key, plain, mutant.source)
            if asked.log:
                with asked.log.open("a", encoding="utf-8") as log:
                    log.write(json.dumps({"mutant": key, "survived": survived}) + "\n")
    return killed, tried


def tell(key: str, before: str, after: str) -> None:
    print(f"SURVIVED {key}")
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    print("\n".join(f"    {line}" for line in lines if line[:2] not in ("--", "++", "@@")), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("modules", nargs="*", default=list(TESTS), metavar="MODULE", help=", ".join(TESTS))
    parser.add_argument("--count", type=int, default=20, help="mutants of each module, drawn by lot")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="every mutant there is")
    parser.add_argument("--log", type=Path, help="results, one a line; what stands there is not done again")
    asked = parser.parse_args()
    if unknown := [module for module in asked.modules if module not in TESTS]:
        parser.error(f"no such module: {', '.join(unknown)}; there are {', '.join(TESTS)}")
    done: set[str] = set()
    if asked.log and asked.log.exists():
        done = {json.loads(line)["mutant"] for line in asked.log.read_text(encoding="utf-8").splitlines()}
    for module in asked.modules:
        killed, tried = run(module, asked, done)
        share = f", {killed / tried:.0%}" if tried else ""
        print(f"{module}: {killed} of {tried} killed{share}", flush=True)


if __name__ == "__main__":
    main()
