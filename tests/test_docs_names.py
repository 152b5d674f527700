"""The documents name only options, metrics and monitors that there are, and miss no monitor and no metric."""

from __future__ import annotations

import re

import click
import pytest
from support.paths import ROOT

from yiqihui_spider.cli import COMMANDS, main
from yiqihui_spider.watch import exposition
from yiqihui_spider.watch.monitors import MONITORS

PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"])
MONITORS_PAGE = (ROOT / "docs" / "monitors.md").read_text("utf-8")


def options() -> set[str]:
    context = click.Context(main)
    commands = [main, *(main.get_command(context, name) for name in COMMANDS)]
    return {
        name
        for command in commands
        if command is not None
        for parameter in command.get_params(context)
        for name in (*parameter.opts, *parameter.secondary_opts)
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_option_of_ours_exists(page: object) -> None:
    known = options()
    wrong = [
        (line, option)
        for line in page.read_text("utf-8").splitlines()  # type: ignore[attr-defined]
        for call in re.findall(r"\byiqihui (?:\w+)[^`|;&#\n]*", line)
        for option in re.findall(r"(?<=\s)--[a-z][a-z-]*", call)
        if option not in known
    ]
    assert wrong == []


def test_the_monitors_are_all_told_and_no_others() -> None:
    rows = re.findall(r"^\| (`.*?`) \|", MONITORS_PAGE.partition("## Prometheus")[0], re.MULTILINE)
    told = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(told) == sorted(one.name for one in MONITORS)


def test_every_metric_that_is_named_exists() -> None:
    source = (ROOT / "yiqihui_spider" / "watch" / "exposition.py").read_text("utf-8")
    assert exposition.LEVELS == {"ok": 0, "warn": 1, "fail": 2}
    for page in PAGES:
        for name in re.findall(r"`yiqihui_(\w+)(?:\{[^`]*)?(?: ==[^`]*)?`", page.read_text("utf-8")):
            assert name == "spider" or f'"{name}"' in source, (page.name, name)


def test_every_metric_is_told() -> None:
    source = (ROOT / "yiqihui_spider" / "watch" / "exposition.py").read_text("utf-8")
    metrics = dict(re.findall(r'\(\s*"([a-z_]+)",\s*"([A-Z0-9][^"]*\.)"', source))
    assert len(metrics) > 20
    told = dict(re.findall(r"^\| `yiqihui_(\w+)` \| (.*) \|$", MONITORS_PAGE, re.MULTILINE))
    assert told == metrics
