"""Files recognised, and read as streams: page by page, record by record into a sink."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial

from yiqihui_spider.clock import now
from yiqihui_spider.imports import har, mhtml, packages
from yiqihui_spider.imports.addresses import Saved, address_in_path, saved_page
from yiqihui_spider.imports.answers import Answer, answers
from yiqihui_spider.imports.dump_pages import parts
from yiqihui_spider.imports.envelopes import WHOLE_LIMIT, Enclosed, resource, response
from yiqihui_spider.imports.file_type import HEAD, encoding_of, recognise
from yiqihui_spider.imports.ingest import Outcome, is_page, part
from yiqihui_spider.imports.layout import looks_ours
from yiqihui_spider.imports.moments import moment
from yiqihui_spider.imports.queue import Queue
from yiqihui_spider.imports.records import Records, Sink
from yiqihui_spider.imports.refusals import NotOurs, refusal, refused
from yiqihui_spider.imports.sources import CODINGS, Counted, Input, Unreadable, open_input
from yiqihui_spider.imports.summary import Tally
from yiqihui_spider.parse.read import read_page
from yiqihui_spider.session import event
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.urls import replayed
from yiqihui_spider.warc.reader import StoredResponse
from yiqihui_spider.warc.records import iso_date

HTML_LIMIT = WHOLE_LIMIT
"""A saved page is held whole; more is no page."""
_LAYERS = 2
"""So many compressions around a file are undone."""


class Files:
    """Recognises files and reads them as streams, a page at a time into a sink."""

    def __init__(
        self,
        sink: Sink,
        tally: Tally,
        site: SiteProfile,
        hosts: Iterable[str],
        any_host: bool,
        captured_at: str | None,
        seen: Callable[[int], None] = lambda size: None,
        queue: Queue | None = None,
    ) -> None:
        self.sink = sink
        self.tally = tally
        self.site = site
        self.seen = seen
        self.records = self._records = Records(sink, tally, hosts, any_host, site, queue)
        self._captured_at = captured_at

    def read(self, one: Input) -> None:
        """One file; what can't be read of it is in the tally."""
        if not one.named and one.special is not None:
            self.tally.notes.add(f"{one.name}: is {one.special}, not a file: passed over")
            return
        try:
            with closing(open_input(one, self.seen)) as stream:
                self._stream(one, stream, 0)
            self.tally.files += 1
            event("file", name=one.name, pages=self.tally.pages)
        except NotOurs as error:
            if one.named:
                self.tally.unreadable.add(f"{one.name}: {error}")
            else:
                self.tally.pass_over(error.what)
        except Unreadable as error:
            self.tally.unreadable.add(f"{one.name}: {error}")

    def _stream(self, one: Input, stream: Counted, layer: int) -> None:
        head = stream.peek(HEAD)
        form = recognise(head)
        if form == "empty":
            raise NotOurs("is empty")
        if form == "other":
            raise refusal(head, self.site)
        if form == "zip":
            self._wacz(one, layer)
        elif form in CODINGS:
            if layer == _LAYERS:
                raise NotOurs(f"is compressed more than {_LAYERS} times")
            self._stream(one, CODINGS[form](stream), layer + 1)
        elif form in ("warc", "arc"):
            self._records.warc(stream, one.name)
        elif form == "har":
            self._har(one, stream)
        elif form == "text":
            self._text(one, stream)
        else:
            whole = {"html": self._html, "mhtml": self._mhtml, "http": self._answers}
            whole[form](one, self._whole(stream, form))

    def _whole(self, stream: Counted, form: str) -> bytes:
        data = stream.read(HTML_LIMIT + 1)
        if len(data) > HTML_LIMIT:
            raise Unreadable(
                f"is {form.upper()} of more than {HTML_LIMIT // 1024 // 1024} MiB, no saved page"
            )
        stream.read(1)  # a fault behind the last byte is one: the page's end is missing
        return data

    def complain_of_empty_folders(self, paths: Sequence[str]) -> None:
        if not self.tally.files and not self.tally.unreadable.count and not self.tally.interrupted:
            met = self.tally.what_was_passed_over()
            for name in paths:
                self.tally.unreadable.add(
                    f"{name}: no file in this folder is text, HTML, WARC or WACZ of the site"
                    + (f" ({met})" if met else "")
                )

    # --- text dumps ------------------------------------------------------------------------

    def _text(self, one: Input, stream: Counted) -> None:
        encoding = encoding_of(stream.peek(HEAD * 4))
        if encoding is None:
            raise NotOurs("is in no encoding that is read here (UTF-8, GB18030 or its own)")
        content_type = f"text/plain; charset={encoding}"

        offset = 0
        for number, body in enumerate(parts(self._until_damage(one, stream), encoding, self.site), 1):
            if number == 1:
                text, page, _ = read_page(body, content_type, one.address, self.site)
                if text.refused:
                    raise refused(f"holds {text.refused}", text.text, self.site)
                if not looks_ours(page, self.site):
                    raise NotOurs("holds no page of the site: no breadcrumb, marker or pager in it")
            url = one.address if number == 1 else f"{one.address}#page={number}"
            where = one.name if number == 1 else f"{one.name}: page {number}"
            at, source = self._time_of(one, None)
            record = part(url, body, content_type, at, offset)
            self.records.file(record, source, where)
            offset += len(body)

    def _until_damage(self, one: Input, stream: Counted) -> Callable[[int], bytes]:
        broken = False

        def read(size: int) -> bytes:
            nonlocal broken
            try:
                return b"" if broken else stream.read(size)
            except Unreadable as error:
                broken = True
                self.tally.damaged.add(f"{one.name}: offset {stream.tell()}: {error}; the rest is lost")
                return b""

        return read

    # --- saved pages -----------------------------------------------------------------------

    def _html(self, one: Input, body: bytes) -> None:
        saved = saved_page(body, self.site.zone, self._records.is_ours)
        url = saved.url or self._by_folder(one)
        self._page(one, Saved(url, saved.captured_at), resource(url or one.address, "text/html", body, None))

    def _answers(self, one: Input, data: bytes) -> None:
        try:
            found = answers(data)
        except ValueError as error:
            raise Unreadable(f"is an HTTP answer that can't be read: {error}") from error
        if len(found) == 1:
            self._answer(one, found[0], one.address)
            return
        refused = [self._one_of_several(one, number, each) for number, each in enumerate(found, 1)]
        if all(refused):
            raise NotOurs("holds several HTTP answers, and no page of the site")
        for number, why in enumerate(refused, 1):
            if why:
                self.tally.notes.add(f"{one.name}: answer {number}: {why}")

    def _one_of_several(self, one: Input, number: int, found: Answer) -> str | None:
        """Take one answer; why not, if it is no page of the site's."""
        name = replace(one, name=f"{one.name}: answer {number}")
        try:
            self._answer(name, found, f"{one.address}#answer={number}")
        except NotOurs as error:
            return str(error)
        except Unreadable as error:
            self.tally.damaged.add(f"{name.name}: {error}")
        return None

    def _answer(self, one: Input, found: Answer, address: str) -> None:
        try:
            record = response(found.url or address, found.head, found.payload, None)
            record = replace(record, offset=found.offset)
        except ValueError as error:
            raise Unreadable(f"is an HTTP answer that can't be read: {error}") from error
        if record.status == 200 and not found.payload:
            raise NotOurs("is the head of an HTTP answer, without a page")
        saved = saved_page(record.body, self.site.zone, self._records.is_ours)
        url = found.url or saved.url or self._by_folder(one)
        self._page(one, Saved(url, saved.captured_at or found.captured_at), record)

    def _mhtml(self, one: Input, data: bytes) -> None:
        try:
            pages, saved_at = mhtml.parse(data)
        except ValueError as error:
            raise NotOurs(str(error)) from error
        refused = [self._enclosed_page(one, page, saved_at, page is pages[0]) for page in pages]
        if all(refused) and refused[0] is not None:
            raise refused[0]

    def _enclosed_page(
        self, one: Input, page: mhtml.EnclosedPage, saved_at: str | None, is_main: bool
    ) -> NotOurs | None:
        """Take one page of a message; why not, if it is not the site's."""
        saved = saved_page(page.body, self.site.zone, self._records.is_ours)
        # What a frame says of its address may be that of the page around it.
        url = page.location or (saved.url if is_main else None)
        shown_by = replayed(page.location or "")
        shown_at = moment(shown_by.moment) if shown_by else None
        record = resource(url or one.address, page.content_type, page.body, None)
        try:
            self._page(one, Saved(url, shown_at or saved.captured_at or saved_at), record)
        except NotOurs as error:
            return error
        return None

    def _by_folder(self, one: Input) -> str | None:
        return None if one.path is None else address_in_path(one.path.absolute(), self._records.hosts)

    def _page(self, one: Input, saved: Saved, record: StoredResponse) -> None:
        """A page out of a file, if it is one of ours: by its address, or by what stands on it."""
        record, original = self._records.as_captured(record, saved.url)
        if original is not None and not self._records.is_ours(original):
            host = self._records.count_foreign(original)
            raise NotOurs(
                f"is a page of {host}, not of the site; --host {host} takes it", "is a page of another site"
            )
        if original is None and not self._looks_ours(record):
            if record.status not in (None, 200):
                raise NotOurs(f"is an HTTP answer {record.status}, no page of the site")
            raise NotOurs("is HTML, but no page of the site")
        at, source = self._time_of(one, saved.captured_at)
        record = replace(record, captured_at=iso_date(at))
        self.records.queue.put(record, partial(self._file, one, record, source))

    def _file(self, one: Input, record: StoredResponse, source: str) -> None:
        outcome = self.sink.file(record, source, one.name)
        self.tally.add(outcome, one.name)
        self._say_what_it_is(one, outcome)

    def _looks_ours(self, record: StoredResponse) -> bool:
        """Whether a page without an address is one of the site's, its start page among them."""
        if not is_page(record):
            return False
        text, page, _ = read_page(record.body, record.content_type, record.url, self.site)
        if text.refused:
            raise refused(f"holds {text.refused}", record.body[:HEAD].decode("utf-8", "replace"), self.site)
        return looks_ours(page, self.site) or self.site.breadcrumb.section in page.breadcrumb

    def _say_what_it_is(self, one: Input, outcome: Outcome) -> None:
        if outcome.status == "kept" and not outcome.layout and not outcome.incomplete:
            self.tally.notes.add(
                f"{one.name}: a page of the site with no article on it, and nothing wrong with that"
            )

    def _har(self, one: Input, stream: Counted) -> None:
        found = har.entries(self._until_damage(one, stream), self.site.zone, self._records.is_wanted)
        self._records.enclosed(one.name, self._timed(one, found))

    def _timed(self, one: Input, found: Iterator[Enclosed]) -> Iterator[Enclosed]:
        for enclosed in found:
            if enclosed.record is None:
                yield enclosed
            else:
                at, source = self._time_of(one, enclosed.record.captured_at)
                timed = replace(enclosed.record, captured_at=iso_date(at), time_source=source)
                yield enclosed._replace(record=timed)

    def _time_of(self, one: Input, told: str | None) -> tuple[str, str]:
        """When a file was captured, as far as can be known, and who says so."""
        if self._captured_at is not None:
            return self._captured_at, "given"
        present = now()
        if told is not None and told <= present:
            return told, "warc"
        if told is not None:
            self.tally.warnings.add(f"{one.name}: says that it is of {told}, which has yet to come")
        at = one.modified_at
        # A file from the future was written by a clock that is wrong; its views would stay the newest.
        return (present, "clock") if at is None or at > present else (at, "mtime")

    # --- packages --------------------------------------------------------------------------

    def _wacz(self, one: Input, layer: int) -> None:
        if not one.has_end or layer:
            raise Unreadable("a WACZ is read from its end: it must be a file, neither a pipe nor compressed")
        try:
            for member in packages.members(one.open, self.seen):
                self._member(member, f"{one.name}: {member.name}")
        except packages.NoWacz as error:
            raise NotOurs(str(error)) from error

    def _member(self, member: packages.Member, name: str) -> None:
        try:
            with closing(member.open()) as stream:
                if recognise(stream.peek(HEAD)) in ("warc", "arc"):
                    self._records.warc(stream, name)
                else:
                    self.tally.damaged.add(f"{name}: no WARC data")
        except Unreadable as error:
            self.tally.damaged.add(f"{name}: {error}")
