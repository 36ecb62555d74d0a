"""What is said during a clip, from the film's subtitles."""

import pytest

from films import even
from shotlist.annotate.transcript import Transcript
from shotlist.engine.film import Clip
from shotlist.records import Cue
from shotlist.timing import SECOND


def cue(start: float, end: float, text: str, language: str | None = "en") -> Cue:
    return Cue(round(start * SECOND), round(end * SECOND), text, language)


def said(*cues: Cue, clip: tuple[float, float] = (2.0, 6.0), **settings):
    start, end = (round(s * SECOND) for s in clip)
    film = even(10.0, 10, tables={"subtitles": cues} if cues else {})
    return Transcript(**settings).measure(Clip(film, start, end, round(clip[0] * 10), round(clip[1] * 10)))


def test_subtitles_inside_are_joined():
    found = said(cue(2, 3, "One."), cue(3, 4.5, "Two."), cue(7, 8, "Three."))
    assert (found.text, found.language, found.seconds) == ("One. Two.", "en", 2.5)


def test_half_inside_is_enough():
    assert said(cue(1, 3, "Half.")).text == "Half."
    assert said(cue(5.1, 7.1, "Less than half.")) is None
    assert said(cue(5.1, 7.1, "Less than half."), inside=0.4).text == "Less than half."


def test_a_subtitle_longer_than_two_clips_is_in_neither():
    assert said(cue(0, 10, "All the time.")) is None
    assert said(cue(0, 10, "All the time."), clip=(0.0, 5.0)).seconds == 5


def test_at_a_cut_each_subtitle_belongs_to_one_side():
    crossing = cue(4.5, 6.0, "Across.")
    assert said(crossing, clip=(0.0, 5.0)) is None
    assert said(crossing, clip=(5.0, 10.0)).text == "Across."


def test_nothing_said():
    assert said() is None
    assert said(cue(7, 8, "Later.")) is None


def test_a_second_language_says_the_same_again():
    both = (cue(2, 3, "Ja.", "de"), cue(2.1, 3, "Yes.", "en"), cue(4, 5, "Good.", "en"))
    found = said(*both)
    assert (found.text, found.language) == ("Yes. Good.", "en")


@pytest.mark.parametrize(("clip", "text"), [((0.0, 5.0), "Ja."), ((5.0, 10.0), "Nein.")])
def test_the_language_stays_the_same_all_through_the_film(clip, text):
    cues = (cue(1, 2, "Ja.", "de"), cue(1.1, 2, "Yes.", "en"), cue(6, 7, "No.", "en"), cue(6.1, 7, "Nein.", "de"))
    assert said(*cues, clip=clip).text == text


def test_a_language_that_is_only_here_is_taken():
    cues = (cue(2, 3, "Oui.", "fr"), cue(7, 8, "No.", "en"), cue(8, 9, "No!", "en"))
    assert said(*cues).text == "Oui."


def test_subtitles_without_a_language():
    found = said(cue(2, 3, "Hm.", None))
    assert (found.text, found.language) == ("Hm.", None)


def test_two_who_speak_at_once_are_counted_once():
    found = said(cue(2, 4, "Stop!"), cue(3, 5, "Never!"), cue(3.5, 3.8, "Oh."))
    assert found.text == "Stop! Never! Oh."
    assert found.seconds == 3
