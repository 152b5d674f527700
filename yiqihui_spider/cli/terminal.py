"""What reaches the terminal: nothing of a page's control characters, and no error of its own.

Texts, titles, addresses and file names come from outside and may hold anything; what is printed
goes through :func:`echo`, which shows such characters instead of sending them. The streams are
made steady (:func:`steady_streams`): what an encoding can't say is escaped, and when the reader
has gone away the rest is dropped. Printing never changes how a run ended.
"""

from __future__ import annotations

import errno
import io
import os
import re
import select
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, TextIO, cast

import click

from yiqihui_spider.characters import UNPRINTABLE, printable

_GONE = (errno.EPIPE, errno.EIO, errno.ECONNRESET, errno.EBADF)
"""Nobody reads any more: a closed pipe, a terminal that was shut."""


class Styled(str):
    """Text of ours that holds escape sequences on purpose; whatever else is in it was made
    printable before."""


def one_line(text: str) -> str:
    """The same on one line: also line ends are shown, not made.

    >>> one_line("a\\nb\\tc")
    'a\\\\nb c'
    """
    return printable(text).replace("\n", "\\n").replace("\t", " ")


def styled(text: str, **style: Any) -> Styled:
    """Text from outside, made printable and then coloured as :func:`click.style` does."""
    return Styled(click.style(printable(text), **style))


def echo(*parts: str, err: bool = False) -> None:
    """Print a line: parts made printable unless :class:`Styled`, one after the other."""
    click.echo("".join(part if isinstance(part, Styled) else printable(part) for part in parts), err=err)


ZONE_TOLD = "times are the site's, UTC+08:00"


def lines(text: str, indent: int) -> list[tuple[int, int]]:
    """Where a text is cut so that its lines fit a terminal behind so many columns. Chinese breaks
    anywhere, words at white space; into a file or a pipe it goes in one line."""
    room = shutil.get_terminal_size().columns - indent
    return cuts(text, max(room, 20)) if sys.stdout.isatty() else [(0, len(text))]


def cuts(text: str, room: int) -> list[tuple[int, int]]:
    """Stretches of a text of at most ``room`` columns each. Pure.

    >>> cuts("社群电商", 5), cuts("one two three", 8)
    ([(0, 2), (2, 4)], [(0, 8), (8, 13)])
    """
    from rich.cells import get_character_cell_size as width

    found, start, taken, gap = [], 0, 0, 0
    for place, char in enumerate(text):
        if taken + width(char) > room and place > start:
            inside = char.isascii() and not char.isspace() and text[place - 1].isascii()
            end = gap if inside and gap > start else place
            found.append((start, end))
            start, taken = end, sum(map(width, text[end:place]))
        taken += width(char)
        if char.isspace():
            gap = place + 1
    return [*found, (start, len(text))]


def hanging(text: str, indent: int = 0, hang: int = 2, **style: Any) -> None:
    """Print a text on as many lines as it needs, the second and further ones set in."""
    text = one_line(text)
    for place, (start, end) in enumerate(lines(text, indent + hang)):
        echo(" " * (indent + (hang if place else 0)), styled(text[start:end], **style))


def printable_json(text: str) -> str:
    """A JSON text whose strings hold no such characters but as JSON's own escapes; all of ASCII
    where standard output can't say more."""
    text = UNPRINTABLE.sub(_json_escape, text)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
        return text
    except (UnicodeEncodeError, LookupError, AttributeError):
        return re.sub("[^\x00-\x7f]", _json_escape, text)


def _json_escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


# --- streams -----------------------------------------------------------------------------


class _Steady(io.RawIOBase):
    """A file descriptor to print on. A reader that has gone is no error; another failure (a full
    disk) is remembered and said once, at the end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.failure: OSError | None = None

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if self.failure is None:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:  # somebody else made the terminal so
                select.select([], [self._descriptor], [], 1)
                return 0
            except OSError as error:
                self.failure = error
        return len(data)


@contextmanager
def steady_streams() -> Iterator[None]:
    """Standard output and error that print what they can and never raise."""
    before = sys.stdout, sys.stderr
    raw = _steady_stream("stdout"), _steady_stream("stderr")
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        if raw[0] is not None and raw[0].failure and raw[0].failure.errno not in _GONE:
            print(f"what was printed is not complete: {raw[0].failure.strerror}", file=sys.stderr, flush=True)
        sys.stdout, sys.stderr = before


def _steady_stream(name: str) -> _Steady | None:
    stream: TextIO | None = getattr(sys, name)
    if stream is None:  # closed by whoever started us
        setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        return None
    if stream is not getattr(sys, f"__{name}__"):
        return None  # a test's own
    stream.flush()
    raw = _Steady(stream.fileno())
    buffered = io.BufferedWriter(raw)
    steady = io.TextIOWrapper(
        buffered,
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=name == "stderr" or raw.isatty(),
    )
    setattr(sys, name, steady)
    return raw


class Heard(io.TextIOBase):
    """Standard error, while somebody listens: lines that others print there (warcio does) reach both,
    or the listener alone. On a terminal nobody listens: what moves there is no log."""

    def __init__(self, stream: TextIO, listener: Callable[[str], None], alone: bool) -> None:
        self._stream = stream
        self._alone = alone
        self._listener = listener
        self._rest = ""

    @classmethod
    @contextmanager
    def standard_error(cls, listener: Callable[[str], None], *, alone: bool) -> Iterator[None]:
        stream = sys.stderr
        if stream.isatty():
            yield
            return
        heard = cls(stream, listener, alone)
        sys.stderr = cast(TextIO, heard)
        try:
            yield
        finally:
            sys.stderr = stream
            if heard._rest:
                listener(heard._rest)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        self._stream.flush()

    def write(self, text: str) -> int:
        if not self._alone:
            self._stream.write(text)
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._listener(line)
        return len(text)


@contextmanager
def data_stream() -> Iterator[BinaryIO]:
    """Standard output for an export: bytes as they are, and a full disk is an error. A reader that
    wants no more (``| head``) ends it in peace."""
    stream = sys.stdout
    if stream is not None:
        stream.flush()
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    if not isinstance(raw, _Steady):  # a test's own
        yield stream.buffer
        return
    try:
        with open(raw.fileno(), "wb", closefd=False) as file:
            yield file
    except BrokenPipeError:
        raise click.exceptions.Exit(0) from None
