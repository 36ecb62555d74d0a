"""Where somebody speaks in a film."""

import numpy as np
import pytest

from films import even
from shotlist.annotate.voice import Voice
from shotlist.errors import ModelError
from shotlist.models.voice import SileroVoice, detector, package, stretches
from sounds import heard
from voices import RATE, sound_of


def speech(media, name="audio/speech_jfk.flac"):
    return sound_of(media / name)[None]


def noise(seconds, level=0.001):
    return np.random.default_rng(0).normal(0, level, (1, round(seconds * RATE))).astype(np.float32)


def spans(film, **settings):
    return [(row.start_us / 1e6, row.end_us / 1e6) for row in Voice(**settings).rows(film)]


@pytest.fixture(params=["builtin", "silero"])
def model(request):
    if request.param == "silero":
        pytest.importorskip("onnxruntime")
        pytest.importorskip("faster_whisper")
    return request.param


def test_speech_between_noise_is_found_on_the_films_clock(shared_media, model):
    sound = np.concatenate([noise(5), speech(shared_media), noise(5)], axis=1)
    found = spans(heard(sound, start_us=2_000_000), model=model)
    assert found[0][0] == pytest.approx(7.3, abs=0.3)
    assert 17 < found[-1][1] < 18.3
    assert 6 < sum(end - start for start, end in found) < 10.5


def test_noise_tones_and_silence_are_no_voice(model):
    tone = np.sin(np.arange(5 * RATE) * 2 * np.pi * 220 / RATE, dtype=np.float32)[None] * 0.3
    assert (
        spans(heard(np.concatenate([noise(5, 0.05), tone, np.zeros((1, 5 * RATE), np.float32)], axis=1)), model=model)
        == []
    )


def test_music_is_mostly_no_voice(shared_media, model):
    found = spans(heard(speech(shared_media, "audio/music_vibe_ace.ogg")), model=model)
    assert sum(end - start for start, end in found) < 4


def test_the_curve_does_not_depend_on_how_the_sound_is_cut_into_blocks(shared_media, model):
    sound, found = np.tile(speech(shared_media)[0], 4), detector(model)
    whole = found.likely([sound])
    pieces = found.likely(np.split(sound, [7, 5000, 100_000, 333_333]))
    assert len(whole) == pytest.approx(len(sound) / RATE * 1e6 / found.step_us, abs=1)
    assert np.allclose(whole, pieces, atol=1e-4)


@pytest.mark.parametrize("seconds", [0, 0.001, 0.01, 0.1])
def test_hardly_any_sound_is_no_trouble(seconds, model):
    assert list(stretches(detector(model).likely([noise(seconds)[0]]), 20_000, 0.5, 0.1, 0.1, 0.1)) == []


def test_a_film_without_sound_has_no_voice():
    assert list(Voice().rows(even(3))) == []


def test_an_unknown_detector_is_said():
    with pytest.raises(ModelError, match="'sonar' is no voice detector; there are: builtin, silero"):
        list(Voice(model="sonar").rows(even(3)))


def test_a_damaged_network_is_named(tmp_path):
    pytest.importorskip("onnxruntime")
    (tmp_path / "silero.onnx").write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"silero\.onnx can't be loaded"):
        SileroVoice(tmp_path / "silero.onnx")


def test_what_silero_needs_is_said_beforehand():
    assert Voice().packages == {}
    assert set(Voice(model="silero").packages.values()) == {"pip install 'shotlist[speech]'"}


def curve(text):
    """Ten values a second: a digit is tenths of likelihood."""
    return np.array([int(sign) / 10 for sign in text], np.float32)


def cut(text, **settings):
    plain = {"threshold": 0.5, "shortest": 0.2, "pause": 0.15, "margin": 0.0}
    return [(s.start_us / 1e5, s.end_us / 1e5) for s in stretches(curve(text), 100_000, **plain | settings)]


def test_a_stretch_begins_at_the_threshold_and_ends_below_it():
    assert cut("0044688544321") == [(4, 10)]


def test_short_gaps_are_passed_over_and_short_stretches_left_out():
    assert cut("0990990090000") == [(1, 6)]


def test_margins_meet_in_the_middle_and_stay_inside():
    assert cut("9990009990", margin=0.2) == [(0, 4.5), (4.5, 10)]


def test_nothing_likely_is_no_stretch():
    assert cut("0000") == cut("") == []


def test_a_missing_package_is_said_with_the_line_that_installs_it():
    with pytest.raises(ModelError, match=r"needs the package no_such_thing: pip install 'shotlist\[speech\]'"):
        package("no_such_thing.part")
