"""The sample site with faults: what a server can do wrong, put on chosen requests.

    faults = Faults()
    faults.on("/news/list.php*page=2", Status(503, retry_after=1), nth=1)
    faults.hook("/news/list.php*", lambda: site.delete(4459), nth=4)
    with serve_faulty(site, faults) as server: ...

Patterns are ``fnmatch`` globs over the path with its query; ``nth`` counts, from 1, the
requests that match the rule's pattern (None: all of them). The first rule that applies answers.
"""

from __future__ import annotations

import contextlib
import fnmatch
import gzip
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Protocol

from yiqihui_spider.sample.server import Handler, SampleServer, serve
from yiqihui_spider.sample.site import Response, SampleSite

HTML = {"Content-Type": "text/html; charset=utf-8"}
MEGABYTE = 1 << 20

LOGIN_PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>用户登录</title></head><body>
<h1>用户登录</h1><form action="/user/login" method="post"><p>用户名 <input name="u"></p>
<p>密码 <input name="p" type="password"></p><button>登录</button></form>
<p>还没有账号?<a href="/user/register">免费注册</a></p></body></html>"""

ERROR_PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>系统繁忙</title></head><body>
<h1>系统繁忙,请稍后再试</h1><p>错误代码 10061,时间 2019-06-20 10:00:00</p></body></html>"""


class Fault(Protocol):
    def __call__(self, handler: FaultyHandler, headers: dict[str, str]) -> None:
        """Answer, or fail to answer, the request that ``handler`` has read."""


def matches(count: int, nth: int | range | None) -> bool:
    return nth is None or (count == nth if isinstance(nth, int) else count in nth)


@dataclass
class Rule:
    pattern: str
    nth: int | range | None
    fault: Fault | None = None
    action: Callable[[], object] | None = None
    count: int = 0

    def applies(self, path: str) -> bool:
        """Count the request if it is one of the rule's, and say whether its turn has come."""
        if not fnmatch.fnmatchcase(path, self.pattern):
            return False
        self.count += 1
        return matches(self.count, self.nth)


@dataclass
class Faults:
    rules: list[Rule] = field(default_factory=list)

    def on(self, pattern: str, fault: Fault, nth: int | range | None = None) -> None:
        self.rules.append(Rule(pattern, nth, fault=fault))

    def hook(self, pattern: str, action: Callable[[], object], nth: int | range | None = None) -> None:
        """Run ``action`` before the nth matching request is answered; the site may be changed in it."""
        self.rules.append(Rule(pattern, nth, action=action))

    def take(self, path: str) -> Fault | None:
        """Every rule counts every request that matches it, whether or not it gets to answer."""
        due = [rule for rule in self.rules if rule.applies(path)]
        for rule in due:
            if rule.action is not None:
                rule.action()
        return next((rule.fault for rule in due if rule.fault is not None), None)


class FaultyHandler(Handler):
    def __init__(self, faults: Faults, *args: object) -> None:
        self.faults = faults
        super().__init__(*args)  # type: ignore[arg-type]

    def answer(self, headers: dict[str, str]) -> None:
        with self.server.guard:
            fault = self.faults.take(self.path)
        if fault is None:
            super().answer(headers)
        else:
            fault(self, headers)

    def real(self, headers: dict[str, str]) -> Response:
        """What the site would have answered."""
        with self.server.guard:
            return self.server.site.get(self.path, headers)

    def hang_up(self, hard: bool = False) -> None:
        """Close the connection: properly (FIN), or with a reset (RST)."""
        self.close_connection = True
        if hard:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            # The server's own closing would say goodbye first, and the read file holds the socket open.
            self.rfile.close()
            self.connection.close()
            raise ConnectionAbortedError("reset on purpose")

    def wait(self, seconds: float | None = None) -> None:
        """Sleep, but no longer than the server lives."""
        self.server.stopping.wait(seconds)


def serve_faulty(
    site: SampleSite, faults: Faults, port: int = 0
) -> contextlib.AbstractContextManager[SampleServer]:
    return serve(site, port, partial(FaultyHandler, faults))  # type: ignore[arg-type]


@contextlib.contextmanager
def refusing(port: int = 0) -> Iterator[str]:
    """The address of a port on which connections are refused, and which nobody else can take."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", port))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


# --- no answer, or a part of one ---------------------------------------------------------


@dataclass(frozen=True)
class Reset:
    """Reset the connection, after the first ``after`` bytes of the body if that is given."""

    after: int | None = None

    def __call__(self, handler: FaultyHandler, headers: dict[str, str]) -> None:
        if self.after is not None:
            response = handler.real(headers)
            handler.send_head(response.status, response.headers, len(response.body))
            handler.wfile.write(response.body[: self.after])
            handler.wait(0.1)  # a reset overtakes what the client has not read yet
        handler.hang_up(hard=True)


@dataclass(frozen=True)
class HangUp:
    """Close the connection without a word."""

    def __call__(self, handler: FaultyHandler, headers: dict[str, str]) -> None:
        handler.hang_up()


@dataclass(frozen=True)
class Truncate:
    """Send only ``keep`` (a share) of the body that Content-Length promises."""

    keep: float = 0.5

    def __call__(self, handler: FaultyHandler, headers: dict[str, str]) -> None:
        response = handler.real(headers)
        handler.send_head(response.status, response.headers, len(response.body))
        handler.wfile.write(response.body[: int(len(response.body) * self.keep)])
        handler.hang_up()


@dataclass(frozen=True)
class Silence:
    """Never answer; or stop for good after the first ``after`` bytes of the body."""

    after: int | None = None

    def __call__(self, handler: FaultyHandler, headers: dict[str, str]) -> None:
        if self.after is not None:
            response = handler.real(headers)
            handler.send_head(response.status, response.headers, len(response.body))
            handler.wfile.write(response.body[: self.after])
        handler.wait()
        handler.hang_up()


@dataclass(frozen=True)
class Delay:
    """Answer properly, but late."""

    seconds: float

    def __call__(self, handler: FaultyHandler, headers: dict[str, str]) -> None:
        handler.wait(self.seconds)
        handler.send(handler.real(headers))


@dataclass(frozen=True)
class Drip:
    """Answer properly, but a few bytes at a time."""

    chunk: int = 1
    pause: float = 0.05

    def __call__(self, handler: FaultyHandler, headers: dict[str, str]) -> None:
        response = handler.real(headers)
        handler.send_head(response.status, response.headers, len(response.body))
        for at in range(0, len(response.body), self.chunk):
            if handler.server.stopping.is_set():
                return handler.hang_up()
            handler.wfile.write(response.body[at : at + self.chunk])
            handler.wait(self.pause)
        return None


# --- another answer -----------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """This text with this status, whatever was asked for."""

    text: str = ""
    status: int = 200
    content_type: str = HTML["Content-Type"]

    def __call__(self, handler: FaultyHandler, headers: dict[str, str]) -> None:
        handler.send(Response(self.status, {"Content-Type": self.content_type}, self.text.encode()))


LOGIN = Answer(LOGIN_PAGE)
BUSY = Answer(ERROR_PAGE)
EMPTY = Answer("")


def robots(text: str, status: int = 200) -> Answer:
    """For ``/robots.txt``."""
    return Answer(text, status, "text/plain; charset=utf-8")


@dataclass(frozen=True)
class Status:
    """An error status, with Retry-After (seconds or a date) if that is given."""

    code: int
    retry_after: int | str | None = None

    def __call__(self, handler: FaultyHandler, headers: dict[str, str]) -> None:
        head = dict(HTML)
        if self.retry_after is not None:
            head["Retry-After"] = str(self.retry_after)
        handler.send(Response(self.code, head, ERROR_PAGE.encode()))


@dataclass(frozen=True)
class Redirect:
    """Lead elsewhere; without a location, to the very same address, for ever."""

    location: str | None = None
    status: int = 302

    def __call__(self, handler: FaultyHandler, headers: dict[str, str]) -> None:
        head = {**HTML, "Location": handler.path if self.location is None else self.location}
        handler.send(Response(self.status, head, b""))


@dataclass(frozen=True)
class Instead:
    """Answer as if another address had been asked for."""

    target: str

    def __call__(self, handler: FaultyHandler, headers: dict[str, str]) -> None:
        with handler.server.guard:
            response = handler.server.site.get(self.target, headers)
        handler.send(response)


@dataclass(frozen=True)
class Tamper:
    """The site's answer, altered."""

    change: Callable[[Response], Response]

    def __call__(self, handler: FaultyHandler, headers: dict[str, str]) -> None:
        handler.send(self.change(handler.real(headers)))


def swap(old: str, new: str) -> Tamper:
    """Replace text in a utf-8 page; the old text must be there."""

    def change(response: Response) -> Response:
        text = response.text
        if old not in text:
            raise ValueError(f"{old!r} is not on the page")
        return replace(response, body=text.replace(old, new).encode())

    return Tamper(change)


def half(keep: float = 0.5) -> Tamper:
    """Half a document, properly sent: Content-Length fits what comes."""
    return Tamper(lambda response: replace(response, body=response.body[: int(len(response.body) * keep)]))


def charset(declared: str) -> Tamper:
    """The header declares another charset than the bytes are in."""
    content_type = f"text/html; charset={declared}"
    return Tamper(lambda r: replace(r, headers={**r.headers, "Content-Type": content_type}))


def gzipped(keep: float = 1.0) -> Tamper:
    """Sent with gzip; cut short where ``keep`` is less than 1, with a Content-Length that fits."""

    def change(response: Response) -> Response:
        packed = gzip.compress(response.body, mtime=0)
        headers = {**response.headers, "Content-Encoding": "gzip"}
        return replace(response, headers=headers, body=packed[: int(len(packed) * keep)])

    return Tamper(change)


@dataclass(frozen=True)
class Huge:
    """A page of ``size`` bytes, made while it is sent; ``declared`` says so in Content-Length."""

    size: int
    declared: bool = True

    def __call__(self, handler: FaultyHandler, headers: dict[str, str]) -> None:
        handler.send_head(200, HTML, self.size if self.declared else None)
        chunk = b"<p>" + b"0123456789abcde\n" * 4096 + b"</p>\n"
        left = self.size
        while left and not handler.server.stopping.is_set():
            handler.wfile.write(chunk[:left])
            left -= min(left, len(chunk))
        if left or not self.declared:
            handler.hang_up()


@lru_cache(maxsize=2)
def bomb(size: int) -> bytes:
    """A gzip stream of about a thousandth of ``size`` that unpacks to ``size`` spaces."""
    packer = zlib.compressobj(9, wbits=31)
    blank = b" " * MEGABYTE
    parts = [packer.compress(blank) for _ in range(size // MEGABYTE)]
    return b"".join([*parts, packer.compress(blank[: size % MEGABYTE]), packer.flush()])


@dataclass(frozen=True)
class Bomb:
    """A small gzip body that unpacks to ``size`` bytes."""

    size: int

    def __call__(self, handler: FaultyHandler, headers: dict[str, str]) -> None:
        handler.send(Response(200, {**HTML, "Content-Encoding": "gzip"}, bomb(self.size)))
