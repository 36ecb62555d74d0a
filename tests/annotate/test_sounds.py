"""What is heard second by second, and how much of it in a clip."""

import numpy as np
import pyarrow as pa
import pytest

from films import film, read
from shotlist.annotate.audio import Audio
from shotlist.annotate.sounds import Heard, Sounds
from shotlist.engine.film import Clip, Film
from shotlist.engine.rows import table_of
from shotlist.errors import ModelError
from sounds import heard, talk, tune


def told(found: Film) -> Film:
    """The film with its table ``sounds``."""
    step = Sounds()
    rows = list(step.rows(found))
    found.tables.put("sounds", table_of(rows, step.schema(), [{"video_id": "film"}] * len(rows)))
    return found


def span(found: Film, start: float, end: float) -> Clip:
    return Clip(found, round(start * 1e6), round(end * 1e6), 0, 1)


def noise(seconds: float, level: float = 0.1) -> np.ndarray:
    return (level * np.random.default_rng(0).standard_normal((1, round(seconds * 16_000)))).astype(np.float32)


def hush(seconds: float) -> np.ndarray:
    return np.zeros((1, round(seconds * 16_000)), np.float32)


def test_speech_music_and_noise_are_told_apart():
    speech, music, other = (list(Sounds().rows(heard(sound))) for sound in (talk(12), tune(12), noise(12)))
    assert all(row.speech > 0.9 and row.music < 0.6 for row in speech)
    assert all(row.music > 0.9 and row.speech < 0.2 for row in music)
    assert all(row.other > 0.8 for row in other)


def test_both_may_be_heard_at_once():
    both = 0.6 * talk(12) + 0.15 * tune(12).mean(axis=0, keepdims=True)
    assert all(row.speech > 0.8 and row.music > 0.8 and row.other < 0.1 for row in Sounds().rows(heard(both)))


def test_silence_is_a_fact_of_its_own():
    rows = list(Sounds().rows(heard(np.concatenate([hush(3), tune(9).mean(axis=0, keepdims=True)], axis=1))))
    assert [row.silence for row in rows] == [True] * 3 + [False] * 9
    assert {(row.speech, row.music, row.other) for row in rows[:3]} == {(0.0, 0.0, 0.0)}
    assert all(row.music > 0.9 for row in rows[4:])  # a silence says nothing about its neighbours


def test_quiet_music_is_still_music():
    assert all(row.music > 0.9 for row in Sounds().rows(heard(0.02 * tune(9))))


def test_what_counts_as_silence_can_be_set():
    assert all(row.silence for row in Sounds(silent_below=-10.0).rows(heard(noise(3))))


def test_seconds_follow_the_clock_of_the_source():
    rows = list(Sounds().rows(heard(noise(2.5), start_us=700_000)))
    assert [(row.start_us, row.end_us) for row in rows] == [
        (700_000, 1_700_000),
        (1_700_000, 2_700_000),
        (2_700_000, 3_200_000),
    ]


def test_long_sound_is_told_piece_by_piece_as_at_once():
    sound = np.concatenate([talk(40), tune(35).mean(axis=0, keepdims=True), talk(40, 1)], axis=1)
    pieces = [row.music for row in Sounds().rows(heard(sound))]
    shifted = [row.music for row in Sounds().rows(heard(sound[:, 10 * 16_000 :]))]
    assert pieces[20:] == pytest.approx(shifted[10:], abs=0.02)


@pytest.mark.parametrize("seconds", [0.1, 0.9, 1.5, 2.9])
def test_very_short_sound_is_told_too(seconds):
    assert len(list(Sounds().rows(heard(noise(seconds))))) == np.ceil(seconds)


def test_a_film_without_sound_has_no_rows():
    assert list(Sounds().rows(film({}))) == []
    assert Heard().row(span(film({}), 0, 1)) is None


def test_a_clip_is_told_by_its_seconds():
    both = told(heard(np.concatenate([talk(10), tune(10).mean(axis=0, keepdims=True), hush(10)], axis=1)))
    first, second, third = (Heard().row(span(both, start, start + 8)) for start in (1, 11, 21))
    assert (first.speech, first.silence) == (1.0, 0.0)
    assert second.music > 0.9
    assert (third.silence, third.speech, third.music, third.other) == (1.0, 0.0, 0.0, 0.0)
    assert first.tags == ()


def test_a_clip_that_cuts_through_a_second_counts_its_part():
    half = told(heard(np.concatenate([hush(2), noise(2)], axis=1)))
    assert Heard().row(span(half, 1.5, 3.0)).silence == pytest.approx(1 / 3)


def test_a_clip_after_the_end_of_the_sound_has_no_row():
    assert Heard().row(span(told(heard(noise(2))), 5, 6)) is None


def test_rows_fit_the_table():
    step = Heard()
    row = step.row(span(told(heard(noise(2))), 0, 2))
    assert table_of([row], step.schema(), [{"clip_id": "a", "video_id": "film"}]).num_rows == 1


def test_an_unknown_tagger_is_a_sentence():
    with pytest.raises(ModelError, match="'nonsense' names no sounds; there are: builtin, hf:ORG/NAME"):
        Heard(model="nonsense").row(span(told(heard(noise(2))), 0, 2))


def test_only_a_model_needs_packages():
    assert Heard().packages == {}
    assert set(Heard(model="hf:some/model").packages) == {"torch", "transformers"}


REAL = {
    "friday_dialogue.mp4": "speech",
    "president_statement.mp4": "speech",
    "audio/speech_jfk.flac": "speech",
    "chaplin_policeman.mp4": "music",
}


@pytest.mark.parametrize(("name", "kind"), REAL.items())
def test_real_sound(shared_media, name, kind):
    tables = read(shared_media / name, Audio())
    tables["videos"] = pa.table({"video_id": ["film"], "start_us": [0], "duration_us": [10**8], "frames": [1]})
    rows = [row for row in Sounds().rows(film(tables)) if not row.silence]
    right = [(row.speech >= 0.5, row.music >= 0.5) == (kind == "speech", kind == "music") for row in rows]
    assert np.mean(right) > 0.85
