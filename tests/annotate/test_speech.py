"""What is said in a film, on the film's clock."""

from dataclasses import replace

import numpy as np
import pytest

from films import even
from servers.processes import running
from shotlist.annotate.speech import Speech, pieces
from shotlist.errors import ModelError
from sounds import heard
from voices import RATE, pieces_of


@pytest.fixture(scope="module")
def server():
    with running("transcriber.py") as url:
        yield url


def noise(seconds, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, (1, round(seconds * RATE))).astype(np.float32)


def voice(*spans):
    return [{"start_us": round(a * 1e6), "end_us": round(b * 1e6)} for a, b in spans]


def cut(*spans, sound=None, longest=30.0):
    film = heard(noise(100) if sound is None else sound)
    found = pieces([(round(a * 1e6), round(b * 1e6)) for a, b in spans], film.audio, round(longest * 1e6))
    return [(a / 1e6, b / 1e6) for a, b in found]


def test_only_what_has_a_voice_is_heard_and_short_pauses_stay_inside():
    assert cut((1, 3), (4, 6), (20, 22)) == [(1, 6), (20, 22)]


def test_a_piece_ends_at_a_pause_before_it_gets_too_long():
    assert cut((0, 12), (13, 24), (25, 36)) == [(0, 24), (25, 36)]


def test_who_speaks_without_a_pause_is_cut_where_it_is_quietest():
    sound = noise(70)
    sound[:, round(24.0 * RATE) : round(24.4 * RATE)] *= 0.01
    first, second, third = cut((0, 70), sound=sound)
    assert first == (0, pytest.approx(24.2, abs=0.1))
    assert second[0] == first[1]
    assert third[1] == 70
    assert all(end - start <= 30 for start, end in (first, second, third))


def test_nothing_heard_no_pieces():
    assert cut() == []


def test_words_are_timed_on_the_films_clock(server):
    film = heard(noise(20), start_us=5_000_000, voice=voice((7, 10), (20, 22)))
    first, second = Speech(model=f"openai:words@{server}").rows(film)
    assert (first.text, first.language, first.speaker) == ("zero one two", "de", None)
    assert [word.start_us for word in first.words] == [7_100_000, 8_100_000, 9_100_000]
    assert (first.start_us, first.end_us) == (7_100_000, 9_600_000)
    assert [word.start_us for word in second.words] == [20_100_000, 21_100_000]


def test_a_language_that_is_known_is_passed_on(server):
    film = heard(noise(5), voice=voice((1, 3)))
    film.source = replace(film.source, language="pt-BR")
    model = f"openai:both@{server}"
    assert [row.language for row in Speech(model=model).rows(film)] == ["pt"]
    assert [row.language for row in Speech(model=model, language="fr").rows(film)] == ["fr"]


def test_speakers_are_numbered_through_the_film(server, shared_media):
    man, other = pieces_of(shared_media / "lecture_pendulum_part1.webm"), pieces_of(shared_media / "slides_talk.mp4")
    turns = np.concatenate([man[0], other[0], man[1], other[1]])[None]
    film = heard(turns, voice=voice((0.05, 3.95), (4.05, 7.95), (8.05, 11.95), (12.05, 15.95)))
    rows = Speech(model=f"openai:both@{server}", speakers="builtin", longest=4.0).rows(film)
    assert [row.speaker for row in rows] == [0, 1, 0, 1]


def test_films_in_which_nobody_speaks_have_no_rows(server):
    model = f"openai:words@{server}"
    assert list(Speech(model=model).rows(heard(noise(3)))) == []
    assert list(Speech(model=model).rows(even(3))) == []
    assert list(Speech(model="off").rows(heard(noise(3), voice=voice((0, 3))))) == []


def test_what_it_needs_follows_from_its_settings():
    assert Speech(model="off").packages == {}
    assert set(Speech(model="whisper:tiny", speakers="hf:x/y").packages) == {"faster_whisper", "torch", "transformers"}
    assert Speech(model="whisper:tiny").needs.gpus == 0
    assert Speech(model="whisper:tiny", device="cuda").needs.gpus == 1
    assert Speech(model="openai:x@http://localhost/v1", device="cuda").needs.gpus == 0


def test_a_wrong_name_is_said():
    with pytest.raises(ModelError, match="'ears' recognises no speech"):
        list(Speech(model="ears").rows(heard(noise(1), voice=voice((0, 1)))))
