"""The sample site over HTTP, on loopback. Small, so that it can be read in one sitting.

    with serve(SampleSite()) as server:
        print(server.url)

Tests add faults by passing a handler class of their own.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from yiqihui_spider.sample.site import Response, SampleSite


class Logged(NamedTuple):
    method: str
    path: str
    """With the query."""
    headers: dict[str, str]
    """By lower-case name."""
    at: float
    """``time.monotonic()`` when it arrived."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes
    server: SampleServer

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.server.guard:
            self.server.requests.append(Logged(self.command, self.path, headers, time.monotonic()))
        self.answer(headers)

    do_HEAD = do_GET

    def answer(self, headers: dict[str, str]) -> None:
        """Answer the request that was just logged."""
        with self.server.guard:
            response = self.server.site.get(self.path, headers)
        self.send(response)

    def send(self, response: Response) -> None:
        self.send_head(response.status, response.headers, len(response.body))
        if self.command != "HEAD" and response.body:
            self.wfile.write(response.body)

    def send_head(self, status: int, headers: dict[str, str], length: int | None) -> None:
        """``length`` None leaves Content-Length out: the body then ends with the connection."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if length is None:
            self.send_header("Connection", "close")
        elif status != 304:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def version_string(self) -> str:
        return "sample"

    def log_message(self, format: str, *args: Any) -> None:
        pass  # server.requests is the log


class SampleServer(ThreadingHTTPServer):
    """Ends promptly: closing it cuts the connections that are open and waits for their threads."""

    daemon_threads = False

    def __init__(self, site: SampleSite, port: int = 0, handler: type[Handler] = Handler) -> None:
        self.site = site
        self.requests: list[Logged] = []
        self.guard = threading.RLock()
        """Held while the site is asked or changed, since every connection has its own thread."""
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        with self.guard:
            return [request.path for request in self.requests]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client may leave when it likes
            super().handle_error(request, client_address)

    def stop(self) -> None:
        self.stopping.set()
        self.shutdown()
        with self.guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


@contextlib.contextmanager
def serve(site: SampleSite, port: int = 0, handler: type[Handler] = Handler) -> Iterator[SampleServer]:
    """Serve on 127.0.0.1; port 0 takes a free one."""
    server = SampleServer(site, port, handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="sample site")
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
