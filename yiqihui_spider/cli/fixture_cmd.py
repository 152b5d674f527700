"""``yiqihui fixture``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from yiqihui_spider.cli.common import archive_option, site_option
from yiqihui_spider.cli.explain_cmd import pages_of
from yiqihui_spider.cli.terminal import echo
from yiqihui_spider.errors import YiqihuiError

if TYPE_CHECKING:
    from yiqihui_spider.site import SiteProfile


@click.command("fixture")
@click.argument("what", metavar="CAPTURE")
@click.argument("folder", type=click.Path(path_type=Path))
@site_option
@archive_option
def command(what: str, folder: Path, site: SiteProfile | None, archive: Path) -> None:
    """Make a test case of a captured page: the page as received, and how it is read today.

    CAPTURE is a capture's number; a file with one page will do, too. FOLDER gets input.html or
    input.txt, and expected.json. The test suite reads every such case below
    tests/fixtures/reading and compares: correct expected.json by hand to what the
    page truly says, watch the test fail, mend the parser.

    The page is the site's. Put words of your own in place of its texts before you publish it.
    """
    from yiqihui_spider.maintenance.fixture import EXPECTED, write_case
    from yiqihui_spider.session import site_of

    profile = site_of(archive, site)
    pages = pages_of(what, archive, profile)
    page = next(pages)
    if next(pages, None) is not None:
        raise YiqihuiError(f"{what} holds several pages; import it, and name one capture")
    target = write_case(page, folder, profile)
    echo(f"{target}: the page as received; the site's texts, to be replaced before it is published")
    echo(f"{folder / EXPECTED}: what is read from it today")
