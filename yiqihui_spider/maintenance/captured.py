"""Pages by name, with the bytes they are read from: a capture of the archive, or what a file holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from yiqihui_spider.archive.queries import checks
from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.errors import YiqihuiError
from yiqihui_spider.imports.envelopes import WHOLE_LIMIT
from yiqihui_spider.imports.file_type import HEAD, recognise
from yiqihui_spider.imports.importer import Import
from yiqihui_spider.imports.ingest import is_page, unreadable
from yiqihui_spider.maintenance.explain import Explained, named_segments
from yiqihui_spider.maintenance.reparse import shown
from yiqihui_spider.parse.read import read_page
from yiqihui_spider.session import warc_folder
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.warc.reader import WarcError


@dataclass(frozen=True, slots=True)
class Page:
    """A page as received, its content coding undone."""

    name: str
    url: str
    body: bytes
    content_type: str | None


def explained(page: Page, site: SiteProfile) -> Explained:
    text, split, reading = read_page(page.body, page.content_type, page.url, site)
    return Explained(page.name, page.url, named_segments(text, split, reading), reading.problems)


def capture_page(db: Database, folder: Path, capture_id: int) -> Page:
    """A capture's page; a revisit's is the one that it refers to. Raises YiqihuiError."""
    record = checks.record(db, capture_id)
    if record is None:
        raise YiqihuiError(f"no capture {capture_id} in the archive")
    try:
        response = shown(db, folder, record.warc_file, record.warc_offset)
    except WarcError as error:
        raise YiqihuiError(f"capture {capture_id}: {error}") from error
    if why := unreadable(response):
        raise YiqihuiError(f"capture {capture_id} is no whole page: {why}")
    if not is_page(response):
        status, kind = response.status or "none", response.content_type or "none"
        raise YiqihuiError(f"capture {capture_id} holds no page of text: status {status}, type {kind}")
    return Page(f"capture {capture_id}", record.url, response.body, response.content_type)


def file_pages(
    path: Path, site: SiteProfile, passed_over: Callable[[str], None] = lambda line: None
) -> Iterator[Page]:
    """Every page in a file of any kind that ``import`` reads. Raises YiqihuiError if there is none.

    The file is imported into an archive that is thrown away. A page in which an import finds
    nothing of the site is one all the same: it may be in want of an explanation. What is damaged
    or no page is told ``passed_over``.
    """
    with TemporaryDirectory(prefix="yiqihui-pages-") as folder:
        archive = Path(folder, "archive.db")
        tally = Import(archive, any_host=True, site=site).run([str(path)])
        troubles = [*tally.unreadable.kept, *tally.damaged.kept]
        found = 0
        for page in _imported(archive, str(path), troubles):
            found += 1
            yield page
    if not found and (lone := _lone_page(path)) is not None:
        yield lone
    elif not found:
        raise YiqihuiError([*troubles, *tally.notes.kept, f"{path}: no page in it"][0])
    else:
        for line in troubles:
            passed_over(line)


def _imported(archive: Path, name: str, troubles: list[str]) -> Iterator[Page]:
    if not archive.exists():
        return
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        for record in checks.records(db):
            try:
                page = capture_page(db, warc_folder(archive), record.id)
            except YiqihuiError as error:
                if not any(record.url in line for line in troubles):
                    troubles.append(f"{name}: {record.url}: {str(error).partition(' ')[2].partition(' ')[2]}")
                continue
            yield Page(name, page.url, page.body, page.content_type)


def _lone_page(path: Path) -> Page | None:
    """A file that is one page as it stands, whatever is on it."""
    if not path.is_file() or path.stat().st_size > WHOLE_LIMIT:
        return None
    body = path.read_bytes()
    kind = {"html": "text/html", "text": "text/plain"}.get(recognise(body[:HEAD]))
    return None if kind is None else Page(str(path), path.absolute().as_uri(), body, kind)
