from __future__ import annotations

import sqlite3

import pytest

from yiqihui_spider.cli.common import Failure, plain_errors
from yiqihui_spider.errors import YiqihuiError, in_words
from yiqihui_spider.session import ArchiveLocked


@pytest.mark.parametrize(("kind", "code"), [(YiqihuiError, 1), (ArchiveLocked, 75)])
def test_an_error_of_ours_is_told_as_it_is(kind: type[YiqihuiError], code: int) -> None:
    with pytest.raises(Failure) as caught, plain_errors():
        raise kind("说明白")
    assert (caught.value.format_message(), caught.value.exit_code) == ("说明白", code)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (YiqihuiError("说明白"), "说明白"),
        (sqlite3.OperationalError("disk I/O error"), "the archive's database: disk I/O error"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError(13, "Permission denied", "/a/b"), "/a/b: Permission denied"),
        (OSError("odd"), "OSError: odd"),
        (KeyError("x"), "KeyError: 'x'"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_errors_in_words(error: Exception, words: str) -> None:
    assert in_words(error) == words
