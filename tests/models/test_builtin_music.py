"""Tempo, key, the split at the centre and the sentence, on music whose truth is known."""

import numpy as np
import pytest

from shotlist.models.builtin.centre import CentreSplit
from shotlist.models.builtin.key import NOTES, Key, key
from shotlist.models.builtin.music import Facts, analyse, sentence
from shotlist.models.builtin.tempo import Tempo, density, onsets, tempo
from sounds import tune

RATE = 16_000


def clicks(bpm: float, seconds: float = 10.0) -> np.ndarray:
    sound = np.zeros(round(seconds * RATE), np.float32)
    click = np.random.default_rng(0).standard_normal(400) * np.exp(-np.arange(400) / 80)
    for start in np.arange(0.1, seconds - 0.1, 60 / bpm):
        sound[round(start * RATE) : round(start * RATE) + 400] += 0.5 * click
    return sound


def tone(hertz: float, seconds: float = 4.0) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.2 * sum(np.sin(2 * np.pi * k * hertz * time) / k for k in range(1, 5))).astype(np.float32)


def chord(*notes: str, tuning: float = 0.0) -> np.ndarray:
    return sum(tone(261.63 * 2 ** ((NOTES.index(n) + tuning) / 12)) for n in notes)


@pytest.mark.parametrize("bpm", [72, 96, 120, 144, 168])
def test_clicks_have_their_tempo(bpm):
    found = tempo(onsets(clicks(bpm)))
    assert found.bpm == pytest.approx(bpm, rel=0.01)
    assert found.confidence > 0.5


@pytest.mark.parametrize(("bpm", "seed"), [(64, 1), (88, 2), (112, 0), (136, 4), (176, 5)])
def test_pieces_have_their_tempo_or_its_octave(bpm, seed):
    found = tempo(onsets(tune(12, bpm, seed=seed).mean(axis=0))).bpm
    assert min(abs(found / bpm / octave - 1) for octave in (0.5, 1, 2)) < 0.04


def test_of_two_octaves_the_usual_one_is_taken():
    strength = onsets(clicks(140))
    assert tempo(strength, usual=140).bpm == pytest.approx(140, rel=0.01)
    assert tempo(strength, usual=65).bpm == pytest.approx(70, rel=0.01)


def test_noise_has_no_clear_beat():
    noise = np.random.default_rng(0).standard_normal(10 * RATE).astype(np.float32) * 0.1
    assert tempo(onsets(noise)).confidence < 0.12


@pytest.mark.parametrize("sound", [np.zeros(10 * RATE, np.float32), np.zeros(0, np.float32), clicks(120, 3.0)])
def test_silence_and_short_sound_have_no_tempo(sound):
    assert tempo(onsets(sound)) is None


def test_onsets_are_counted():
    assert density(onsets(clicks(120))) == pytest.approx(2.0, abs=0.2)
    assert density(onsets(np.zeros(RATE, np.float32))) == 0


@pytest.mark.parametrize(("mode", "tonic"), [("major", 0), ("major", 6), ("minor", 9), ("minor", 3)])
def test_pieces_have_their_key(mode, tonic):
    found = key(tune(12, 110, tonic, mode, seed=4).mean(axis=0))
    assert (found.note, found.mode) == (NOTES[tonic], mode)


@pytest.mark.parametrize("tuning", [-0.4, 0.0, 0.3])
def test_a_detuned_chord_keeps_its_notes(tuning):
    found = key(chord("C", "E", "G", tuning=tuning))
    assert (found.note, found.mode) == ("C", "major")


@pytest.mark.parametrize("sound", [np.zeros(4 * RATE, np.float32), np.zeros(100, np.float32)])
def test_silence_has_no_key(sound):
    assert key(sound) is None


def test_bright_sound_is_brighter():
    assert analyse(tone(2000)).brightness > analyse(tone(200)).brightness > 200


def test_the_centre_goes_and_the_sides_and_the_bass_stay():
    voice, left, right, bass = tone(700), tone(1100), tone(430), tone(60)
    split = CentreSplit().without_vocals(np.stack([voice + left + bass, voice + right + bass]))

    def level(hertz: float, channel: int) -> float:
        return float(np.abs(np.fft.rfft(split[channel, RATE : 3 * RATE]))[round(2 * hertz)] / RATE)

    assert level(700, 0) < 0.01
    assert level(1100, 0) == pytest.approx(0.2, abs=0.02)
    assert level(430, 1) == pytest.approx(0.2, abs=0.02)
    assert level(60, 0) == pytest.approx(0.2, abs=0.02)


def test_a_split_of_more_than_half_a_minute_has_no_seams():
    sound = np.tile(np.stack([tone(1100), tone(430)]), (1, 9))
    split = CentreSplit().without_vocals(sound)
    assert split.shape == sound.shape
    assert np.abs(split - sound)[:, RATE:-RATE].max() < 0.02


@pytest.mark.parametrize("sound", [tone(440)[None], np.stack([tone(440)] * 2), np.zeros((2, RATE), np.float32)])
def test_without_two_different_channels_there_is_no_centre(sound):
    assert CentreSplit().without_vocals(sound) is None


def test_the_sentence():
    sure = Facts(Tempo(128.2, 0.6), Key("A", "minor", 0.3), 2300.0, 4.0, -12.0, 3.0)
    assert sentence(sure) == "Fast, bright music in A minor at about 128 beats per minute, loud and steady."
    dim = Facts(Tempo(60.0, 0.5), None, 500.0, 1.0, -35.0, 20.0)
    assert sentence(dim) == "Slow, dark music at about 60 beats per minute, quiet and swelling and fading."


def test_the_sentence_claims_nothing_that_is_not_sure():
    unsure = Facts(Tempo(128.0, 0.05), Key("A", "minor", 0.01), 1200.0, 4.0)
    assert sentence(unsure) == "Music without a clear beat."
    assert sentence(Facts(None, None, 1200.0, 0.0)) == "Music."
