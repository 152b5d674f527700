"""When whom is to be told."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from yiqihui_spider.watch.notify import (
    FAILING,
    WELL,
    Ledger,
    Receiver,
    after,
    can_be_told,
    due,
    is_healthchecks,
    owed,
    state_of,
)

START = datetime(2026, 3, 1, tzinfo=timezone.utc)


def at(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat()


def story(*runs: tuple[float, str | None, bool], receiver: str = "x", arrives: bool = True) -> list[str]:
    """What is told of runs at so many hours, a word each."""
    ledger, told = Ledger(), []
    for hours, state, changed in runs:
        events = due(ledger, state, changed, at(hours))
        again = [e for e in ("failure", "recovery", "success") if owed(ledger, state, e, receiver)]
        sent = dict.fromkeys(((event, receiver) for event in [*events, *again]), arrives)
        ledger = Ledger.of(after(ledger, state, events, at(hours), sent, None).noted())
        told.append(" ".join([*events, *(f"again:{one}" for one in again)]))
    return told


def test_a_state_is_told_as_it_changes_and_once_a_day() -> None:
    runs = [(hour, WELL, False) for hour in range(3)] + [(hour, FAILING, False) for hour in range(3, 30)]
    told = story(*runs, (30, WELL, False), (31, WELL, False), (54, WELL, False))
    assert told[:5] == ["success", "", "", "failure change", ""]
    assert [(place, one) for place, one in enumerate(told) if one][2:] == [
        (27, "failure"),
        (30, "recovery success change"),
        (32, "success"),
    ]


def test_the_first_run_changes_nothing() -> None:
    assert story((0, WELL, False)) == ["success"]
    assert story((0, FAILING, False)) == ["failure"]
    assert story((0, WELL, True)) == ["success change"]
    assert story((0, None, False)) == [""]


def test_a_daily_run_that_ends_a_little_earlier_is_told_of_every_day() -> None:
    assert story(*((24 * day - 0.1 * (day % 2), WELL, False) for day in range(4))) == ["success"] * 4


def test_passing_trouble_changes_no_state_either_way() -> None:
    """Two runs side by side: the second ends with 75 each time, and nothing flaps."""
    assert (
        story(*((hour, WELL if hour % 2 else None, False) for hour in range(1, 8))) == ["success"] + [""] * 6
    )
    told = story((0, FAILING, False), (1, None, False), (25, None, False), (26, WELL, False))
    assert told == ["failure", "", "failure", "recovery success change"]


def test_a_clock_that_jumps_neither_silences_nor_floods() -> None:
    year = 365 * 24
    told = story((0, FAILING, False), (year, FAILING, False), (1, FAILING, False), (2, FAILING, False))
    assert told == ["failure", "failure", "failure", ""]


def test_what_did_not_arrive_is_tried_by_the_next_two_runs() -> None:
    told = story(*((hour, FAILING, True) for hour in range(5)), arrives=False)
    assert told == ["failure change", "change again:failure", "change again:failure", "change", "change"]
    told = story((0, FAILING, False), (1, None, False), (2, WELL, False), (3, None, False), arrives=False)
    assert told == ["failure", "again:failure", "recovery success change", ""], (
        "what is true no more is not sent"
    )


def test_a_note_of_another_kind_is_none() -> None:
    for noted in (
        None,
        [],
        "x",
        {"state": "odd", "told": [], "owed": 3, "since": 4},
        {"told": {"failure": 3}},
    ):
        assert Ledger.of(noted) == Ledger()


@pytest.mark.parametrize(
    ("code", "alarming", "state"),
    [(0, False, WELL), (1, True, FAILING), (3, False, None), (75, True, FAILING)],
)
def test_state_of(code: int, alarming: bool, state: str | None) -> None:
    assert state_of(code, alarming) == state


@pytest.mark.parametrize(
    ("text", "usable"),
    [
        ("https://hooks.example/T0/x?y=1", True),
        ("GET http://me:pw@[::1]:8080/x", True),
        ("HTTPS://Hooks.Example", True),
        ("mail -s 'https://a.b is down' me", True),
        ("curl https://a.b", True),
        ("htps://a.b/", False),
        ("ftp://a.b/", False),
        ("PUT https://a.b/", False),
        ("https://", False),
        ("https://a b/", False),
        ("http://[", False),
        (" ", False),
    ],
)
def test_can_be_told(text: str, usable: bool) -> None:
    assert can_be_told(text) is usable


UUID = "5f3b1d0e-1a2b-4c3d-8e9f-001122334455"


@pytest.mark.parametrize(
    ("url", "failing"),
    [
        (f"https://hc-ping.com/{UUID}", f"https://hc-ping.com/{UUID}/fail"),
        (f"https://hc-ping.com/{UUID}/?create=1", f"https://hc-ping.com/{UUID}/fail?create=1"),
        (f"https://hc-ping.com/{UUID}/fail", f"https://hc-ping.com/{UUID}/fail"),
        (f"https://hc-ping.com/{UUID}/1", f"https://hc-ping.com/{UUID}/1"),
        ("https://hc-ping.com/key/slug", "https://hc-ping.com/key/slug/fail"),
        (f"http://127.0.0.1:8000/ping/{UUID}", f"http://127.0.0.1:8000/ping/{UUID}/fail"),
        ("https://hooks.example/T0/x", "https://hooks.example/T0/x"),
    ],
)
def test_a_check_of_healthchecks_is_told_that_all_is_not_well(url: str, failing: str) -> None:
    assert Receiver.of(url).address(FAILING) == failing
    assert Receiver.of(url).address(WELL) == url
    assert is_healthchecks(url) is ("hooks" not in url)
