from __future__ import annotations

from typing import get_args

import pytest

from yiqihui_spider.items import FailureKind
from yiqihui_spider.middlewares import errors
from yiqihui_spider.middlewares.errors import reason_phrase


@pytest.mark.parametrize(
    ("status", "phrase"), [(200, "OK"), (304, "Not Modified"), (404, "Not Found"), (599, ""), (0, "")]
)
def test_reason_phrases(status: int, phrase: str) -> None:
    assert reason_phrase(status) == phrase


def test_every_error_says_a_kind_that_failures_know() -> None:
    found = {value.__name__: value.kind for value in vars(errors).values() if hasattr(value, "kind")}
    assert found == {
        "OffHost": "strange",
        "EndlessRedirects": "strange",
        "ForbiddenByRobots": "forbidden",
        "RobotsUnavailable": "closed",
        "TooLong": "strange",
        "Untrusted": "unreachable",
        "ProxyRefused": "unreachable",
        "BadRedirect": "strange",
        "BrokenAnswer": "broken",
    }
    assert set(found.values()) <= set(get_args(FailureKind))
