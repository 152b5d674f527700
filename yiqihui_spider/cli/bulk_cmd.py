"""``yiqihui bulk``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from yiqihui_spider.cli.common import json_option, pasteable, print_json, print_table, program, site_option
from yiqihui_spider.cli.counting import count_progress
from yiqihui_spider.cli.import_cmd import complaints, moment_of_capture, shown
from yiqihui_spider.cli.terminal import echo

if TYPE_CHECKING:
    from yiqihui_spider.bulk.run import Summary
    from yiqihui_spider.site import SiteProfile


_HELP = """Read very many WARC, WET and other files on several processors or machines, with Dask, into
Parquet tables: articles as observed, captures, residues, refusals. `yiqihui import FOLDER` then
takes them into an archive, with the same rows as if it had read the files itself.

A PATTERN is a path, a folder, a glob in quotes, or an address that fsspec knows (https://, s3://,
hdfs://; their libraries are installed apart). Each input is one task; what is recognised,
refused and told is what `yiqihui import` would. Every row names its file and its offset in it.

Killed at any point, the same command goes on where it was: nothing twice, nothing missing. An
input that has changed since is read again. What can't be read for a reason that may pass is tried
three times, then told, and the rest goes on.

Needs the extra `cluster`: pip install 'yiqihui-spider[cluster]'

\b
Examples:
  yiqihui bulk 'crawls/*.warc.gz' -o tables
  yiqihui bulk 's3://bucket/2019/*.warc.gz' -o /shared/tables --cluster tcp://10.0.0.1:8786
  yiqihui import tables

Exit codes: as of `yiqihui import`: 1 an input can't be read or is nothing of the site's (the
others are in the tables); 4 a page is not understood in full; 3 damaged records were skipped, or
it was interrupted; 75 no scheduler or no worker can be had, or another run has the folder.
"""


@click.command("bulk", help=_HELP)
@click.argument("patterns", nargs=-1, required=True, metavar="PATTERN…")
@click.option(
    "-o", "--output", "folder", type=click.Path(path_type=Path, file_okay=False), required=True,
    metavar="FOLDER", help="Where the tables go; a folder that all workers share.",
)  # fmt: skip
@click.option(
    "--cluster", "where", default="local", show_default=True, metavar="local|ADDRESS",
    help="Worker processes on this machine, or a Dask scheduler: tcp://host:8786.",
)  # fmt: skip
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N",
    help="How many worker processes; of a scheduler: how many must have come.  [default: one for each "
    "processor; 1]",
)  # fmt: skip
@click.option(
    "--captured-at", metavar="TIME",
    help="When files were captured, as in `import`.",
)  # fmt: skip
@click.option(
    "--host", "hosts", multiple=True, metavar="NAME", help="Take pages of this host too; repeatable."
)
@click.option("--any-host", is_flag=True, help="Take pages of every host.")
@site_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    patterns: tuple[str, ...],
    folder: Path,
    where: str,
    workers: int | None,
    captured_at: str | None,
    hosts: tuple[str, ...],
    any_host: bool,
    site: SiteProfile | None,
    as_json: bool,
) -> None:
    from yiqihui_spider.bulk.run import Bulk
    from yiqihui_spider.bulk.task import Options
    from yiqihui_spider.site import DEFAULT, built_in

    chosen = site or built_in(DEFAULT)
    moment = moment_of_capture(captured_at, chosen.zone)
    options = Options(chosen.text, chosen.built_in, hosts, any_host, moment)
    with count_progress("reading", None, "files", quiet=as_json) as seen:
        job = Bulk(folder, options, where=where, workers=workers, seen=seen)
        summary = job.run(patterns)
    code, outcome = summary.decide()
    if as_json:
        told = {"folder": str(folder), "outcome": outcome, "exit_code": int(code), **summary.as_dict()}
        print_json(told)
    else:
        print_summary(folder, summary)
    for line in complaints(summary.tally, "the same command"):
        echo(line, err=True)
    ctx.exit(code)


for option in command.params:
    if isinstance(option, click.Option) and option.name == "site":
        option.help = "The site profile to read pages by.  [default: 178hui]"


def print_summary(folder: Path, summary: Summary) -> None:
    tally = summary.tally
    rows = [
        ("inputs", summary.inputs),
        ("of these read now", summary.read),
        ("read before", summary.done_before),
        ("not read whole", summary.not_whole),
        ("attempts repeated", summary.repeated),
        ("pages of the site", tally.pages),
        ("articles on them", tally.articles),
        ("unchanged pages (revisits)", tally.known),
        ("kept, but no page of the section", tally.kept),
    ]
    print_table(("read", "count"), [row for row in rows if row[1]])
    for line in shown(tally.notes, "note"):
        echo(line)
    if tally.passed_over:
        met = tally.what_was_passed_over()
        echo(f"files in folders that are nothing of the site's: {tally.passed_over} ({met})")
    echo(f"tables: {folder}")
    if summary.rows.get("captures"):
        echo("try next:")
        echo(f"  {program()} import {pasteable(folder)}")
