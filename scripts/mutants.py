"""Mutation testing of the parts that decide: what do their own tests not notice?

    make mutants                                                20 mutants of each module
    python scripts/mutants.py completeness/walk parse/belief --count 60 --seed 3
    python scripts/mutants.py completeness/walk --all --log m.jsonl     goes on where it was stopped

One thing is changed at a time (a comparison, a constant, and for or, a condition turned round, a
statement left out, None returned; in SQL likewise), in a copy of the package, and the module's own
tests are run against the copy, the quickest first, and those that take longer than a second not at
all.  A mutant that they let pass is printed.  Those that change nothing anybody could see are listed
in mutants.equal, with the reason, and don't count.
Each run has its own copy, so that several may run side by side.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import json
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "yiqihui_spider"
LONG = 1.0
"""Seconds. A test that takes longer is left out: what decides is to be held by one that is quick."""
EQUAL = Path(__file__).with_name("mutants.equal")

PRELOADED = (
    "lxml.html",
    "parsel",
    "protego",
    "scrapy.http",
    "sqlite_utils",
    "w3lib.html",
    "warcio.warcwriter",
)
"""What tests import that is not ours: loaded once, before the runs fork off."""

_SPLIT = ("parse/test_splitter.py", "parse/test_unread_markers.py")
TESTS: dict[str, tuple[str, ...]] = {
    "site/marker": ("site", "parse/test_candidates.py", "parse/test_markers.py", *_SPLIT),
    "site/marker_parts": ("site",),
    "site/pager": ("site", "parse/test_scan.py"),
    "site/words": ("site", "parse/test_scan.py", "parse/test_normalise.py"),
    "site/addresses": ("site", "parse/test_normalise.py"),
    "parse/candidates": ("parse/test_candidates.py", "parse/test_unread_markers.py", "site"),
    "parse/scan": ("parse/test_scan.py", "parse/test_splitter.py", "site"),
    "parse/markers": ("parse/test_markers.py", *_SPLIT),
    "parse/suspects": ("parse/test_suspects.py", *_SPLIT),
    "parse/belief": ("parse/test_belief.py", *_SPLIT),
    "parse/listing": ("parse/test_belief.py", *_SPLIT),
    "parse/claims": _SPLIT,
    "parse/tiling": ("parse/test_tiling.py", "parse/test_splitter.py"),
    "parse/splitter": ("parse/test_detail_pages.py", *_SPLIT),
    "parse/article_page": ("parse/test_detail_pages.py", *_SPLIT),
    "parse/pager": ("parse/test_splitter.py", "parse/test_unread_markers.py", "site"),
    "parse/normalise": ("parse/test_normalise.py", "parse/test_detail_pages.py"),
    "parse/titles": ("parse/test_titles.py", "parse/test_normalise.py"),
    "completeness/walk": ("completeness/test_walk.py", "completeness/test_worlds.py"),
    "completeness/certificate": ("completeness",),
    "crawl/controller": ("crawl/test_controller.py", "crawl/test_controller_answers.py"),
    "crawl/frontier": ("crawl/test_frontier.py", "crawl/test_controller.py"),
    "crawl/page_check": ("crawl/test_page_check.py", "crawl/test_controller_answers.py"),
    "archive/articles/identity": ("archive/articles/test_identity.py",),
    "archive/articles/versions": ("archive/articles/test_versions.py", "archive/articles/test_store.py"),
    "archive/articles/matching": (
        "archive/articles/test_matching.py",
        "archive/articles/test_same_article.py",
    ),
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


# --- making them ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one thing changed; ``make`` writes it out."""

    line: int
    what: str
    make: Callable[[], str]


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
        for at, (what, _) in enumerate(_changes(node)):
            yield Mutant(getattr(node, "lineno", 0), what, _writer(tree, index, at))


def _writer(tree: ast.AST, index: int, at: int) -> Callable[[], str]:
    def write() -> str:
        twin = deepcopy(tree)
        node = next(other for place, other in enumerate(ast.walk(twin)) if place == index)
        _, change = list(_changes(node))[at]
        change(node)
        return ast.unparse(ast.fix_missing_locations(twin))

    return write


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
    elif isinstance(node, ast.Return) and node.value is not None and not _is_false(node.value):
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


def _is_false(value: ast.expr) -> bool:
    """Whether it stands for no already: None in its place would say the same."""
    return isinstance(value, ast.Constant) and not value.value


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
            line = source.count("\n", 0, found.start()) + 1
            yield Mutant(
                line,
                f"{found[0].strip()} to {replacement or 'nothing'}",
                _replacer(source, found, replacement),
            )


def _replacer(source: str, found: re.Match[str], replacement: str) -> Callable[[], str]:
    return lambda: source[: found.start()] + replacement + source[found.end() :]


# --- running the tests on them ----------------------------------------------------------------


def path_of(module: str) -> Path:
    plain = Path(PACKAGE) / module
    if plain.suffix == ".sql":
        return plain
    return plain / "__init__.py" if (ROOT / plain).is_dir() else plain.with_suffix(".py")


class Stopwatch:
    """For pytest: takes the tests' times; puts the quickest first, and leaves those out that take long."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if self.seconds.get(item.nodeid, 0.0) < LONG]
        items.sort(key=lambda item: self.seconds.get(item.nodeid, 0.0))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        started = time.process_time()
        yield
        self.seconds[item.nodeid] = time.process_time() - started


class Tests:
    """A module's own tests, run against a copy of the tree, each time in a process forked off."""

    def __init__(self, module: str, folder: Path, seconds: dict[str, float]) -> None:
        self.copy = folder / "tree"
        skipped = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "data")
        shutil.copytree(ROOT, self.copy, ignore=skipped)
        self.files = [f"tests/{name}" for name in TESTS[module]]
        self.times, self.output = folder / "times.json", folder / "output"
        self.seconds = seconds
        self.patience = 600
        started = time.monotonic()
        if not self.pass_(keep_bytecode=True):
            print(self.output.read_text(encoding="utf-8", errors="replace"))
            raise SystemExit(f"the tests of {module} fail before anything is changed")
        self.patience = 30 + round(3 * (time.monotonic() - started))
        self.seconds |= json.loads(self.times.read_text(encoding="utf-8"))
        for compiled in (self.copy / path_of(module)).parent.glob("__pycache__/*"):
            compiled.unlink()

    def pass_(self, *, keep_bytecode: bool = False) -> bool:
        """Whether they let the copy pass; one that hangs is noticed, too."""
        child = os.fork()
        if child == 0:
            try:
                os._exit(self._run(keep_bytecode))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return status == 0
            time.sleep(0.02)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return False

    def _run(self, keep_bytecode: bool) -> int:
        """In the child."""
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (self.patience, self.patience))
        sys.dont_write_bytecode = not keep_bytecode
        output = os.open(self.output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(output, stream)
        os.chdir(self.copy)
        os.environ["PYTHONPATH"] = str(self.copy)
        sys.path.insert(0, str(self.copy))
        stopwatch = Stopwatch(self.seconds)
        settings.register_profile("mutants", derandomize=True, database=None)  # as before the change
        settings.load_profile("mutants")
        options = ["-x", "-n", "0", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
        code = pytest.main([*options, *self.files], plugins=[stopwatch])
        if keep_bytecode:
            self.times.write_text(json.dumps(stopwatch.seconds), encoding="utf-8")
        return int(code)


def run(
    module: str, asked: argparse.Namespace, done: dict[str, bool], seconds: dict[str, float]
) -> tuple[int, int]:
    """How many mutants were killed, and how many there were, those that are equal left out."""
    path = path_of(module)
    source = (ROOT / path).read_text(encoding="utf-8")
    is_sql = path.suffix == ".sql"
    plain = source if is_sql else ast.unparse(ast.parse(source))
    mutants = list(sql_mutants(source) if is_sql else python_mutants(source))
    if not asked.all:
        random.Random(asked.seed).shuffle(mutants)
    equal = equals(module)
    killed = tried = 0
    with tempfile.TemporaryDirectory() as folder:
        tests = Tests(module, Path(folder), seconds)
        for mutant in mutants:
            if tried >= asked.count and not asked.all:
                break
            text = mutant.make()
            difference = changed_lines(plain, text)
            if text == plain or difference in equal:
                continue
            tried += 1
            key = f"{module}:{mutant.line}:{mutant.what}: {difference}"
            if key in done:
                killed += done[key]
                continue
            (tests.copy / path).write_text(text, encoding="utf-8")
            died = not tests.pass_()
            killed += died
            if not died:
                print(f"SURVIVED {module}:{mutant.line}: {mutant.what}\n{difference}", flush=True)
            if asked.log:
                with asked.log.open("a", encoding="utf-8") as log:
                    log.write(json.dumps({"mutant": key, "killed": died}, ensure_ascii=False) + "\n")
    return killed, tried


def changed_lines(before: str, after: str) -> str:
    """What a mutant changes, as ``- line`` and ``+ line``."""
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines if line[:2] not in ("--", "++", "@@"))


def equals(module: str) -> set[str]:
    """The mutants of a module that change nothing anybody could see."""
    blocks = EQUAL.read_text(encoding="utf-8").split("\n\n")
    mine = (block.strip().splitlines() for block in blocks if block.strip().split("\n")[0] == module)
    return {"\n".join(line for line in lines if line.startswith(("- ", "+ "))) for lines in mine}


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
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    done: dict[str, bool] = {}
    if asked.log and asked.log.exists():
        lines = map(json.loads, asked.log.read_text(encoding="utf-8").splitlines())
        done = {line["mutant"]: line["killed"] for line in lines}
    seconds: dict[str, float] = {}  # that each test takes
    for module in asked.modules:
        killed, tried = run(module, asked, done, seconds)
        share = f", {killed / tried:.0%}" if tried else ""
        print(f"{module}: {killed} of {tried} killed{share}", flush=True)


if __name__ == "__main__":
    main()
