from __future__ import annotations

import pytest

from yiqihui_spider.cli.common import Failure, plain_errors
from yiqihui_spider.errors import YiqihuiError
from yiqihui_spider.session import ArchiveLocked


@pytest.mark.parametrize(("kind", "code"), [(YiqihuiError, 1), (ArchiveLocked, 75)])
def test_an_error_of_ours_is_told_as_it_is(kind: type[YiqihuiError], code: int) -> None:
    with pytest.raises(Failure) as caught, plain_errors():
        raise kind("说明白")
    assert (caught.value.format_message(), caught.value.exit_code) == ("说明白", code)
