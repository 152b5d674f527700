"""The splitter's speed on 100 MB of generated text, against reading and decoding the same file.

Both are measured in turn, several times, and the best of each counts; garbage collection stays on.
Aim: splitting at half the speed of reading and decoding, or better.

Usage: python benchmarks/bench_splitter.py [MEGABYTES] [--check]
With --check the exit code is 1 if the aim is missed.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

from yiqihui_spider.parse.splitter import split
from yiqihui_spider.site import built_in

AIM = 0.5
ROUNDS = 5
PER_PAGE = 20
PHRASES = (
    "社群里的人越来越多", "团长把通知写得很清楚", "一次买两箱", "退货率降到了2-3%", "8月26日那天",
    "记录还在表里", "每天24小时有人值班", "“先把话说清楚”", "价钱没有变", "(1)先付款", "仓库搬到了城东",
)  # fmt: skip
WEIGHTS = (200, 200, 1, 200, 200, 1, 200, 200, 200, 200, 200)
"""On the one real page 次 stands once in 1,400 characters of text, 记录 more rarely."""
SOURCES = ("", "一起惠", "一起惠返利网", "36氪", "巷口观察")


def body(rng: random.Random) -> str:
    """One line like a listing's fused body: 300 to 5,000 characters."""
    count = rng.randint(30, 500)
    return ",".join(rng.choices(PHRASES, WEIGHTS, k=count)) + "。"


def pages(rng: random.Random, size: int) -> Iterator[str]:
    """Listing pages of together at least ``size`` bytes in UTF-8."""
    moment = datetime(2019, 6, 4, 9, 17, 24, tzinfo=timezone.utc)
    number = 0
    while size > 0:
        lines = ["当前位置:首页>一起惠资讯>社群>文章列表", "社群"]
        for _ in range(PER_PAGE):
            moment -= timedelta(minutes=rng.randint(1, 90))
            lines += [body(rng), f"{rng.choice(SOURCES)}{moment:%Y-%m-%d %H:%M:%S}{rng.randint(1, 9999)} 次"]
        first = number * PER_PAGE + 1
        lines.append(
            f"{first}-{first + PER_PAGE - 1}/999999 记录{number + 1}/50000 页首页上一页12345下一页尾页"
        )
        number += 1
        page = "\n".join(lines) + "\n"
        size -= len(page.encode())
        yield page


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("megabytes", nargs="?", type=int, default=100)
    arguments.add_argument("--check", action="store_true", help="exit 1 if the aim is missed")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pages.txt"
        with path.open("w", encoding="utf-8", newline="") as out:
            out.writelines(pages(random.Random(2019), options.megabytes * 1_000_000))
        ratio = measure(path)
    return int(options.check and ratio < AIM)


def measure(path: Path) -> float:
    """Splitting speed over reading speed."""
    reading, splitting = [], []
    site = built_in("178hui")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        text = path.read_bytes().decode("utf-8")
        reading.append(time.perf_counter() - start)
        start = time.perf_counter()
        page = split(text, site)
        splitting.append(time.perf_counter() - start)
        found = len(page.entries), len(page.pagers), len(page.residues)
        del page
    megabytes = path.stat().st_size / 1e6
    ratio = min(reading) / min(splitting)
    print(f"{megabytes:.0f} MB: {found[0]} entries on {found[1]} pages, {found[2]} residues")
    print(f"reading and decoding  {min(reading):6.3f} s  {megabytes / min(reading):6.0f} MB/s")
    print(f"splitting             {min(splitting):6.3f} s  {megabytes / min(splitting):6.0f} MB/s")
    print(f"ratio {ratio:.2f} (aim: {AIM} or better)")
    return ratio


if __name__ == "__main__":
    raise SystemExit(main())
