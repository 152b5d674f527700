"""The documents name only what there is: options, settings, variables, metrics, columns, files; and
miss none of them."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from scrapy.settings import default_settings
from support.import_graph import MODULES
from support.paths import ROOT

import yiqihui_spider
from yiqihui_spider import settings as our_settings
from yiqihui_spider.archive.schema.data_dictionary import meanings
from yiqihui_spider.bulk.tables import TABLES
from yiqihui_spider.cli import COMMANDS, main
from yiqihui_spider.crawl.extension import counts
from yiqihui_spider.crawl.options import ARGUMENTS
from yiqihui_spider.crawl.outcome import Summary
from yiqihui_spider.errors import Exit
from yiqihui_spider.site.loader import _KEYS as PROFILE
from yiqihui_spider.watch import exposition
from yiqihui_spider.watch.config import FILE_VARIABLE, variable
from yiqihui_spider.watch.monitors import MONITORS
from yiqihui_spider.watch.setting_keys import KEYS, SECTIONS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PACKAGE = ROOT / "yiqihui_spider"
PAGES = sorted(
    [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "data" / "README.md"]
)
MONITORS_PAGE = (ROOT / "docs" / "monitors.md").read_text("utf-8")
COMMANDS_PAGE = (ROOT / "docs" / "commands.md").read_text("utf-8")
SCRAPY_PAGE = (ROOT / "docs" / "scrapy.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: f"{path.parent.name}-{path.name}")


def test_the_pages_are_all_there() -> None:
    assert len(PAGES) >= 14


def spans(page: Path) -> set[str]:
    """What stands between backticks in a page's prose."""
    prose = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return {" ".join(one.split()) for one in re.findall(r"`([^`]+)`", prose)}


# --- commands and options -----------------------------------------------------------------------------


@cache
def options(command: str | None) -> frozenset[str]:
    """Of one command; None: of all, and of what stands before a command."""
    context = click.Context(main, **main.context_settings)
    names = COMMANDS if command is None else [command]
    found = [main.get_command(context, name) for name in names] + ([main] if command is None else [])
    return frozenset(
        name
        for one in found
        if one is not None
        for parameter in one.get_params(context)
        if isinstance(parameter, click.Option) and not parameter.hidden
        for name in (*parameter.opts, *parameter.secondary_opts)
    )


@each_page
def test_every_option_belongs_to_the_command_it_is_shown_with(page: Path) -> None:
    text = page.read_text("utf-8")
    wrong = [
        (command, option)
        for command, words in re.findall(r"\byiqihui ([a-z]+)\b([^`|;&#\n]*)", text)
        if command in COMMANDS
        for option in re.findall(r"(?<=\s)--?[a-zA-Z][a-z-]*", words)
        if option not in options(command)
    ]
    alone = [one for one in spans(page) if re.match("--[a-z]", one) and one.split()[0] not in options(None)]
    assert wrong + alone == []


@each_page
def test_every_command_that_is_shown_exists(page: Path) -> None:
    called = set(re.findall(r"(?:^ +|`)(?:\S+/)?yiqihui ([a-z]+)\b", page.read_text("utf-8"), re.MULTILINE))
    assert called - set(COMMANDS) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_command_is_told(name: str) -> None:
    """That the page is what the help says is held by test_docs; here that the help leaves nothing out."""
    section = re.search(rf"^## {name}$(.*?)(?=^## )", COMMANDS_PAGE, re.MULTILINE | re.DOTALL)
    assert section is not None
    assert [option for option in options(name) if not re.search(rf"[`, /]{option}[`, /]", section[1])] == []


# --- settings and variables ---------------------------------------------------------------------------


@each_page
def test_every_setting_that_is_named_exists(page: Path) -> None:
    named = {one.partition(" ")[0] for one in spans(page) if re.match(rf"({'|'.join(SECTIONS)})\.\w", one)}
    assert named - set(KEYS) == set()
    for block in re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        section = ""
        for line in block.splitlines():
            section = f"{line.strip('[]')}." if line.startswith("[") else section
            if found := re.match(r"(\w+) =", line):
                assert section + found[1] in KEYS


def test_every_setting_is_told() -> None:
    told = re.findall(r"^\| `([\w.]+)` \| `.*?` \| `(\w+)` \|", COMMANDS_PAGE, re.MULTILINE)
    assert told == [(name, variable(name)) for name in KEYS]


@cache
def obeyed() -> frozenset[str]:
    """Every variable of the environment that the source asks for."""
    return frozenset(_obeyed())


def _obeyed() -> Iterator[str]:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "envvar":
                yield from ast.literal_eval(node.value).split()
            elif isinstance(node, ast.Call | ast.Subscript):
                asked = node.func if isinstance(node, ast.Call) else node
                of = getattr(asked, "value", None)
                first = node.args[:1] if isinstance(node, ast.Call) else [node.slice]
                if of is None or ast.unparse(of) not in ("os.environ", "environment"):
                    continue
                if isinstance(asked, ast.Attribute) and asked.attr not in ("get", "pop", "setdefault"):
                    continue
                if first and isinstance(first[0], ast.Constant):
                    yield str(first[0].value)


def test_every_variable_that_is_obeyed_is_told() -> None:
    found = set(obeyed())
    assert found >= {"YIQIHUI_DICT", "YIQIHUI_ARCHIVE", "no_proxy", "XDG_STATE_HOME", "XDG_CONFIG_HOME"}
    untold = {
        name for name in found - {"HOME", "NO_PROXY"} if f"{name}`" not in COMMANDS_PAGE.replace(", ", "`")
    }
    assert untold == set()


@each_page
def test_every_variable_of_ours_that_is_named_exists(page: Path) -> None:
    known = {*map(variable, KEYS), FILE_VARIABLE, *obeyed()}
    assert set(re.findall(r"\bYIQIHUI_[A-Z_]*[A-Z]", page.read_text("utf-8"))) - known == set()


# --- metrics and monitors -----------------------------------------------------------------------------


def test_the_monitors_are_all_told_and_no_others() -> None:
    rows = re.findall(r"^\| (`.*?`) \|", MONITORS_PAGE.partition("## Prometheus")[0], re.MULTILINE)
    told = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(told) == sorted(one.name for one in MONITORS)


FULL_STATE = {
    "last_crawl": {"started_at": "2026-03-01", "finished_at": "2026-03-01", "exit_code": 0},
    "last_success_at": "2026-03-01",
    "crawl_stats": {"requests": 5, "pages": 4, "new_articles": 2},
    "counts": {"articles": 7, "missing": 1, "gone": 0, "captures": 9, "residue_chars": 12},
    "gaps": [],
    "categories": [{"category": "社群", "last_certified_at": "2026-03-01", "declared": 1, "archived": 3}],
    "monitors": [{"monitor": "titles", "level": "ok", "value": 0.5, "low": 0.0, "high": 0.1}],
}


def metrics() -> dict[str, str]:
    """Each with its help, of an archive of which everything is known."""
    page = exposition.prometheus(FULL_STATE, "0", [])
    return dict(re.findall(r"^# HELP yiqihui_(\w+) (.*)$", page, re.MULTILINE))


@each_page
def test_every_metric_that_is_named_exists(page: Path) -> None:
    assert exposition.LEVELS == {"ok": 0, "warn": 1, "fail": 2}
    named = set(re.findall(r"\byiqihui_(\w+)", page.read_text("utf-8"))) - {"spider"}
    assert named - set(metrics()) == set()


def test_every_metric_is_told() -> None:
    assert len(metrics()) > 20
    assert dict(re.findall(r"^\| `yiqihui_(\w+)` \| (.*) \|$", MONITORS_PAGE, re.MULTILINE)) == metrics()


# --- exit codes -----------------------------------------------------------------------------------------


@each_page
def test_no_exit_code_is_named_that_there_is_not(page: Path) -> None:
    text = page.read_text("utf-8")
    named = {int(code) for code in re.findall(r"\bexit(?:s|ed)?(?: with)?(?: code)?s? (\d+)\b", text)}
    assert named - set(Exit) == set()


@pytest.mark.parametrize("text", [README, COMMANDS_PAGE, (ROOT / "docs" / "operating.md").read_text("utf-8")])
def test_every_exit_code_is_told(text: str) -> None:
    tables = re.findall(r"^\| (?:exit )?code \|.*\n\|[-| ]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    told = [set(map(int, re.findall(r"^\| (\d+) \|", table, re.MULTILINE))) for table in tables]
    assert set(Exit) in told


# --- what Scrapy knows --------------------------------------------------------------------------------


def test_the_spiders_arguments_are_all_told_and_no_others() -> None:
    table = SCRAPY_PAGE.partition("| argument (`-a`) |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(ARGUMENTS)


def test_the_stats_are_all_told_and_no_others() -> None:
    stats = {
        "outcome",
        "exit_code",
        *counts(Summary()),
    }  # tests/crawl/test_scrapy_crawl.py compares the run's
    assert set(re.findall(r"`yiqihui/(\w+)`", SCRAPY_PAGE)) == stats


SCRAPY_SETTINGS = {name for name in dir(default_settings) if name.isupper()}
OUR_SETTINGS = {name for name in dir(our_settings) if name.isupper()}


@each_page
def test_every_scrapy_setting_that_is_named_exists(page: Path) -> None:
    named = {
        one
        for span in spans(page)
        for one in re.findall(r"^(?:.* -?-s(?:et)? )?([A-Z]+_[A-Z_]+|ARCHIVE|SITE)\b", span)
    }
    others = {
        "PARSER_VERSION",
        "SCRAPY_SETTINGS_MODULE",
        "SSL_CERT_FILE",
        *obeyed(),
        *map(variable, KEYS),
        FILE_VARIABLE,
    }
    assert named - SCRAPY_SETTINGS - OUR_SETTINGS - others == set()


def test_every_scrapy_setting_of_ours_is_told() -> None:
    told = {one for page in PAGES for span in spans(page) for one in re.findall(r"[A-Z_]{4,}", span)}
    ours = OUR_SETTINGS - SCRAPY_SETTINGS - {"PAGE_READER"}  # a seam between two parts, no setting for users
    assert ours - told == set()


# --- everything else that stands between backticks -------------------------------------------------------

FOREIGN = {
    *("author", "publisher", "type"),  # of a feed's item
    *("jobs_dir", "sqlite", "pyspark", "spark", "item_scraped_count"),  # of scrapyd, DuckDB, Spark, Scrapy
    *("shell", "fetch", "check", "bench", "cp", "mail", "zsh", "fish"),  # of Scrapy and the shell
    *(
        "run",
        "time",
        "event",
        "level",
        "true",
        "unproven",
        "refusals",
        "cluster",
    ),  # keys of the log and of JSON
    *("at", "changed", "failing", "host", "line", "log", "new", "notified", "pages", "reminder", "requests"),
    *("seconds", "since", "well"),  # of what is told to receivers
    *("http_proxy", "https_proxy", "no_proxy"),
}


@cache
def known_names() -> frozenset[str]:
    told = meanings()
    folders = {part for module in MODULES for part in module.split(".")}
    tests = {path.stem for path in (ROOT / "tests").rglob("*.py")}
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    return frozenset(
        {*told, *(column for one in told.values() for column in one.columns)}
        | {*TABLES, *(column.name for columns in TABLES.values() for column in columns)}
        | {*KEYS, *(key.rpartition(".")[2] for key in KEYS)}
        | {*PROJECT["optional-dependencies"], *(one.name for one in MONITORS)}
        | {*COMMANDS, *ARGUMENTS, *yiqihui_spider.__all__}
        | {*PROFILE, *(key for keys in PROFILE.values() for key in keys)}
        | {"incremental", "full", "auto", "ok", "warn", "fail", "present", "missing", "gone"}
        | folders | tests | targets | FOREIGN
    )  # fmt: skip


@each_page
def test_every_name_in_backticks_is_that_of_something(page: Path) -> None:
    """A column, a table, a command, a part of the package …: what is renamed there is renamed here."""
    plain = {one for one in spans(page) if re.fullmatch(r"[a-z]\w*", one)}
    assert {one for one in plain if one not in known_names() and not one.startswith("yiqihui_")} == set()
    told = meanings()
    dotted = {tuple(one.split(".")) for one in spans(page) if re.fullmatch(r"\w+\.\w+", one)}
    of_tables = [(table, column) for table, column in dotted if table in told]
    assert [f"{table}.{column}" for table, column in of_tables if column not in told[table].columns] == []


PLACES = (
    ROOT,
    PACKAGE,
    ROOT / "tests",
    PACKAGE / "serving",
    PACKAGE / "report",
    PACKAGE / "serving" / "room",
)
MADE = (
    "data/",
    "input.",
    "expected.",
    "mine.",
    "saved",
    "tables",
    "out/",
    "warc/",
    "../shared",
    "articles/none",
)


@each_page
def test_every_file_that_is_named_exists(page: Path) -> None:
    named = {
        one.partition(" ")[0].rstrip("/")
        for one in spans(page)
        if re.match(r"\.?[a-z_]+(/[\w.-]+)+/?( \d+)?$|\w+\.(py|css|sql)$", one)
        and (one.endswith(".py") or not one.startswith(MADE))
    }
    ends = ("", ".py")
    missing = {
        one for one in named if not any((place / f"{one}{end}").exists() for place in PLACES for end in ends)
    }
    assert {one for one in missing if not one.startswith((".venv", "yiqihui/"))} == set()
