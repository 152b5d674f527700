"""``yiqihui reparse``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yiqihui_spider.cli.common import archive_option, json_option, print_json, reading, site_option
from yiqihui_spider.cli.counting import count_progress
from yiqihui_spider.cli.running import RunOptions, run_options, running
from yiqihui_spider.cli.terminal import echo
from yiqihui_spider.errors import Exit
from yiqihui_spider.wording import counted

if TYPE_CHECKING:
    from yiqihui_spider.maintenance.reparse import Reparsed
    from yiqihui_spider.site import SiteProfile

SHOWN = 20
_OUTCOMES = {Exit.DONE: "reparsed", Exit.UNCERTIFIED: "incomplete", Exit.LAYOUT: "layout not understood"}


@click.command("reparse")
@click.option(
    "--diff", "diff", is_flag=True, help="Only show, per article, what would change; write nothing."
)
@click.option(
    "--from-start", is_flag=True, help="Do not go on where a reparse was cut short; read everything."
)
@run_options
@site_option
@archive_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    site: SiteProfile | None,
    archive: Path,
    diff: bool,
    from_start: bool,
    as_json: bool,
    how: RunOptions,
) -> None:
    """Read every kept response again with today's parser, without the network.

    What depends on the readings (articles, versions, views, residue) is put right; a parser
    that says the same changes nothing. It may be interrupted, or killed: the next one goes on.
    Pages that no parser could use before are read too, if the parser is another one now.

    With --site, by another profile of the same site, which becomes the archive's own (not with
    --diff): that is how a changed layout, or a mended profile, is read into the past.

    --diff works on a temporary copy of the archive ($TMPDIR says where) and shows the articles
    that would be new, removed or changed, texts sentence by sentence.

    Rows that the pages do not bear out are taken back, and counted.

    Exit code 3: some captures can't be read from the WARC files (see `yiqihui verify`), or a
    certificate was taken back; 4: of some pages less is understood than before.
    """
    if diff:
        done, changes = _try_out(archive, site, as_json)
        print_json(_as_dict(archive, done, changes)) if as_json else _print(done, changes)
        for line in complaints(done, diff=True):
            echo(line, err=True)
        ctx.exit(done.exit_code)
    with running("reparse", archive, how, as_json) as run:
        done = _reparse(archive, site, from_start, as_json or how.unattended)
        run.ended(
            done.exit_code,
            _outcome(done),
            complaints(done),
            data=lambda: _as_dict(archive, done, None),
            show=lambda: _print(done, None),
        )


def _outcome(done: Reparsed) -> str:
    return "interrupted" if done.interrupted else _OUTCOMES[done.exit_code]


def _as_dict(archive: Path, done: Reparsed, changes: list[dict[str, Any]] | None) -> dict[str, Any]:
    result: dict[str, Any] = {
        "archive": str(archive),
        "resumed_after": done.resumed_after,
        "captures_read": done.read,
        "captures_changed": done.changed,
        "certificates_revoked": done.revoked,
        "rows_taken_back": done.taken_back,
        "not_understood": done.not_understood,
        "failed": done.failed,
        "interrupted": done.interrupted,
        "exit_code": int(done.exit_code),
    }
    return result if changes is None else {**result, "articles": changes}


def complaints(done: Reparsed, *, diff: bool = False) -> list[str]:
    would = "would be " if diff else ""
    told = []
    for what, lines in (("less understood", done.not_understood), ("failed", done.failed)):
        told += [f"{what}: {line}" for line in lines[:SHOWN]]
        if len(lines) > SHOWN:
            told.append(f"… and {len(lines) - SHOWN} more")
    if done.revoked:
        walks = ", ".join(map(str, done.revoked))
        told.append(f"certificates {would}taken back, for pages read otherwise now: walks {walks}")
    if done.taken_back:
        rows = ", ".join(
            f"{count} of the {what.replace('_', ' ')}" for what, count in done.taken_back.items()
        )
        told.append(f"rows {would}taken back, for no page bears them out now: {rows}")
    if done.interrupted:
        told.append("interrupted; the next reparse goes on from here")
    return told


def _reparse(archive: Path, site: SiteProfile | None, from_start: bool, quiet: bool) -> Reparsed:
    from yiqihui_spider.archive.schema.opening import open_archive
    from yiqihui_spider.maintenance.reparse import reparse, to_do
    from yiqihui_spider.session import open_session

    open_archive(archive, create=False, read_only=True).close()
    with open_session(archive, "reparse", site) as session:
        after, total = to_do(session, from_start=from_start)
        if after and not quiet:
            echo(f"going on behind capture {after}, where the last reparse was cut short", err=True)
        with count_progress("reparsing", total, "captures", quiet=quiet) as seen:
            done = reparse(session, after, seen)
        session.exit_code, session.outcome = done.exit_code, _outcome(done)
        session.stats["pages"] = done.read
        session.stats["articles_changed"] = len(done.changed)
    return done


def _try_out(archive: Path, site: SiteProfile | None, quiet: bool) -> tuple[Reparsed, list[dict[str, Any]]]:
    from yiqihui_spider.archive.state.reparse_progress import count_to_read
    from yiqihui_spider.maintenance.reparse import try_out
    from yiqihui_spider.session import site_of, warc_folder

    with (
        reading(archive) as db,
        count_progress("reading", count_to_read(db), "captures", quiet=quiet) as seen,
    ):
        return try_out(db, warc_folder(archive), site_of(archive, site), seen)


def _print(done: Reparsed, changes: list[dict[str, Any]] | None) -> None:
    for change in changes or ():
        echo(f"{change['change']}: article {change['id']}, {change['published_at']} {change['title'] or ''}")
        for name, (old, new) in change["fields"].items():
            echo(f"  {name}: {old} → {new}")
        if change["only_white_space"]:
            echo("  body: paragraphs or white space only")
        for line in change["text"]:
            echo(f"  {line}")
    would = "read otherwise" if changes is None else "would read otherwise"
    articles = "" if changes is None else f"; {counted(len(changes), 'article')} would change"
    echo(f"{counted(done.read, 'capture')} read, {len(done.changed)} {would}{articles}")
