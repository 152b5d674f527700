"""``yiqihui analyze``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yiqihui_spider.cli.common import archive_option, json_option
from yiqihui_spider.cli.counting import count_progress
from yiqihui_spider.cli.running import RunOptions, run_options, running
from yiqihui_spider.cli.terminal import echo
from yiqihui_spider.errors import Exit
from yiqihui_spider.wording import counted

if TYPE_CHECKING:
    from yiqihui_spider.analysis.terms import Segmenter


@click.command("analyze")
@click.option(
    "--user-dict", "dictionaries", type=click.Path(path_type=Path), multiple=True, envvar="YIQIHUI_DICT",
    show_envvar=True, metavar="FILE", help="More words to know, UTF-8, one a line; may be given again.",
)  # fmt: skip
@click.option("--rebuild", is_flag=True, help="Count all articles anew.")
@run_options
@archive_option
@json_option
def command(
    dictionaries: tuple[Path, ...], rebuild: bool, archive: Path, as_json: bool, how: RunOptions
) -> None:
    """Count the terms of every article, for the views of trends.

    Needs: pip install 'yiqihui-spider[analysis]'

    Texts are cut into words by jieba, which is told the names and words of the trade; stop words,
    numbers and single characters are not counted. The counts are in the table `terms`; the views
    `term_trends` (term by month), `rising_terms` and `cooccurrence` are made of them.

    Only articles that are new or changed are read, and all of them after the dictionary has
    changed. So put your words where every run finds them: into yiqihui.dict.txt beside the
    archive. A line is a word; after a minus sign, a word that is not to be counted; after #, a
    remark.

    \b
    Examples:
      yiqihui analyze
      sqlite3 data/yiqihui.db "SELECT * FROM rising_terms LIMIT 20"
      sqlite3 data/yiqihui.db "SELECT month, articles FROM term_trends WHERE term = '社区团购'"
    """
    from yiqihui_spider.analysis.dictionary import BESIDE, load
    from yiqihui_spider.analysis.terms import Segmenter
    from yiqihui_spider.archive.schema.opening import open_archive

    with running("analyze", archive, how, as_json) as run:
        open_archive(archive, create=False, read_only=True).close()
        beside = archive.with_name(BESIDE)
        dictionary = load([*([beside] if beside.exists() else []), *dictionaries])
        report = count(archive, Segmenter(dictionary), rebuild, as_json)
        run.ended(Exit.DONE, "analyzed", [], data=lambda: report, show=lambda: _print(report))


def _print(report: dict[str, Any]) -> None:
    echo(
        f"{counted(report['read'], 'article')} read, {report['unchanged']:,} unchanged; "
        f"{counted(report['terms'], 'different term')} in {counted(report['articles'], 'article')}"
    )


def count(archive: Path, segmenter: Segmenter, rebuild: bool, quiet: bool) -> dict[str, Any]:
    from yiqihui_spider.analysis.analyze import analyze
    from yiqihui_spider.archive.search import terms
    from yiqihui_spider.session import open_session

    with open_session(archive, "analyze") as session:
        if rebuild:
            terms.forget_all(session.db)
        waiting = terms.pending(session.db, segmenter.hash)
        with count_progress("counting terms", waiting, "articles", quiet=quiet) as progress:
            read = analyze(session.db, segmenter, progress)
        terms.sum_up(session.db)
        totals = terms.totals(session.db)
        report = {"read": read, "unchanged": totals["articles"] - read, **totals}
        session.stats["analyze"] = report
        session.outcome, session.exit_code = "analyzed", Exit.DONE
    return report
