"""`bulk` with one worker and with two, and what a gigabyte and a page cost: the figures of docs/scale.md.

Two sets of WARC files are made. *Dense*: our listing pages only, 20 articles each. *Sparse*, as a crawl
of the whole web is: pages of other hosts (40 KB of HTML each), and every 200th record one of ours. Each run
is a `yiqihui bulk` of its own, start of the cluster included. Aim: two workers 1.7 times as fast as one.

Usage: python benchmarks/bench_bulk.py [FILES] [REPEATS]
"""

from __future__ import annotations

import gzip
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from bench_crawl import PAGES_EACH, PER_PAGE, POOL, listing
from table import Row, shown
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

AIM = 1.7
DENSE_PAGES = 60
SPARSE_RECORDS = 1000
OURS_EVERY = 200
DISTINCT = 10
"""Sparse files made; the others are these under further names."""


class Cost(NamedTuple):
    seconds: float
    cpu: float


def write(path: Path, records: list[tuple[str, bytes]], day: int) -> None:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for second, (url, body) in enumerate(records):
            at = f"2020-{day // 28 % 12 + 1:02}-{day % 28 + 1:02}T{second // 60 % 24:02}:{second % 60:02}:00Z"
            head = StatusAndHeaders(
                "200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1"
            )
            fields = {"WARC-Date": at}
            writer.write_record(
                writer.create_warc_record(
                    url,
                    "response",
                    payload=BytesIO(body),
                    length=len(body),
                    http_headers=head,
                    warc_headers_dict=fields,
                )
            )


def ours(number: int) -> tuple[str, bytes]:
    category, page = number // PAGES_EACH, number % PAGES_EACH + 1
    return f"http://www.178hui.com/news/list?cat={category}&page={page}", listing(category, page)


def foreign(rng: random.Random) -> tuple[str, bytes]:
    words = "".join(rng.choices(POOL, k=6_000))
    rows = "".join(
        f'<li class="list-item item-{n % 7}"><a class="link dark" href="/post/{rng.randrange(10**6)}.html">'
        f'{words[n * 40 : n * 40 + 40]}</a><span class="meta date">2020-01-{n % 28 + 1:02}</span></li>\n'
        for n in range(150)
    )
    return f"http://host{rng.randrange(10_000)}.example/{rng.random()}", f"<html><ul>{rows}</ul>".encode()


def make(folder: Path, files: int) -> None:
    rng = random.Random(7)
    for kind in ("dense", "sparse"):
        (folder / kind).mkdir()
    pool = [foreign(rng) for _ in range(400)]
    for number in range(files):
        pages = [ours(number * DENSE_PAGES + n) for n in range(DENSE_PAGES)]
        write(folder / "dense" / f"{number:04}.warc.gz", pages, number)
        sparse = folder / "sparse" / f"{number:04}.warc.gz"
        if number >= DISTINCT:
            os.link(folder / "sparse" / f"{number % DISTINCT:04}.warc.gz", sparse)
            continue
        each = SPARSE_RECORDS // OURS_EVERY
        mixed = [rng.choice(pool) for _ in range(SPARSE_RECORDS)]
        mixed[::OURS_EVERY] = [ours(number * each + n) for n in range(each)]
        write(sparse, mixed, number)


def timed(*words: str) -> Cost:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "yiqihui_spider", *words], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.perf_counter() - began, cpu)


def median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(c.seconds for c in costs), statistics.median(c.cpu for c in costs))


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def per_second(folder: Path, kind: str, pages: int) -> Row:
    """What a worker does in a second of processor time, without anything around it."""
    from yiqihui_spider.bulk.inputs import BulkInput
    from yiqihui_spider.bulk.task import Job, Options, read_shard
    from yiqihui_spider.site import built_in

    options, out = Options(built_in("178hui").text, True), folder / f"{kind}-alone"
    out.mkdir()
    files = sorted((folder / kind).iterdir())[:DISTINCT]
    read_shard(Job(BulkInput(str(files[0]), files[0]), options, out))  # what is loaded once
    began = time.process_time()
    for path in files:
        read_shard(Job(BulkInput(str(path), path), options, out))
    cpu = time.process_time() - began
    stored, plain = (
        sum(p.stat().st_size for p in files),
        sum(len(gzip.decompress(p.read_bytes())) for p in files),
    )
    rate = f"{stored / cpu / 1e6:.1f} MB of WARC ({plain / cpu / 1e6:.0f} MB inflated)"
    return Row(f"{kind}: a processor second reads", f"{rate}, {pages * len(files) / cpu:.0f} of our pages")


def compare(folder: Path, kind: str, pages: int, repeats: int, start: Cost) -> list[Row]:
    inputs = str(folder / kind / "*.warc.gz")
    megabytes = size_of(folder / kind) / 1e6
    costs: dict[int, list[Cost]] = {1: [], 2: []}
    for repeat in range(repeats):
        for workers in costs:
            tables = folder / f"{kind}-{workers}-{repeat}"
            costs[workers].append(timed("bulk", inputs, "-o", str(tables), "--workers", str(workers)))
    one, two = median(costs[1]), median(costs[2])
    work = one.cpu - start.cpu
    return [
        Row(
            f"{kind}: {megabytes:.0f} MB of WARC, {pages} of our pages, 2 workers",
            told(two, pages, megabytes),
            f"1 worker: {told(one, pages, megabytes)}",
            one.seconds / two.seconds,
            AIM,
        ),
        Row(
            f"{kind}: by processor time, were two cores free",
            f"{start.cpu:.1f} s serial (start of cluster and command), {work:.1f} s in parallel",
            f"{two.cpu / one.cpu:.2f} times the processor time of one worker",
            one.cpu / (start.cpu + (two.cpu - start.cpu) / 2),
            AIM,
        ),
    ]


def told(cost: Cost, pages: int, megabytes: float) -> str:
    speed = f"{megabytes / cost.seconds:.1f} MB/s, {pages / cost.seconds:.0f} pages/s"
    return f"{cost.seconds:.1f} s, {cost.cpu:.1f} s of processor, {speed}"


def rows(files: int = 24, repeats: int = 3) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, files)
        start = timed("bulk", str(folder / "dense" / "0000.warc.gz"), "-o", str(folder / "start"))
        found = [
            Row(
                "one file, start of the cluster included",
                f"{start.seconds:.1f} s, {start.cpu:.1f} s of processor",
            ),
            per_second(folder, "dense", DENSE_PAGES),
            per_second(folder, "sparse", SPARSE_RECORDS // OURS_EVERY),
            *compare(folder, "dense", files * DENSE_PAGES, repeats, start),
            *compare(folder, "sparse", files * SPARSE_RECORDS // OURS_EVERY, repeats, start),
        ]
        return found + taken_in(folder, files * DENSE_PAGES)


def taken_in(folder: Path, pages: int) -> list[Row]:
    """The tables imported, beside the files themselves."""
    tables = folder / "dense-2-0"
    costs = {
        words: timed("import", str(words), "--archive", str(folder / words.name / "a.db"))
        for words in (tables, folder / "dense")
    }
    ours, other = (f"{pages / cost.cpu:.1f} pages a processor second" for cost in costs.values())
    texts = pages * PER_PAGE * 1_400 * 3 / 1e6
    sizes = ", ".join(f"{name} {size_of(tables / name) / 1e6:.1f} MB" for name in ("articles", "captures"))
    return [
        Row("import of the tables", ours, f"of the WARC files: {other}"),
        Row("Parquet", sizes, f"{texts:.0f} MB of text"),
    ]


if __name__ == "__main__":
    print(shown(rows(*(int(word) for word in sys.argv[1:]))))
