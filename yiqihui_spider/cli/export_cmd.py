"""``yiqihui export``"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from yiqihui_spider.cli.common import archive_option, json_option, print_json, reading
from yiqihui_spider.cli.counting import byte_progress


def wacz(archive: Path, target: Path, quiet: bool) -> dict[str, Any]:
    from yiqihui_spider.exports.wacz import export_wacz, work
    from yiqihui_spider.session import warc_folder

    folder = warc_folder(archive)
    with reading(archive) as db, byte_progress("packing", work(folder), quiet=quiet) as told:
        return export_wacz(db, folder, target, told)


FORMATS: dict[str, Callable[[Path, Path, bool], dict[str, Any]]] = {"wacz": wacz}
"""By name: writes the archive to a file, quietly or not; gives what it came to, ``path`` among it."""


@click.command("export")
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), required=True, help="What to write."
)  # fmt: skip
@click.option(
    "-o", "--output", "target", type=click.Path(path_type=Path), required=True, metavar="FILE",
    help="Where to; it appears when it is complete, and takes the place of an earlier one.",
)  # fmt: skip
@archive_option
@json_option
def command(form: str, target: Path, archive: Path, as_json: bool) -> None:
    """Write the archive in another form.

    \b
    wacz   the raw responses, all WARC files with an index and a list of pages in one file, for
           ReplayWeb.page and pywb; needs: pip install 'yiqihui-spider[wacz]'

    Reading needs no lock: a run may go on meanwhile.

    \b
    Example:
      yiqihui export --format wacz -o yiqihui.wacz
    """
    came_to = FORMATS[form](archive, target, as_json)
    if as_json:
        print_json(came_to)
        return
    numbers = ", ".join(
        f"{value} {name.replace('_', ' ')}" for name, value in came_to.items() if name != "path"
    )
    click.echo(f"{came_to['path']}: {numbers}")
