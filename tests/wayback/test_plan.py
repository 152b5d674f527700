from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from yiqihui_spider.wayback.cdx import EMPTY, LeftOut, Row
from yiqihui_spider.wayback.plan import Plan, plan

A, B = "http://www.178hui.com/a", "http://www.178hui.com/b"


@dataclass
class Archive:
    captures: dict[tuple[str, str], str] = field(default_factory=dict)
    misses: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def capture_at(self, url: str, captured_at: str) -> bool:
        return (url, captured_at) in self.captures

    def moment_of(self, url: str, digest: str) -> str | None:
        return next((at for (held, at), one in self.captures.items() if (held, one) == (url, digest)), None)

    def unproven_at(self, url: str, captured_at: str) -> set[str]:
        held = self.captures.get((url, captured_at))
        return {held} if held else set()

    def waiting(self, url: str, captured_at: str) -> tuple[str, str] | None:
        return self.misses.get((url, captured_at))


def row(
    day: int, digest: str | None = "sha1:X", url: str = A, mimetype: str = "text/html", status: str = "200"
) -> Row:
    return Row("com,178hui)/" + url[-1], f"201906{day:02d}000000", url, mimetype, status, digest)


def at(day: int) -> str:
    return f"2019-06-{day:02d}T00:00:00+00:00"


def days(made: Plan) -> list[int]:
    return [int(task.row.timestamp[6:8]) for task in made.tasks]


def test_oldest_first_across_addresses() -> None:
    made = plan([row(5, "1"), row(9, "2"), row(3, "3", B), row(7, "4", B)], Archive())
    assert days(made) == [3, 5, 7, 9]
    assert [task.row.url for task in made.tasks] == [B, A, B, A]


def test_repetitions_are_passed_over() -> None:
    made = plan([row(1), row(2), row(3), row(4, "sha1:Y"), row(5, "sha1:Y")], Archive())
    assert (days(made), made.identical) == ([1, 4], 3)


def test_same_payload_at_another_address_is_no_repetition() -> None:
    assert days(plan([row(1), row(2, url=B)], Archive())) == [1, 2]


def test_going_back_is_noted_not_fetched() -> None:
    made = plan([row(1), row(2, "sha1:Y"), row(3), row(4)], Archive())
    assert [task.same_as for task in made.tasks] == [None, None, (A, at(1))]
    assert made.identical == 1


def test_what_is_held_is_known_and_stands_for_its_payload() -> None:
    archive = Archive({(A, at(2)): "sha1:OTHER"}, {(A, at(2)): ("unproven", "taken on the replay's word")})
    made = plan([row(1, "sha1:Y"), row(2), row(3), row(4, "sha1:Y"), row(5)], archive)
    assert (days(made), made.known, made.identical) == ([1, 4, 5], 1, 1)
    assert [task.same_as for task in made.tasks] == [None, (A, at(1)), (A, at(2))]


def test_payload_of_a_later_live_capture_need_not_be_fetched() -> None:
    made = plan([row(1)], Archive({(A, "2026-11-22T06:00:00+00:00"): "sha1:X"}))
    assert made.tasks[0].same_as == (A, "2026-11-22T06:00:00+00:00")


def test_only_pages() -> None:
    made = plan(
        [
            row(1, status="301"),
            row(2, mimetype="image/gif", digest="sha1:G"),
            row(3, mimetype="warc/revisit", status="-", digest="sha1:G"),
            row(4, mimetype="warc/revisit", status="-", digest="sha1:H"),
        ],
        Archive(),
    )
    assert (days(made), made.others, made.rows) == ([4], 3, 4)


def test_one_second_at_one_address_is_asked_for_once() -> None:
    assert days(plan([row(1), row(1, "sha1:Y")], Archive())) == [1]


def test_without_digests_everything_is_fetched() -> None:
    assert days(plan([row(1, None), row(2, None)], Archive())) == [1, 2]


@given(
    st.lists(st.builds(row, st.integers(1, 9), st.sampled_from(["1", "2", None]), st.sampled_from([A, B])))
)
def test_every_row_is_accounted_for_and_doing_it_all_leaves_nothing(rows: list[Row]) -> None:
    made = plan(rows, Archive())
    assert len(made.tasks) + made.identical + made.known + made.others == made.rows == len(rows)
    done = Archive({(task.row.url, task.row.captured_at): task.row.digest or "" for task in made.tasks})
    assert plan(rows, done).tasks == []


def test_what_can_not_be_had_stands_for_nothing() -> None:
    """Not for the captures after it with the same payload; and it is no picture, nor left out."""
    archive = Archive(misses={(A, at(1)): ("refused", "404 Not Found"), (B, at(1)): ("no page", "a picture")})
    made = plan([row(1), row(2), row(3), row(1, "sha1:Z", B)], archive)
    assert (days(made), made.identical, made.others) == ([2], 1, 1)
    assert made.waiting == [f"20190601000000 {A}: 404 Not Found"]


def test_rows_that_stand_for_no_capture() -> None:
    rows = [
        LeftOut("a timestamp that is no moment", "2019 x"),
        LeftOut("a timestamp that is no moment", "201 y"),
        row(1, url="http://casino.example/"),
        row(9),
        row(2, EMPTY),
        row(3),
    ]
    made = plan(rows, Archive(), latest=at(8), ours=lambda url: "178hui" in url)
    assert (days(made), made.rows) == ([3], 6)
    assert made.left_out == {
        "a timestamp that is no moment": 2,
        "an address of another host": 1,
        "a time that is yet to come": 1,
        "an empty page": 1,
    }
    assert made.examples["a timestamp that is no moment"] == "2019 x"


def test_what_is_held_with_other_bytes_than_the_index_names_is_asked_for_again() -> None:
    archive = Archive({(A, at(1)): "sha1:OTHER", (A, at(2)): "sha1:OTHER", (A, at(3)): "sha1:OTHER"})
    rows = [row(1), row(2), row(2, "sha1:OTHER"), row(3, None), row(4, "sha1:OTHER")]
    made = plan(rows, archive)
    assert (days(made), made.known, made.doubted) == ([1, 4], 4, 1)
