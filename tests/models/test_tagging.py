"""Sound tags by audio classifiers of transformers: tiny ones with random weights, saved and loaded."""

import numpy as np
import pytest

from shotlist.errors import ModelError
from shotlist.models.tagging import tagger

transformers = pytest.importorskip("transformers")
pytest.importorskip("torch")

NAMES = ["wind", "bell", "dog"]
SOUND = (np.random.default_rng(0).standard_normal(25 * 16_000) * 0.1).astype(np.float32)


def saved(folder, bands: int = 16, **settings):
    """A folder with an Audio Spectrogram Transformer that knows three sounds."""
    config = transformers.ASTConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, num_mel_bins=bands,
        max_length=64, id2label=dict(enumerate(NAMES)), **settings,
    )  # fmt: skip
    transformers.set_seed(1)
    transformers.ASTForAudioClassification(config).save_pretrained(folder)
    transformers.ASTFeatureExtractor(num_mel_bins=bands, max_length=64).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("ast"))


def test_sounds_are_named_the_likeliest_first(folder):
    tags = tagger(f"hf:{folder}").tags(SOUND)
    assert sorted(tag.label for tag in tags) == sorted(NAMES)
    scores = [tag.score for tag in tags]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1)


def test_the_same_sound_gets_the_same_names(folder):
    assert tagger(f"hf:{folder}").tags(SOUND) == tagger(f"hf:{folder}").tags(SOUND)


def test_a_model_of_many_sounds_at_once_scores_each_by_itself(tmp_path):
    tags = tagger(f"hf:{saved(tmp_path, problem_type='multi_label_classification')}").tags(SOUND)
    assert sum(tag.score for tag in tags) != pytest.approx(1)
    assert all(0 < tag.score < 1 for tag in tags)


@pytest.mark.parametrize("n", [0, 100, 8000])
def test_short_sound_is_named_too(folder, n):
    assert len(tagger(f"hf:{folder}").tags(SOUND[:n])) == (3 if n else 0)


def test_weights_that_are_cut_short_are_named(tmp_path):
    weights = saved(tmp_path) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelError, match=r"model\.safetensors: has .* bytes where .* are due"):
        tagger(f"hf:{tmp_path}")


def test_weights_of_another_model_are_refused(tmp_path):
    saved(tmp_path)
    other = transformers.ASTConfig(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=8)
    other.num_mel_bins, other.max_length, other.id2label = 16, 64, dict(enumerate(NAMES))
    other.save_pretrained(tmp_path)
    with pytest.raises(ModelError, match=r"the weights do not fit this architecture: .* missing"):
        tagger(f"hf:{tmp_path}")


def test_a_model_that_classifies_no_sound_is_refused(tmp_path):
    config = transformers.BertConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=10
    )
    transformers.BertModel(config).save_pretrained(tmp_path)
    transformers.ASTFeatureExtractor(num_mel_bins=16).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="can't be loaded as a model that classifies sound"):
        tagger(f"hf:{tmp_path}")


def test_an_empty_folder_is_no_model(tmp_path):
    with pytest.raises(ModelError, match=r"holds no config\.json"):
        tagger(f"hf:{tmp_path}")


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(ModelError, match="no such folder"):
        tagger(f"hf:{tmp_path / 'nothing'}")


def test_a_device_that_is_not_there_is_a_sentence(folder):
    if pytest.importorskip("torch").cuda.is_available():
        pytest.skip("this machine has one")
    with pytest.raises(ModelError, match="there is no such device here"):
        tagger(f"hf:{folder}?device=cuda")
