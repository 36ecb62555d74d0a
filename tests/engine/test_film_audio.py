"""Any span of a film's stored sound, decoded as it is needed."""

from itertools import pairwise

import numpy as np
import pytest

from sounds import heard

RATE = 16_000


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(1).uniform(-0.9, 0.9, (2, 10 * RATE)).astype(np.float32)


def test_spans_reach_over_rows(noise):
    audio = heard(noise, row_seconds=3.0).audio
    found = audio.stereo(2_500_000, 9_250_000)
    assert found.dtype == np.float32
    assert found == pytest.approx(noise[:, round(2.5 * RATE) : round(9.25 * RATE)], abs=1e-4)


def test_mono_is_the_mean_of_both_channels(noise):
    assert heard(noise).audio.mono(0, 1_000_000) == pytest.approx(noise[:, :RATE].mean(axis=0), abs=1e-4)


def test_beyond_the_sound_there_is_silence(noise):
    audio = heard(noise, start_us=2_000_000).audio
    assert not audio.mono(0, 2_000_000).any()
    assert len(audio.mono(11_000_000, 14_000_000)) == 3 * RATE
    assert not audio.mono(12_000_000, 14_000_000).any()
    assert len(audio.mono(5_000_000, 5_000_000)) == 0


def test_neighbouring_spans_share_no_sample_and_lose_none(noise):
    audio = heard(noise, row_seconds=3.0).audio
    edges = [0, 1_234_567, 1_234_600, 4_000_001, 9_999_999, 10_000_000]
    parts = [audio.mono(a, b) for a, b in pairwise(edges)]
    assert np.array_equal(np.concatenate(parts), audio.mono(0, 10_000_000))


def test_blocks_are_the_whole_in_order(noise):
    audio = heard(noise, start_us=500_000, row_seconds=3.0).audio
    found = list(audio.blocks(4.0))
    assert [start for start, _ in found] == [500_000, 4_500_000, 8_500_000]
    assert np.array_equal(np.concatenate([b for _, b in found]), audio.mono(audio.start_us, audio.end_us))


def test_going_back_gives_the_same(noise):
    audio = heard(noise, row_seconds=0.5).audio
    first = audio.mono(0, 1_000_000)
    audio.mono(8_000_000, 9_000_000)
    assert np.array_equal(audio.mono(0, 1_000_000), first)


def test_a_film_without_stored_sound_has_none():
    assert heard(np.zeros((1, 0), np.float32)).audio is None
