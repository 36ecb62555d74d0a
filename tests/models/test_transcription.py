"""Speech recognised by a server."""

from collections.abc import Iterator

import numpy as np
import pytest

from servers.processes import running
from shotlist.errors import MediaError, ModelError
from shotlist.models.contracts import Utterance
from shotlist.models.speech import recogniser


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running("transcriber.py") as url:
        yield url


def chunks(*seconds: float):
    rng = np.random.default_rng(0)
    return (rng.normal(0, 0.1, round(s * 16_000)).astype(np.float32) for s in seconds)


def said(server: str, model: str, *seconds: float, language=None) -> list[list[Utterance]]:
    return [list(found) for found in recogniser(f"openai:{model}@{server}").transcribe(chunks(*seconds), language)]


@pytest.mark.parametrize("model", ["words", "both", "nested"])
def test_words_and_times_come_back_chunk_by_chunk(server, model):
    first, second = said(server, model, 3.0, 1.25)
    assert [u.text for u in first] == ["zero one two"]
    assert [(w.text, w.start_us, w.end_us) for w in first[0].words] == [
        ("zero", 100_000, 600_000),
        ("one", 1_100_000, 1_600_000),
        ("two", 2_100_000, 2_600_000),
    ]
    assert [u.text for u in second] == ["zero"]
    assert second[0].end_us <= 1_250_000


def test_a_server_that_tells_no_times_has_said_it_all_in_one_go(server):
    assert said(server, "text", 2.0) == [[Utterance(0, 2_000_000, "zero one")]]


def test_the_language_is_asked_for_or_told_by_name(server):
    assert said(server, "both", 1.0)[0][0].language == "de"
    assert said(server, "both", 1.0, language="fr")[0][0].language == "fr"


def test_nothing_said_is_an_empty_answer(server):
    assert said(server, "silence", 1.0, 1.0) == [[], []]


def test_many_chunks_stay_in_order(server):
    lengths = [1.0 + k % 5 for k in range(40)]
    assert [len(found[0].words) for found in said(server, "both", *lengths)] == [int(s) for s in lengths]


@pytest.mark.parametrize("model", ["odd", "list"])
def test_an_answer_of_another_shape_fails_the_film(server, model):
    with pytest.raises(MediaError, match="the server's transcription has an unknown shape"):
        said(server, model, 1.0)


def test_a_model_that_the_server_does_not_have_ends_the_work(server):
    with pytest.raises(ModelError, match="has no model nobody; it has: words, both"):
        said(server, "nobody", 1.0)
