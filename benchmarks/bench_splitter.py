"""The splitter's speed on 100 MB of generated text, against reading and decoding the same file.

Both are measured several times, in processor time; garbage collection stays on.
Aim: splitting at half the speed of reading and decoding, or better.

Usage: python benchmarks/bench_splitter.py [MEGABYTES]
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

from table import Row, cpu_of, shown

from yiqihui_spider.parse.splitter import split
from yiqihui_spider.site import built_in
from yiqihui_spider.wording import counted

AIM = 0.5
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


def rows(megabytes: int = 100) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pages.txt"
        with path.open("w", encoding="utf-8", newline="") as out:
            out.writelines(pages(random.Random(2019), megabytes * 1_000_000))
        return [_measured(path)]


def _measured(path: Path) -> Row:
    site = built_in("178hui")
    megabytes = path.stat().st_size / 1e6
    reading = cpu_of(lambda: path.read_bytes().decode("utf-8"))
    text = path.read_bytes().decode("utf-8")
    splitting = cpu_of(lambda: split(text, site))
    page = split(text, site)
    told = (
        f"{len(page.entries)} entries on {len(page.pagers)} pages, {counted(len(page.residues), 'residue')}"
    )
    return Row(
        f"splitting {megabytes:.0f} MB of text",
        f"{megabytes / splitting:.0f} MB/s ({told})",
        f"reading and decoding it: {megabytes / reading:.0f} MB/s",
        reading / splitting,
        AIM,
    )


if __name__ == "__main__":
    print(shown(rows(*map(int, sys.argv[1:2]))))
