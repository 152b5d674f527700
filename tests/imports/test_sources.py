from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
from pathlib import Path

import pytest
import zstandard

from yiqihui_spider.imports import sources
from yiqihui_spider.imports.sources import (
    Bomb,
    Counted,
    Input,
    Unreadable,
    expand,
    gunzipped,
    open_input,
    total_size,
    unbzip2,
    unxz,
    unzstd,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.txt", "a/2.txt", "a/1.txt", ".hidden", ".git/x", "warc/own.warc.gz"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    return tmp_path / "in"


def test_folders_are_opened_up_in_order_without_hidden_files_and_the_archives_own(folder: Path) -> None:
    found = list(expand(["-", str(folder), "missing.txt"], folder / "warc"))
    assert [str(one.name).replace(str(folder), "F") for one in found] == [
        "-", "F/b.txt", "F/a/1.txt", "F/a/2.txt", "missing.txt",
    ]  # fmt: skip
    assert [one.named for one in found] == [True, False, False, False, True]


def test_a_folder_that_is_linked_into_itself_is_read_once(folder: Path) -> None:
    os.symlink(folder, folder / "a" / "loop")
    assert len(list(expand([str(folder)]))) == 4


def test_a_folder_that_cannot_be_looked_into_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root looks into everything, so the refusal is made here."""
    look = os.scandir

    def scandir(path: str | Path) -> object:
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied", str(path))
        return look(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = list(expand([str(folder)], folder / "warc"))
    assert [one.name for one in found] == [str(folder / "b.txt"), str(folder / "a")]
    with pytest.raises(Unreadable, match=r"^can't be read: Permission denied$"):
        open_input(found[1], lambda size: None)


class Failing(io.RawIOBase):
    """Gives four bytes, then what a bad disk says."""

    given = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self.given:
            raise OSError(5, "Input/output error")
        self.given = True
        return b"abcd"


def test_a_disk_that_fails_is_told_in_one_line() -> None:
    stream = Counted(Failing())  # type: ignore[arg-type]
    assert stream.peek(9) == b"abcd"
    assert stream.read(4) == b"abcd"
    with pytest.raises(Unreadable, match=r"^can't be read: Input/output error$"):
        stream.read(4)


def test_sizes_add_up(folder: Path) -> None:
    assert total_size(expand([str(folder), "missing.txt"])) == 20


def test_an_input_knows_its_time_and_address(tmp_path: Path) -> None:
    path = tmp_path / "a b.txt"
    path.write_text("x")
    os.utime(path, (0, 1559639844.9))
    one = Input(str(path), path)
    assert one.modified_at == "2019-06-04T09:17:24+00:00"
    assert one.address == f"file://{tmp_path}/a%20b.txt"
    assert Input("-", None).modified_at is None


def test_bytes_are_counted_once_however_often_they_are_read() -> None:
    counts: list[int] = []
    stream = Counted(io.BytesIO(b"0123456789"), counts.append)
    assert stream.peek(4) == b"0123"
    assert counts == []
    assert stream.read(3) == b"012"
    assert stream.read(3) == b"345"  # what was looked at comes first, and is not all
    assert stream.read(1) == b"6"
    assert stream.seek(2) == 2
    assert stream.read() == b"23456789"
    assert (sum(counts), stream.tell(), stream.furthest) == (10, 10, 10)


def test_seeking_forgets_what_was_looked_at() -> None:
    stream = Counted(io.BytesIO(b"0123456789"))
    stream.peek(8)
    stream.seek(9)
    assert stream.read(5) == b"9"
    assert stream.seek(0, 2) == 10


def test_codings_are_undone() -> None:
    data = b"one" * 1000
    packed = gzip.compress(data, mtime=0) + gzip.compress(b"two", mtime=0)
    assert read_all(gunzipped(Counted(io.BytesIO(packed)))) == data + b"two"
    frames = zstandard.compress(data) + zstandard.compress(b"two")
    assert read_all(unzstd(Counted(io.BytesIO(frames)))) == data + b"two"


@pytest.mark.parametrize("cut", [1, 5, 700])
def test_a_zstd_file_without_its_end_is_told(cut: int) -> None:
    data = os.urandom(1000)
    with pytest.raises(Unreadable, match=r"the zstd data is damaged or cut off \(the end is missing\)"):
        read_all(unzstd(Counted(io.BytesIO(zstandard.compress(data)[:-cut]))))


class Dripping(io.RawIOBase):
    """A pipe whose other end writes a byte at a time."""

    def __init__(self, data: bytes) -> None:
        self.data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self.data.read(1)


CODINGS = {
    "plain": (lambda data: data, lambda stream: stream),
    "gzip": (gzip.compress, gunzipped),
    "zstd": (zstandard.compress, unzstd),
    "bzip2": (bz2.compress, unbzip2),
    "xz": (lzma.compress, unxz),
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("size", [1, 1000, 65_535, 65_536, 65_537, 131_073, 300_000])
def test_a_short_read_is_not_the_end(coding: str, size: int) -> None:
    pack, unpack = CODINGS[coding]
    data = os.urandom(size)
    for source in (io.BytesIO(pack(data)), Dripping(pack(data))):
        stream = unpack(Counted(source))  # type: ignore[arg-type]
        stream.peek(min(size, 700))
        assert stream.read(size) == data
        assert stream.read(1) == b""


def test_several_streams_and_padding_between_them() -> None:
    packed = lzma.compress(b"one") + bytes(8) + lzma.compress(b"two") + bytes(4)
    assert read_all(unxz(Counted(io.BytesIO(packed)))) == b"onetwo"
    assert read_all(unbzip2(Counted(io.BytesIO(bz2.compress(b"a") + bz2.compress(b"b"))))) == b"ab"


@pytest.mark.parametrize("coding", ["bzip2", "xz"])
def test_a_missing_end_is_told(coding: str) -> None:
    pack, unpack = CODINGS[coding]
    stream = unpack(Counted(io.BytesIO(pack(os.urandom(200_000))[:-30])))
    with pytest.raises(Unreadable, match=rf"the {coding} data is damaged or cut off \(the end is missing\)"):
        read_all(stream)


def samples() -> list[bytes]:
    return [b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: %d\r\n\r\n" % n * 30 for n in range(300)]


@pytest.mark.parametrize("packed", [True, False])
def test_a_dictionary_in_front_is_used(packed: bool) -> None:
    words = zstandard.train_dictionary(4096, samples())
    data = samples()[7]
    frame = zstandard.ZstdCompressor(dict_data=words).compress(data)
    raw = zstandard.compress(words.as_bytes()) if packed else words.as_bytes()
    head = b"\x5d\x2a\x4d\x18" + len(raw).to_bytes(4, "little") + raw
    assert read_all(unzstd(Counted(Dripping(head + frame + frame)))) == data + data  # type: ignore[arg-type]
    with pytest.raises(Unreadable, match="with a zstd dictionary that is not in it"):
        read_all(unzstd(Counted(io.BytesIO(frame))))
    with pytest.raises(Unreadable, match="the end of the dictionary is missing"):
        read_all(unzstd(Counted(io.BytesIO(head[:-9]))))


def read_all(stream: Counted) -> bytes:
    return b"".join(iter(lambda: stream.read(65536), b""))


def test_damaged_data_is_told_in_one_line() -> None:
    packed = gzip.compress(bytes(range(256)) * 50, mtime=0)
    with pytest.raises(Unreadable, match=r"the gzip data is damaged or cut off \(.*\)"):
        gunzipped(Counted(io.BytesIO(b"\x1f\x8b\x08" + bytes(100)))).peek(100_000)
    stream = gunzipped(Counted(io.BytesIO(packed[:-20])))
    head = stream.peek(100_000)
    assert head == (bytes(range(256)) * 50)[: len(head)]
    assert stream.read(100_000) == head  # what is there is there
    with pytest.raises(Unreadable, match="gzip"):
        stream.read(1)


def test_a_bomb_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "RATIO_FREE", 1024 * 1024)
    stream = gunzipped(Counted(io.BytesIO(gzip.compress(bytes(8 * 1024 * 1024), mtime=0))))
    with pytest.raises(Bomb, match="300 times"):
        read_all(stream)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing", "no such file"),
        ("shut", "can't be read: Permission denied"),
        ("dir", "is a folder, not a file"),
        ("", "an empty name names no file"),
    ],
)
def test_what_cant_be_opened_says_why(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "shut").write_text("x")
    (tmp_path / "shut").chmod(0)
    (tmp_path / "dir").mkdir()
    if name == "shut" and os.geteuid() == 0:
        pytest.skip("root may read everything")
    with pytest.raises(Unreadable, match=why):
        open_input(Input(name, tmp_path / name), lambda size: None)
