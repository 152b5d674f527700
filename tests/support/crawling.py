"""Crawls as users start them: the command, in a process of its own, against a real server.

Starting Python and importing Scrapy takes a second, and these tests crawl more than a hundred
times.  So one process imports everything once and forks for each crawl; what runs in the
child is the command's own ``main``.  ``run_installed`` starts the command the plain way.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import brotli  # type: ignore[import-untyped]
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import BufferedReader
from warcio.checker import Checker

from yiqihui_spider.sample.server import SampleServer

QUICK = {"RETRY_BACKOFF": "0.05", "DOWNLOAD_TIMEOUT": "2"}
"""Settings under which faults don't take minutes."""

LIMIT = 60
"""Seconds after which a crawl is taken to hang."""


WARM = (
    "protego", "scrapy.cmdline", "scrapy.core.downloader.handlers.http11",
    "scrapy.downloadermiddlewares.cookies", "scrapy.downloadermiddlewares.httpcache",
    "scrapy.downloadermiddlewares.httpcompression", "scrapy.extensions.logstats",
    "scrapy.extensions.memusage", "scrapy.extensions.remote_control", "scrapy.extensions.telnet",
    "scrapy.extensions.throttle", "scrapy.pqueues", "scrapy.resolver", "scrapy.squeues",
    "scrapy.statscollectors", "yiqihui_spider.cli.crawl_cmd", "yiqihui_spider.crawl.runner",
    "yiqihui_spider.middlewares.faults", "yiqihui_spider.middlewares.guard",
    "yiqihui_spider.middlewares.proxy", "yiqihui_spider.middlewares.robots", "yiqihui_spider.pipelines",
)  # fmt: skip
"""What a crawl imports, Twisted's reactor apart, which each process must have for itself."""


@dataclass
class Crawl:
    """A crawl that is over."""

    code: int
    """Exit code; negative for a signal, as in ``subprocess``."""
    out: str
    err: str
    seconds: float = 0.0

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.out)
        return report

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()


@dataclass
class Running:
    """A crawl under way."""

    pid: int
    folder: Path
    number: int
    nursery: Nursery
    started: float = field(default_factory=time.monotonic)

    def kill(self, number: int = signal.SIGKILL) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    @property
    def over(self) -> bool:
        return self.nursery.ended(self.number)

    def wait(self, seconds: float = LIMIT) -> Crawl:
        code = self.nursery.wait(self.number, seconds)
        if code is None:
            self.kill()
            raise AssertionError(f"the crawl hangs: {(self.folder / f'{self.number}.err').read_text()}")
        out, err = ((self.folder / f"{self.number}.{name}").read_text("utf-8") for name in ("out", "err"))
        return Crawl(code, out, err, time.monotonic() - self.started)


class Nursery:
    """The process that forks crawls. Its standard input takes a request a line; on its output it
    tells, a line each, the number of every child with its pid, and later with its exit code."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            start_new_session=True,
        )
        self._pids: dict[int, int] = {}
        self._codes: dict[int, int] = {}
        self._told = threading.Condition()
        self._count = 0
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            with self._told:
                {"pid": self._pids, "code": self._codes}[told["what"]][told["number"]] = told["value"]
                self._told.notify_all()

    def start(self, *arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> Running:
        """``scrapy`` as the first argument is Scrapy's own command, with our settings."""
        assert self._process.stdin is not None
        self._count += 1
        number = self._count
        request = {"number": number, "arguments": arguments, "env": env or {}, "cwd": str(cwd or ".")}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        with self._told:
            assert self._told.wait_for(lambda: number in self._pids, LIMIT)
            return Running(self._pids[number], self.folder, number, self)

    def ended(self, number: int) -> bool:
        with self._told:
            return number in self._codes

    def wait(self, number: int, seconds: float) -> int | None:
        with self._told:
            self._told.wait_for(lambda: number in self._codes, seconds)
            return self._codes.get(number)

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(LIMIT)
        self._listener.join()
        self._process.stdout.close()


def raise_children() -> None:
    """The nursery's own side of it."""
    import importlib
    import select

    for module in WARM:
        importlib.import_module(module)
    children: dict[int, int] = {}

    def tell(what: str, number: int, value: int) -> None:
        print(json.dumps({"what": what, "number": number, "value": value}), flush=True)

    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    pending, more = b"", True
    while more or children:
        ready, _, _ = select.select([0, reading] if more else [reading], [], [], 1)
        if reading in ready:
            os.read(reading, 4096)
        if 0 in ready:
            data = os.read(0, 65536)
            more = bool(data)
            *requests, pending = (pending + data).split(b"\n")
            for request in map(json.loads, requests):
                pid = os.fork()
                if pid == 0:
                    os.close(reading)
                    os.close(writing)
                    be_born(request)
                children[pid] = request["number"]
                tell("pid", request["number"], pid)
        while children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            tell("code", children.pop(pid), os.waitstatus_to_exitcode(status))


def be_born(request: dict[str, Any]) -> None:
    """In the child: be the command."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    for name, fd in (("out", 1), ("err", 2)):
        file = os.open(f"{request['number']}.{name}", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o644)
        os.dup2(file, fd)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    sys.path.insert(0, "")
    code: Any = 70
    try:
        if request["arguments"][0] == "scrapy":
            os.environ.setdefault("SCRAPY_SETTINGS_MODULE", "yiqihui_spider.settings")
            from scrapy.cmdline import execute

            execute(request["arguments"])
        else:
            from yiqihui_spider.cli import main

            main(request["arguments"], prog_name="yiqihui")
    except SystemExit as end:
        code = end.code
    except BaseException:
        import traceback

        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


@dataclass
class Field:
    """An archive, a server and the means to crawl the one into the other."""

    archive: Path
    server: SampleServer
    nursery: Nursery

    def begin(self, *options: str, start: str | None = "/news/", **settings: object) -> Running:
        return self.nursery.start(*self.arguments(*options, start=start, **settings))

    def crawl(self, *options: str, start: str | None = "/news/", **settings: object) -> Crawl:
        """``start`` is a path on the server; ``settings`` are Scrapy's and ours by name."""
        return self.begin(*options, start=start, **settings).wait()

    def arguments(self, *options: str, start: str | None = "/news/", **settings: object) -> list[str]:
        arguments = ["crawl", "--json", "--archive", str(self.archive), *options]
        if start is not None:
            arguments += ["--start-url", self.server.url + start]
        if "--delay" not in options:
            arguments += ["--delay", "0"]
        for name, value in {**QUICK, **settings}.items():
            arguments += ["--set", f"{name}={value}"]
        return arguments

    def scrapy(self, *options: str, cwd: Path | None = None, **settings: object) -> Crawl:
        """``scrapy crawl listing`` into this archive, from this server."""
        words = ["scrapy", "crawl", "listing", "-a", f"start_url={self.server.url}/news/", *options]
        for name, value in {"ARCHIVE": self.archive, "DOWNLOAD_DELAY": 0, **QUICK, **settings}.items():
            words += ["-s", f"{name}={value}"]
        return self.nursery.start(*words, cwd=cwd).wait()

    def asked(self) -> list[str]:
        """What the server was asked for since this was last called, robots.txt among it."""
        with self.server.guard:
            paths = self.server.paths
            self.server.requests.clear()
        return paths

    @property
    def home(self) -> str:
        return self.server.url

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return rows(self.archive, sql, *parameters)

    def todo(self) -> list[tuple[str, str]]:
        """Path and reason of what is still to do."""
        found = self.rows("SELECT url, reason FROM todo ORDER BY id")
        return [(url.removeprefix(self.home), reason) for url, reason in found]


def rows(archive: Path, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(f"{archive.as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(sql, parameters).fetchall()


class Brotli:
    """A decompressor as warcio wants it; its own is made for brotli's interface of old."""

    unused_data = b""

    def __init__(self) -> None:
        self.decompress = brotli.Decompressor().process


def check_warcs(folder: Path) -> int:
    """What ``warcio check`` does; how many records there are."""
    files = sorted(folder.glob("*.warc.gz"))
    BufferedReader.DECOMPRESSORS["br"] = Brotli
    checker = Checker(SimpleNamespace(inputs=[str(path) for path in files], verbose=False))
    assert checker.process_all() == 0
    count = 0
    for path in files:
        with path.open("rb") as stream:
            count += sum(1 for _ in ArchiveIterator(stream))
    return count


def check_archive(archive: Path) -> None:
    """Whole, and every capture's record readable where the table says it is."""
    with contextlib.closing(sqlite3.connect(archive)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    check_warcs(archive.parent / "warc")
    for url, name, offset, length in rows(
        archive, "SELECT url, warc_file, warc_offset, warc_length FROM captures"
    ):
        with (archive.parent / "warc" / name).open("rb") as file:
            file.seek(offset)
            member = zlib.decompressobj(31).decompress(file.read(length))
        assert f"WARC-Target-URI: {url}\r\n".encode() in member


def run_installed(*arguments: str, cwd: Path | None = None, **env: str) -> Crawl:
    """The command in a Python of its own."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "yiqihui_spider", *arguments],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        cwd=cwd,
        env={**os.environ, **env},
        check=False,
    )
    return Crawl(done.returncode, done.stdout, done.stderr, time.monotonic() - started)


@contextlib.contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    opened = Nursery(folder)
    try:
        yield opened
    finally:
        opened.close()


if __name__ == "__main__":
    raise_children()
