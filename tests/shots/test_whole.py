"""Whole videos as clips; longer ones are divided where a shot ends."""

from films import even
from shotlist.records import Shot
from shotlist.shots.whole import Whole


def clips(seconds: float, *cuts: float, **settings) -> list[tuple[float, float]]:
    ends = [*cuts, seconds]
    shots = [
        Shot(round(a * 1e6), round(b * 1e6), 0, 0, "cut", 1.0, 0, 0) for a, b in zip([0.0, *cuts], ends, strict=True)
    ]
    film = even(seconds, tables={"shots": shots})
    return [(span.start_us / 1e6, span.end_us / 1e6) for span in Whole(**settings).rows(film)]


def test_a_video_with_its_cuts_is_one_clip():
    assert clips(60, 10, 20) == [(0, 60)]
    assert clips(120, 100) == [(0, 120)]


def test_a_longer_one_is_divided_at_the_last_cut_in_time():
    assert clips(150, 20, 90, 130) == [(0, 90), (90, 150)]


def test_a_piece_is_not_shorter_than_it_may_be():
    assert clips(150, 5) == [(0, 120), (120, 150)]
    assert clips(10, 1, 3, max_seconds=4, min_seconds=2) == [(0, 3), (3, 7), (7, 10)]


def test_the_end_of_a_video_is_not_too_short_where_that_is_possible():
    assert clips(122.76, 40, 113.76) == [(0, 40), (40, 122.76)]
    assert clips(122.76, 113.76) == [(0, 112.76), (112.76, 122.76)]
    assert clips(125) == [(0, 115), (115, 125)]
    assert clips(15, max_seconds=12) == [(0, 12), (12, 15)]
    assert clips(15, 11, max_seconds=12) == [(0, 11), (11, 15)]


def test_pieces_of_whole_frames_keep_to_the_limits():
    first, last = clips(122.04, max_seconds=100.01, min_seconds=30.01)
    assert first == (0, 92) and last == (92, 122.04)
    assert clips(150, max_seconds=99.99)[0] == (0, 99.96)


def test_without_a_limit_nothing_is_divided():
    assert clips(500, 100, max_seconds=0) == [(0, 500)]
