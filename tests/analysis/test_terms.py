"""Which words of a text are counted."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

from yiqihui_spider.analysis.dictionary import Dictionary, load
from yiqihui_spider.analysis.terms import JiebaMissing, Segmenter, is_term


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(load([]))


def test_names_of_the_trade_are_words(segmenter: Segmenter) -> None:
    text = "每日一淘、云品仓和贝仓都在做社交电商,贝店也是。有品有鱼做社区团购,36氪写过社群。"
    assert segmenter.count(text) == {
        "每日一淘": 1, "云品仓": 1, "贝仓": 1, "社交电商": 1, "贝店": 1, "有品有鱼": 1, "社区团购": 1,
        "36氪": 1, "社群": 1, "写过": 1,
    }  # fmt: skip


def test_without_the_dictionary_they_are_not() -> None:
    assert not {"每日一淘", "云品仓"} & Segmenter(Dictionary()).count("每日一淘和云品仓").keys()


def test_title_and_body_together(segmenter: Segmenter) -> None:
    assert segmenter.count("社群", "社群里的社群") == {"社群": 3}
    assert segmenter.count(None, "") == {}


def test_width_and_case_are_one(segmenter: Segmenter) -> None:
    assert segmenter.count("ＧＭＶ、gmv、GMV") == {"gmv": 3}


@pytest.mark.parametrize(
    ("word", "counted"),
    [
        ("社群", True), ("iphone", True), ("1v1", True), ("群", False), ("2019", False), ("29.9", False),
        ("3.5%", False), ("二十", False), ("第三", False), ("千万", False), ("，", False), ("──", False),
        ("我们", False), ("618", True), ("拼多多", True), ("第三方", True), ("", False), ("_", False),
    ],
)  # fmt: skip
def test_what_is_a_term(word: str, counted: bool) -> None:
    assert is_term(word, load([])) is counted


def test_the_hash_tells_dictionaries_apart(tmp_path: Path, segmenter: Segmenter) -> None:
    mine = tmp_path / "mine.txt"
    hashes = {segmenter.hash, Segmenter(load([])).hash}
    assert len(hashes) == 1
    for text in ("七点集", "七点集 9", "-七点集", "-社群"):
        mine.write_text(text, "utf-8")
        hashes.add(Segmenter(load([mine])).hash)
    assert len(hashes) == 5


def test_segmenters_do_not_share_words(tmp_path: Path, segmenter: Segmenter) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("社群里", "utf-8")
    assert Segmenter(load([mine])).count("社群里") == {"社群里": 1}
    assert segmenter.count("社群里") == {"社群": 1}


def test_nothing_is_said_and_no_cache_of_others_is_read(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "jieba.cache").write_bytes(b"not a cache")
    assert Segmenter(Dictionary()).count("社会主义") == {"社会主义": 1}
    assert capfd.readouterr() == ("", "")
    assert [path.name for path in tmp_path.iterdir()] == ["jieba.cache"]
    assert logging.getLogger("jieba").level == logging.ERROR


def test_without_jieba_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jieba", None)
    with pytest.raises(
        JiebaMissing, match=r"^analyze needs jieba: pip install 'yiqihui-spider\[analysis\]'$"
    ):
        Segmenter(Dictionary())
