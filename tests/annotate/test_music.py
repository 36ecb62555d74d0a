"""The music of a clip: what was measured, in numbers and in words."""

import numpy as np
import pytest

from shotlist.annotate.music import Music
from shotlist.annotate.sounds import Sounds
from shotlist.engine.film import Clip, Film
from shotlist.engine.rows import table_of
from shotlist.errors import ModelError
from sounds import heard, talk, tune


def told(sound: np.ndarray, lufs: float | None = -14.0) -> Film:
    """A film of which the tables ``audio``, ``sounds`` and ``sound`` (a loudness of this) are known."""
    steps = sound.shape[1] // 1600
    loud = {"start_us": 0, "step_us": 100_000, "momentary": [lufs] * steps, "peak": [-1.0] * steps}
    film = heard(sound, **({"sound": [loud]} if lufs is not None else {}))
    rows = list(Sounds().rows(film))
    film.tables.put("sounds", table_of(rows, Sounds().schema(), [{"video_id": "film"}] * len(rows)))
    return film


def clip(film: Film, start: float, end: float) -> Clip:
    return Clip(film, round(start * 1e6), round(end * 1e6), 0, 1)


@pytest.fixture(scope="module")
def piece() -> Film:
    """24 s in A minor at 100 beats a minute."""
    return told(tune(24, 100, 9, "minor", seed=1))


def test_tempo_key_and_loudness_are_measured(piece):
    row = Music().row(clip(piece, 0, 10))
    assert row.tempo == pytest.approx(100, rel=0.02)
    assert (row.key, row.mode) == ("A", "minor")
    assert (row.loudness, row.dynamics) == (pytest.approx(-14), 0)
    assert 500 < row.brightness < 4000
    assert 1 < row.onsets < 8
    assert row.windows[0].tempo == row.tempo


def test_the_text_says_what_was_measured(piece):
    text = Music().row(clip(piece, 0, 10)).text
    assert text.startswith("Moderately fast")
    assert "music in A minor at about 100 beats per minute" in text
    assert text.endswith("loud and steady.")


def test_a_clip_is_told_in_windows_of_10_seconds(piece):
    row = Music().row(clip(piece, 1, 24))
    assert [(w.start_us, w.end_us) for w in row.windows] == [(1_000_000, 11_000_000), (11_000_000, 24_000_000)]
    assert all(w.tempo == pytest.approx(100, rel=0.03) for w in row.windows)
    assert (row.start_us, row.end_us) == (1_000_000, 24_000_000)


def test_windows_without_music_are_left_out():
    sound = np.concatenate([talk(20), tune(20).mean(axis=0, keepdims=True)], axis=1)
    row = Music().row(clip(told(sound), 0, 40))
    assert [w.start_us for w in row.windows] == [20_000_000, 30_000_000]
    assert row.start_us == 20_000_000


def test_a_clip_without_music_has_no_row():
    assert Music().row(clip(told(talk(10)), 0, 10)) is None


def test_a_clip_after_the_end_of_the_sound_has_no_row(piece):
    assert Music().row(clip(piece, 30, 40)) is None


def test_without_its_centre_the_rest_is_told(piece):
    row = Music().row(clip(piece, 0, 10))
    assert "music" in row.text_without_vocals
    assert Music(separator="none").row(clip(piece, 0, 10)).text_without_vocals is None


def test_mono_has_no_centre_to_take_out():
    row = Music().row(clip(told(tune(10).mean(axis=0, keepdims=True)), 0, 10))
    assert row.text_without_vocals is None


def test_music_whose_loudness_is_not_known_is_told_without_it():
    row = Music().row(clip(told(tune(10), lufs=None), 0, 10))
    assert (row.loudness, row.dynamics) == (None, None)
    assert "loud" not in row.text


def test_a_very_long_clip_is_told_window_by_window():
    sound = np.tile(tune(26, 96), (1, 5))
    row = Music(separator="none").row(clip(told(sound), 0, 130))
    assert len(row.windows) == 13
    assert row.end_us == 130_000_000


def test_of_half_a_second_little_is_claimed(piece):
    row = Music(least_music=0).row(clip(piece, 5, 5.4))
    assert (row.tempo, row.key, row.dynamics) == (None, None, None)
    assert row.text.lower().endswith("music, loud.")


def test_rows_fit_the_table(piece):
    row = Music().row(clip(piece, 0, 24))
    table = table_of([row, None], Music().schema(), [{"clip_id": c, "video_id": "film"} for c in "ab"])
    assert len(table["windows"][0].as_py()) == 2


def test_a_model_may_describe(piece):
    row = Music(model="fake").row(clip(piece, 0, 20))
    assert row.text.startswith("Answer ")
    texts = [row.text, row.text_without_vocals, *(t for w in row.windows for t in (w.text, w.text_without_vocals))]
    assert len(set(texts)) == 6  # each sound is asked about by itself
    assert row.tempo == pytest.approx(100, rel=0.02)


@pytest.mark.parametrize("settings", [{"model": "nonsense"}, {"separator": "nonsense"}])
def test_an_unknown_model_is_a_sentence(piece, settings):
    with pytest.raises(ModelError, match="nonsense"):
        Music(**settings).row(clip(piece, 0, 10))


def test_only_models_need_packages():
    assert Music().packages == {}
    assert set(Music(model="hf:some/model").packages) == {"torch", "transformers"}
    assert set(Music(separator="demucs:some.th").packages) == {"demucs"}
