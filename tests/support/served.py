"""An archive with hostile texts in it, and the real `serve` command over it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.archive_pages import CITY, RIVER, SCHOOL, Filling, at, entry

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


@contextmanager
def serving(path: Path) -> Iterator[str]:
    """The real command on a free port; its address."""
    command = [sys.executable, "-m", "yiqihui_spider", "serve", "--port", "0", "--archive", str(path)]
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
