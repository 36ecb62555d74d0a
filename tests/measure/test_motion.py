"""How much moves, in the picture and by the codec's account."""

import numpy as np
import pytest

from films import even, looks, scan, texture, views, whole, write
from shotlist.measure.motion import Motion


def motion(tmp_path, pictures, **settings):
    return Motion(**settings).measure(whole(scan(write(tmp_path / "film.mp4", pictures))))


def series(**values):
    quiet = {"local_motion": 0.0, "diff_luma": 0.0, "codec_motion": np.nan, "codec_vectors": np.nan}
    return Motion().measure(whole(even(1.0, 10, **{**quiet, **values})))


def crossing(speed: float):
    """A bright block before a still camera, `speed` frame widths a second."""
    for k in range(40):
        picture = texture(1).copy()
        x = 5 + round(speed * 160 * k / 25)
        picture[20:70, x : x + 40] = (230, 220, 40)
        yield picture


def test_nothing_moves(tmp_path):
    found = motion(tmp_path, looks([(0.0, 0.0)] * 50))
    assert (found.local, found.still) == (0.0, 1.0)
    assert found.change < 0.01


def test_things_that_move_before_a_still_camera(tmp_path):
    slow, quick = (motion(tmp_path, crossing(v)) for v in (0.1, 0.3))
    assert 0 < slow.local < quick.local
    assert slow.score < quick.score
    assert slow.change < quick.change
    assert quick.still < 0.1


def test_a_camera_that_moves_is_no_local_motion(tmp_path):
    found = motion(tmp_path, views(2.0, x=0.3))
    assert found.local < 0.005 and found.score > 1


def test_change_is_per_second_at_any_rate(tmp_path):
    found = [
        Motion().measure(whole(scan(write(tmp_path / f"{r}.mp4", views(1.5, x=0.2, rate=r), rate=r)))).change
        for r in (12, 50)
    ]
    assert found[0] == pytest.approx(found[1], rel=0.3)


def test_still_is_the_share_of_repeated_frames():
    assert series(diff_luma=np.r_[0, [0.01, 0] * 4, 0.01]).still == pytest.approx(4 / 9)


def test_the_score_pools_all_vectors_of_all_frames():
    """MMTrail takes the mean over vectors, not over frames (systems.md 3.1)."""
    found = series(
        codec_motion=np.r_[0, 2.0, np.nan, 8.0, [np.nan] * 6], codec_vectors=np.r_[0, 30, np.nan, 10, [np.nan] * 6]
    )
    assert found.score == pytest.approx((2 * 30 + 8 * 10) / 40)


def test_no_score_where_the_codec_has_no_vectors(tmp_path):
    path = write(tmp_path / "film.mkv", views(1.0, x=0.2), codec="ffv1")
    assert Motion().measure(whole(scan(path))).score is None


def test_a_single_frame_does_not_move():
    assert Motion().measure(whole(even(0.1, 10, local_motion=np.nan, diff_luma=np.nan))) is None
