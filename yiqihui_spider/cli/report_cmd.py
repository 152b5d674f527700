"""``yiqihui report``"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from yiqihui_spider.cli.common import Failure, archive_option, reading
from yiqihui_spider.cli.terminal import echo
from yiqihui_spider.wording import counted


@click.command("report")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The HTML file to write; it appears when it is complete.",
)
@archive_option
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Its language."
)
@click.option("--now", hidden=True, help="The moment the report speaks of, for tests.")
def command(output: Path, archive: Path, lang: str, now: str | None) -> None:
    """Draw the archive as one HTML file that needs no network and prints well.

    What it holds by month, category and source; how views are spread and what grows fastest;
    rising terms (after `yiqihui analyze`); how complete it is and how the crawls went; edits and
    disappearances with their dates. Every chart has its numbers in a table beside it.

    Needs the extra `report`: pip install 'yiqihui-spider[report]'
    """
    render = _renderer()
    from yiqihui_spider.archive.queries.report_rows import report_rows
    from yiqihui_spider.clock import now as present
    from yiqihui_spider.exports.target import new_file
    from yiqihui_spider.session import site_of

    moment = now or present()
    with reading(archive) as db:
        rows = report_rows(db, moment)
        page = render(rows, site=site_of(archive).title, name=archive.name, now=moment, lang=lang)
    with new_file(output) as file:
        file.write(page.encode())
    count = rows["totals"]["articles"]
    echo(f"{output}: {counted(count, 'article')}, {output.stat().st_size // 1024} KB")


def _renderer() -> Callable[..., str]:
    try:
        from yiqihui_spider.report.page import render
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("jinja2", "markupsafe"):
            raise
        raise Failure("report needs Jinja: pip install 'yiqihui-spider[report]'") from error
    return render
