"""Speakers told apart."""

import numpy as np
import pytest

from shotlist.errors import ModelError
from shotlist.models.grouping import grouped
from shotlist.models.speakers import detector, packages
from voices import RATE, pieces_of


class Points:
    """Numbers on a line; two groups are one where their means are closer than 1."""

    def __init__(self, values):
        self.sums, self.counts, self.sizes = np.array(values, float), np.ones(len(values)), [1.0] * len(values)

    def apart(self, one, others):
        means = self.sums / self.counts
        return np.abs(means[others] - means[one]) - 1

    def join(self, one, other):
        self.sums[one] += self.sums[other]
        self.counts[one] += self.counts[other]


def test_things_that_are_near_become_one_group_numbered_as_they_appear():
    assert grouped(Points([5.0, 0.0, 5.4, 0.3, 9.0])) == [0, 1, 0, 1, 2]


def test_one_thing_is_one_group():
    assert grouped(Points([3.0])) == [0]


def test_of_very_many_things_the_smaller_ones_join_the_nearest_group():
    points = Points([float(k % 3 * 10) for k in range(900)])
    points.sizes = [1.0 + (k < 300) for k in range(900)]
    assert grouped(points) == [k % 3 for k in range(900)]


@pytest.fixture(scope="module")
def voices(shared_media):
    names = ("lecture_pendulum_part1.webm", "slides_talk.mp4", "audio/speech_narration.ogg")
    return [pieces_of(shared_media / name) for name in names]


def test_one_voice_is_one_speaker(voices):
    for found in voices:
        assert set(detector("builtin").speakers(found)) == {0}


def test_voices_of_three_recordings_are_three_speakers(voices):
    turns = [piece for turn in zip(*voices, strict=False) for piece in turn]
    assert detector("builtin").speakers(turns) == [0, 1, 2] * (len(turns) // 3)


@pytest.mark.parametrize("sound", [np.zeros(RATE, np.float32), np.zeros(10, np.float32), np.ones(RATE, np.float32)])
def test_odd_sound_is_no_trouble(sound):
    assert len(detector("builtin").speakers([sound, sound])) == 2


def test_no_pieces_no_speakers():
    assert detector("builtin").speakers([]) == []


def test_an_unknown_detector_is_said():
    with pytest.raises(ModelError, match="'ear' tells no speakers apart"):
        detector("ear")
    with pytest.raises(ModelError, match="no such folder"):
        detector("hf:/no/such")


def test_what_has_to_be_installed_is_known_beforehand():
    assert packages("builtin") == {}
    assert set(packages("hf:x/y")) == {"torch", "transformers"}


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A WavLM with an x-vector head as its authors' checkpoints have it, tiny and with random weights."""
    pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    import torch

    torch.manual_seed(0)
    config = transformers.WavLMConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, num_buckets=8,
        conv_dim=(16, 16), conv_stride=(10, 8), conv_kernel=(20, 16), num_feat_extract_layers=2,
        num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=2, do_stable_layer_norm=False,
        tdnn_dim=(16, 16, 16), tdnn_kernel=(3, 3, 1), tdnn_dilation=(1, 1, 1), xvector_output_dim=16,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("wavlm")
    transformers.WavLMForXVector(config).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return folder


def test_a_network_compares_voiceprints(network, voices):
    turns = [voices[0][0], voices[1][0], voices[0][0]]
    assert detector(f"hf:{network}?alike=0.9999999").speakers(turns) == [0, 1, 0]
    assert detector(f"hf:{network}?alike=-1").speakers(turns) == [0, 0, 0]


def test_damaged_weights_are_said(network, tmp_path):
    for file in network.iterdir():
        content = file.read_bytes()
        (tmp_path / file.name).write_bytes(content[: len(content) // 2] if file.suffix == ".safetensors" else content)
    with pytest.raises(ModelError, match=r"model\.safetensors: has .* bytes"):
        detector(f"hf:{tmp_path}")
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="holds no weights"):
        detector(f"hf:{tmp_path}")
