"""The ``yiqihui`` command. Each command is a module of its own, loaded when it is called,
so that ``yiqihui search`` never loads Twisted."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import click

from yiqihui_spider.wording import __version__

COMMANDS = {
    "crawl": "walk the listings, keep every response, archive the articles",
    "import": "read text dumps, saved HTML, WARC and WACZ files into the archive",
    "bulk": "read very many files on a cluster, into Parquet tables",
    "wayback": "fetch past captures from a Wayback-style index into the archive",
    "reparse": "read every kept response again with today's parser",
    "learn": "find out how a site prints its articles, with proof",
    "status": "certificates, last crawl, last run, gaps, residue",
    "verify": "check the database and every WARC record against it",
    "backup": "copy the archive, database and WARC files, while runs go on",
    "explain": "show what each stretch of a page was taken for",
    "fixture": "make a test case of a captured page",
    "search": "find articles by words",
    "show": "print one article",
    "history": "print an article's life: versions, views, categories, states",
    "analyze": "count terms, for the trend views",
    "report": "draw the archive as one self-contained HTML file",
    "export": "write jsonl, csv, parquet, feed or wacz",
    "serve": "browse the archive with Datasette, read-only",
    "schedule": "print a crontab line or systemd units",
    "config": "print the settings in force, or write a file of them",
    "completion": "print what lets bash, zsh or fish complete commands and names",
}


def _as_typed(command: click.Command) -> None:
    """Let the examples in a help name the command as this user can type it: after ``make crawl``
    that is ``.venv/bin/yiqihui``."""
    from yiqihui_spider.cli.common import program

    written: str = vars(command).setdefault("help_as_written", command.help or "")
    command.help = re.sub(
        r"^( +)yiqihui(?= )", lambda match: match[1] + program(), written, flags=re.MULTILINE
    )


class LazyGroup(click.Group):
    """Knows its commands by name and loads a command's module only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"yiqihui_spider.cli.{name}_cmd")
        command = module.command
        assert isinstance(command, click.Command)
        from yiqihui_spider.cli.config_option import add_config_option

        _as_typed(command)
        add_config_option(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            from yiqihui_spider.errors import did_you_mean

            raise click.UsageError(f"No such command {name!r}{did_you_mean(name, COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _as_typed(self)
        super().format_help(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(self, *args: Any, **kwargs: Any) -> Any:
        from yiqihui_spider.cli.terminal import steady_streams

        kwargs.setdefault("complete_var", "_YIQIHUI_COMPLETE")  # whatever name we are called by
        with steady_streams():
            return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        from yiqihui_spider.cli.common import plain_errors

        with plain_errors():
            return super().invoke(ctx)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done and certified, 1 failed, 2 usage, 3 done but not certified, "
    "4 the site's layout is not understood, 75 try again later.",
)
@click.version_option(__version__, prog_name="yiqihui")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings; as every command takes it.  [default: $YIQIHUI_CONFIG, ./yiqihui.toml]",
)
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    """Keep a complete, provable archive of 178hui.com's news (一起惠资讯) in one SQLite file.

    Start with the sample site, which needs no network: it is served on this machine and crawled
    into data/sample/yiqihui.db.

    \b
      yiqihui crawl --sample
      yiqihui status --archive data/sample/yiqihui.db
      yiqihui search 社群 --archive data/sample/yiqihui.db

    Without --archive, all commands work on data/yiqihui.db, or on $YIQIHUI_ARCHIVE.
    `yiqihui config` shows every setting, and where it comes from.
    """
    from yiqihui_spider.cli.config_option import choose

    choose(ctx, config)
