"""``crawl`` itself runs in a process of its own in ``test_crawl.py``; here, what it is given."""

from __future__ import annotations

from pathlib import Path

from yiqihui_spider.crawl.runner import crawl_settings


def test_a_run_overrides_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    made = crawl_settings(tmp_path / "a.db", DOWNLOAD_DELAY=0.0, COMMAND="crawl --sample")
    assert made.get("ARCHIVE") == str(tmp_path / "a.db")
    assert made.get("COMMAND") == "crawl --sample"
    assert (made.getfloat("DOWNLOAD_DELAY"), made.getpriority("DOWNLOAD_DELAY")) == (0.0, 40)
    assert (made.getbool("ROBOTSTXT_OBEY"), made.getpriority("ROBOTSTXT_OBEY")) == (True, 20)
    assert list(made.getdict("ITEM_PIPELINES")) == [
        "yiqihui_spider.pipelines.SplitPipeline",
        "yiqihui_spider.pipelines.NormalisePipeline",
        "yiqihui_spider.pipelines.ArchivePipeline",
    ]
