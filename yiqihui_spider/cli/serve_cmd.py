"""``yiqihui serve``"""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from yiqihui_spider.cli.common import Failure, archive_option, reading
from yiqihui_spider.cli.terminal import echo


@click.command("serve")
@archive_option
@click.option("--host", default="127.0.0.1", show_default=True, metavar="HOST", help="Address to listen on.")
@click.option(
    "--port",
    default=8001,
    show_default=True,
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="Also answer requests to this host name (behind a proxy, say). Can be repeated.",
)
@click.option(
    "--lang",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Language of the reading room until a reader chooses.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the page in a browser.")
def command(
    archive: Path, host: str, port: int, allowed: tuple[str, ...], lang: str, open_browser: bool
) -> None:
    """Open the archive's reading room: search, articles with their history, pages as they were.

    Behind it, under /yiqihui, is Datasette: tables, ready queries, your own SQL, JSON and CSV.

    Read-only, and never in the way of a crawl that writes meanwhile.  Stop it with Ctrl-C.

    Everybody who can reach the address can read the archive, so it listens on this machine only
    unless --host says otherwise, and answers to its own host names only.

    Needs the extra `serve`: pip install 'yiqihui-spider[serve]'
    """
    with reading(archive):
        pass  # says in one line what is wrong with the file, if anything is
    try:
        from yiqihui_spider.serving.app import listen, run
        from yiqihui_spider.serving.guard import own_names
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("datasette", "uvicorn", "markupsafe"):
            raise
        raise Failure("serve needs Datasette: pip install 'yiqihui-spider[serve]'") from error
    try:
        listening = listen(host, port)
    except OSError as error:
        raise Failure(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listening.getsockname()[1]}/"

    def ready() -> None:
        echo(f"{archive} at {address} (read-only; Ctrl-C stops)")
        if open_browser:
            webbrowser.open(address)

    run(archive, listening, lang, ready, own_names(host) | {name.lower() for name in allowed})
