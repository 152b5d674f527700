"""``yiqihui learn``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yiqihui_spider.cli.common import (
    Failure,
    archive_option,
    json_option,
    pasteable,
    print_json,
    print_table,
    program,
    reading,
    site_option,
)
from yiqihui_spider.cli.terminal import echo, one_line, styled
from yiqihui_spider.errors import Exit
from yiqihui_spider.wording import counted

if TYPE_CHECKING:
    from yiqihui_spider.learn import Lesson
    from yiqihui_spider.learn.lesson import PageProof
    from yiqihui_spider.site import SiteProfile

SHOWN = 20
_SECONDS = 300.0


@click.command("learn")
@click.argument("pages", metavar="[PAGE]...", nargs=-1)
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path),
    help="Where the profile goes; an existing file is replaced.  [default: a new file beside the archive]",
)  # fmt: skip
@click.option("--host", metavar="NAME", help="The site's host, where the pages do not say it.")
@site_option
@archive_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    pages: tuple[str, ...],
    output: Path | None,
    host: str | None,
    site: SiteProfile | None,
    archive: Path,
    as_json: bool,
) -> None:
    """Find out how a site prints its articles, prove it, and write a site profile.

    PAGE is anything that `yiqihui import` reads: saved pages in any charset, text dumps, WARC, MHTML.
    Without PAGE, the archive's own captures that were not understood. The articles that the archive
    knows are the answer key: where their texts stand in the new pages shows what the markers are.
    Where there is no archive yet, what repeats on listing pages and fits their pager is.

    What was found is proven by reading every page with it: as many entries as the pager says, known
    articles found again exactly, nothing left unexplained. Never changes an archive.

    \b
    Examples:
      yiqihui learn
      yiqihui learn listing-1.html listing-2.html article.html -o mine.toml
      yiqihui explain --site mine.toml listing-1.html

    Exit code 3: a part only holds, or the pages can be read in several ways; 4: nothing does.
    """
    lesson = _learn(pages, host, site, archive, as_json)
    path = _write(lesson, output, archive, bool(pages))
    from yiqihui_spider.cli.learning import exit_code

    code = exit_code(lesson)
    if as_json:
        print_json(as_dict(lesson, path, code))
    else:
        _print(lesson, path, pages, archive)
    for line in (*lesson.reasons[:SHOWN], *lesson.notes) if not as_json or code else ():
        echo(one_line(line), err=True)
    ctx.exit(code)


def _learn(
    pages: tuple[str, ...], host: str | None, site: SiteProfile | None, archive: Path, quiet: bool
) -> Lesson:
    from yiqihui_spider.cli import learning
    from yiqihui_spider.learn import learn
    from yiqihui_spider.session import site_of

    def passed_over(line: str) -> None:
        echo(f"passed over: {line}", err=True)

    profile = site_of(archive, site)
    if not archive.exists():
        if not pages:
            raise Failure(f"no archive at {archive}: name the pages to learn from", Exit.USAGE)
        return learn(learning.read_files(pages, profile, passed_over), profile, fresh=site is None, host=host)
    with reading(archive) as db:
        if not pages:
            return learning.from_archive(db, archive, profile, most=None, seconds=_SECONDS)
        key = learning.answer_key(db)
        found = learning.read_files(pages, profile, passed_over)
        on_record = learning.captured_pages(db, archive)
    own = {(page.url, page.body) for page in found}
    record = [page for page in on_record if page.understood and (page.url, page.body) not in own]
    return learn([*found, *record], profile, key, asked=True)


def _write(lesson: Lesson, output: Path | None, archive: Path, named: bool) -> Path | None:
    """Where the profile was written. One that is not proven goes only where the user says."""
    from yiqihui_spider.cli import learning

    if lesson.profile is None or (output is None and lesson.verdict.value != "proven"):
        return None
    if output is None and archive.exists():
        output = learning.place_for(lesson.profile, archive.parent, f"{archive.stem}.learned")
    elif output is None:
        output = learning.place_for(lesson.profile, Path(), "learned")
    if output.exists() and output.resolve() == archive.resolve():
        raise Failure(f"{output} is the archive")
    learning.write(output, lesson.profile)
    return output


def as_dict(lesson: Lesson, path: Path | None, code: Exit) -> dict[str, Any]:
    proof = lesson.proof
    return {
        "verdict": lesson.verdict.value,
        "exit_code": int(code),
        "file": None if path is None else str(path),
        "marker": {"forms": list(lesson.forms), "position": "before" if lesson.before else "after"},
        "pager": lesson.pager,
        "breadcrumb": lesson.breadcrumb,
        "addresses": list(lesson.addresses),
        "pages": [page.as_dict() for page in proof.pages],
        "entries": [
            {
                "title": one.title,
                "published_at": one.published_at,
                "source": one.source,
                "views": one.views,
                "url": one.url,
                "text": one.body[:60],
            }
            for one in proof.samples
        ],
        "rivals": [{"forms": list(one.forms), "differences": list(one.differences)} for one in lesson.rivals],
        "reasons": list(lesson.reasons),
        "notes": list(lesson.notes),
    }


def _print(lesson: Lesson, path: Path | None, pages: tuple[str, ...], archive: Path) -> None:
    if lesson.profile is not None:
        _print_forms(lesson)
        _print_entries(lesson)
        _print_proof(lesson)
    told = {
        "proven": "proven",
        "known": "nothing to learn",
        "in part": "not proven",
        "nothing": "nothing learned",
    }
    echo(styled(told[lesson.verdict.value], bold=True), f"; profile written: {path}" if path else "")
    if path is not None:
        _print_next(path, pages, archive)


def _print_forms(lesson: Lesson) -> None:
    where = "before" if lesson.before else "after"
    for form in lesson.forms:
        echo(f"marker      {one_line(form)}   ({where} the text)")
    echo(f"pager       {lesson.pager or 'none that proves anything'}")
    echo(f"breadcrumb  {lesson.breadcrumb or 'none'}")
    for form in lesson.addresses:
        echo(f"address     {form}")
    for rival in lesson.rivals:
        echo(styled("or as well", fg="red"))
        for form in rival.forms:
            echo(f"marker      {one_line(form)}")
        for line in rival.differences:
            echo(f"  {one_line(line)}")


def _print_entries(lesson: Lesson) -> None:
    for one in lesson.proof.samples:
        views = "no count" if one.views is None else f"{one.views:,} views"
        echo(
            one_line(
                f"  {one.title or '(no title)'} | {one.published_at} | {one.source or 'no source'} | {views}"
            )
        )
        echo(one_line(f"    {one.body[:50]}…"))


def _print_proof(lesson: Lesson) -> None:
    proof = lesson.proof
    rows = [_row(page) for page in proof.concerned[:SHOWN]]
    print_table(("page", "kind", "entries", "pager says", "known found again", "unexplained"), rows)
    if len(proof.concerned) > SHOWN:
        echo(f"… and {counted(len(proof.concerned) - SHOWN, 'more page')}")
    kept = sum(page.as_before for page in proof.pages)
    if kept:
        echo(f"{counted(kept, 'page')} on record read as before")
    apart = sum(not page.of_layout and not page.as_before for page in proof.pages)
    if apart:
        echo(f"{counted(apart, 'page')} on record of another kind passed over")


def _row(page: PageProof) -> tuple[str, ...]:
    one = page.declared
    says = "" if one is None else f"{one.first}-{one.last} of {one.total}, page {one.page} of {one.pages}"
    again = f"{page.found + page.edited} of {page.expected}" if page.expected else "none known"
    if page.edited:
        again += f" ({page.edited} edited or cut short)"
    return page.name, page.kind, str(page.entries), says, again, str(page.residue)


def _print_next(path: Path, pages: tuple[str, ...], archive: Path) -> None:
    file, own = pasteable(path), f" --archive {pasteable(archive)}"
    echo("try next:")
    for page in pages[:1]:
        echo(f"  {program()} explain {pasteable(Path(page))}")
        echo(f"  {program()} explain --site {file} {pasteable(Path(page))}")
    if archive.exists():
        echo(f"  {program()} reparse --diff --site {file}{own}")
        echo(f"  {program()} reparse --site {file}{own}")
    else:
        echo(f"  {program()} crawl --site {file}{own}")
