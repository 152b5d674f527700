from __future__ import annotations

from typing import Any

import pytest

from yiqihui_spider.crawl.outcome import Summary, WalkResult, decide
from yiqihui_spider.errors import Exit

GOOD = WalkResult("社群", True, (), 139, 139, "full")
BAD = WalkResult("社群", False, ("page 3 declared 140 articles, page 2 had 139",), 140, 139, "full")


@pytest.mark.parametrize(
    ("what", "code", "outcome"),
    [
        ({"walks": [GOOD], "pages": 8}, Exit.DONE, "certified"),
        ({}, Exit.DONE, "nothing to do"),
        ({"walks": [GOOD, BAD], "pages": 16}, Exit.UNCERTIFIED, "not certified"),
        ({"walks": [GOOD], "pages": 8, "gaps": 1}, Exit.UNCERTIFIED, "not certified"),
        ({"walks": [GOOD], "pages": 8, "failures": ["x: 404 Not Found"]}, Exit.UNCERTIFIED, "not certified"),
        ({"walks": [GOOD], "pages": 8, "interrupted": True}, Exit.UNCERTIFIED, "interrupted"),
        ({"walks": [BAD], "pages": 8, "layout": ["x: 12 characters"]}, Exit.LAYOUT, "layout not understood"),
        ({"failures": ["x"], "layout": ["x"]}, Exit.LAYOUT, "layout not understood"),
        ({"failures": ["x"], "unreachable": ["x"]}, Exit.TRY_LATER, "site unreachable"),
        ({"failures": ["x"], "unreachable": ["x"], "pages": 1}, Exit.UNCERTIFIED, "not certified"),
        ({"failures": ["x"], "forbidden": ["x"]}, Exit.FAILED, "forbidden by robots.txt"),
        (
            {"failures": ["x"], "forbidden": ["x"], "pages": 3, "walks": [GOOD]},
            Exit.UNCERTIFIED,
            "not certified",
        ),
        ({"busy": True, "pages": 8, "failures": ["x"], "layout": ["x"]}, Exit.TRY_LATER, "archive busy"),
        ({"busy": True, "errors": ["KeyError: 'x'"]}, Exit.FAILED, "failed"),
        ({"gone": ["x: 404 Not Found"], "walks": [GOOD], "pages": 8}, Exit.DONE, "certified"),
        ({"failures": ["no category X"], "pages": 1}, Exit.FAILED, "failed"),
        ({"walks": [GOOD], "pages": 8, "errors": ["KeyError: 'x'"]}, Exit.FAILED, "failed"),
    ],
)
def test_exit_codes(what: dict[str, Any], code: int, outcome: str) -> None:
    assert decide(Summary(**what)) == (code, outcome)


def test_exit_codes_are_the_contract() -> None:
    assert [int(code) for code in Exit] == [0, 1, 2, 3, 4, 75]
