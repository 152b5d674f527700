from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from yiqihui_spider.warc.files import WarcFile, new_path
from yiqihui_spider.warc.records import WarcError


def test_names_tell_the_moment_and_never_repeat(tmp_path: Path) -> None:
    files = [WarcFile(new_path(tmp_path / "deep" / "warc", "yiqihui", 7)) for _ in range(3)]
    for file in files:
        assert re.fullmatch(r"yiqihui-\d{17}-00007-[0-9a-f]{8}\.warc\.gz", file.name)
        file.append(b"x")
        file.close()
    assert sorted(path.name for path in (tmp_path / "deep" / "warc").iterdir()) == sorted(
        file.name for file in files
    )


def test_append_says_where(tmp_path: Path) -> None:
    file = WarcFile(new_path(tmp_path, "w", 1))
    assert [file.append(b"abc"), file.append(b"defg")] == [0, 3]
    assert file.path.read_bytes() == b"abcdefg"
    assert file.size == 7
    file.close()


def test_a_file_without_records_does_not_stay(tmp_path: Path) -> None:
    WarcFile(new_path(tmp_path, "w", 1)).close()
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_place_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(
        WarcError, match=r"^\S+/file/warc/w-\S+\.warc\.gz: can't be written: Not a directory$"
    ):
        WarcFile(new_path(tmp_path / "file" / "warc", "w", 1))


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from yiqihui_spider.warc.files import WarcFile, new_path
from yiqihui_spider.warc.records import WarcError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
file = WarcFile(new_path(Path(sys.argv[1]), "w", 1))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
file.append(b"a" * 60_000)
try:
    file.append(b"b" * 60_000)
except WarcError as error:
    print(str(error).partition(": ")[2])
print(file.append(b"c" * 30_000))
file.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="file size limits are a POSIX matter")
def test_a_full_disk_leaves_no_half_record(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "can't be written: File too large\n60000\n"
    (path,) = tmp_path.iterdir()
    assert path.read_bytes() == b"a" * 60_000 + b"c" * 30_000
