"""A small server that speaks as the Internet Archive's does: its dialect of CDX, its replay."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from yiqihui_spider.sample.site import SampleSite

HOST = "http://www.178hui.com"
HEADER = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]


@dataclass
class Memento:
    timestamp: str
    url: str
    body: bytes
    status: str = "200"
    mimetype: str = "text/html"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})
    digest: str | None = None
    """Of the index; None: the right one."""

    @property
    def row(self) -> list[str]:
        sha1 = base64.b32encode(hashlib.sha1(self.body, usedforsecurity=False).digest()).decode()
        return [key(self.url), self.timestamp, self.url, self.mimetype, self.status, self.digest or sha1, "1"]


def key(url: str) -> str:
    parts = urlsplit(url.lower())
    host = ",".join(reversed((parts.hostname or "").removeprefix("www.").split(".")))
    return f"{host}){parts.path}" + (f"?{parts.query}" if parts.query else "")


Answer = Callable[["_Handler"], None]


class InternetArchive(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self) -> None:
        self.mementos: list[Memento] = []
        self.asked: list[tuple[float, str]] = []
        """When (monotonic) and what."""
        self.faults: dict[str, list[Answer]] = {"/cdx/": [], "/web/": []}
        """Answers given instead, one a request, under that path."""
        self.most_rows: int | None = None
        self.resumes = True
        self.paged: int | None = None
        """Rows a page, for a server that knows pages and no keys."""
        self.dialect: Callable[[list[list[str]]], str] = json.dumps
        """How rows under a header are written."""
        self.marks = True
        """Whether a replay says that it is one: its own headers, and those of then under its names."""
        self.rewrites = False
        """Replay as for a browser, whatever is asked for."""
        self.undoes_coding = False
        """Send a page plain that was captured gzipped."""
        self.needs: str | None = None
        """The ``Authorization`` without which nothing is answered."""
        self.stays_gzip = False
        """Put a coding of its own on what it replays, as a proxy in front of it may."""
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def index(self) -> str:
        return f"{self.url}/cdx/search/cdx"

    def hold(self, site: SampleSite, path: str, timestamp: str, host: str = HOST, **more: Any) -> Memento:
        """Capture a page of a site as it is now."""
        answer = site.get(path)
        memento = Memento(
            timestamp, host + path, answer.body, str(answer.status), headers=answer.headers, **more
        )
        self.mementos.append(memento)
        return memento

    def paths(self, under: str = "/") -> list[str]:
        return [path for _, path in self.asked if path.startswith(under)]

    def replays(self) -> list[str]:
        """Timestamp and address of what was asked for, less the host."""
        return [path.removeprefix("/web/").replace(f"id_/{HOST}", " ") for path in self.paths("/web/")]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: InternetArchive

    def do_GET(self) -> None:
        self.server.asked.append((time.monotonic(), self.path))
        if self.server.needs not in (None, self.headers["Authorization"]):
            self.send(401, {"Content-Type": "text/plain"}, b"who are you?")
            return
        for under, faults in self.server.faults.items():
            if self.path.startswith(under) and faults:
                faults.pop(0)(self)
                return
        if self.path.startswith("/cdx/search/cdx?"):
            self.answer_index(
                {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            )
        else:
            self.answer_replay()

    def answer_index(self, asked: dict[str, str]) -> None:
        assert asked["matchType"] == "prefix"
        assert asked["output"] == "json"
        under = key(asked["url"])
        rows = sorted(memento.row for memento in self.server.mementos if key(memento.url).startswith(under))
        rows = [row for row in rows if asked.get("from", "") <= row[1] <= asked.get("to", "9")]
        if "resumeKey" in asked:
            rows = [row for row in rows if f"{row[0]} {row[1]}" > asked["resumeKey"]]
        if self.server.paged is not None:
            self.answer_page(rows, asked, self.server.paged)
            return
        limit = min(int(asked["limit"]), self.server.most_rows or 10**9)
        table: list[list[str]] = [HEADER, *rows[:limit]] if rows else []
        if len(rows) > limit and self.server.resumes and asked.get("showResumeKey") == "true":
            table += [[], [f"{rows[limit - 1][0]} {rows[limit - 1][1]}"]]
        self.send(200, {"Content-Type": "application/json"}, self.server.dialect(table).encode())

    def answer_page(self, rows: list[list[str]], asked: dict[str, str], size: int) -> None:
        if "showNumPages" in asked:
            self.send(200, {"Content-Type": "text/plain"}, str(-(-len(rows) // size)).encode())
            return
        begin = int(asked.get("page", "0")) * size
        self.send(200, {}, self.server.dialect([HEADER, *rows[begin : begin + size]]).encode())

    def answer_replay(self) -> None:
        match = re.fullmatch(r"/web/(\d{14})id_/(.+)", self.path)
        assert match, self.path
        for memento in self.server.mementos:
            if memento.timestamp == match[1] and key(memento.url) == key(match[2]):
                self.send_memento(memento)
                return
        self.send(
            404, {"Content-Type": "text/html"}, b"<html>The Wayback Machine has not archived that URL.</html>"
        )

    def send_memento(self, memento: Memento, cut: int = 0, body: bytes | None = None) -> None:
        """``body``: other bytes than those captured."""
        body = memento.body if body is None else body
        then = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.strptime(memento.timestamp, "%Y%m%d%H%M%S"))
        headers = {"Content-Type": memento.headers["Content-Type"]}
        if self.server.marks:
            headers |= {f"x-archive-orig-{name.lower()}": value for name, value in memento.headers.items()}
            headers |= {"memento-datetime": then, "link": f'<{memento.url}>; rel="original"'}
        if self.server.undoes_coding and memento.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.server.rewrites:
            prefix = f"{self.server.url}/web/{memento.timestamp}/".encode()
            body = body.replace(b'href="/', b'href="' + prefix + HOST.encode() + b"/")
        if self.server.stays_gzip:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, mtime=0)
        self.send(int(memento.status) if memento.status != "-" else 200, headers, body, cut=cut)

    def send(self, status: int, headers: dict[str, str], body: bytes, cut: int = 0) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body[: len(body) - cut])

    def log_message(self, format: str, *args: Any) -> None:
        pass


# --- dialects ------------------------------------------------------------------------------


def objects_by_line(table: list[list[str]]) -> str:
    """As pywb answers."""
    names = ("urlkey", "timestamp", "url", "mime", "status", "digest", "length")
    return "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in table[1:])


def list_of_objects(table: list[list[str]]) -> str:
    return json.dumps([dict(zip(HEADER, row, strict=True)) for row in table[1:]], indent=1)


def no_header(table: list[list[str]]) -> str:
    return json.dumps(table[1:])


def plain_lines(table: list[list[str]]) -> str:
    return "".join(" ".join(row) + "\n" for row in table[1:])


def cdx_file(table: list[list[str]]) -> str:
    return " CDX N b a m s k S\n" + plain_lines(table)


def cdxj_file(table: list[list[str]]) -> str:
    lines = objects_by_line(table).splitlines()
    return "".join(f"{row[0]} {row[1]} {line}\n" for row, line in zip(table[1:], lines, strict=True))


# --- faults --------------------------------------------------------------------------------


def says(status: int, body: str = "", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.send(status, {"Content-Type": "text/html", **named}, body.encode())


def leads_to(timestamp: str, url: str, status: int = 302) -> Answer:
    return lambda handler: says(status, Location=f"{handler.server.url}/web/{timestamp}id_/{url}")(handler)


def cut_off(memento: Memento, by: int = 100) -> Answer:
    return lambda handler: handler.send_memento(memento, cut=by)


@contextlib.contextmanager
def internet_archive() -> Iterator[InternetArchive]:
    server = InternetArchive()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
