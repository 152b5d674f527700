"""spidermon, set up as docs/scrapy.md prints it, sees what a crawl came to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.crawling import Crawl, Field
from support.faults import Answer, Faults
from support.paths import ROOT

pytest.importorskip("spidermon", reason="spidermon is not installed")


def results(done: Crawl) -> dict[str, str]:
    """What each monitor came to."""
    return dict(re.findall(r"\[Spidermon\] (.+?)/.*\.\.\. (OK|FAIL)$", done.err, re.MULTILINE))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_dead_site_is_seen(crawls: Field, faults: Faults, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "scrapy.md").read_text("utf-8")
    (printed,) = re.findall(r"```python\n# watched\.py;[^\n]*\n(.*?)```", page, re.DOTALL)
    (tmp_path / "watched.py").write_text(printed, "utf-8")
    words = ["scrapy", "crawl", "listing", "-a", f"start_url={crawls.home}/news/", "-a", "details=0"]
    words += ["-s", f"ARCHIVE={crawls.archive}", "-s", "DOWNLOAD_DELAY=0", "-s", "RETRY_TIMES=0"]

    def crawl() -> Crawl:
        env = {"SCRAPY_SETTINGS_MODULE": "watched"}
        return crawls.nursery.start(*words, env=env, cwd=tmp_path).wait()

    well = crawl()
    assert well.code == 0, well.err
    assert results(well) == {
        "Extracted Items Monitor": "OK",
        "Finish Reason Monitor": "OK",
        "RunMonitor": "OK",
    }
    faults.on("/*", Answer("", status=503))
    dead = crawl()
    assert dead.code == 75
    assert (results(dead)["Extracted Items Monitor"], results(dead)["RunMonitor"]) == ("FAIL", "FAIL")
    assert "site unreachable" in dead.err
