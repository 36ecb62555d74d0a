"""People of one shot as tracks."""

import pytest

from shotlist.annotate.heads import head_height, head_middle, shot_size
from shotlist.annotate.tracks import Tracker
from shotlist.models.contracts import Box, Person

WIDE = 16 / 9


def someone(x: float, y: float = 0.3, head: float = 0.2) -> Person:
    """A person whose face is there; ``head`` in shares of the picture's height."""
    up, across = 0.4 * head, 0.4 * head / WIDE
    return Person(0.9, face=Box(x - across, y - up, x + across, y + up))


def test_people_keep_their_numbers_while_they_move_and_change_order() -> None:
    tracker = Tracker(WIDE, patience=2)
    assert tracker.follow([someone(0.2), someone(0.8)]) == [0, 1]
    assert tracker.follow([someone(0.75), someone(0.25)]) == [1, 0]


def test_who_turns_away_for_a_moment_is_the_same_and_for_longer_another() -> None:
    tracker = Tracker(WIDE, patience=2)
    assert tracker.follow([someone(0.2), someone(0.8)]) == [0, 1]
    for _ in range(2):
        assert tracker.follow([someone(0.2)]) == [0]
    assert tracker.follow([someone(0.2), someone(0.8)]) == [0, 1]
    for _ in range(3):
        assert tracker.follow([someone(0.2)]) == [0]
    assert tracker.follow([someone(0.2), someone(0.8)]) == [0, 2]


def test_nobody_is_the_same_after_a_cut() -> None:
    tracker = Tracker(WIDE, patience=2)
    assert tracker.follow([someone(0.5)]) == [0]
    tracker.cut()
    assert tracker.follow([someone(0.5)]) == [1]


def test_a_small_person_far_off_is_not_the_large_one_who_left() -> None:
    tracker = Tracker(WIDE, patience=2)
    assert tracker.follow([someone(0.5, head=0.4)]) == [0]
    assert tracker.follow([someone(0.5, head=0.1)]) == [1]
    assert tracker.follow([someone(0.9, head=0.1)]) == [2]


def test_stills_without_people_are_followed_too() -> None:
    assert Tracker(WIDE, patience=2).follow([]) == []


@pytest.mark.parametrize(
    ("heads", "size"),
    [
        (0.8, "extreme close-up"),
        (1.6, "close-up"),
        (2.4, "medium close-up"),
        (3.7, "medium"),
        (6.1, "medium wide"),
        (8.5, "wide"),
        (40.0, "extreme wide"),
    ],
)
def test_a_shot_is_named_by_how_many_heads_it_holds(heads: float, size: str) -> None:
    assert shot_size(1 / heads) == size


def test_a_head_is_measured_by_the_face_else_by_the_whole_body() -> None:
    standing = Person(0.9, box=Box(0.4, 0.1, 0.6, 0.9))
    assert head_height(someone(0.5, head=0.3), WIDE) == pytest.approx(0.3)
    assert head_height(standing, WIDE) == pytest.approx(0.8 * 0.13)
    assert head_middle(standing) == pytest.approx((0.5, 0.152))
    cut_off = Person(0.9, box=Box(0.2, 0.2, 0.8, 1.0))
    assert head_height(cut_off, WIDE) == pytest.approx(0.6 * WIDE * 0.130 / 0.259)
    assert head_height(Person(0.9), WIDE) is None and head_middle(Person(0.9)) is None
