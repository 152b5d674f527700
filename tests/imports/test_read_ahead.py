"""``--jobs N``: worker processes that read, die, are interrupted, or lose who asked them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support.import_files import HOST, Warc, bring_in, everything, one, rows

from yiqihui_spider.archive.articles import store
from yiqihui_spider.errors import Exit
from yiqihui_spider.imports import read_ahead
from yiqihui_spider.imports.read_ahead import Worker
from yiqihui_spider.sample.site import SampleSite

TIME = "2020-03-02T06:00:00+00:00"
LISTING = "/news/list.php?cat=3&page="
SAVE = store.save_page


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "out" / "archive.db"


def dump(folder: Path) -> Path:
    """Nine pages."""
    site = SampleSite(page_size=5)
    pages = [site.dump(name, page) for name in site.categories for page in range(1, site.pages(name) + 1)]
    path = folder / "dump.txt"
    path.write_text("\n".join(pages), "utf-8")
    return path


def workers_of(process: int) -> list[int]:
    """Ids of the worker processes that a process has begun."""
    told = subprocess.run(
        ["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
    ).stdout
    lines = [line.split(None, 2) for line in told.splitlines()[1:]]
    return [int(pid) for pid, parent, args in lines if int(parent) == process and "imports.worker" in args]


def test_the_rows_are_those_of_one_process(archive: Path, tmp_path: Path) -> None:
    """Of dumps, saved pages, records, revisits before and behind their originals, what is refused."""
    site, source = SampleSite(), tmp_path / "in"
    source.mkdir()
    warc = Warc()
    original = site.get(LISTING + "1").body
    refers = {
        "WARC_Refers_To_Target_URI": HOST + LISTING + "1",
        "WARC_Refers_To_Date": "2020-03-02T06:00:00Z",
    }
    revisit: Any = {
        "WARC_Profile": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    } | refers
    for number, day in ((2, "02"), (1, "02"), (1, "05"), (3, "03")):
        warc.page(site, f"{LISTING}{number}", when=f"2020-03-{day}T06:00:00Z")
        fields = {name.replace("_", "-"): value for name, value in revisit.items()}
        fields |= {"WARC-Date": f"2020-04-{day}T0{number}:00:00Z"}
        warc.record(HOST + LISTING + "1", "revisit", b"", fields)
    warc.save(source / "a.warc.gz")
    dump(source)
    (source / "page.html").write_bytes(original)
    (source / "noise.html").write_text("<html><p>nothing of the site</p></html>")
    (source / "broken.txt").write_bytes(site.dump("社群", 1).encode()[:-400] + b"\x00" * 50)
    for number, article in zip(range(5), site.articles, strict=False):
        (source / f"{number}.html").write_bytes(site.get(f"/news/view/{article}.html").body)
    told = [bring_in(archive, source, captured_at=TIME)]
    told += [bring_in(tmp_path / "two" / "a.db", source, captured_at=TIME, jobs=2)]
    assert told[0][0] == told[1][0]
    assert told[0][1].as_dict() == told[1][1].as_dict()
    assert told[0][1].pages > 15
    apart = ("warc_file", "warc_offset", "warc_length")
    names = [name for (name,) in rows(archive, "SELECT name FROM pragma_table_info('captures')")]
    kept = f"SELECT {', '.join(name for name in names if name not in apart)} FROM captures ORDER BY id"
    assert rows(archive, kept) == rows(tmp_path / "two" / "a.db", kept)
    one_process, two = everything(archive), everything(tmp_path / "two" / "a.db")
    assert {**one_process, "captures": []} == {**two, "captures": []}


def test_a_worker_that_is_killed_is_told_of_and_its_page_read_again(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []

    def save_page(*args: Any, **more: Any) -> Any:
        if not killed:
            killed.extend(workers_of(os.getpid()))
            for process in killed:
                os.kill(process, signal.SIGKILL)
        return SAVE(*args, **more)

    monkeypatch.setattr(store, "save_page", save_page)
    monkeypatch.setattr(read_ahead, "PER_WORKER", 1)
    code, tally = bring_in(archive, dump(tmp_path), captured_at=TIME, jobs=1 + 1)
    assert killed
    assert (code, tally.pages, one(archive, "SELECT count(*) FROM captures")) == (Exit.DONE, 9, 9)
    assert tally.warnings.count in (1, 2)
    told = ": a process that read pages died (signal 9); another one reads the page"
    assert tally.warnings.kept[0].startswith("file://")
    assert tally.warnings.kept[0].endswith(told)
    assert not workers_of(os.getpid())


DYING = """
import os, signal
from yiqihui_spider.imports import worker
real = worker.read
def read(record, site):
    if record.url.endswith("#page=4"):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(record, site)
worker.read = read
worker.main()
"""


def test_a_page_that_its_reader_dies_of_is_kept_and_refused_by_name(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Worker, "command", (sys.executable, "-c", DYING))
    path = dump(tmp_path)
    code, tally = bring_in(archive, path, captured_at=TIME, jobs=2)
    assert (code, tally.pages, tally.kept, tally.warnings.count) == (Exit.UNCERTIFIED, 8, 1, 2)
    assert tally.damaged.kept == [
        f"{path}: page 4: the process that reads it dies (signal 9): kept, not read"
    ]
    assert one(archive, "SELECT count(*) FROM captures WHERE parser_version IS NULL") == 1


def test_what_goes_wrong_in_a_worker_goes_wrong_here(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "from yiqihui_spider.imports import worker; worker.read = lambda record, site: 1 / 0; worker.main()"
    )
    monkeypatch.setattr(Worker, "command", (sys.executable, "-c", program))
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        bring_in(archive, dump(tmp_path), captured_at=TIME, jobs=2)
    assert not workers_of(os.getpid())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_the_import(archive: Path, tmp_path: Path, number: signal.Signals) -> None:
    """Interrupted, or killed in a way that it can do nothing about."""
    program = [sys.executable, "-m", "yiqihui_spider", "import", "-", "--jobs", "2", "--archive", archive]
    with subprocess.Popen(
        program,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        block = dump(tmp_path).read_bytes() + b"\n"
        process.stdin.write(block * (1_300_000 // len(block)))
        process.stdin.flush()
        deadline = time.monotonic() + 60
        while not (workers := workers_of(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.3)
        os.killpg(process.pid, number)
        told = process.communicate()[0].decode()
    assert workers
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, workers))
    if number == signal.SIGINT:
        assert process.returncode == 3
        assert "Traceback" not in told
        assert "interrupted" in told


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
