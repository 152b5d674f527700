from __future__ import annotations

import doctest

import pytest

from yiqihui_spider import clock, wording
from yiqihui_spider.archive.search import query
from yiqihui_spider.cli import terminal


@pytest.mark.parametrize("module", [wording, clock, terminal, query])
def test_examples(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
