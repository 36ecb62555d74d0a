"""Pieces that are played as asked: their tempo and key are the truth for whoever analyses music."""

import numpy as np
import pytest

from shotlist.sample.instruments import RATE
from shotlist.sample.songs import song


def test_a_piece_is_as_long_as_asked_and_never_clipped():
    sound = song(3.5, 100, 0, "major")
    assert (sound.shape, sound.dtype) == ((2, round(3.5 * RATE)), np.float32)
    assert np.abs(sound).max() == pytest.approx(0.7, abs=0.01)


def test_the_same_seed_plays_the_same_piece():
    assert np.array_equal(song(2, 100, 0, "major", 4), song(2, 100, 0, "major", 4))
    assert not np.array_equal(song(2, 100, 0, "major", 4), song(2, 100, 0, "major", 5))


def test_another_tonic_moves_every_note():
    """An octave up, the spectrum is twice as wide."""
    low, high = (np.abs(np.fft.rfft(song(4, 120, tonic, "minor", 3)[0])) for tonic in (0, 12))
    hertz = np.fft.rfftfreq(4 * RATE, 1 / RATE)
    assert (high @ hertz) / high.sum() > 1.4 * (low @ hertz) / low.sum()


def test_drums_only_with_seeds_that_three_does_not_divide():
    def hiss(seed: int) -> float:
        spectrum = np.abs(np.fft.rfft(song(4, 120, 0, "major", seed)[0])) ** 2
        return float(spectrum[4 * 12_000 :].sum() / spectrum.sum())

    assert hiss(1) > 10 * hiss(3)
