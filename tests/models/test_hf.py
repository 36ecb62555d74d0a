import io
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import tiny_models
import torch
from PIL import Image
from tiny_models import jpeg

from shotlist.errors import ModelError
from shotlist.models.contracts import Answer, Footage, Heard, Request, Still
from shotlist.models.hf import HFModel
from shotlist.models.names import parse

Checkpoint = Callable[[str], Path]
Model = Callable[..., HFModel]


@pytest.fixture(scope="session")
def model(checkpoint: Checkpoint) -> Model:
    """Models by family and settings, loaded once."""
    made: dict[str, HFModel] = {}

    def model(family: str, settings: str = "batch=3") -> HFModel:
        name = f"hf:{checkpoint(family)}?check=false&{settings}"
        if name not in made:
            made[name] = HFModel(parse(name))
        return made[name]

    return model


@pytest.fixture
def spoiled(checkpoint: Checkpoint, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a checkpoint that a test may change."""

    def spoiled(family: str) -> Path:
        for file in checkpoint(family).iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        return tmp_path

    return spoiled


def footage(n: int, seed: int = 0) -> Footage:
    return Footage(tuple(Still(1_000_000 + k * 400_000, jpeg(seed + k)) for k in range(n)), 1_000_000)


def told(n: int) -> list[Request]:
    return [Request((f"question {k} {'more ' * (k % 5)}",), "Be brief.", max_tokens=6) for k in range(n)]


def looking() -> list[Request]:
    one = [Request((Still(0, jpeg(k)), f"What is {k}?"), max_tokens=6) for k in range(4)]
    two = [
        Request(("A:", Still(0, jpeg(k)), "B:", Still(1, jpeg(k + 9, (60, 90))), "?"), max_tokens=6) for k in range(2)
    ]
    film = [Request((footage(n, n), "What happens?"), max_tokens=6) for n in (3, 2, 5)]
    return [*one, *two, *film]


def listening() -> list[Request]:
    sounds = [np.random.default_rng(k).normal(0, 0.1, 16000 + 4000 * k).astype(np.float32) for k in range(3)]
    return [Request((Heard(s), "What is heard?"), max_tokens=6) for s in [*sounds, np.stack([sounds[0]] * 2)]]


def said(answers: Any) -> list[tuple[str | None, str | None]]:
    return [(a.text, a.failure.kind if a.failure else None) for a in answers]


INPUTS = {
    "qwen3": told(7),
    "t5": told(4),
    "qwen25vl": [*told(3), *looking()],
    "qwen3vl": [*told(3), *looking()],
    "onevision": [*told(3), *looking()],
    "internvl": [*told(3), *looking()],
    "gemma3": [*told(3), *looking()],
    "smolvlm": [*told(3), *looking()],
    "llava": [*told(3), *looking()],
    "blip2": looking()[:4],
    "qwen2audio": [*told(2), *listening()],
}


@pytest.mark.parametrize("family", INPUTS)
def test_every_family_answers_in_order_and_the_same_in_batches_as_alone(model: Model, family: str):
    together = list(model(family).caption(INPUTS[family]))
    alone = [next(model(family).caption([request])) for request in INPUTS[family]]
    assert said(together) == said(alone)
    assert all(a.failure is None or a.failure.kind == "empty answer" for a in together)
    assert sum(a.text is not None for a in together) >= len(together) / 2
    assert all((a.tokens_in or 0) > 5 and a.tokens_out == 6 for a in together)
    assert {a.weights for a in together} == {model(family).weights} and len(model(family).weights) == 16


def test_pictures_and_times_change_what_is_answered_not_only_words(model: Model):
    def first(*parts: Any) -> Answer:
        return next(model("qwen25vl").caption([Request((*parts, "What?"), max_tokens=12)]))

    stills = footage(4).stills
    answers = [
        first(Footage(stills[:2])),
        first(Footage(stills[1:3])),
        first(Still(0, jpeg(1))),
        first(Still(0, jpeg(2))),
    ]
    assert len({a.text for a in answers}) >= 3


def test_footage_is_video_where_the_model_takes_it(model: Model):
    chat = model("qwen25vl")._chat
    _, inputs = chat.prepared([Request((footage(5), "?")), Request((footage(2), "?"))])
    assert inputs["video_grid_thw"].tolist() == [[3, 4, 6], [1, 4, 6]]
    assert inputs["second_per_grid_ts"].tolist() == pytest.approx([0.8, 0.8])
    assert "pixel_values" not in inputs
    text = chat.tokenizer.decode(inputs["input_ids"][0])
    assert "The frames of this video were taken at 0.00, 0.40, 0.80, 1.20, 1.60 s." in text


def test_footage_is_pictures_with_their_times_elsewhere(model: Model):
    for chat in (model("smolvlm")._chat, model("qwen25vl", "video=false")._chat):
        _, inputs = chat.prepared([Request((footage(3), "?"))])
        assert "pixel_values" in inputs and "pixel_values_videos" not in inputs
        text = chat.tokenizer.decode(inputs["input_ids"][0])
        assert all(f"{t} s:" in text for t in ("0.00", "0.40", "0.80"))


def test_patches_of_a_video_hold_each_frame_in_its_own_slot(model: Model):
    processor = model("qwen25vl")._chat._processor
    frames = [np.asarray(Image.open(io.BytesIO(jpeg(k)))) for k in range(3)]
    video = processor.video_processor([[np.stack(frames)]], video_metadata=[{"total_num_frames": 3}])
    patches = video["pixel_values_videos"].numpy().reshape(2, 24, 3, 2, -1)
    for slot, frame in enumerate([0, 1, 2, 2]):  # the last one is repeated
        (alone,) = processor.image_processor(images=[frames[frame]], return_tensors="np")["pixel_values"].reshape(
            1, 24, 3, 2, -1
        )
        np.testing.assert_array_equal(patches[slot // 2, :, :, slot % 2], alone[:, :, 0])


def test_instructions_stand_before_the_question_where_a_template_refuses_them(spoiled: Callable[[str], Path]):
    folder = spoiled("qwen3")
    template = tiny_models.template()
    refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}" + template
    (folder / "chat_template.jinja").write_text(refusing)
    model = HFModel(parse(f"hf:{folder}?check=false"))
    _, inputs = model._chat.prepared([Request(("Question.",), "Be brief.")])
    assert "Be brief.\n\nQuestion." in model._chat.tokenizer.decode(inputs["input_ids"][0])


def test_answers_are_as_long_as_allowed(model: Model):
    answers = list(model("qwen3").write([Request(("hello",), max_tokens=n) for n in (3, 9, 3)]))
    assert [a.tokens_out for a in answers] == [3, 9, 3]
    assert [a.finish for a in answers] == ["length"] * 3


def test_a_seed_draws_the_same_words_whoever_else_is_in_the_batch(model: Model):
    requests = [Request(("hello",), max_tokens=12, temperature=1.0, seed=k % 3) for k in range(6)]
    texts = [a.text for a in model("qwen3").write(requests)]
    assert texts[:3] == texts[3:]
    assert len(set(texts)) == 3
    assert [next(model("qwen3").write([r])).text for r in requests] == texts


def test_at_temperature_zero_the_seed_does_not_matter(model: Model):
    requests = [Request(("hello",), max_tokens=6, seed=k) for k in range(3)]
    assert len({a.text for a in model("qwen3").write(requests)}) == 1


def test_draws_follow_the_logits():
    from shotlist.models.generation import _sampling

    requests = [Request(("x",), temperature=2.0, seed=k) for k in range(4000)]
    logits = torch.log(torch.tensor([0.64, 0.16, 0.16, 0.04])).repeat(4000, 1)
    drawn = _sampling(requests, torch.device("cpu"))[0](None, logits).argmax(1)
    shares = torch.bincount(drawn, minlength=4) / 4000  # at temperature 2: roots of the probabilities
    np.testing.assert_allclose(shares, np.array([0.8, 0.4, 0.4, 0.2]) / 1.8, atol=0.03)


def test_a_picture_that_can_not_be_decoded_fails_alone(model: Model):
    requests = looking()[:4]
    requests.insert(2, Request((Still(2_500_000, b"no jpeg"), "What?"), max_tokens=6))
    answers = list(model("llava").caption(requests))
    assert [k for k, a in enumerate(answers) if a.failure and a.failure.kind == "bad picture"] == [2]
    assert str(answers[2].failure) == "the picture at 2.50 s can't be decoded"


def test_a_prompt_that_is_too_long_fails_alone(model: Model):
    answers = list(model("qwen3").write([Request(("word " * n,), max_tokens=6) for n in (3, 900, 5)]))
    assert [a.failure and a.failure.kind for a in answers] == [None, "too long", None]
    assert "the model has room for 1,024" in str(answers[1].failure)


def test_a_prompt_too_large_for_memory_fails_with_advice(model: Model):
    answer = model("qwen3")._failed(Request(("x",)), torch.OutOfMemoryError("CUDA out of memory"))
    assert answer.failure and answer.failure.kind == "too large"
    assert "give fewer or smaller pictures" in str(answer.failure)


def test_a_gpu_in_a_broken_state_ends_the_work(model: Model):
    with pytest.raises(ModelError, match="run again to go on"):
        model("qwen3")._failed(Request(("x",)), RuntimeError("CUDA error: device-side assert triggered"))


@pytest.mark.parametrize(
    ("family", "request_", "sentence"),
    [
        ("qwen3", looking()[0], "is a model of text, and can't look at pictures"),
        ("llava", listening()[0], "can't listen to sound"),
        ("blip2", looking()[5], "looks at one picture at a time"),
    ],
)
def test_what_a_model_does_not_take_ends_the_work(model: Model, family: str, request_: Request, sentence: str):
    with pytest.raises(ModelError, match=sentence):
        list(model(family).caption([request_]))


def test_settings_reach_the_model(model: Model):
    assert model("llava", "dtype=bfloat16&attention=eager&device=cpu")._model.dtype == torch.bfloat16
    assert next(model("llava", "dtype=bfloat16&attention=eager&device=cpu").caption(looking()[:1])).tokens_out == 6
    assert model("llava")._model.dtype == torch.float32
    assert model("llava", "dtype=bfloat16&attention=eager&device=cpu").identity != model("llava").identity
    assert model("llava", "batch=2").identity == model("llava").identity


def unusable(folder: Path, settings: str = "check=false") -> str:
    with pytest.raises(ModelError) as caught, warnings.catch_warnings():
        HFModel(parse(f"hf:{folder}?{settings}"))
    assert str(folder) in str(caught.value)
    return str(caught.value)


def test_a_checkpoint_that_is_not_whole_is_named(spoiled: Callable[[str], Path], tmp_path: Path):
    assert "no such folder" in unusable(tmp_path / "nowhere")
    assert "holds no config.json" in unusable(tmp_path)
    folder = spoiled("qwen3")
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-100])
    assert "download it again" in unusable(folder)
    weights.write_bytes(b"<html>not found</html>")
    assert "is no safetensors file" in unusable(folder)
    weights.unlink()
    assert "holds no weights" in unusable(folder)
    names = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(names))
    (folder / "model-00001-of-00002.safetensors").write_bytes(whole)
    assert "1 of 2 weight files are missing, e.g. model-00002-of-00002" in unusable(folder)


def test_weights_of_another_architecture_are_named(spoiled: Callable[[str], Path]):
    from safetensors.torch import load_file, save_file

    folder = spoiled("qwen3")
    tensors = load_file(folder / "model.safetensors")
    renamed = {name.replace("layers.1.mlp", "layers.1.moe"): t for name, t in tensors.items()}
    save_file(renamed, folder / "model.safetensors", {"format": "pt"})
    said = unusable(folder)
    assert "the weights do not fit this architecture: 3 of 25 tensors missing, e.g. model.layers.1.mlp" in said
    assert "3 are not used, e.g. model.layers.1.moe" in said
    del tensors["model.norm.weight"]
    tensors["model.embed_tokens.weight"] = tensors["model.embed_tokens.weight"][:-1].clone()
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    assert "2 of 25 tensors missing, e.g. model.embed_tokens.weight" in unusable(folder)


def test_broken_weights_are_found_by_a_first_question(spoiled: Callable[[str], Path]):
    from safetensors.torch import load_file, save_file

    folder = spoiled("llava")
    tensors = load_file(folder / "model.safetensors")
    save_file({n: t * 0 for n, t in tensors.items()}, folder / "model.safetensors", {"format": "pt"})
    said = unusable(folder, "check=true")
    assert "answers a simple question with" in said
    assert "with ?check=false it is used all the same" in said


def test_a_model_needs_a_name():
    with pytest.raises(ModelError, match="hf: names no model"):
        HFModel(parse("hf:"))


def test_a_model_that_does_not_write_is_named(checkpoint: Checkpoint):
    assert "is a model of the kind vit, which does not write text" in unusable(checkpoint("vit"))


def test_a_checkpoint_is_known_by_its_files(checkpoint: Checkpoint, spoiled: Callable[[str], Path]):
    from shotlist.models.weights import identity

    folder = spoiled("qwen3")
    assert identity(folder) == identity(checkpoint("qwen3"))
    (folder / "chat_template.jinja").write_text("other")
    assert identity(folder) != identity(checkpoint("qwen3"))


def test_another_training_of_the_same_model_is_another_checkpoint(spoiled: Callable[[str], Path]):
    from safetensors.torch import load_file, save_file

    from shotlist.models.weights import identity

    folder = spoiled("qwen3")
    before = identity(folder)
    tensors = load_file(folder / "model.safetensors")
    tensors["model.layers.1.self_attn.q_proj.weight"] *= 1.01
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    assert identity(folder) != before
    (folder / "pytorch_model.bin").write_bytes(bytes(100_000))
    zeros = identity(folder)
    (folder / "pytorch_model.bin").write_bytes(bytes(99_999) + b"1")
    assert identity(folder) != zeros


def test_a_model_with_an_encoder_is_loaded_with_it(model: Model):
    assert type(model("bart")._model).__name__ == "BartForConditionalGeneration"
    assert [a.failure and a.failure.kind for a in model("bart").write(told(2))] == ["empty answer"] * 2


def test_an_adapter_alone_is_no_model(spoiled: Callable[[str], Path]):
    folder = spoiled("qwen3")
    (folder / "adapter_config.json").write_text("{}")
    assert "holds an adapter (LoRA); merge it with its model" in unusable(folder)


def test_a_batch_of_nothing_is_refused(checkpoint: Checkpoint):
    with pytest.raises(ModelError, match="a batch holds one prompt or more"):
        HFModel(parse(f"hf:{checkpoint('qwen3')}?batch=0"))


def test_a_model_that_says_nothing_fails_and_pays_no_words():
    from shotlist.models.generation import _cut

    assert _cut([3, 0, 0, 0], {3}, 4) == ([], True)
    assert _cut([7, 3, 0, 0], {3}, 4) == ([7], True)
    assert _cut([7, 7, 7, 3], {3}, 2) == ([7, 7], False)


def test_a_model_whose_prompt_ends_in_thoughts_has_not_answered_before_they_end(spoiled: Callable[[str], Path]):
    folder = spoiled("qwen3")
    (folder / "chat_template.jinja").write_text(tiny_models.template() + "<think>\n")
    (answer,) = HFModel(parse(f"hf:{folder}")).caption([Request(("x",), max_tokens=4)])  # its first question passes
    assert answer.text is None and "came to max_tokens" in str(answer.failure)


def test_instructions_that_a_template_leaves_out_stand_before_the_question(spoiled: Callable[[str], Path]):
    folder = spoiled("qwen3")
    leaving_out = tiny_models.template().replace(
        "{% for m in messages %}", "{% for m in messages if m.role == 'user' %}"
    )
    (folder / "chat_template.jinja").write_text(leaving_out)
    chat = HFModel(parse(f"hf:{folder}?check=false"))._chat
    _, inputs = chat.prepared([Request(("Question.",), "Be brief.")])
    assert "Be brief.\n\nQuestion." in chat.tokenizer.decode(inputs["input_ids"][0])


def test_thoughts_are_switched_off_where_a_template_knows_them(spoiled: Callable[[str], Path]):
    folder = spoiled("qwen3")
    thinking = tiny_models.template() + "{% if enable_thinking is false %}<think></think>{% endif %}"
    (folder / "chat_template.jinja").write_text(thinking)
    for setting, end in (("false", "<think></think>"), ("true", "assistant\n")):
        model = HFModel(parse(f"hf:{folder}?check=false&thinking={setting}"))
        _, inputs = model._chat.prepared([Request(("x",))])
        assert model._chat.tokenizer.decode(inputs["input_ids"][0]).endswith(end)
