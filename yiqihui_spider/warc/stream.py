"""The bytes of a WARC or ARC file, gzip and zstd undone member by member, and the way on after damage.

Flat in memory whatever the file says of itself: one block of raw bytes, one of inflated ones.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import BinaryIO, Literal

from yiqihui_spider.warc import arc
from yiqihui_spider.warc.inflate import (
    DICTIONARY_LIMIT,
    GZIP,
    SKIPPABLE_HEAD,
    ZSTD,
    DataError,
    Inflater,
    Unzstd,
    dictionary,
    is_dictionary,
    is_skippable,
    read_up_to,
)

BLOCK = 64 * 1024
_PROBE = 2048
"""Raw bytes within which a member must show that it begins a record."""
_WARC = rb"[Ww][Aa][Rr][Cc]/\d\.\d"
_MEMBER = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]|\x28\xb5\x2f\xfd")
Form = Literal["warc", "arc"]
_LINE: dict[Form, re.Pattern[bytes]] = {
    "warc": re.compile(rb"\n(?=" + _WARC + rb")"),
    "arc": re.compile(rb"\n(?=" + arc.LINE + rb")"),
}
_MEMBER_OR_LINE: dict[Form, re.Pattern[bytes]] = {
    "warc": re.compile(_MEMBER.pattern + rb"|(?<=\n)" + _WARC),
    "arc": re.compile(_MEMBER.pattern + rb"|(?<=\n)" + arc.LINE),
}
_OVERLAP: dict[Form, int] = {"warc": 16, "arc": arc.LINE_LIMIT}
_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")


def _member(head: bytes, words: object) -> Inflater:
    if head.startswith(GZIP):
        return zlib.decompressobj(zlib.MAX_WBITS + 16)
    return Unzstd(words)  # type: ignore[arg-type]


class Broken(Exception):
    """The record at hand can't be read; plain words why."""


@dataclass(frozen=True, slots=True)
class Place:
    offset: int
    """In the file; of the gzip member or zstd frame, where there is one."""
    inner: int
    """In the inflated member; 0 where the record has its member for itself."""
    coded: bool


class Source:
    form: Form | None = None
    """What the first record was; until then either may come."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._seekable = _seekable(stream)
        self._raw = b""
        self._size = _size(stream) if self._seekable else None
        self._raw_at = stream.tell() if self._seekable else 0
        """Offset in the file of ``_raw``, the bytes read and not yet inflated."""
        self._last = (self._raw_at, b"")
        self._out = bytearray()
        self._inflater: Inflater | None = None
        self._words: object = None
        """The zstd dictionary that the file brings along."""
        self._may_skip = True
        """At the beginning, and behind a zstd frame: elsewhere such bytes are damage."""
        self._open = False
        self._torn = False
        """The gzip data itself failed: its inflater is of no more use."""
        self._member_at = self._raw_at
        self._inner = 0

    # --- reading ---

    def next_start(self) -> Place | None:
        """Where the next record begins, empty lines passed over; None at the end of the file."""
        while self._open or self._open_member():
            if self._at_data():
                return self.here()
            self._open = False
        return None

    def here(self) -> Place:
        return Place(self._offset(), self._inner if self.coded else 0, self.coded)

    def expect(self, size: int) -> None:
        """Broken at once if a plain file can't hold ``size`` more bytes: finding that out by
        reading, for one broken record after another, would read the file many times over."""
        if not self.coded and self._size is not None and self._offset() + size > self._size:
            raise Broken("the file ends inside the record")

    @property
    def coded(self) -> bool:
        return self._inflater is not None

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes; fewer only at the end of the member (plain: of the file)."""
        while len(self._out) < size and self._more():
            pass
        data = bytes(self._out[:size])
        del self._out[:size]
        self._inner += len(data)
        return data

    def read_head(self, limit: int) -> bytes:
        """Up to and with the first empty line. Broken if there is none within ``limit`` bytes."""
        searched = 0
        while not (match := _EMPTY_LINE.search(self._out, max(0, searched - 3))):
            searched = len(self._out)
            if searched > limit:
                raise Broken("the record's head has no end")
            if not self._more():
                raise Broken("the data ends inside the record's head")
        return self.read(match.end())

    def end_of_record(self, start: Place, sound: bool) -> int | None:
        """Pass over the empty lines after a record; the offset where the record's bytes end, or
        None if it shares its gzip member.

        Broken if the record does not end in an empty line, the end of the data or at another
        record: its length is wrong, unless it is known to be ``sound``.
        """
        end = self._offset()
        closed = self.peek(4)
        more = self._at_data()
        gaps = (b"\r\n", b"\n") if self.form == "arc" else (b"\r\n\r\n", b"\n\n")
        if more and not sound and not closed.startswith(gaps) and self.begins() is None:
            raise Broken("the record does not end where it says")
        if not self.coded:
            return min(end + 4, self._offset())
        return None if more or start.inner else self._raw_at

    def begins(self) -> Form | None:
        """Which kind of record begins here, if any does."""
        if self.form != "arc" and self.peek(5).upper() == b"WARC/":
            return "warc"
        if self.form != "warc" and self.arc_line():
            return "arc"
        return None

    def arc_line(self) -> int | None:
        """The length of the ARC record's line that stands here."""
        return arc.line_length(self.peek(arc.LINE_LIMIT)) if self._might_be_arc() else None

    def _might_be_arc(self) -> bool:
        return b":" in self.peek(24)[1:] and self.peek(1).isalpha()

    def _at_data(self) -> bool:
        """Drop line ends; whether the member has anything after them."""
        while True:
            if self._out and self._out[0] not in b"\r\n":
                return True
            kept = self._out.lstrip(b"\r\n")
            self._inner += len(self._out) - len(kept)
            if kept:
                self._out = kept
                return True
            self._out.clear()
            if not self._more():
                return False

    def peek(self, size: int) -> bytes:
        """Like :meth:`read`, without moving on."""
        while len(self._out) < size and self._more():
            pass
        return bytes(self._out[:size])

    def _offset(self) -> int:
        return self._member_at + (self._inner if self._inflater is None else 0)

    # --- members ---

    def _open_member(self) -> bool:
        self._fill(SKIPPABLE_HEAD)
        while self._may_skip and is_skippable(self._raw[:4]):
            self._pass_frame()
            self._fill(SKIPPABLE_HEAD)
        if not self._raw:
            return False
        coded = self._raw.startswith((GZIP, ZSTD))
        self._may_skip = self._raw.startswith(ZSTD)
        self._inflater = _member(self._raw, self._words) if coded else None
        self._member_at, self._inner = self._raw_at, 0
        self._out.clear()
        self._open, self._torn = True, False
        return True

    def _pass_frame(self) -> None:
        """A zstd frame without content; the one in front may be the dictionary of all others."""
        self._inflater, self._member_at, self._inner = None, self._raw_at, 0
        size = int.from_bytes(self._raw[4:SKIPPABLE_HEAD], "little")
        words = is_dictionary(self._raw) and size <= DICTIONARY_LIMIT
        self._drop(SKIPPABLE_HEAD)
        if words:
            self._fill(size)
            data = self._raw[:size]
            self._drop(len(data))
            try:
                self._words = dictionary(data)
            except DataError as error:
                raise Broken("damaged zstd dictionary") from error
            return
        while size:
            if not self._fill(1):
                raise Broken("the file ends inside a zstd frame")
            skipped = min(size, len(self._raw))
            self._drop(skipped)
            size -= skipped

    def _more(self) -> bool:
        """Append to ``_out``; False at the member's end."""
        if self._inflater is None:
            data = self._take()
            self._out += data
            return bool(data)
        if self._inflater.eof:
            return False
        data = self._inflater.unconsumed_tail or self._take()
        if not data:
            self._torn = True
            raise Broken(f"the file ends inside the record's {self._coding} member")
        try:
            self._out += self._inflater.decompress(data, BLOCK)
        except DataError as error:
            self._torn = True
            lacks = "ictionary" in str(error)
            raise Broken(
                "needs a zstd dictionary that is not in the file" if lacks else f"damaged {self._coding} data"
            ) from error
        if unused := self._inflater.unused_data:  # the member has ended
            self._raw, self._raw_at = unused + self._raw, self._raw_at - len(unused)
        return True

    @property
    def _coding(self) -> str:
        return "zstd" if isinstance(self._inflater, Unzstd) else "gzip"

    def _fill(self, size: int) -> bool:
        """Have ``size`` raw bytes at hand, or all there are; whether there are any."""
        while len(self._raw) < size and (block := self._stream.read(BLOCK)):
            self._raw += block
        return bool(self._raw)

    def _take(self) -> bytes:
        self._fill(1)
        data, self._raw = self._raw, b""
        if data:  # at the end of a pipe the block before it is still what recover() searches
            self._last = (self._raw_at, data)
        self._raw_at += len(data)
        return data

    # --- the way on ---

    def recover(self, start: Place) -> None:
        """After Broken: go to the next place where a record seems to begin.

        A file that can't seek (a pipe) is searched from where the damage was noticed; any other
        from the broken record's start, so that a wrong length hides nothing.
        """
        if start.coded and self._find_line():
            return
        if self._torn or not start.coded:
            self._rewind(start)
            self._out.clear()
            self._open = False
            self._find_raw(_MEMBER if start.coded else _MEMBER_OR_LINE[self._form])

    @property
    def _form(self) -> Form:
        return self.form or "warc"

    def _find_line(self) -> bool:
        """Inside a sound member: to the next line that begins a record, or to the member's end."""
        while not self._torn:
            if match := _LINE[self._form].search(self._out):
                self.read(match.end())
                return True
            self.read(max(0, len(self._out) - _OVERLAP[self._form]))
            try:
                more = self._more()
            except Broken:
                return False
            if not more:
                self._out.clear()
                return False
        return False

    def _rewind(self, start: Place) -> None:
        if self._seekable:
            self._raw_at = start.offset + start.coded
            self._raw = b""
            self._stream.seek(self._raw_at)
        elif start.coded:
            at, data = self._last
            skip = max(0, start.offset + 1 - at)
            self._raw, self._raw_at = data[skip:] + self._raw, min(at + skip, at + len(data))
        else:
            self._raw, self._raw_at = bytes(self._out) + self._raw, self._raw_at - len(self._out)

    def _find_raw(self, pattern: re.Pattern[bytes]) -> None:
        at = 0
        while True:
            if match := pattern.search(self._raw, at):
                self._fill(match.start() + _PROBE)
                if self._begins_record(match.start()):
                    self._drop(match.start())
                    return
                at = match.start() + 1
                continue
            self._drop(max(at, len(self._raw) - _OVERLAP[self._form]))
            at = 0
            block = read_up_to(self._stream.read, BLOCK)
            if not block:
                self._drop(len(self._raw))
                return
            self._raw += block

    def _begins_record(self, at: int) -> bool:
        probe = self._raw[at : at + _PROBE]
        if not probe.startswith((GZIP, ZSTD)):
            return True
        try:
            inner = _member(probe, self._words).decompress(probe, arc.LINE_LIMIT)
        except DataError:
            return False
        return inner[:5].upper() == b"WARC/" or (self.form == "arc" and arc.line_length(inner) is not None)

    def _drop(self, size: int) -> None:
        self._raw, self._raw_at = self._raw[size:], self._raw_at + size


def _seekable(stream: BinaryIO) -> bool:
    try:
        return stream.seekable()
    except (AttributeError, ValueError):
        return False


def _size(stream: BinaryIO) -> int:
    here = stream.tell()
    size = stream.seek(0, 2)
    stream.seek(here)
    return size
