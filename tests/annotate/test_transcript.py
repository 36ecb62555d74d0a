"""What is said during a clip, from the film's subtitles."""

from dataclasses import dataclass, replace

import pytest

from films import even
from shotlist.annotate.subtitle_offset import OffsetRow
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


def both(*cues, speech=(), offset=None, clip=(2.0, 6.0), **settings):
    """With what was heard, and perhaps an offset of the first track."""
    rows = [Heard(round(a * SECOND), round(b * SECOND), text, words=words) for a, b, text, words in speech]
    tables = {"subtitles": cues, "speech": rows, "subtitle_offset": [offset] if offset else []}
    film = even(10.0, 10, tables={name: found for name, found in tables.items() if found})
    start, end = (round(s * SECOND) for s in clip)
    return Transcript(**settings).measure(Clip(film, start, end, round(clip[0] * 10), round(clip[1] * 10)))


@dataclass(frozen=True)
class Heard:
    start_us: int
    end_us: int
    text: str
    language: str | None = "en"
    speaker: int | None = None
    words: tuple = ()


def timed(*words):
    return [
        {"start_us": round(a * SECOND), "end_us": round(b * SECOND), "text": t, "probability": 1.0} for t, a, b in words
    ]


def test_without_subtitles_what_was_heard_is_told():
    found = both(speech=[(2, 4, "Hello there.", ()), (7, 8, "Later.", ())])
    assert (found.text, found.language, found.seconds, found.source) == ("Hello there.", "en", 2.0, "speech")
    assert found.agreement is None


def test_subtitles_win_and_the_agreement_is_told():
    found = both(cue(2, 4, "One two three four."), speech=[(2, 4, "one too three four", ())])
    assert (found.text, found.source, found.agreement) == ("One two three four.", "subtitles", 0.75)
    assert both(cue(2, 4, "One."), speech=[(7, 8, "Later.", ())]).agreement == 0


def test_translated_subtitles_are_not_held_against_what_was_heard():
    assert both(cue(2, 4, "Eins zwei.", "de"), speech=[(2, 4, "one two", ())]).agreement is None
    assert both(cue(2, 4, "One two.", "en-GB"), speech=[(2, 4, "one two", ())]).agreement == 1
    assert both(cue(2, 4, "One two.", None), speech=[(2, 4, "one two", ())]).agreement == 1


def test_words_are_cut_at_the_edges_of_the_clip():
    words = timed(("one", 1, 1.5), ("two", 1.8, 2.4), ("three", 5.5, 5.9), ("four", 6.1, 6.5))
    found = both(speech=[(1, 6.5, "One, two, three, four.", words)])
    assert (found.text, found.seconds) == ("two three", pytest.approx(3.9))
    assert both(speech=[(1, 6.5, "One.", words[:1])]) is None


def test_sounds_and_songs_are_told_apart_from_speech():
    cues = (
        Cue(2_000_000, 3_000_000, "door slams", "en", kind="sound"),
        cue(2, 3, "Hello."),
        Cue(3_000_000, 4_000_000, "Tra la", "en", kind="lyrics"),
        Cue(4_000_000, 5_000_000, "door slams", "en", kind="sound"),
    )
    found = said(*cues)
    assert (found.text, found.lyrics, found.sounds, found.seconds) == ("Hello.", "Tra la", "door slams", 1.0)
    alone = said(cues[0])
    assert (alone.text, alone.source, alone.sounds, alone.seconds) == (None, None, "door slams", 0)


def test_where_subtitles_tell_only_sounds_what_was_heard_is_added():
    found = both(Cue(2_000_000, 3_000_000, "sighs", "en", kind="sound"), speech=[(3, 4, "Oh.", ())])
    assert (found.text, found.source, found.sounds) == ("Oh.", "speech", "sighs")


def test_a_second_track_in_the_same_language_is_left_out():
    plain, deaf = cue(2, 3, "Yes."), replace(cue(2.1, 3, "Yes."), track=1)
    assert said(plain, deaf, cue(4, 5, "No.")).text == "Yes. No."


def late(**more):
    return OffsetRow(
        0, "en", "sidecar", 1, **{"offset_seconds": 3.0, "rate": 1.0, "confidence": 1.0, "fits": True} | more
    )


def test_subtitles_are_moved_only_if_asked_for_and_only_if_they_fit_then():
    assert both(cue(5, 7, "Late."), offset=late()).text == "Late."
    assert both(cue(7, 8, "Late."), offset=late()) is None
    assert both(cue(7, 8, "Late."), offset=late(), correct=True).text == "Late."
    assert both(cue(7, 8, "Late."), offset=late(fits=False), correct=True) is None
    assert both(cue(8, 10, "Late."), offset=late(rate=1.25), correct=True).seconds == pytest.approx(1.6)
