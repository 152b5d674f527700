"""``yiqihui schedule``"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from yiqihui_spider.cli.common import Failure, archive_option
from yiqihui_spider.cli.config_option import settings
from yiqihui_spider.cli.suggest import CategoryName
from yiqihui_spider.cli.terminal import echo
from yiqihui_spider.watch.config import PREFIX
from yiqihui_spider.watch.schedule import Job, crontab, installed, systemd_units


@click.command("schedule")
@click.argument("kind", type=click.Choice(["cron", "systemd", "check"]))
@click.option(
    "--every", "every_minutes", type=click.IntRange(5, 1440), default=60, show_default=True,
    metavar="MINUTES", help="How often to crawl.",
)  # fmt: skip
@click.option(
    "--minute", type=click.IntRange(0, 59), default=17, show_default=True, help="Minute of the hour."
)
@click.option(
    "--log", type=click.Path(path_type=Path), metavar="PATH",
    help="The run log.  [default: the setting log.file, else crawl.log beside the archive]",
)  # fmt: skip
@click.option(
    "--category", "categories", multiple=True, type=CategoryName(), metavar="NAME",
    help="Only this category; repeatable.",
)  # fmt: skip
@click.option("--start-url", "start_urls", multiple=True, metavar="URL", help="As for crawl; repeatable.")
@click.option("--install", is_flag=True, help="cron: put the line into your crontab, once.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
    help="systemd: write the unit files there.",
)  # fmt: skip
@click.option("--name", default="yiqihui", show_default=True, help="systemd: what the units are called.")
@click.option("--system", is_flag=True, help="systemd: units of the system, not of the user.")
@archive_option
@click.pass_context
def command(ctx: click.Context, /, kind: str, archive: Path, **options: Any) -> None:
    """Print a crontab line or systemd unit files for regular crawls, or install them.

    What they run keeps a log and says nothing as long as all is well. cron mails what a crawl says on
    standard error: one line when it failed (exit codes 1 and 4), and when passing trouble (3 and 75)
    has lasted for longer than the setting alerts.after. systemd starts the unit NAME-failed@ then.

    `schedule check` says the same at any time: exit 1, with that line, if somebody must know.

    \b
    Examples:
      yiqihui schedule cron --install
      yiqihui schedule systemd -o ~/.config/systemd/user
      yiqihui schedule check
    """
    if kind == "check":
        ctx.exit(check(archive))
    try:
        job = the_job(archive, **options)
        text = crontab(job) if kind == "cron" else ""
        units = systemd_units(job) if kind == "systemd" else {}
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    for line in lost_settings(dict(os.environ)):
        echo(line, err=True)
    if kind == "systemd":
        show_units(job, units, options["output"])
    elif options["install"]:
        install(job)
    else:
        click.echo(text, nl=False)


def the_job(archive: Path, **options: Any) -> Job:
    config = settings()
    words = [word for name in options["categories"] for word in ("--category", name)]
    words += [word for url in options["start_urls"] for word in ("--start-url", url)]
    log = options["log"] or Path(config["log.file"] or archive.with_name("crawl.log"))
    return Job(
        executable(),
        absolute(archive),
        absolute(log),
        options["every_minutes"],
        options["minute"],
        tuple(words),
        absolute(config.path) if config.path else None,
        options["name"],
        getpass.getuser() if options["system"] else None,
    )


def absolute(path: Path) -> Path:
    """Without ``..``, but by the links that lead there: they may lead elsewhere one day."""
    return Path(os.path.abspath(path))


def lost_settings(environment: dict[str, str]) -> list[str]:
    """What this shell knows, and cron and systemd will not."""
    known = {f"{PREFIX}ARCHIVE", f"{PREFIX}CONFIG"}
    names = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    told = ", ".join(f"${name}" for name in names)
    return [f"note: {told} will not be set there; put it into a settings file"] if names else []


def executable() -> Path:
    """The ``yiqihui`` beside the Python that runs us, or the one on the path."""
    beside = Path(sys.executable).with_name("yiqihui")
    return beside if beside.exists() else Path(shutil.which("yiqihui") or beside)


def check(archive: Path) -> int:
    from yiqihui_spider.cli.aftermath import standing

    line = standing(archive)
    if line:
        echo(line, err=True)
    return 1 if line else 0


# --- putting it in its place ----------------------------------------------------------------------


def install(job: Job) -> None:
    """Put the line into the user's crontab, in the place of the one that is there for the archive."""
    before = _crontab("-l")
    text = before.stdout.decode("utf-8", "surrogateescape")
    if before.returncode and not _is_none_yet(before.stderr):
        raise Failure(f"crontab -l: {_words(before.stderr)}")
    new = installed(text if not before.returncode else "", job)
    if new == text and not before.returncode:
        echo("the line is in your crontab already")
        return
    done = _crontab("-", stdin=new.encode("utf-8", "surrogateescape"))
    if done.returncode:
        raise Failure(f"crontab: {_words(done.stderr)}")
    echo(f"in your crontab now: {crontab(job).rstrip()}")


def _is_none_yet(stderr: bytes) -> bool:
    return b"no crontab" in stderr.lower() or b"no such file" in stderr.lower()


def _words(stderr: bytes) -> str:
    return " ".join(stderr.decode("utf-8", "replace").split()) or "failed without a word"


def _crontab(word: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    plain = {**os.environ, "LC_ALL": "C"}
    try:
        return subprocess.run(["crontab", word], input=stdin, capture_output=True, check=False, env=plain)
    except FileNotFoundError:
        raise Failure("there is no crontab here: install cron, or use `schedule systemd`") from None


def show_units(job: Job, units: dict[str, str], folder: Path | None) -> None:
    """Print the unit files or write them, and what is to be typed then."""
    systemctl = "systemctl" if job.user else "systemctl --user"
    then = [f"{systemctl} daemon-reload", f"{systemctl} enable --now {job.name}.timer"]
    if not job.user:  # units of a user stop when the user leaves
        then.append("loginctl enable-linger  # else your timers run only while you are logged in")
    if folder is None:
        place = "/etc/systemd/system" if job.user else "~/.config/systemd/user"
        for name, text in units.items():
            click.echo(f"# {place}/{name}\n{text}")
        click.echo("\n".join(["# then:", *(f"#   {line}" for line in then)]))
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in units.items():
        (folder / name).write_text(text, "utf-8")
        echo(f"written: {folder / name}")
    echo("\n".join(["then:", *(f"  {line}" for line in then)]))
