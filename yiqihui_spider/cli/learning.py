"""Learning with an archive at hand: its articles are the answer key, its captures the pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from yiqihui_spider.errors import Exit, YiqihuiError, in_words

if TYPE_CHECKING:
    from sqlite_utils import Database

    from yiqihui_spider.learn import AnswerKey, Lesson, Page
    from yiqihui_spider.site import SiteProfile

CODES = {"proven": Exit.DONE, "known": Exit.DONE, "in part": Exit.UNCERTIFIED, "nothing": Exit.LAYOUT}
OF_A_CRAWL = 80
"""So many captures are looked at where a crawl tries to learn."""
SECONDS = 8.0
"""And so long."""


def answer_key(db: Database) -> AnswerKey:
    from yiqihui_spider.archive.queries import answer_key as queries
    from yiqihui_spider.learn import AnswerKey, Known

    return AnswerKey(
        tuple(Known(*row) for row in queries.known_articles(db)),
        frozenset(queries.known_sources(db)),
        frozenset(queries.known_categories(db)),
    )


def captured_pages(
    db: Database,
    archive: Path,
    most: int | None = None,
    passed_over: Callable[[str], None] = lambda line: None,
) -> list[Page]:
    """The pages that an archive has captured, those not understood first."""
    from yiqihui_spider.archive.queries.answer_key import pages_on_record
    from yiqihui_spider.learn import Page
    from yiqihui_spider.maintenance.captured import capture_page
    from yiqihui_spider.session import warc_folder

    found: list[Page] = []
    for row in pages_on_record(db, most):
        try:
            page = capture_page(db, warc_folder(archive), row.id)
        except YiqihuiError as error:
            passed_over(str(error))
            continue
        found.append(
            Page(page.name, page.url, page.body, page.content_type, row.category, not row.in_trouble)
        )
    return found


def file_pages(paths: Iterable[str], site: SiteProfile, passed_over: Callable[[str], None]) -> list[Page]:
    """The pages in files of any kind that ``import`` reads."""
    from yiqihui_spider.learn import Page
    from yiqihui_spider.maintenance import captured

    found: list[Page] = []
    for path in paths:
        some = captured.file_pages(Path(path), site, passed_over)
        found += [Page(page.name, page.url, page.body, page.content_type) for page in some]
    names = [page.name for page in found]
    return [
        replace(page, name=f"{page.name}#{names[:n].count(page.name) + 1}")
        if names.count(page.name) > 1
        else page
        for n, page in enumerate(found)
    ]


def from_archive(
    db: Database, archive: Path, site: SiteProfile, *, most: int | None, seconds: float
) -> Lesson:
    """What the captures that were not understood teach."""
    from yiqihui_spider.learn import learn

    end = time.monotonic() + seconds
    pages = captured_pages(db, archive, most)
    return learn(pages, site, answer_key(db), asked=False, spent=lambda: time.monotonic() > end)


def exit_code(lesson: Lesson) -> Exit:
    return CODES[lesson.verdict.value]


# --- where a profile goes ----------------------------------------------------------------------


def place_for(text: str, beside: Path, stem: str) -> Path:
    """A new file's name, or that of the one which holds just this text."""
    for n in range(1, 1000):
        path = beside / (f"{stem}.toml" if n == 1 else f"{stem}-{n}.toml")
        if not path.exists() or _holds(path, text):
            return path
    raise YiqihuiError(f"{beside} holds a thousand profiles called {stem} already")


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_text("utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def write(path: Path, text: str) -> None:
    from yiqihui_spider.exports.target import new_file

    if _holds(path, text):
        return
    with new_file(path) as file:
        file.write(text.encode())


# --- after a crawl -----------------------------------------------------------------------------


def advice(archive: Path, exit_code: int) -> list[str]:
    """What a crawl says beside its reasons: what may mend a layout that is not understood."""
    from yiqihui_spider.cli.common import pasteable, program

    return [offer(archive, program(), pasteable)] if exit_code == Exit.LAYOUT else []


def offer(archive: Path, program: str, pasteable: Callable[[Path], str]) -> str:
    """The line of :func:`_offer`; whatever goes wrong with the search is no fault of the crawl."""
    try:
        return _offer(archive, program, pasteable)
    except Exception as error:
        return f"no profile that reads these pages could be looked for: {in_words(error)}"


def _offer(archive: Path, program: str, pasteable: Callable[[Path], str]) -> str:
    """The one line that a crawl says of a layout that is not understood: whether a profile that reads its
    pages is proven, and what adopts it. Learns from the archive alone, for a few seconds."""
    from yiqihui_spider.archive.schema.opening import open_archive
    from yiqihui_spider.session import site_of

    db = open_archive(archive, create=False, read_only=True)
    try:
        lesson = from_archive(db, archive, site_of(archive), most=OF_A_CRAWL, seconds=SECONDS)
    finally:
        db.close()
    own = f" --archive {pasteable(archive)}"
    if lesson.verdict.value != "proven" or lesson.profile is None:
        return f"no profile that reads these pages could be proven; `{program} learn{own}` says why"
    path = place_for(lesson.profile, archive.parent, f"{archive.stem}.learned")
    write(path, lesson.profile)
    file = pasteable(path)
    return (
        f"a profile that reads these pages is proven and waits in {file}; look at it with "
        f"`{program} reparse --diff --site {file}{own}`, adopt it with `{program} reparse --site {file}{own}`"
    )


def read_files(paths: Sequence[str], site: SiteProfile, passed_over: Callable[[str], None]) -> list[Page]:
    pages = file_pages(paths, site, passed_over)
    if not pages:
        raise YiqihuiError("there is no page in what was named")
    return pages
