"""Vectors of pictures: of one length, alike for the same view, and far apart for another."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from films import plain, texture, views
from shotlist.errors import ModelError
from shotlist.models.embedding import embedder, packages


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folders of tiny random checkpoints that look at pictures: clip, siglip, vit."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    eyes = {**sizes, "image_size": 28, "patch_size": 14}
    words = {**sizes, "vocab_size": 60, "max_position_embeddings": 16}

    def made(kind: str) -> Path:
        torch.manual_seed(1)
        folder = tmp_path_factory.mktemp(kind)
        if kind == "vit":  # as image classifiers are saved: without a pooling layer
            config = transformers.ViTConfig(**eyes)
            model = transformers.ViTForImageClassification(config)
        elif kind == "clip":
            config = transformers.CLIPConfig(vision_config=eyes, text_config=words, projection_dim=16)
            model = transformers.CLIPModel(config)
        else:
            model = transformers.SiglipModel(transformers.SiglipConfig(vision_config=eyes, text_config=words))
        model.save_pretrained(folder)
        sides = {"size": {"height": 28, "width": 28}, "crop_size": {"height": 28, "width": 28}}
        CLIPImageProcessorPil(**sides).save_pretrained(folder)
        return folder

    return made


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    one, other = embedder("builtin").embed([a, b])
    return float(one @ other)


def test_vectors_have_unit_length_and_come_in_order():
    pictures = [texture(1), plain(0), plain((200, 30, 30)), texture(2)]
    found = embedder("builtin").embed(iter(pictures))
    assert found.dtype == np.float32 and found.shape == (4, 696)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.allclose(found[3], embedder("builtin").embed(pictures[3:])[0])
    assert len(embedder("builtin").embed([])) == 0


def test_the_same_view_with_noise_is_alike_and_another_is_not():
    view = texture(1)
    noisy = (view + np.random.default_rng(0).normal(0, 6, view.shape)).clip(0, 255).astype(np.uint8)
    assert likeness(view, noisy) > 0.98
    assert likeness(view, texture(2)) < 0.8
    assert likeness(plain(0), texture(2)) < 0.8
    assert likeness(plain((220, 30, 30)), plain((30, 30, 220))) < 0.5


def test_a_pan_leads_away_bit_by_bit():
    first, *_, near = views(0.4, x=0.1)
    *_, far = views(4, x=0.1)
    assert likeness(first, near) > 0.93 > likeness(first, far)


def test_pictures_of_any_shape_are_taken():
    tall, tiny = texture(1, (90, 160)), texture(1, (2, 3))
    assert embedder("builtin").embed([tall, tiny]).shape == (2, 696)


@pytest.mark.parametrize(("kind", "size"), [("clip", 16), ("siglip", 32), ("vit", 32)])
def test_models_of_transformers_that_look_at_pictures(encoder: Callable[[str], Path], kind: str, size: int):
    name = f"hf:{encoder(kind)}?device=cpu&batch=2"
    pictures = [texture(k, (80, 60)) for k in range(3)]
    found = embedder(name).embed(iter(pictures))
    assert found.dtype == np.float32 and found.shape == (3, size)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.allclose(found[2], embedder(name).embed([pictures[2]])[0], atol=1e-5)
    assert packages(name).keys() == {"torch", "transformers"} and not packages("builtin")


def test_the_class_token_is_taken_from_the_last_layer(encoder: Callable[[str], Path]):
    from transformers import CLIPModel

    folder = encoder("clip")
    picture = np.full((28, 28, 3), 128, np.uint8)
    found = embedder(f"hf:{folder}?device=cpu&features=cls").embed([picture])
    assert found.shape == (1, 32)
    import torch

    middle = [(128 / 255 - mean) / std for mean, std in zip(*_NORMAL, strict=True)]
    pixels = torch.tensor(middle)[None, :, None, None].expand(1, 3, 28, 28)
    with torch.inference_mode():
        expected = CLIPModel.from_pretrained(folder).vision_model(pixels).last_hidden_state[0, 0]
    assert np.allclose(found[0], (expected / expected.norm()).numpy(), atol=1e-4)


_NORMAL = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))


def test_a_model_without_class_token_says_so(encoder: Callable[[str], Path]):
    with pytest.raises(ModelError, match="has no class token; leave"):
        embedder(f"hf:{encoder('siglip')}?device=cpu&features=cls")


def test_names_that_can_not_be_had(tmp_path: Path):
    with pytest.raises(ModelError, match="makes no vectors of pictures; there are: builtin, hf:ORG/NAME"):
        embedder("clip")
    with pytest.raises(ModelError, match=r"holds no config\.json"):
        embedder(f"hf:{tmp_path}")
