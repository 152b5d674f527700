"""One import: files, page by page, into the archive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from yiqihui_spider.archive.articles.rebuild import disbelieved_in
from yiqihui_spider.archive.schema.opening import examine, open_archive, real_path
from yiqihui_spider.archive.state.lookup import known_hosts
from yiqihui_spider.errors import Exit
from yiqihui_spider.imports.files import Files
from yiqihui_spider.imports.ingest import Outcome, Read, archive_file, archive_record
from yiqihui_spider.imports.sources import Input, Unreadable, expand
from yiqihui_spider.imports.summary import Tally
from yiqihui_spider.session import Session, open_session, site_of, warc_folder
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.warc.reader import StoredResponse

if TYPE_CHECKING:
    from yiqihui_spider.imports.read_ahead import ReadAhead


class Import:
    """Opens the archive when there is something to put into it, so that a failed import leaves
    everything as it was. One that did not fail leaves an archive with its run in it, come what may."""

    def __init__(
        self,
        archive: Path,
        *,
        hosts: Sequence[str] = (),
        any_host: bool = False,
        captured_at: str | None = None,
        site: SiteProfile | None = None,
        seen: Callable[[int], None] = lambda size: None,
        results: Results | None = None,
        jobs: int = 1,
    ) -> None:
        """``captured_at``: the time of capture of files that carry none, ISO 8601 with offset.
        ``site``: as ``open_session`` takes it. ``seen`` is told of bytes read; ``results`` knows the
        folders that hold what was read elsewhere. With more than one of ``jobs`` so many processes read
        pages, while this one writes. Raises ArchiveError if ``archive`` is not one of
        ours, OtherSite if it is another site's."""
        self.archive = archive
        self.tally = Tally()
        self._told = seen
        self._given = site
        self._results = results
        self._stack = ExitStack()
        self._session: Session | None = None
        known: set[str] = set()
        if examine(real_path(archive)) == "ours":
            with closing(open_archive(archive, create=False, read_only=True)) as db:
                known = known_hosts(db)
        own = site_of(archive, site)
        self._queue = _read_ahead(jobs, own, self.tally) if jobs > 1 else None
        self._files = Files(
            self, self.tally, own, {*known, *hosts}, any_host, captured_at, self._seen, self._queue
        )

    def run(self, paths: Sequence[str]) -> Tally:
        """Import everything named. What can't be read is in the tally; raises ArchiveLocked,
        ArchiveError and what the disk does to us."""
        with self._queue or nullcontext(), self._stack:
            try:
                is_one = self._results.holds if self._results else lambda folder: False
                for one in expand(paths, warc_folder(self.archive), is_one):
                    self._input(one)
                self._files.records.settle_revisits()
                if self._session is not None:
                    self.tally.tell(disbelieved_in(self._session.db, self._session.run_id))
            except KeyboardInterrupt:
                self.tally.interrupted = True
            if self._session is not None:
                self._session.rows.commit()
            self._files.complain_of_empty_folders(paths)
            code, outcome = self.tally.decide()
            if self._session is not None or code != Exit.FAILED:
                self.session.exit_code, self.session.outcome = code, outcome
                self.session.stats |= self.tally.as_dict()
        return self.tally

    @property
    def is_open(self) -> bool:
        """Whether there is an archive, or will be one."""
        return self._session is not None or self.archive.exists()

    @property
    def session(self) -> Session:
        if self._session is None:
            self._session = self._stack.enter_context(open_session(self.archive, "import", self._given))
            self._stack.enter_context(self._session.rows)
        return self._session

    def record(self, record: StoredResponse, time_source: str, where: str) -> Outcome:
        session = self.session
        with session.rows.page(len(record.payload)):
            return archive_record(session, record, time_source=time_source, read=self._read)

    def file(self, record: StoredResponse, time_source: str, where: str) -> Outcome:
        session = self.session
        with session.rows.page(len(record.payload)):
            return archive_file(session, record, time_source, self._read)

    @property
    def _read(self) -> Read | None:
        return self._queue.read if self._queue else None

    def _seen(self, size: int) -> None:
        """Bytes were read; none, before a read that may have to wait: nothing else may, meanwhile."""
        if not size and self._queue is not None:
            self._queue.settle()
        if self._session is not None:
            self._session.rows.rest() if size else self._session.rows.commit()
        if size:
            self._told(size)

    def _input(self, one: Input) -> None:
        if self._results is None or one.path is None or not self._results.holds(one.path):
            self._files.read(one)
            return
        try:
            self._results.take_in(one.path, self._files)
        except Unreadable as error:
            self.tally.unreadable.add(f"{one.name}: {error}")


def _read_ahead(jobs: int, site: SiteProfile, tally: Tally) -> ReadAhead:
    from yiqihui_spider.imports.read_ahead import ReadAhead

    return ReadAhead(jobs, site, tally.warnings.add)


class Results(Protocol):
    """What reads the folders that ``bulk`` writes."""

    def holds(self, folder: Path) -> bool:
        """Whether a folder is one."""

    def take_in(self, folder: Path, files: Files) -> None:
        """Hand on all that is in it. Raises Unreadable."""
