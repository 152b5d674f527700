"""A server on loopback that is told of runs, and keeps what it was told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Told(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


@dataclass
class Hooks:
    """``answers``: by path, statuses one after the other (the last one stays), or seconds of silence."""

    answers: dict[str, list[int | float]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    """Of every answer."""
    says: bytes = b"OK"
    told: list[Told] = field(default_factory=list)
    url: str = ""

    def paths(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.told]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # who does not wait


@contextmanager
def hooks(answers: dict[str, list[int | float]] | None = None, **more: Any) -> Iterator[Hooks]:
    state = Hooks(answers or {}, **more)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.told.append(Told(self.command, self.path, dict(self.headers.items()), body))
            due = state.answers.get(self.path.partition("?")[0], [200])
            status = due.pop(0) if len(due) > 1 else due[0]
            if isinstance(status, float):
                time.sleep(status)
                status = 200
            self.send_response(status)
            for name, value in {"Content-Length": str(len(state.says)), **state.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(state.says)

        do_GET = do_POST = do_HEAD = answer

        def log_message(self, *args: object) -> None:
            pass

    with _Server(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
