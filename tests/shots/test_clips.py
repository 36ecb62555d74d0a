"""Shots become clips: limits on length, trimming, and nothing outside the shot."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from films import even, known
from shotlist.records import Shot, Span
from shotlist.shots.clips import Clips, spanning
from shotlist.timing import SECOND

LOOK = {"contrast": 0.2, "dark": 0.1, "flat": 0.2, "colourfulness": 40, "dx": 0, "dy": 0, "local_motion": 0}
"""What ordinary footage looks like."""


def shot(start: float, end: float, clean: tuple[float, float] | None = None, rate: int = 25) -> Shot:
    times = [round(s * SECOND) for s in (start, end, *(clean or (start, end)))]
    return Shot(times[0], times[1], round(start * rate), round(end * rate), "cut", 1.0, times[2], times[3])


def cut(*shots: Shot, rate: int = 25, **settings) -> list[tuple[float, float]]:
    """Starts and ends of the clips in seconds."""
    film = even(shots[-1].end_us / SECOND, rate, {"shots": shots}, **LOOK)
    return [(span.start_us / SECOND, span.end_us / SECOND) for span in Clips(**settings).rows(film)]


def marks(*shots: Shot, **settings) -> list[str | None]:
    film = even(shots[-1].end_us / SECOND, 25, {"shots": shots}, **LOOK)
    return [span.mark for span in Clips(**settings).rows(film)]


def test_each_shot_is_a_clip():
    assert cut(shot(0, 4), shot(4, 10)) == [(0, 4), (4, 10)]


def test_gradual_changes_are_left_out():
    assert cut(shot(0, 4, (0, 3.6)), shot(4, 10, (4.4, 10))) == [(0, 3.6), (4.4, 10)]


def test_a_shot_that_is_hardly_more_than_a_transition_is_kept_whole():
    assert cut(shot(0, 4), shot(4, 6, (5, 5.08))) == [(0, 4), (4, 6)]


def test_short_clips_are_marked_and_kept():
    assert marks(shot(0, 0.96), shot(0.96, 1.96)) == ["short", None]
    assert marks(shot(0, 0.96), min_seconds=0) == [None]


def test_long_shots_are_cut_into_pieces():
    assert cut(shot(0, 25), max_seconds=10) == [(0, 10), (10, 20), (20, 25)]


def test_long_shots_stay_whole_without_a_limit():
    assert cut(shot(0, 200), max_seconds=0) == [(0, 200)]


def test_no_piece_shorter_than_the_slack_is_left():
    assert cut(shot(0, 12), max_seconds=10) == [(0, 12)]
    assert cut(shot(0, 12.04), max_seconds=10) == [(0, 10), (10, 12.04)]
    assert cut(shot(0, 12), max_seconds=10, slack_seconds=0) == [(0, 10), (10, 12)]


@pytest.mark.parametrize(
    ("length", "pieces"),
    [(7, [7]), (7.04, [5, 2.04]), (12, [5, 7]), (17.04, [5, 5, 5, 2.04]), (4, [4])],
)
def test_artificial_cuts_are_panda_70ms(length, pieces):
    """It takes 5 s off while more than 7 s are left (systems.md 1.1 A)."""
    found = cut(shot(0, length), piece_seconds=5)
    assert [round(end - start, 2) for start, end in found] == pieces


def test_only_the_beginning_of_a_long_shot_can_be_kept():
    assert cut(shot(0, 25), shot(25, 30), max_seconds=10, keep_first=True) == [(0, 10), (25, 30)]
    assert cut(shot(0, 11), max_seconds=10, keep_first=True) == [(0, 10)]


def test_pieces_of_the_beginning():
    found = cut(shot(0, 70), max_seconds=11, piece_seconds=5, slack_seconds=1, keep_first=True)
    assert found == [(0, 5), (5, 11)]


def test_both_ends_are_trimmed_by_seconds_or_share():
    assert cut(shot(0, 4), shot(4, 10), trim_seconds=0.4) == [(0.4, 3.6), (4.4, 9.6)]
    assert cut(shot(0, 4), shot(4, 14), trim_share=0.1) == [(0.4, 3.6), (5, 13)]


def test_panda_70ms_longest_clip_is_48_seconds():
    (found,) = cut(shot(0, 100), max_seconds=60, keep_first=True, trim_share=0.1)
    assert found == (6, 54)


def test_trimming_leaves_something():
    assert cut(shot(0, 1), trim_seconds=0.6) == [(0, 1)]


def test_clips_are_named_by_what_they_show():
    (clip,) = even(10, tables={"clips": [Span(400_000, 9_999_600, 10, 250, 9.6)]}).clips()
    assert clip.clip_id == "film_400_9999"


def test_a_clip_is_made_of_whole_frames():
    times = np.array([0, 40_000, 80_000, 120_000])
    span = spanning(times, 160_000, 30_000, 90_000)
    assert (span.start_frame, span.end_frame, span.start_us, span.end_us) == (1, 3, 40_000, 120_000)
    assert spanning(times, 160_000, 150_000, 150_000).end_us == 160_000
    assert spanning(times, 160_000, 40_000, 40_000).end_frame == 2


@st.composite
def films(draw):
    """Frames at any times, shots between any of them, with any part of each shot clean."""
    gaps = draw(st.lists(st.integers(1, 3_000_000), min_size=2, max_size=40))
    edges = [draw(st.integers(-5_000_000, 5_000_000))]
    for gap in gaps:
        edges.append(edges[-1] + gap)
    times, end = edges[:-1], edges[-1]
    inner = draw(st.sets(st.integers(1, len(times) - 1), max_size=6)) if len(times) > 1 else set()
    shots = []
    for first, last in pairwise([0, *sorted(inner), len(times)]):
        clean = [draw(st.integers(first, last)) for _ in range(2)]
        shots.append(Shot(edges[first], edges[last], first, last, "cut", 1.0, edges[clean[0]], edges[clean[1]]))
    return known(times, end, {"shots": shots}, **LOOK), shots


limits = st.sampled_from([0.0, 0.5, 2.0, 5.0])


@settings(deadline=None, max_examples=150)
@given(
    made=films(),
    settings=st.fixed_dictionaries(
        {
            "min_seconds": st.sampled_from([0.0, 0.1, 1.0]),
            "max_seconds": limits,
            "piece_seconds": limits,
            "slack_seconds": st.sampled_from([0.0, 2.0]),
            "trim_seconds": st.sampled_from([0.0, 0.3]),
            "trim_share": st.sampled_from([0.0, 0.1, 0.4]),
            "keep_first": st.booleans(),
        }
    ),
)
def test_clips_lie_in_their_shots_one_after_the_other(made, settings):
    film, shots = made
    spans = list(Clips(**settings).rows(film))
    for span in spans:
        assert span.start_us < span.end_us and span.start_frame < span.end_frame
        assert sum(s.start_frame <= span.start_frame and span.end_frame <= s.end_frame for s in shots) == 1
        assert span.seconds == pytest.approx((span.end_us - span.start_us) / SECOND)
    assert all(a.end_us <= b.start_us for a, b in pairwise(spans))
    if not (settings["trim_seconds"] or settings["trim_share"] or settings["keep_first"]):
        covered = sum(span.end_us - span.start_us for span in spans)
        assert covered >= sum(max(0, s.clean_end_us - s.clean_start_us) for s in shots)
