"""Dask: workers on this machine or at an address, and work handed to them a little at a time."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NamedTuple

from yiqihui_spider.bulk.inputs import in_words
from yiqihui_spider.bulk.libraries import BulkError, library
from yiqihui_spider.bulk.task import Job, read_shard
from yiqihui_spider.errors import Exit
from yiqihui_spider.parse.read import PARSER_VERSION
from yiqihui_spider.wording import __version__

LOCAL = "local"
PATIENCE = 60.0
"""Seconds to wait for a scheduler or for workers."""
_TICK = 5.0
_AHEAD = 3
"""Jobs a worker thread has waiting for it: enough to keep it busy, and few to lose."""


class NoCluster(BulkError):
    """There is none to be had now."""

    exit_code = Exit.TRY_LATER


class Done(NamedTuple):
    """A job that ended: with an entry for the journal, or with an error."""

    job: Job
    entry: dict[str, Any] | None = None
    error: str | None = None
    is_final: bool = False
    """Trying again would be no use."""


class Cluster:
    def __init__(self, client: Any, workers: int) -> None:
        self._client = client
        self._least = workers

    def work(self, jobs: Iterator[Job], again: Callable[[Done], Job | None]) -> Iterator[Done]:
        """Have jobs done, a few at a time. ``again`` may turn one that failed into another."""
        pending: dict[Any, Job] = {}
        try:
            while True:
                room = max(self._least, self._threads()) * _AHEAD - len(pending)
                pending |= {self._submit(job): job for job in _some(jobs, room)}
                if not pending:
                    return
                for future in self._ended(list(pending)):
                    done = _outcome(future, pending.pop(future))
                    repeated = again(done) if done.error and not done.is_final else None
                    if repeated is not None:
                        pending[self._submit(repeated)] = repeated
                    else:
                        yield done
        finally:
            with suppress(Exception):
                self._client.cancel(list(pending), force=True)

    def _submit(self, job: Job) -> Any:
        name = f"{job.input.id}-{job.attempt}-{job.folder.name}"
        return self._client.submit(read_shard, job, key=name, pure=False)

    def _threads(self) -> int:
        return sum(self._client.nthreads().values())

    def _ended(self, futures: list[Any]) -> list[Any]:
        """Those that are done; waits for the first. Raises NoCluster when nobody is left to do them."""
        without = 0.0
        while True:
            try:
                return list(
                    library("distributed").wait(futures, timeout=_TICK, return_when="FIRST_COMPLETED").done
                )
            except TimeoutError:
                pass
            except OSError as error:
                raise NoCluster(f"the scheduler is gone: {in_words(error)}") from error
            if self._client.status != "running":
                raise NoCluster("the scheduler is gone; what was done stands, run it again")
            without = 0.0 if self._threads() else without + _TICK
            if without > PATIENCE:
                raise NoCluster("no worker is left; what was done stands, run it again")


def _some(jobs: Iterator[Job], count: int) -> Iterator[Job]:
    for _ in range(count):
        job = next(jobs, None)
        if job is None:
            return
        yield job


def _outcome(future: Any, job: Job) -> Done:
    if future.status == "finished":
        return Done(job, future.result())
    if future.status == "cancelled":
        return Done(job, error="the cluster has dropped it")
    error = future.exception()
    if type(error).__name__ == "KilledWorker":
        return Done(job, error="several workers died of it one after the other", is_final=True)
    name = "" if type(error).__name__ == "PassingTrouble" else f"{type(error).__name__}: "
    return Done(job, error=name + in_words(error))


@contextmanager
def cluster(where: str, workers: int | None, most: int) -> Iterator[Cluster]:
    """Workers on this machine (as many as it has processors, unless told; no more than ``most``), or
    those of the scheduler at an address, where ``workers`` is how many must have come.

    Raises NoCluster, and BulkError for workers that would read otherwise than we do.
    """
    distributed = library("distributed")
    library("dask")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        if where == LOCAL:
            count = min(workers or _processors(), most)
            with _deaf_children():
                local = stack.enter_context(
                    distributed.LocalCluster(
                        n_workers=count,
                        threads_per_worker=1,
                        processes=True,
                        host="127.0.0.1",
                        dashboard_address="127.0.0.1:0",  # its pages: no known port, this machine only
                        security=True,  # TLS with keys of this run: no other user can hand work to it
                        silence_logs=logging.CRITICAL,
                    )
                )
            client = stack.enter_context(distributed.Client(local))
        else:
            count = workers or 1
            client = stack.enter_context(_connected(distributed, where))
            _wait_for(client, count, where)
        _compare(client, where)
        yield Cluster(client, count)


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Processes that begin meanwhile do not hear Ctrl-C: this one does, and ends them in good order."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _connected(distributed: Any, address: str) -> Any:
    try:
        return distributed.Client(address, timeout=PATIENCE / 4)
    except (OSError, TimeoutError) as error:
        raise NoCluster(f"no scheduler answers at {address}: {in_words(error)}") from error
    except ValueError as error:
        raise BulkError(f"{address} is no address of a scheduler: {in_words(error)}") from error


def _wait_for(client: Any, count: int, address: str) -> None:
    try:
        client.wait_for_workers(count, timeout=PATIENCE)
    except TimeoutError:
        there = len(client.nthreads())
        raise NoCluster(f"{address}: of {count} workers {there} have come") from None


def version() -> tuple[str, str]:
    """What reads pages here."""
    return __version__, PARSER_VERSION


def _compare(client: Any, where: str) -> None:
    own = version()
    answers = client.run(version, on_error="return")
    for worker, answer in answers.items():
        if isinstance(answer, BaseException):
            raise BulkError(f"the worker {worker} can't do the work: {in_words(answer)}")
        if tuple(answer) != own:
            raise BulkError(f"the worker {worker} has yiqihui_spider {answer[0]}, this is {own[0]}")
