"""What everybody asks first is asked in advance: at once, and again when a change has come to rest."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from yiqihui_spider.serving import warming


def asked(states: Iterator[int], monkeypatch: pytest.MonkeyPatch, *, failing: str = "") -> list[str]:
    """The pages asked for while the archive goes through these states."""
    monkeypatch.setattr(warming, "EVERY", 0.0)
    monkeypatch.setattr(warming, "pages", lambda: ["/", "/other"])
    got: list[str] = []

    class End(BaseException):
        pass

    def state() -> int:
        try:
            return next(states)
        except StopIteration:
            raise End from None

    async def get(page: str) -> None:
        got.append(page)
        if page == failing:
            raise OSError("no")

    database = SimpleNamespace(answers=SimpleNamespace(state=state))
    datasette: Any = SimpleNamespace(get_database=lambda name: database, client=SimpleNamespace(get=get))
    with pytest.raises(End):
        asyncio.run(warming.keep_warm(datasette))
    return got


@pytest.mark.parametrize(
    ("states", "times"),
    [
        ([1], 1),
        ([1, 1, 1], 1),
        ([1, 2], 1),  # still being written
        ([1, 2, 3, 4], 1),
        ([1, 2, 2], 2),
        ([1, 2, 2, 2, 3, 3], 3),
    ],
)
def test_once_for_each_state_that_lasts(
    states: list[int], times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(iter(states), monkeypatch) == ["/", "/other"] * times


def test_a_page_that_fails_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(iter([1, 2, 2]), monkeypatch, failing="/") == ["/", "/"]


def test_all_that_takes_long_is_among_them() -> None:
    told = warming.pages()
    assert told[0] == "/"
    assert {"/yiqihui/articles", "/yiqihui/view_growth", "/yiqihui/fastest_growing"} <= set(told)
    assert len(told) == len(set(told))
