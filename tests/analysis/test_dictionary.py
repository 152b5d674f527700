"""Dictionaries: what their lines say, and whose word is last."""

from __future__ import annotations

from pathlib import Path

import pytest

from yiqihui_spider.analysis.dictionary import Dictionary, DictionaryError, fold, load, merged, parse


def test_lines() -> None:
    text = "\ufeff# 备注\n\n云品仓\n  贝仓 300  # 又一个\r\nＫＯＬ 5 n\n36氪\n-公司\n- 平台 \n老词\n-老词\n"
    found = parse(text, "x")
    assert found.words == {"云品仓": None, "贝仓": 300, "kol": 5, "36氪": None}
    assert found.dropped == {"公司", "平台", "老词"}


@pytest.mark.parametrize("line", ["两个 词 在一行", "词 12x", "-", "词 -5"])
def test_a_line_that_says_nothing_is_named(line: str) -> None:
    with pytest.raises(DictionaryError, match=r"^我的\.txt, line 2: not a word with an optional number: "):
        parse(f"好词\n{line}\n", "我的.txt")


def test_what_comes_later_has_the_last_word() -> None:
    first = Dictionary({"甲": 1, "乙": None}, {"丙", "丁"})
    second = Dictionary({"丙": 7}, {"乙"})
    together = merged([first, second])
    assert (together.words, together.dropped) == ({"甲": 1, "丙": 7}, {"丁", "乙"})
    assert first == Dictionary({"甲": 1, "乙": None}, {"丙", "丁"})


def test_the_packages_own() -> None:
    own = load([])
    assert own.words.keys() >= {
        "每日一淘", "云品仓", "贝仓", "贝店", "有品有鱼", "社群", "社交电商", "社区团购", "618", "36氪",
    }  # fmt: skip
    assert own.dropped >= {"我们", "因为", "the"}
    assert own.words.keys().isdisjoint(own.dropped)
    assert all(word == fold(word) for word in (*own.words, *own.dropped))


def test_users_files(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.txt", tmp_path / "other.txt"
    mine.write_text("七点集\n-社群\n我们\n", "utf-8")
    other.write_text("社群 9\n", "utf-8")
    found = load([mine])
    assert "七点集" in found.words
    assert "我们" in found.words
    assert "我们" not in found.dropped
    assert "社群" in found.dropped
    assert "社群" not in found.words
    assert load([mine, other]).words["社群"] == 9


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "gbk.txt").write_bytes("云品仓".encode("gbk"))
    with pytest.raises(DictionaryError, match=r"gbk\.txt is not UTF-8 text$"):
        load([tmp_path / "gbk.txt"])
    with pytest.raises(DictionaryError, match=r"^cannot read .*none\.txt: No such file or directory$"):
        load([tmp_path / "none.txt"])
    with pytest.raises(DictionaryError, match=r": Is a directory$"):
        load([tmp_path])
