from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.crawling import Field, Nursery, nursery
from support.faults import Faults, serve_faulty

from yiqihui_spider.sample.site import SampleSite


@pytest.fixture(scope="session", name="nursery")
def one_nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """The process that forks crawls (``crawling.py``); it starts when first asked for."""
    with nursery(tmp_path_factory.mktemp("nursery")) as opened:
        yield opened


@pytest.fixture
def site() -> SampleSite:
    return SampleSite()


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def crawls(site: SampleSite, faults: Faults, nursery: Nursery, tmp_path: Path) -> Iterator[Field]:
    """An archive to be made, and ``site`` with ``faults`` on a server."""
    with serve_faulty(site, faults) as server:
        yield Field(tmp_path / "archive.db", server, nursery)
