"""Files over HTTP on loopback, with a gate that holds the answers back until the test opens it."""

from __future__ import annotations

import contextlib
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Store:
    """What is served; ``requests`` counts the GETs of each path."""

    files: dict[str, bytes]
    ranges: bool = True
    """Whether a part of a file can be asked for."""
    modified: str | None = "Mon, 02 Mar 2020 06:00:00 GMT"
    changes: int = 0
    """So often still a file has changed when it is asked about."""
    gate: threading.Event = field(default_factory=threading.Event)
    open_for: int = 0
    """So many answers are given before the gate is minded."""
    waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released for each GET that waits at the gate."""
    broken: Counter[str] = field(default_factory=Counter)
    """How often still a path's answer breaks off in the middle."""
    requests: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"


def _handler(store: Store) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            if store.changes:
                store.changes -= 1
                store.modified = f"Mon, 02 Mar 2020 07:00:{store.changes:02} GMT"
            self._head(store.files.get(self.path[1:]))

        def do_GET(self) -> None:
            data = store.files.get(self.path[1:])
            with store.lock:
                store.requests[self.path[1:]] += 1
                passes = sum(store.requests.values()) <= store.open_for
                breaks = store.broken[self.path[1:]] > 0
                store.broken[self.path[1:]] -= breaks
            if not passes and not store.gate.is_set():
                store.waiting.release()
                store.gate.wait(60)
            part = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"] or "") if store.ranges else None
            with contextlib.suppress(OSError):  # whoever asked was killed
                if part and data:
                    first, last = int(part[1]), min(int(part[2]), len(data) - 1)
                    self._head(data[first : last + 1], f"bytes {first}-{last}/{len(data)}")
                    data = data[first : last + 1]
                else:
                    self._head(data)
                self.wfile.write((data or b"")[: len(data or b"") // 2] if breaks else data or b"")

        def _head(self, data: bytes | None, part: str | None = None) -> None:
            self.send_response(404 if data is None else 206 if part else 200)
            self.send_header("Content-Length", str(len(data or b"")))
            if part:
                self.send_header("Content-Range", part)
            if store.modified:
                self.send_header("Last-Modified", store.modified)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    return Handler


@contextlib.contextmanager
def served(files: Mapping[str, bytes]) -> Iterator[Store]:
    store = Store(dict(files))
    store.gate.set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(store))
    store.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield store
    finally:
        store.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()
