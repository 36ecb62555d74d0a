"""Loudness of a clip, from the film's stored series."""

import numpy as np
import pytest

from films import even, scan, sine, texture, whole, write
from shotlist.engine.film import Clip, Sound
from shotlist.measure.sound import Loudness


def film(momentary, peak=-20.0, start_us: int = 0, seconds: float = 4.0):
    loud = np.asarray(momentary, float)
    return even(seconds, tables={"sound": [Sound(start_us, 100_000, loud, np.full(len(loud), peak))]})


def test_loudness_is_gated():
    found = Loudness().measure(whole(film(np.r_[np.full(20, -23.0), np.full(20, -60.0)])))
    assert found.lufs == pytest.approx(-23.0)
    assert found.silence == 0.5
    assert found.peak == -20


def test_only_the_clip_is_heard():
    both = film(np.r_[np.full(20, -30.0), np.full(20, -15.0)])
    first, second = Clip(both, 0, 2_000_000, 0, 50), Clip(both, 2_000_000, 4_000_000, 50, 100)
    assert Loudness().measure(first).lufs == pytest.approx(-30)
    assert Loudness().measure(second).lufs == pytest.approx(-15)


def test_sound_that_begins_later_lies_where_it_is_heard():
    late = film(np.full(20, -20.0), start_us=2_000_000)
    assert Loudness().measure(Clip(late, 0, 2_000_000, 0, 50)) is None
    assert Loudness().measure(Clip(late, 2_000_000, 4_000_000, 50, 100)).lufs == pytest.approx(-20)


def test_silence_is_a_measured_loudness():
    found = Loudness().measure(whole(film(np.full(40, -70.0), peak=-70.0)))
    assert (found.lufs, found.silence) == (-70, 1)


def test_the_limit_of_silence_can_be_set():
    assert Loudness(silent_below=-20).measure(whole(film(np.full(40, -30.0)))).silence == 1


def test_no_sound_no_loudness(tmp_path):
    silent = scan(write(tmp_path / "film.mp4", [texture()] * 25))
    assert Loudness().measure(whole(silent)) is None


def test_a_clip_after_the_end_of_the_sound_has_none():
    short = film(np.full(10, -20.0))
    assert Loudness().measure(Clip(short, 2_000_000, 4_000_000, 50, 100)) is None


def test_a_tone_in_a_film(tmp_path):
    path = write(tmp_path / "film.mp4", [texture()] * 75, sound=sine(3.0, -23.0))
    found = Loudness().measure(whole(scan(path)))
    assert found.lufs == pytest.approx(-23.0, abs=0.3)
    assert found.silence < 0.15  # the meter needs 0.4 s to settle
