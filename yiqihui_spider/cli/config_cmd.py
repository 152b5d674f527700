"""``yiqihui config``"""

from __future__ import annotations

import os
from pathlib import Path

import click

from yiqihui_spider.cli.common import Failure, json_option, print_json
from yiqihui_spider.cli.config_option import chosen_file, settings
from yiqihui_spider.cli.terminal import echo, one_line
from yiqihui_spider.watch.config import FILE, FILE_VARIABLE, commented, shown
from yiqihui_spider.watch.setting_keys import KEYS


@click.command("config")
@click.option("--init", is_flag=True, help="Write a commented settings file, if there is none.")
@json_option
def command(init: bool, as_json: bool) -> None:
    """Print every setting in force, and where it comes from.

    What counts: options of a command, then environment variables ($YIQIHUI_ARCHIVE,
    $YIQIHUI_CRAWL_DELAY, …), then the settings file, then the defaults.

    \b
    Examples:
      yiqihui config --init
      yiqihui config --json
    """
    if init:
        write_new(chosen_file() or Path(os.environ.get(FILE_VARIABLE) or FILE))
        return
    config = settings()
    if as_json:
        told = {name: {"value": shown(name, config[name]), "from": config.origins[name]} for name in KEYS}
        print_json({"file": str(config.path) if config.path else None, "settings": told})
        return
    echo(f"settings file: {config.path or 'none'}")
    width = max(map(len, KEYS))
    for name in KEYS:
        echo(one_line(f"{name:<{width}}  {_shown(shown(name, config[name]))}  ({config.origins[name]})"))


def write_new(path: Path) -> None:
    """Write a settings file where there is none; what is there stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(commented())
    except FileExistsError:
        raise Failure(f"{path} is there already, and stays as it is") from None
    echo(f"settings are in {path} now; all are as they are by default")


def _shown(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
