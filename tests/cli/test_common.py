from __future__ import annotations

import json
import shlex
import sqlite3
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from yiqihui_spider.cli.common import (
    DEFAULT_ARCHIVE,
    Failure,
    Finite,
    archive_option,
    pasteable,
    plain_errors,
    print_json,
    print_next,
    print_table,
    program,
    reading,
)


@click.command()
@archive_option
def where(archive: Path) -> None:
    click.echo(str(archive))


@pytest.mark.parametrize(
    ("words", "environment", "path"),
    [
        ([], {}, "data/yiqihui.db"),
        ([], {"YIQIHUI_ARCHIVE": "b.db"}, "b.db"),
        ([], {"YIQIHUI_ARCHIVE": ""}, "data/yiqihui.db"),
        (["--archive", "档案/c d.db"], {"YIQIHUI_ARCHIVE": "b.db"}, "档案/c d.db"),
    ],
)
def test_which_archive(words: list[str], environment: dict[str, str], path: str) -> None:
    unset: dict[str, str | None] = {"YIQIHUI_ARCHIVE": None}
    assert CliRunner().invoke(where, words, env={**unset, **environment}).output == f"{path}\n"


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999", "-1", "soon", ""])
def test_numbers_of_no_use(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Finite(min=0).convert(text, None, None)


def test_numbers() -> None:
    assert Finite(min=0).convert("0.25", None, None) == 0.25


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (sqlite3.OperationalError("disk I/O error"), "SQLite: disk I/O error"),
        (FileNotFoundError(2, "No such file or directory", "x.txt"), "x.txt: No such file or directory"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_what_a_user_can_cause_is_one_line(error: Exception, line: str) -> None:
    with pytest.raises(Failure) as caught, plain_errors():
        raise error
    assert (caught.value.format_message(), caught.value.exit_code) == (line, 1)


@pytest.mark.parametrize("error", [BrokenPipeError(), KeyError("ours"), KeyboardInterrupt()])
def test_anything_else_is_not_hidden(error: BaseException) -> None:
    with pytest.raises(type(error)), plain_errors():
        raise error


@pytest.mark.parametrize("path", ["a.db", "/srv/档案/y.db", "a b.db", "a'b.db", "~x.db", "$HOME.db", "a;b"])
def test_paths_can_be_pasted(path: str) -> None:
    assert shlex.split(pasteable(Path(path))) == [path]


def test_plain_paths_stay_plain() -> None:
    assert pasteable(Path("/srv/档案/y.db")) == "/srv/档案/y.db"


def test_what_to_try_next(capsys: pytest.CaptureFixture[str]) -> None:
    print_next(DEFAULT_ARCHIVE)
    assert capsys.readouterr().out.splitlines() == [
        "try next:",
        f"  {program()} status",
        f"  {program()} search 社群",
        "  sqlite3 data/yiqihui.db \"SELECT id, title, kwic FROM search WHERE q = '社群'\"",
    ]


def test_json_keeps_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"category": "社群", "path": Path("a")})
    out = capsys.readouterr().out
    assert "社群" in out
    assert json.loads(out) == {"category": "社群", "path": "a"}


def test_tables_line_up_with_chinese_and_need_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("category", "n"), [("购物资讯", 17), ("社群", None), ("[bold]x", 3)])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    lines = [line.rstrip() for line in out.splitlines() if line.strip()]
    assert lines[0] == " category   n"
    assert lines[2:] == [" 购物资讯   17", " 社群", " [bold]x    3"]


def test_reading_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="no archive at"), plain_errors(), reading(tmp_path / "no.db"):
        pass
    assert list(tmp_path.iterdir()) == []
