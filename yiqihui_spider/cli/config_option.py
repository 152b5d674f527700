"""``--config FILE`` on every command: the settings of file and environment become the defaults of
its options, so that an option that is typed counts for more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from yiqihui_spider.watch.config import Config, ConfigError, load

RUNS = ("crawl", "import", "wayback", "reparse", "analyze", "verify")
"""Commands that make a run, and keep a log of it."""

_CHOSEN = "yiqihui.config"
_LOADED = "yiqihui.settings"
_TROUBLE = "yiqihui.settings.trouble"


def add_config_option(command: click.Command) -> None:
    """Give a command the option; what the group was given counts where the command is given none."""
    if any(parameter.name == "config" for parameter in command.params):
        return
    command.params.append(
        click.Option(
            ["--config"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            is_eager=True,
            expose_value=False,
            callback=_use,
            help="Settings.  [default: $YIQIHUI_CONFIG, ./yiqihui.toml, ~/.config/yiqihui/config.toml]",
        )
    )


def choose(ctx: click.Context, path: Path | None) -> None:
    """For the group: ``yiqihui --config FILE crawl``."""
    ctx.meta[_CHOSEN] = path


def _use(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
    if ctx.resilient_parsing:
        return
    chosen = ctx.meta[_CHOSEN] = value or ctx.meta.get(_CHOSEN)
    try:
        config = load(chosen, os.environ)
    except ConfigError as error:
        if ctx.command.name == "config":  # which may be about to write that file
            ctx.meta[_TROUBLE] = error
            return
        raise click.UsageError(str(error), ctx) from None
    ctx.meta[_LOADED] = config
    ctx.default_map = defaults(ctx.command.name or "", config)


def settings() -> Config:
    """The settings of the command at work."""
    ctx = click.get_current_context()
    if error := ctx.meta.get(_TROUBLE):
        raise click.UsageError(str(error), ctx)
    config = ctx.meta[_LOADED]
    assert isinstance(config, Config)
    return config


def chosen_file() -> Path | None:
    """The settings file that was named with ``--config``, to be named again to another process."""
    chosen = click.get_current_context().meta.get(_CHOSEN)
    return chosen if isinstance(chosen, Path) else None


def defaults(command: str, config: Config) -> dict[str, Any]:
    """What the options of a command are unless typed: only what somebody chose. Pure."""
    wanted = {"archive": "archive", "site": "site"}
    if command in RUNS:
        wanted |= {"log.file": "log_file", "log.format": "log_format"}
    if command == "import":
        wanted |= {"import.jobs": "jobs"}
    if command == "crawl":
        wanted |= {
            "crawl.start_urls": "start_urls",
            "crawl.categories": "categories",
            "crawl.delay": "delay",
            "crawl.mode": "mode",
            "crawl.full_every": "full_every",
        }
    chosen = {option: config[name] for name, option in wanted.items() if config.given(name)}
    if command == "crawl" and not config["crawl.details"]:
        chosen["no_details"] = True
    return chosen
