"""``yiqihui backup``"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from yiqihui_spider.cli.common import archive_option, json_option, print_json, reading
from yiqihui_spider.cli.counting import byte_progress
from yiqihui_spider.cli.terminal import echo
from yiqihui_spider.errors import Exit
from yiqihui_spider.wording import counted

SHOWN = 20


@click.command("backup")
@click.argument("folder", type=click.Path(path_type=Path))
@archive_option
@json_option
@click.pass_context
def command(ctx: click.Context, folder: Path, archive: Path, as_json: bool) -> None:
    """Copy the archive into FOLDER: the database as of one moment, and the WARC files it rests on.

    Safe while a crawl runs; it does not wait for it, nor the crawl for the backup. What FOLDER has
    already of the WARC files is not copied again. The database is checked, every record of the
    copy is read back and compared with its digest, and only then the new database takes the old
    one's place: a backup that is killed leaves the one before it, and the next goes on.

    The copy is an archive like any other: every command works with --archive FOLDER/NAME.db. To
    restore it, move what is left of the old folder away and copy FOLDER to its place.

    Exit codes: 1 nothing was backed up: the database is damaged, FOLDER can't be written, or is
    another archive's; 3 done, but records are lost or damaged in the archive; 75 another backup
    into FOLDER is at work.
    """
    from yiqihui_spider.maintenance.backup import back_up

    with reading(archive) as db, byte_progress("copying", None, quiet=as_json) as seen:
        copy = back_up(db, archive, folder, seen)
    code = Exit.UNCERTIFIED if copy.problems else Exit.DONE
    if as_json:
        print_json({**asdict(copy), "exit_code": int(code)})
    else:
        size = (copy.bytes_copied + copy.database_bytes) / 1e6
        echo(f"{copy.archive}: {size:.1f} MB copied, {counted(copy.records, 'record')} read back")
        echo(f"WARC files: {copy.files}, of these new or longer: {copy.files_new}")
    for problem in copy.problems[:SHOWN]:
        echo(f"lost in the archive, too: {problem}", err=True)
    if len(copy.problems) > SHOWN:
        echo(f"… and {len(copy.problems) - SHOWN} more (--json lists them)", err=True)
    ctx.exit(code)
