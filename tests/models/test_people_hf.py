"""Detectors of transformers, tiny and untrained, saved and loaded as real ones are."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shotlist.errors import ModelError
from shotlist.models.contracts import Person
from shotlist.models.people import finder

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

LABELS = {"id2label": {0: "person", 1: "dog"}, "label2id": {"person": 0, "dog": 1}}


def saved(model: Any, folder: Path, processor: dict[str, Any]) -> Path:
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    return folder


def yolos(folder: Path, **labels: Any) -> Path:
    torch.manual_seed(0)
    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = transformers.YolosConfig(
        image_size=[64, 96], patch_size=16, num_detection_tokens=12, **small, **(labels or LABELS)
    )
    size = {"size": {"height": 64, "width": 96}, "image_processor_type": "YolosImageProcessor"}
    return saved(transformers.YolosForObjectDetection(config), folder, size)


def rt_detr(folder: Path) -> Path:
    torch.manual_seed(0)
    backbone = transformers.RTDetrResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 8, 16, 16],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )
    widths = dict.fromkeys(("encoder_hidden_dim", "encoder_ffn_dim", "d_model", "decoder_ffn_dim"), 16)
    counts = dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 2) | {
        "encoder_layers": 1,
        "decoder_layers": 1,
        "num_queries": 10,
        "num_denoising": 0,
    }
    channels = {"encoder_in_channels": [8, 16, 16], "decoder_in_channels": [16, 16, 16]}
    config = transformers.RTDetrConfig(backbone_config=backbone, id2label={0: "Person"}, **widths, **counts, **channels)
    size = {"size": {"height": 128, "width": 128}, "image_processor_type": "RTDetrImageProcessor"}
    return saved(transformers.RTDetrForObjectDetection(config), folder, size)


def vitpose(folder: Path) -> Path:
    torch.manual_seed(0)
    backbone = transformers.VitPoseBackboneConfig(
        image_size=[64, 48],
        patch_size=[16, 16],
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        out_features=["stage1"],
    )
    model = transformers.VitPoseForPoseEstimation(transformers.VitPoseConfig(backbone_config=backbone, num_labels=17))
    size = {"size": {"height": 64, "width": 48}, "image_processor_type": "VitPoseImageProcessor"}
    return saved(model, folder, size)


def found(name: str, pictures: int = 3) -> list[tuple[int, list[Person]]]:
    rng = np.random.default_rng(1)
    given = [(k * 500, rng.integers(0, 255, (90, 160, 3), np.uint8)) for k in range(pictures)]
    return [(time_us, list(people)) for time_us, people in finder(name).people(given)]


@pytest.mark.parametrize("made", [yolos, rt_detr])
def test_persons_come_as_boxes_inside_the_picture(made: Any, tmp_path: Path) -> None:
    answers = found(f"hf:{made(tmp_path)}?threshold=0&batch=2&device=cpu")
    assert [time_us for time_us, _ in answers] == [0, 500, 1000]
    people = [person for _, found in answers for person in found]
    assert people
    for person in people:
        assert person.face is None and person.body is None and 0 <= person.score <= 1
        if person.box is not None:
            assert 0 <= person.box.left < person.box.right <= 1 and 0 <= person.box.top < person.box.bottom <= 1


def test_a_picture_gets_the_same_answer_alone_and_among_others(tmp_path: Path) -> None:
    folder = yolos(tmp_path)
    together, alone = (found(f"hf:{folder}?threshold=0&device=cpu&batch={n}") for n in (4, 1))
    for (_, one), (_, other) in zip(together, alone, strict=True):
        assert [p.score for p in one] == pytest.approx([p.score for p in other], abs=1e-5)


def test_only_what_reaches_the_threshold_is_a_person(tmp_path: Path) -> None:
    assert all(not people for _, people in found(f"hf:{yolos(tmp_path)}?threshold=0.999&device=cpu"))


def test_vitpose_gives_each_person_landmarks_in_the_common_order(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    name = f"hf:{yolos(tmp_path / 'detector')}?threshold=0&device=cpu&pose={vitpose(tmp_path / 'pose')}"
    people = [person for _, found in found(name, 1) for person in found]
    assert people
    for person in people:
        assert person.body is not None and person.body.pose is None
        assert person.body.points.shape == (33, 2) and person.body.visibility.shape == (33,)
        there = np.isfinite(person.body.points[:, 0])
        assert there.sum() == 17 and there[[0, 11, 12, 15, 16, 27, 28]].all() and not there[[1, 9, 17, 31]].any()


def test_a_face_is_made_of_nose_eyes_and_ears() -> None:
    from shotlist.models.people_hf import _face

    points, scores = np.zeros((17, 2), np.float32), np.zeros(17, np.float32)
    points[:5] = [(50, 60), (56, 50), (44, 50), (65, 52), (35, 52)]
    assert _face(points, scores) is None
    scores[:5] = 0.9
    left, top, right, bottom = _face(points, scores)
    assert left < 40 and right > 60 and top < 45 and bottom > 65
    assert bottom - top == pytest.approx(39, abs=1)


def test_a_model_that_knows_no_persons_is_refused(tmp_path: Path) -> None:
    folder = yolos(tmp_path, id2label={0: "cat", 1: "dog"}, label2id={"cat": 0, "dog": 1})
    with pytest.raises(ModelError, match="knows no persons; it knows cat, dog"):
        finder(f"hf:{folder}?device=cpu")


def test_damaged_and_missing_models_are_named(tmp_path: Path) -> None:
    folder = yolos(tmp_path / "model")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(ModelError, match=f"{weights}: has .* bytes where .* are due"):
        finder(f"hf:{folder}?device=cpu")
    with pytest.raises(ModelError, match="nowhere: no such folder"):
        finder(f"hf:{tmp_path}/nowhere?device=cpu")


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    folder = yolos(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 32}))
    with pytest.raises(ModelError, match="the weights do not fit this architecture"):
        finder(f"hf:{folder}?device=cpu")


def test_a_wrong_setting_is_named() -> None:
    with pytest.raises(ModelError, match="did you mean threshold"):
        finder("hf:org/name?treshold=1")
