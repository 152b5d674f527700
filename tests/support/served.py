"""An archive with hostile texts in it, and the real `serve` command over it."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.archive_pages import CITY, RIVER, SCHOOL, Filling, at, entry
from yiqihui_spider.imports.importer import Import

with warnings.catch_warnings():
    # Datasette opens two connections to learn what SQLite can do, and leaves them to the garbage collector.
    warnings.simplefilter("ignore", ResourceWarning)
    from yiqihui_spider.serving.app import close, make_datasette
    from datasette.utils.sqlite import sqlite_version  # type: ignore[import-untyped]  # isort: skip

    sqlite_version()
    gc.collect()

HOSTILE = "<script>alert('title')</script><img src=x onerror=alert('img')>社群"
HOSTILE_BODY = "</td></table><script>alert('body')</script> 社群的团长说:<b>粗体</b> & \"引号\"。"


def fill(path: Path) -> None:
    filling = Filling(path)
    filling.listing(
        at(1),
        entry(CITY + "社群里的人都这么说。", 11, views=100, title="菜市场与社群", source="一起惠"),
        entry(RIVER, 12, views=50, title="河边的工厂", published_at="2019-05-02T10:00:00+08:00"),
        entry(SCHOOL, 13, views=7, title="记账课", published_at="2019-06-05T08:00:00+08:00"),
        entry(HOSTILE_BODY, 14, views=3, title=HOSTILE, published_at="2019-06-06T08:00:00+08:00"),
    )
    filling.listing(
        at(3), entry(RIVER, 12, views=90, title="河边的工厂", published_at="2019-05-02T10:00:00+08:00")
    )
    filling.db.execute(
        """
        INSERT INTO walks
          (run_id, category, started_at, finished_at, declared_total, distinct_articles, certified)
        VALUES (1, '社群', ?, ?, 4, 4, 1)
        """,
        [at(1), at(1, 7)],
    )
    filling.db.close()


EVIL = """<!DOCTYPE html><html><head><base href="{trap}">
<meta http-equiv="refresh" content="0;url={trap}refresh"><link rel="stylesheet" href="{trap}css">
<style>@import "{trap}import"; body {{ background: url({trap}bg) }}</style>
<script src="{trap}js"></script></head>
<body onload="fetch('{trap}onload')" background="{trap}background">
<p>当前位置:<a href="javascript:fetch('{trap}c')">首页</a>&gt;一起惠资讯&gt;社群&gt;文章列表</p><h1>社群</h1>
<img src="{trap}img" srcset="{trap}srcset 2x" onerror="fetch('{trap}onerror')"><iframe src="{trap}iframe">
</iframe><svg><image href="{trap}svg"/><script>fetch('{trap}svgscript')</script></svg>
<video poster="{trap}poster"></video><object data="{trap}object"></object>
<form action="{trap}form"><input name="a"><button>send</button></form>
<div style="background:url({trap}style)"><a href="/news/view/101.html">甲题目</a><p>甲文第一句在这里。</p>
一起惠2019-04-13 09:30:07407 次</div><div style="display:none">看不见的字</div>
<p>1-1/1 记录1/1 页首页上一页1下一页尾页</p><template><img src="{trap}template"></template></body></html>"""


def evil_archive(folder: Path, trap: str) -> Path:
    """An archive of one page that tries everything."""
    saved = folder / "evil.html"
    saved.write_text(EVIL.format(trap=trap), encoding="utf-8")
    Import(folder / "a.db", any_host=True).run([str(saved)])
    return folder / "a.db"


class Pages:
    """Datasette asked in-process; opened and closed within one event loop per request."""

    def __init__(self, path: Path, lang: str = "en") -> None:
        self.path = path
        self.lang = lang

    def get(self, url: str) -> Any:
        async def ask() -> Any:
            datasette = make_datasette(self.path, self.lang)
            await datasette.invoke_startup()
            try:
                return await datasette.client.get(url, follow_redirects=True)
            finally:
                close(datasette)

        return asyncio.run(ask())

    def rows(self, url: str) -> list[dict[str, Any]]:
        answer = self.get(url)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found


@contextmanager
def serving(path: Path, *options: str) -> Iterator[str]:
    """The real command on a free port; its address."""
    command = [
        sys.executable,
        "-m",
        "yiqihui_spider",
        "serve",
        "--port",
        "0",
        "--archive",
        str(path),
        *options,
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert " at http://127.0.0.1:" in line, process.communicate()
        yield line.split(" at ")[1].split(" ")[0]
    finally:
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Traceback" not in printed + errors
