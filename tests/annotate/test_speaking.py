"""How much is spoken in a clip."""

import numpy as np
import pytest

from shotlist.annotate.speaking import Speaking
from shotlist.engine.film import Clip
from sounds import heard

SILENCE = np.zeros((1, 10 * 16_000), np.float32)


def voice(*spans):
    return [{"start_us": round(a * 1e6), "end_us": round(b * 1e6)} for a, b in spans]


def said(start, end, language="en", speaker=None):
    return {"start_us": round(start * 1e6), "end_us": round(end * 1e6), "language": language, "speaker": speaker}


def of(film, start=0.0, end=10.0):
    return Speaking().measure(Clip(film, round(start * 1e6), round(end * 1e6), 0, 1))


def test_the_share_of_the_clip_in_which_somebody_speaks():
    film = heard(SILENCE, voice=voice((1, 3), (5, 9)))
    assert of(film).share == pytest.approx(0.6)
    assert of(film, 2, 6).seconds == pytest.approx(2.0)
    assert (of(film, 3, 5).share, of(film).speakers, of(film).language) == (0, None, None)


def test_speakers_are_counted_and_the_commonest_language_named():
    speech = [said(1, 2, "fr", 0), said(2, 3, "en", 1), said(5, 9, "en", 0)]
    film = heard(SILENCE, voice=voice((1, 3), (5, 9)), speech=speech)
    assert (of(film).speakers, of(film).language) == (2, "en")
    assert (of(film, 0, 1.9).speakers, of(film, 0, 1.9).language) == (1, "fr")


def test_a_film_in_which_nobody_speaks():
    assert (of(heard(SILENCE)).share, of(heard(SILENCE)).seconds) == (0, 0)


def test_without_sound_nothing_is_said_about_it():
    film = heard(SILENCE)
    assert of(film, 10, 12) is None
    del film.audio
    film.audio = None
    assert of(film) is None
