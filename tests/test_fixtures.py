"""Every case in fixtures/ stands where a test reads it."""

from __future__ import annotations

from support.paths import FIXTURES

STAGES = {"split": "input.txt", "page_text": "input.html", "warc": "input.*", "reading": "input.*"}
"""Folder of a stage → what a case in it holds besides expected.json."""

INPUT_KEPT_ELSEWHERE = {"listing-page-2"}
"""The real page is not ours to publish; its fixture holds numbers and hashes."""


def test_no_case_is_passed_over() -> None:
    cases = {path.parent for path in FIXTURES.rglob("expected.json")}
    cases |= {path.parent for path in FIXTURES.rglob("input.*")}
    assert len(cases) > 50
    strays = {case for case in cases if case.parent.parent != FIXTURES or case.parent.name not in STAGES}
    assert strays == set()


def test_every_case_is_whole() -> None:
    for stage, pattern in STAGES.items():
        for case in (FIXTURES / stage).iterdir():
            assert (case / "expected.json").is_file(), case
            assert len(list(case.glob(pattern))) == (case.name not in INPUT_KEPT_ELSEWHERE), case
