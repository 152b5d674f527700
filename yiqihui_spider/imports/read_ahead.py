"""Pages read ahead by worker processes, while this one writes their rows: one after another, in the order
in which they came, so that the rows are those of an import without them."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

from yiqihui_spider.archive.search.index import expect
from yiqihui_spider.archive.state.lookup import as_stored
from yiqihui_spider.imports.ingest import Seen, read_shown
from yiqihui_spider.imports.worker import ReadPage
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.warc.reader import StoredResponse

MOST_BYTES = 32 * 1024 * 1024
"""Of pages that wait; a page may have 64 MiB."""
PER_WORKER = 3
"""Pages under way, or read and waiting for their turn."""
_DIES = "the process that reads it dies ({}): kept, not read"


class WorkerDied(Exception):
    """How a worker process ended."""


class Worker:
    """One process, in a session of its own: Ctrl-C is this one's business."""

    command = (sys.executable, "-c", "from yiqihui_spider.imports.worker import main; main()")

    def __init__(self, site: SiteProfile) -> None:
        path = os.pathsep.join(one or os.getcwd() for one in sys.path)
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
            env=os.environ | {"PYTHONPATH": path},
        )  # fmt: skip
        with suppress(BrokenPipeError):  # it shows when the first page is read
            self._send(site)

    def read(self, record: StoredResponse) -> ReadPage:
        """Raises WorkerDied, and what reading raised."""
        assert self.process.stdout is not None
        try:
            self._send(record)
            answer = pickle.load(self.process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            raise WorkerDied(_how(self.end())) from None
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, ReadPage)
        return answer

    def _send(self, what: object) -> None:
        assert self.process.stdin is not None
        pickle.dump(what, self.process.stdin, pickle.HIGHEST_PROTOCOL)
        self.process.stdin.flush()

    def end(self) -> int:
        """End it, if it has not; its exit status."""
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        try:
            return self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def _how(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit code {status}"


class ReadAhead:
    """A queue with worker processes; they start when there is a page for them."""

    def __init__(self, jobs: int, site: SiteProfile, warn: Callable[[str], None]) -> None:
        """``warn`` is told of workers that died."""
        self._most = PER_WORKER * jobs
        self._site = site
        self._warn = warn
        self._pool = ThreadPoolExecutor(jobs, "reader")
        self._own = threading.local()
        self._workers: list[Worker] = []
        self._died: deque[str] = deque()
        self._waiting: deque[tuple[StoredResponse, Future[ReadPage], Callable[[], None]]] = deque()
        self._bytes = 0
        self._at: tuple[StoredResponse, Future[ReadPage]] | None = None

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.process.kill()
        self._pool.shutdown()
        for worker in self._workers:
            worker.end()

    def put(self, record: StoredResponse, write: Callable[[], None]) -> None:
        self._waiting.append((record, self._pool.submit(self._in_worker, record), write))
        self._bytes += len(record.body)
        while len(self._waiting) > self._most or self._bytes > MOST_BYTES:
            self._write_first()

    def settle(self) -> None:
        while self._waiting:
            self._write_first()

    def read(self, shown: StoredResponse, url: str, site: SiteProfile) -> Seen:
        """What the record that is being written shows: as a worker read it, where that is what is asked."""
        record, future = self._at or (None, None)
        same = record is not None and (shown is record or shown == replace(record, url=shown.url))
        if not same or record is None or future is None or url != as_stored(record.url) or site != self._site:
            return read_shown(shown, url, site)
        page = future.result()
        expect(page.spaced)
        return page.seen

    def _write_first(self) -> None:
        record, future, write = self._waiting.popleft()
        self._bytes -= len(record.body)
        self._at = record, future
        try:
            write()
        finally:
            self._at = None
            while self._died:
                self._warn(self._died.popleft())

    # --- in the threads, each of which has a worker --------------------------------------------

    def _in_worker(self, record: StoredResponse, again: bool = True) -> ReadPage:
        try:
            return self._worker().read(record)
        except WorkerDied as error:
            how = str(error)
        self._own.worker = None
        told = f"{record.url}: a process that read pages died ({how})"
        self._died.append(f"{told}; another one reads the page" if again else told)
        return self._in_worker(record, False) if again else ReadPage(Seen(problem=_DIES.format(how)))

    def _worker(self) -> Worker:
        worker: Any = getattr(self._own, "worker", None)
        if worker is None:
            worker = self._own.worker = Worker(self._site)
            self._workers.append(worker)
        return worker  # type: ignore[no-any-return]
