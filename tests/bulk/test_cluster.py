"""Real schedulers, real worker processes, killed in the middle of their work."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support.bulk_runs import rows_of, table, take_in, yiqihui
from support.file_server import Store, served
from support.import_files import SHE, Warc, bring_in

from yiqihui_spider.sample.site import SampleSite

SITE = SampleSite()
a_cluster_more = pytest.mark.skipif(
    os.environ.get("ROADS") != "all", reason="processes that take their time: make roads"
)
PAGES = [SITE.address(category, page) for category in (SHE, "购物资讯") for page in (1, 2)]


def warcs(count: int) -> dict[str, bytes]:
    """Each with a listing page and a detail page, at times of their own; the last one is damaged."""
    made = {}
    for number in range(count):
        warc = Warc()
        when = f"2026-11-{number + 1:02}T06:00:00Z"
        warc.page(SITE, PAGES[number % len(PAGES)], when=when)
        warc.page(SITE, f"/news/view/{SITE.on_page(SHE, 1)[number].number}.html", when=when)
        made[f"{number:02}.warc.gz"] = warc.data
    last = made[f"{count - 1:02}.warc.gz"]
    made[f"{count - 1:02}.warc.gz"] = last[: len(last) - 500]
    return made


def command(folder: Path, store: Store, *more: str) -> list[str]:
    names = [store.url(name) for name in store.files]
    return [sys.executable, "-m", "yiqihui_spider", "bulk", *names, "-o", str(folder), "--json", *more]


@contextlib.contextmanager
def started(*words: str | Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
        process.kill()
        process.communicate()


def fetching(store: Store, pids: list[int]) -> list[psutil.Process]:
    """Those of the processes, and of those below them, that hold a connection to the store."""
    roots = [psutil.Process(pid) for pid in pids]
    return [
        process
        for process in [*roots, *(child for root in roots for child in root.children(recursive=True))]
        if any(at.raddr and at.raddr.port == store.port for at in process.net_connections("tcp"))
    ]


def as_imported_here(folder: Path, store: Store, tables: Path) -> None:
    """The rows are those of one import of the same files."""
    copies = folder / "copies"
    copies.mkdir()
    for name, data in store.files.items():
        (copies / name).write_bytes(data)
    code, _ = bring_in(folder / "one.db", copies)
    assert take_in(folder / "two" / "a.db", tables).decide()[0] == code == 3
    assert rows_of(folder / "two" / "a.db") == rows_of(folder / "one.db")


def no_row_twice(tables: Path) -> None:
    for name in ("articles", "captures"):
        columns = ("file", "offset", "capture", *(["position"] if name == "articles" else []))
        places = table(tables, name, *columns)
        assert len(places) == len(set(places)) > 0


@pytest.mark.timeout(300)
def test_a_worker_is_killed_then_the_whole_run_then_it_is_run_again(tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    with served(warcs(6)) as store:
        store.gate.clear()
        store.open_for = 2
        with started(*command(tables, store, "--workers", "2")) as process:
            for _ in range(2):
                assert store.waiting.acquire(timeout=100), process.communicate(timeout=1)
            fetching(store, [process.pid])[0].kill()
            assert store.waiting.acquire(timeout=100)  # another worker has taken it up
            workers = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            process.wait()
            assert psutil.wait_procs(workers, timeout=60)[1] == []
        assert not (tables / "_SUCCESS").exists()
        unfinished = take_in(tmp_path / "unfinished" / "a.db", tables)
        assert "of 4 inputs there is nothing yet" in unfinished.damaged.kept[-1]
        store.gate.set()
        before = store.requests.copy()
        done = subprocess.run(
            command(tables, store, "--workers", "2"), capture_output=True, text=True, check=False
        )
        told = json.loads(done.stdout)
        assert (done.returncode, told["read"], told["done_before"]) == (3, 4, 2)
        assert len(done.stderr.splitlines()) == 1
        assert "05.warc.gz: offset" in done.stderr
        assert sum((store.requests - before).values()) == 4
        assert (tables / "_SUCCESS").exists()
        no_row_twice(tables)
        as_imported_here(tmp_path, store, tables)


@contextlib.contextmanager
def dask_cluster(folder: Path) -> Iterator[tuple[str, list[int]]]:
    """A scheduler with two worker processes; its address, and their process ids."""
    about = folder / "scheduler.json"
    dask = (sys.executable, "-m", "dask")
    quiet = ("--scheduler-file", about, "--no-dashboard")
    worker = (*dask, "worker", *quiet, "--nthreads", "1", "--host", "127.0.0.1", "--no-nanny")
    with started(*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", *quiet) as scheduler:
        deadline = time.monotonic() + 60
        while not about.exists() and time.monotonic() < deadline and scheduler.poll() is None:
            time.sleep(0.05)
        with (
            started(*worker, "--local-directory", folder / "1") as one,
            started(*worker, "--local-directory", folder / "2") as two,
        ):
            yield json.loads(about.read_text())["address"], [one.pid, two.pid]


@a_cluster_more
@pytest.mark.timeout(300)
def test_a_cluster_at_an_address_loses_a_worker(tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    with served(warcs(6)) as store, dask_cluster(tmp_path) as (address, workers):
        store.gate.clear()
        store.open_for = 1
        with started(*command(tables, store, "--cluster", address, "--workers", "2")) as process:
            for _ in range(2):
                assert store.waiting.acquire(timeout=100), process.communicate(timeout=1)
            fetching(store, workers)[0].kill()
            assert store.waiting.acquire(timeout=100)  # the other one has taken it up
            store.gate.set()
            out, err = process.communicate(timeout=100)
        told = json.loads(out)
        assert (process.returncode, told["read"], told["not_whole"]) == (3, 6, 0), err
        no_row_twice(tables)
        as_imported_here(tmp_path, store, tables)


@a_cluster_more
def test_ctrl_c_ends_it_in_one_line(tmp_path: Path) -> None:
    with served(warcs(6)) as store:
        store.gate.clear()
        store.open_for = 2
        words = command(tmp_path / "tables", store, "--workers", "2")
        process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        for _ in range(2):
            assert store.waiting.acquire(timeout=100)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers, too
        out, err = process.communicate(timeout=100)
    told = json.loads(out)
    assert (process.returncode, err) == (3, "interrupted; the same command goes on\n")
    assert (told["outcome"], told["read"], told["not_whole"]) == ("interrupted", 2, 4)


@a_cluster_more
def test_no_scheduler_is_try_again_later(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(SITE.dump(SHE, 1), "utf-8")
    words = ("--cluster", "tcp://127.0.0.1:9", "-o", tmp_path / "tables")
    done = yiqihui("bulk", tmp_path / "page.txt", *words, DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="1s")
    assert (done.returncode, done.stdout) == (75, "")
    assert "no scheduler answers at tcp://127.0.0.1:9" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "tables" / "_SUCCESS").exists()
