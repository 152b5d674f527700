"""What the commands share: options, errors in one line, tables and JSON."""

from __future__ import annotations

import json
import math
import shlex
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from yiqihui_spider.characters import printable
from yiqihui_spider.cli.terminal import echo, one_line, printable_json
from yiqihui_spider.errors import Exit

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_ARCHIVE = Path("data/yiqihui.db")
SAMPLE_ARCHIVE = Path("data/sample/yiqihui.db")


class Failure(click.ClickException):
    """One clear line on stderr and an exit code."""

    exit_code: int = Exit.FAILED  # type: ignore[misc]

    def __init__(self, message: str, exit_code: int = Exit.FAILED) -> None:
        super().__init__(one_line(message))
        self.exit_code = exit_code


class Finite(click.FloatRange):
    """A number in a range; nan and inf, which compare with everything or nothing, are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no number of use here.", param, ctx)
        return number


def pasteable(path: Path) -> str:
    """A path as a shell takes it."""
    return str(path) if all(c.isalnum() or c in "_-./+" for c in str(path)) else shlex.quote(str(path))


def print_next(archive: Path) -> None:
    """Commands to paste that look at the archive just written."""
    hint = "" if archive == DEFAULT_ARCHIVE else f" --archive {pasteable(archive)}"
    echo("try next:")
    echo(f"  {program()} status{hint}")
    echo(f"  {program()} search 社群{hint}")
    query = "SELECT id, title, kwic FROM search WHERE q = '社群'"
    echo(f'  sqlite3 {pasteable(archive)} "{query}"')


def archive_option(command: F) -> F:
    """``--archive PATH``, ``$YIQIHUI_ARCHIVE``, or the default."""
    option = click.option(
        "--archive",
        type=click.Path(path_type=Path),
        envvar="YIQIHUI_ARCHIVE",
        default=DEFAULT_ARCHIVE,
        show_default=True,
        show_envvar=True,
        metavar="PATH",
        help="The SQLite file; raw responses are in warc/ beside it.",
    )
    return option(command)


def site_option(command: F) -> F:
    """``--site FILE``, ``$YIQIHUI_SITE``; a :class:`SiteProfile`, or None for the archive's own."""

    def load(ctx: click.Context, param: click.Parameter, named: str | None) -> Any:
        from yiqihui_spider.site import load_profile

        return load_profile(named) if named else None

    option = click.option(
        "--site",
        envvar="YIQIHUI_SITE",
        show_envvar=True,
        metavar="FILE",
        callback=load,
        help="The site profile to read pages by; it becomes the archive's own.  [default: the archive's own]",
    )
    return option(command)


def json_option(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def program() -> str:
    """What to type to call us again: ``yiqihui``, or the path to it if it is not on ``$PATH``."""
    called = Path(sys.argv[0])
    if called.stem == "scrapy":  # which stands in the same folder, as a rule
        beside = called.with_name("yiqihui" + called.suffix)
        called = beside if beside.exists() else called.with_name("__main__.py")
    if called.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m yiqihui_spider"
    found = shutil.which(called.name)
    return called.name if found and Path(found).samefile(called) else shlex.quote(str(called))


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn the errors a user can cause into one line; anything else is our fault and shows."""
    from yiqihui_spider.archive.schema.opening import ArchiveError
    from yiqihui_spider.errors import YiqihuiError

    try:
        yield
    except (ArchiveError, YiqihuiError) as error:
        raise Failure(str(error), getattr(error, "exit_code", Exit.FAILED)) from error
    except sqlite3.Error as error:
        raise Failure(f"SQLite: {error}") from error
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        where = f"{error.filename}: " if error.filename else ""
        raise Failure(f"{where}{error.strerror or error}") from error
    except click.ClickException as error:  # what it quotes may be the name of anything
        vars(error).update(message=printable(error.message or ""))
        raise


@contextmanager
def reading(archive: Path) -> Iterator[Any]:
    """The archive, opened for reading only."""
    from yiqihui_spider.archive.schema.opening import open_archive, trouble_told

    if archive == DEFAULT_ARCHIVE and not archive.exists() and SAMPLE_ARCHIVE.exists():
        raise Failure(
            f"no archive at {archive}; that of the sample site is read with --archive {SAMPLE_ARCHIVE}"
        )
    db = open_archive(archive, create=False, read_only=True)
    try:
        with trouble_told(archive):
            yield db
    except (ValueError, TypeError) as error:
        if wrong := _unreadable_row(db):
            raise Failure(f"{archive}: {wrong}; `yiqihui verify` names all such rows") from error
        raise
    finally:
        db.close()


def _unreadable_row(db: Any) -> str | None:
    """The first row with a time that can't be read, if that is what a command stumbled over."""
    import sqlite3

    from yiqihui_spider.archive.queries.times import unreadable_times

    try:
        return next(iter(unreadable_times(db)), None)
    except sqlite3.Error:
        return None


def article_command(tell: str, show: Callable[[dict[str, Any]], None]) -> Callable[..., None]:
    """The callback of a command that prints one article: ``tell`` names the function of
    ``archive.reading`` that knows, ``show`` prints for people."""

    def callback(article: str, archive: Path, as_json: bool) -> None:
        from yiqihui_spider.archive.queries import status as knowledge

        with reading(archive) as db:
            article_id = knowledge.resolve(db, article)
            found = None if article_id is None else getattr(knowledge, tell)(db, article_id)
        if found is None:
            raise Failure(f"no article {article} in {archive}")
        print_json(found) if as_json else show(found)

    options = (json_option, archive_option, click.argument("article", metavar="ID"))
    for option in options:
        callback = option(callback)
    return callback


def print_json(value: Any) -> None:
    click.echo(printable_json(json.dumps(value, ensure_ascii=False, indent=2, default=str)))


def print_table(
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    title: str | None = None,
    fixed: Sequence[str] = (),
) -> None:
    """A table as wide as it needs to be, Chinese included; plain when not on a terminal. ``fixed``:
    columns that no narrow terminal breaks."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for header in headers:
        table.add_column(header, overflow="fold", no_wrap=header in fixed)
    for row in rows:
        table.add_row(*("" if cell is None else one_line(str(cell)) for cell in row))
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 200
    console.print(table)
