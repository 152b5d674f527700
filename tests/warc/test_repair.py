from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from yiqihui_spider.warc.reader import read_record
from yiqihui_spider.warc.records import WarcError, payload_digest
from yiqihui_spider.warc.repair import Repaired, records_after, repair_files, repair_tail, whole_until
from yiqihui_spider.warc.writer import WarcWriter

WHEN = "2026-11-22T06:00:00+00:00"


def page(number: int) -> bytes:
    return f"<p>第 {number} 页</p>".encode() * 50


@pytest.fixture
def warc(tmp_path: Path) -> tuple[Path, list[int]]:
    """A whole file of three exchanges, and the offsets of their responses."""
    with WarcWriter(tmp_path, software="test") as writer:
        captures = [
            writer.write_response(
                url=f"http://h/{number}",
                request_headers=b"GET / HTTP/1.1",
                status=200,
                reason="OK",
                headers=[],
                body=page(number),
                captured_at=WHEN,
            )
            for number in range(3)
        ]
    return tmp_path / captures[0].warc_file, [capture.warc_offset for capture in captures]


def check(*paths: Path) -> str:
    """What ``warcio check`` complains of; empty when clean."""
    tool = Path(sys.executable).with_name("warcio")
    done = subprocess.run([tool, "check", *paths], capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr + ("" if done.returncode == 0 else f"exit {done.returncode}")


def bodies(path: Path) -> list[bytes]:
    return [record.body for _, record in records_after(path, None)]


def test_a_whole_file_is_not_touched(warc: tuple[Path, list[int]]) -> None:
    path, offsets = warc
    path.chmod(0o400)
    before = (path.read_bytes(), path.stat())
    assert repair_tail(path) is None
    assert repair_tail(path, offsets[1]) is None
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before[0], before[1].st_mtime_ns)
    assert whole_until(path) == len(before[0])


def test_every_possible_cut_leaves_whole_records_and_loses_no_byte(warc: tuple[Path, list[int]]) -> None:
    path, offsets = warc
    whole = path.read_bytes()
    ends = [found for found in range(len(whole)) if whole[found : found + 4] == b"\x1f\x8b\x08\0"]
    for cut in sorted({*range(1, len(whole), 37), *ends[1:], *(end - 1 for end in ends[1:])}):
        path.write_bytes(whole[:cut])
        keep = max((end for end in ends if end <= cut), default=0)
        done = repair_tail(path)
        tail = path.with_name(path.name + ".tail")
        if keep == cut:
            assert done is None
            continue
        assert done == Repaired(path, cut - keep, tail)
        kept = path.read_bytes() if path.exists() else b""
        assert kept + tail.read_bytes() == whole[:cut]
        assert len(kept) == keep
        tail.unlink()
    path.write_bytes(whole[: offsets[2] + 100])
    repair_tail(path, offsets[1])
    assert bodies(path) == [page(0), page(1)]
    assert check(path) == ""


def test_junk_at_the_end_is_cut_too(warc: tuple[Path, list[int]]) -> None:
    path, _ = warc
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(4096))
    first = repair_tail(path)
    path.write_bytes(whole + b"\x1f\x8b\x08\0junk")
    second = repair_tail(path)
    assert path.read_bytes() == whole
    assert [
        (done.bytes_cut, done.kept_copy and done.kept_copy.name[-6:]) for done in (first, second) if done
    ] == [
        (4096, "z.tail"),
        (8, ".tail2"),
    ]


def test_damage_before_the_end_is_not_a_crash(warc: tuple[Path, list[int]]) -> None:
    path, offsets = warc
    data = bytearray(path.read_bytes())
    data[offsets[1] + 80] ^= 0xFF
    path.write_bytes(data[:-3])
    assert repair_tail(path) is None
    assert whole_until(path) is None
    assert path.read_bytes() == data[:-3]
    assert bodies(path) == [page(0), page(2)]


def test_a_known_record_is_never_cut_off(warc: tuple[Path, list[int]]) -> None:
    path, offsets = warc
    data = path.read_bytes()[: offsets[2] + 50]
    path.write_bytes(data)
    assert repair_tail(path, offsets[2]) is None
    assert path.read_bytes() == data


def test_a_file_without_any_record_moves_aside(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(b"\x1f\x8b\x08\0half a warcinfo")
    (tmp_path / "b.warc.gz").write_bytes(b"")
    (tmp_path / "other.txt").write_bytes(b"mine")
    (tmp_path / "theirs.warc.gz").write_bytes(b"\x1f\x8b\x08\0half a warcinfo")
    own = {"b.warc.gz": 0, "a.warc.gz": 0, "never-begun.warc.gz": 0}
    assert repair_files(tmp_path, own) == [
        Repaired(tmp_path / "a.warc.gz", 19, tmp_path / "a.warc.gz.tail"),
        Repaired(tmp_path / "b.warc.gz", 0, None),
    ]
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["a.warc.gz.tail", "other.txt", "theirs.warc.gz"]
    assert repair_files(tmp_path, own) == []
    assert repair_files(tmp_path / "none", own) == []


def test_what_cannot_be_repaired_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WarcError, match=r"none\.warc\.gz: can't be repaired: No such file or directory$"):
        repair_tail(tmp_path / "none.warc.gz")


def test_records_after_a_known_one(warc: tuple[Path, list[int]]) -> None:
    path, offsets = warc
    after = list(records_after(path, offsets[0]))
    assert [offset for offset, _ in after] == offsets[1:]
    assert [
        (record.url, record.payload_digest, record.time_source, record.origin) for _, record in after
    ] == [(f"http://h/{number}", payload_digest(page(number)), "clock", "live") for number in (1, 2)]
    assert list(records_after(path, offsets[2])) == []
    assert [offset for offset, _ in records_after(path, None)] == offsets


WRITE_ON = """
import sys
from pathlib import Path
from yiqihui_spider.warc.writer import WarcWriter
from random import Random
noise = Random(3).randbytes(300_000)
writer = WarcWriter(Path(sys.argv[1]), software="test", max_bytes=3_000_000)
print("go", flush=True)
for number in range(100_000):
    capture = writer.write_response(
        url=f"http://h/{number}", request_headers=b"GET / HTTP/1.1", status=200, reason="OK", headers=[],
        body=b"%d " % number + noise, captured_at="2026-11-22T06:00:00+00:00",
    )
    print(number, capture.warc_file, capture.warc_offset, flush=True)
"""


def killed(folder: Path, after: float) -> list[tuple[int, str, int]]:
    """Start a writer, kill it hard; what it had said is written."""
    process = subprocess.Popen([sys.executable, "-c", WRITE_ON, str(folder)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process:
        process.stdout.readline()
        time.sleep(after)
        process.kill()
        lines = process.stdout.read().splitlines(keepends=True)
    words = [line.decode().split() for line in lines if line.endswith(b"\n")]
    return [(int(number), name, int(offset)) for number, name, offset in words]


@pytest.mark.timeout(300)
def test_killed_writers_leave_what_they_said(tmp_path: Path) -> None:
    random = Random(11)
    noise = Random(3).randbytes(300_000)
    said = 0
    for attempt in range(10):
        folder = tmp_path / str(attempt)
        written = killed(folder, random.uniform(0.0, 0.5))
        known = {name: offset for _, name, offset in written}
        own = {path.name: known.get(path.name, 0) for path in folder.glob("*.warc.gz")}
        repair_files(folder, own)
        assert check(*folder.glob("*.warc.gz")) == ""
        for number, name, offset in written[-3:]:
            assert read_record(folder, name, offset).body == b"%d " % number + noise
        extra = [
            record.url
            for path in sorted(folder.glob("*.warc.gz"))
            for _, record in records_after(path, known.get(path.name))
        ]
        assert extra in ([], [f"http://h/{len(written)}"])
        assert sum(len(bodies(path)) for path in folder.glob("*.warc.gz")) == len(written) + len(extra)
        assert repair_files(folder, own) == []
        said += len(written)
    assert said > 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_file_that_may_not_be_written_is_one_line(warc: tuple[Path, list[int]]) -> None:
    path, _ = warc
    path.write_bytes(path.read_bytes()[:-1])
    path.chmod(0o400)
    with pytest.raises(WarcError, match=r"can't be repaired: Permission denied$"):
        repair_tail(path)
