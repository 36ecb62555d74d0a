"""The built-in recogniser: real words with times, few of them right."""

import numpy as np
import pytest

pytest.importorskip("pocketsphinx")

from shotlist.errors import MediaError
from shotlist.models.speech import recogniser
from voices import sound_of


def test_some_words_of_a_speech_are_found_where_they_are(shared_media):
    speech = sound_of(shared_media / "audio" / "speech_jfk.flac")[: 4 * 16_000]
    [found] = recogniser("builtin").transcribe([speech])
    words = [word for utterance in found for word in utterance.words]
    assert {"and", "my"} <= {word.text for word in words}
    assert next(word.start_us for word in words if word.text == "my") == pytest.approx(940_000, abs=300_000)
    assert all(0 <= w.start_us < w.end_us <= 4_000_000 and 0 <= w.probability <= 1 for w in words)
    assert {utterance.language for utterance in found} == {"en"}
    assert " ".join(w.text for w in words) == " ".join(u.text for u in found)


def test_an_answer_does_not_depend_on_what_was_heard_before(shared_media):
    speech = sound_of(shared_media / "audio" / "speech_jfk.flac")[: 2 * 16_000]
    first, _, again = (list(found) for found in recogniser("builtin").transcribe([speech, speech[::-1], speech]))
    assert first == again


@pytest.mark.parametrize("samples", [0, 1, 100])
def test_hardly_any_sound_is_no_trouble(samples):
    assert [list(found) for found in recogniser("builtin").transcribe([np.zeros(samples, np.float32)])] == [[]]


def test_other_languages_are_refused():
    with pytest.raises(MediaError, match="knows English, not 'de'"):
        list(recogniser("builtin").transcribe([np.zeros(16_000, np.float32)], "de"))
