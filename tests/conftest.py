from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.crawling import Field, Nursery, nursery
from support.faults import Faults, serve_faulty

from yiqihui_spider.sample.site import SampleSite

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--covered-ran",
        action="store_true",
        help="leave out what make cover runs: the tests in $PURE that are not thorough",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--covered-ran"):
        return
    pure = [ROOT / path for path in os.environ["PURE"].split()]
    ran = [item for item in items if _within(item.path, pure) and not item.get_closest_marker("thorough")]
    config.hook.pytest_deselected(items=ran)
    left_out = set(ran)
    items[:] = [item for item in items if item not in left_out]


def _within(path: Path, folders: list[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)


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
