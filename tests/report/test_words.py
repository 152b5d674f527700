"""Everything that the report and the reading room say can be said in Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment
from support.paths import ROOT

from yiqihui_spider.archive.schema.data_dictionary import meanings
from yiqihui_spider.report.words import words
from yiqihui_spider.serving.mistakes import FAILED, NOT_ANSWERED, NOT_FOUND, NOTHING_HERE, OURS, TOO_LONG
from yiqihui_spider.serving.queries import canned_queries

PACKAGE = ROOT / "yiqihui_spider"
FOLDERS = ("report/templates", "serving/pages", "serving/templates")
TEMPLATES = sorted(path for folder in FOLDERS for path in (PACKAGE / folder).glob("*.html"))
CODE = [PACKAGE / f"{name}.py" for name in ("report/page", "report/texts", "serving/room", "serving/plugin")]


def of_template(path: Path) -> Iterator[str]:
    environment = Environment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"])
    environment.policies["ext.i18n.trimmed"] = True
    for _, _, message in environment.extract_translations(path.read_text("utf-8")):
        found = message[0] if isinstance(message, tuple) else message
        if found is not None:  # else a value of the archive: a kind, a state
            yield found


def of_code(path: Path) -> Iterator[str]:
    """Literals that are handed to be said."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            if name in ("say", "gettext", "ngettext", "missing"):
                yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_are_complete_in_chinese(path: Path) -> None:
    assert [message for message in of_template(path) if message not in words("zh").catalog] == []


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.name)
def test_code_is_complete_in_chinese(path: Path) -> None:
    found = list(of_code(path))
    assert found
    assert [message for message in found if message not in words("zh").catalog] == []


def test_what_the_archive_itself_says_is_known() -> None:
    for value in ("listing", "article", "section", "missing", "gone", "returned", "certified", "interrupted"):
        assert re.search("[\u4e00-\u9fff]", words("zh").gettext(value))


def test_what_ready_queries_and_most_tables_mean_is_told_in_chinese() -> None:
    """A new table's meaning stands there in English, marked as such, until somebody translates it."""
    told = [text for query in canned_queries().values() for text in (query.title, query.description)]
    assert [text for text in told if text not in words("zh").catalog] == []
    tables = [one.meaning for one in meanings().values() if not one.machinery]
    assert sum(text in words("zh").catalog for text in tables) >= 0.8 * len(tables)


def test_what_a_mistake_is_called_is_known() -> None:
    for text in (NOT_FOUND, NOT_ANSWERED, FAILED, NOTHING_HERE, TOO_LONG, OURS):
        assert text in words("zh").catalog


def test_placeholders_are_the_same_in_both() -> None:
    for english, chinese in words("zh").catalog.items():
        assert set(re.findall(r"%\(\w+\)s", chinese)) == set(re.findall(r"%\(\w+\)s", english)), english


def test_one_and_many() -> None:
    english, chinese = words("en"), words("zh")
    one, many = "%(n)s article", "%(n)s articles"
    assert [english.ngettext(one, many, n) % {"n": n} for n in (0, 1, 2)] == [
        "0 articles",
        "1 article",
        "2 articles",
    ]
    assert [chinese.ngettext(one, many, n) % {"n": n} for n in (1, 2)] == ["1 篇文章", "2 篇文章"]
