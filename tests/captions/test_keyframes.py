"""Of frames that look alike only the first is kept, at the times at which they were really taken."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from captions.windows import clip_of, scenes
from films import plain, scan, texture, views, write
from shotlist.captions.keyframes import KeyFrames, kept, key_frames, key_times
from shotlist.captions.roles import within


def seconds(clip) -> list[float]:
    return [round(time / 1e6, 2) for time in key_times(clip)]


def test_a_frame_is_compared_with_the_last_one_that_was_kept():
    angles = np.radians([0, 15, 30, 45, 46, 47])
    found = list(kept(np.stack([np.cos(angles), np.sin(angles)], axis=1), threshold=np.cos(np.radians(20))))
    assert [k for k, _ in found] == [0, 2, 5]
    assert found[0][1] is None and found[1][1] == pytest.approx(np.cos(np.radians(30)))
    assert found[2][1] == pytest.approx(np.cos(np.radians(17)))


def test_a_clip_of_one_frame_has_one_key_frame():
    assert list(kept(np.ones((1, 1)), 0.93)) == [(0, None)]
    assert list(kept(np.empty((0, 1)), 0.93)) == []


def test_a_still_camera_keeps_the_first_and_the_last(tmp_path: Path):
    rng = np.random.default_rng(0)
    grain = [(texture(1) * 0.9 + rng.integers(0, 25, (90, 160, 3))).astype(np.uint8) for _ in range(90)]
    assert seconds(clip_of(write(tmp_path / "f.mp4", grain, 10))) == [0.0, 8.5]


def test_a_picture_that_never_changes_is_kept_once(tmp_path: Path):
    assert seconds(clip_of(scenes(tmp_path / "f.mp4", 9.0))) == [0.0]


def test_each_new_scene_is_kept(tmp_path: Path):
    assert seconds(clip_of(scenes(tmp_path / "f.mp4", 4.0, 4.0, 4.0))) == [0.0, 4.0, 8.0]


def test_a_pan_keeps_many_unless_the_threshold_is_low(tmp_path: Path):
    film = write(tmp_path / "f.mp4", views(10, x=0.15, rate=10), 10)
    assert len(seconds(clip_of(film))) >= 5
    assert seconds(clip_of(film, threshold=-1.0)) == [0.0, 9.5]
    assert len(seconds(clip_of(film, interval=0.5, threshold=1.1))) == 20


@pytest.mark.parametrize("interval", [0.0, -1.0, float("nan")])
def test_an_interval_of_nothing_is_refused(interval: float):
    with pytest.raises(ValueError, match=r"0\.01 seconds or more"):
        KeyFrames(interval=interval)


def test_times_are_those_of_the_stored_stills(tmp_path: Path):
    rate = Fraction(30000, 1001)
    looks = [texture(k // 45) for k in range(270)]
    clip = clip_of(write(tmp_path / "f.mp4", looks, rate), interval=1.0)
    frames = {still.time_us: still.frame for still in clip.stills}
    found = clip.film.rows("keyframes")
    assert len(found) == 6
    for row in found:
        assert row["time_us"] == row["still_us"] == pytest.approx(frames[row["still_us"]] * 1e6 / rate, abs=1)


def test_leading_frames_of_a_single_colour_are_passed_over(tmp_path: Path):
    pictures = [plain(16)] * 25 + [texture(1)] * 50
    assert seconds(clip_of(write(tmp_path / "f.mp4", pictures, 10))) == [2.5]
    assert seconds(clip_of(write(tmp_path / "g.mp4", [plain(16)] * 30, 10))) == [0.0]


def test_every_clip_has_key_frames_of_its_own_with_their_pictures(tmp_path: Path):
    clip = clip_of(scenes(tmp_path / "f.mp4", 4.0, 4.0), start=2.3, end=7.0)
    assert seconds(clip) == [2.3, 4.0]
    assert [row["still_us"] for row in clip.film.rows("keyframes")] == [0, 4_000_000]
    frames = list(key_frames(clip))
    assert [frame.time_us for frame in frames] == key_times(clip)
    assert all(frame.jpeg.startswith(b"\xff\xd8") for frame in frames)


def test_a_film_without_stills_has_none(tmp_path: Path):
    film = scan(scenes(tmp_path / "f.mp4", 2.0), stills_per_second=0.0)
    within(film)
    assert list(KeyFrames().rows(film)) == []


@pytest.mark.parametrize(
    ("name", "fewest", "most"),
    [
        ("friday_dialogue.mp4", 2, 2),  # one static shot of three people who talk
        ("chaplin_policeman.mp4", 2, 2),
        ("clock_cat_one_cut.mp4", 3, 3),
        ("sintel_trailer_720p.mp4", 20, 26),  # a new shot every two seconds
        ("space_needle.avi", 4, 8),  # a slow pan
    ],
)
def test_on_real_films_a_still_camera_keeps_few_and_cuts_keep_many(shared_media, name, fewest, most):
    assert fewest <= len(seconds(clip_of(shared_media / name))) <= most
