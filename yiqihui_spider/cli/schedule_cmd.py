"""``yiqihui schedule``"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from yiqihui_spider.cli.common import archive_option
from yiqihui_spider.cli.suggest import CategoryName
from yiqihui_spider.watch.schedule import Job, crontab, systemd_units


@click.command("schedule")
@click.argument("kind", type=click.Choice(["cron", "systemd"]))
@click.option(
    "--every", "every_minutes", type=click.IntRange(5, 1440), default=60, show_default=True, metavar="MINUTES"
)
@click.option(
    "--minute", type=click.IntRange(0, 59), default=17, show_default=True, help="Minute of the hour."
)
@click.option(
    "--log", type=click.Path(path_type=Path), help="Where output goes.  [default: beside the archive]"
)
@click.option(
    "--category", "categories", multiple=True, type=CategoryName(), metavar="NAME",
    help="Only this category; repeatable.",
)  # fmt: skip
@click.option("--start-url", "start_urls", multiple=True, metavar="URL", help="As for crawl; repeatable.")
@archive_option
def command(
    kind: str,
    every_minutes: int,
    minute: int,
    log: Path | None,
    categories: tuple[str, ...],
    start_urls: tuple[str, ...],
    archive: Path,
) -> None:
    """Print a ready crontab line or systemd unit files for regular crawls.

    Nothing is installed. Look at it, then add it to your crontab, or put the units where
    their first lines say:

    \b
      (crontab -l; yiqihui schedule cron) | crontab -
    """
    path = archive.resolve()
    options = [word for name in categories for word in ("--category", name)]
    options += [word for url in start_urls for word in ("--start-url", url)]
    log_path = (log or path.with_name("crawl.log")).resolve()
    try:
        job = Job(executable(), path, log_path, every_minutes, minute, tuple(options))
        line = crontab(job) if kind == "cron" else ""
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if line:
        click.echo(line, nl=False)
        return
    for name, text in systemd_units(job).items():
        click.echo(f"# ~/.config/systemd/user/{name}\n{text}")
    click.echo("# then: systemctl --user daemon-reload && systemctl --user enable --now yiqihui.timer")


def executable() -> Path:
    """The ``yiqihui`` beside the Python that runs us, or the one on the path."""
    beside = Path(sys.executable).with_name("yiqihui")
    return beside if beside.exists() else Path(shutil.which("yiqihui") or beside)
