"""Whisper by faster-whisper, with weights that always say the same."""

import shutil

import numpy as np
import pytest

pytest.importorskip("faster_whisper")
pytest.importorskip("transformers")

from models.whispers import tiny_whisper
from shotlist.errors import ModelError
from shotlist.models.speech import packages, recogniser


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return tiny_whisper(tmp_path_factory.mktemp("whisper"))


def chunks(*seconds):
    rng = np.random.default_rng(0)
    return [rng.normal(0, 0.1, round(s * 16_000)).astype(np.float32) for s in seconds]


def said(model, *seconds, language=None):
    return [list(found) for found in recogniser(model, device="cpu").transcribe(chunks(*seconds), language)]


@pytest.mark.parametrize("settings", ["", "?batch=2&beam=1"])
def test_each_chunk_has_its_utterances_with_words_inside_it(weights, settings):
    found = said(f"whisper:{weights}/ct2{settings}", 4.0, 2.0, 3.0)
    assert len(found) == 3
    for utterances, seconds in zip(found, (4.0, 2.0, 3.0), strict=True):
        assert utterances[0].text == "hello there"
        assert [word.text for word in utterances[0].words] == ["hello", "there"]
        times = [t for u in utterances for word in u.words for t in (word.start_us, word.end_us)]
        assert times == sorted(times)
        assert 0 <= times[0] <= times[-1] <= seconds * 1e6


def test_the_language_is_found_unless_it_is_known(weights):
    assert said(f"whisper:{weights}/ct2", 1.0)[0][0].language == "en"
    assert said(f"whisper:{weights}/ct2", 1.0, language="de")[0][0].language == "de"


def test_no_chunks_no_answers(weights):
    assert said(f"whisper:{weights}/ct2") == []


def test_a_missing_folder_is_said():
    with pytest.raises(ModelError, match="whisper:/no/such: there is no such folder"):
        recogniser("whisper:/no/such")


@pytest.mark.parametrize("file", ["model.bin", "tokenizer.json", "config.json"])
def test_a_missing_file_is_named(weights, tmp_path, file):
    shutil.copytree(weights / "ct2", tmp_path / "ct2")
    (tmp_path / "ct2" / file).unlink()
    with pytest.raises(ModelError, match=f"ct2 is incomplete: there is no {file}"):
        recogniser(f"whisper:{tmp_path}/ct2")


@pytest.mark.parametrize("file", ["model.bin", "tokenizer.json", "config.json", "vocabulary.json"])
def test_a_damaged_file_is_named(weights, tmp_path, file):
    shutil.copytree(weights / "ct2", tmp_path / "ct2")
    content = (tmp_path / "ct2" / file).read_bytes()
    (tmp_path / "ct2" / file).write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match=f"ct2/{file} can't be"):
        recogniser(f"whisper:{tmp_path}/ct2", device="cpu")


def test_a_transformers_checkpoint_is_told_how_to_be_turned(weights):
    with pytest.raises(ModelError, match=r"holds a Transformers model; .* ct2-transformers-converter"):
        recogniser(f"whisper:{weights}/hf")


def test_a_device_that_is_not_there_is_said(weights):
    import ctranslate2

    if ctranslate2.get_cuda_device_count():
        pytest.skip("has a GPU")
    with pytest.raises(ModelError, match="can't be loaded on cuda"):
        recogniser(f"whisper:{weights}/ct2", device="cuda")


def test_wrong_names_and_settings_are_said(weights):
    with pytest.raises(ModelError, match="whisper:huge"):
        recogniser("whisper:huge")
    with pytest.raises(ModelError, match="no such setting; did you mean beam"):
        recogniser(f"whisper:{weights}/ct2?bean=3")
    with pytest.raises(ModelError, match="'echo' recognises no speech"):
        recogniser("echo")


def test_weights_that_are_not_here_and_can_not_be_fetched_are_said(tmp_path):
    with pytest.raises(ModelError, match=r"the weights of whisper:tiny can't be fetched .*; give their folder"):
        recogniser(f"whisper:tiny?local_only=true&folder={tmp_path}")


def test_what_has_to_be_installed_is_known_beforehand():
    assert packages("whisper:tiny") == {"faster_whisper": "pip install 'shotlist[speech]'"}
    assert packages("builtin") == {"pocketsphinx": "pip install 'shotlist[speech]'"}
    assert packages("openai:x@http://localhost/v1") == {}
