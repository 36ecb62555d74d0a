"""People by detectors of transformers (DETR, RT-DETR, YOLOS …), and their key points by ViTPose (arXiv 2204.12484)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from shotlist.errors import ModelError
from shotlist.models.checkpoints import device_of, package
from shotlist.models.contracts import Body, Box, Person, Picture
from shotlist.models.names import ModelName, settings_of
from shotlist.models.weights import check_files, check_fit, folder_of

Floats = npt.NDArray[np.float32]

_BLAZE = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]
"""Where COCO's 17 key points stand among BlazePose's 33."""
_EYES, _EARS = (1, 2), (3, 4)
_SEEN = 0.3


@dataclass(frozen=True)
class DetectorSettings:
    """What a model's string may say: ``hf:ORG/NAME?pose=ORG/NAME&threshold=0.6``."""

    pose: str = ""
    """A ViTPose model or folder; key points give each person a pose and a face."""
    threshold: float = 0.5
    """Lowest score of a person, 0..1."""
    device: str = "auto"
    """``cpu``, ``cuda``, ``cuda:1`` …; ``auto`` is CUDA where there is one."""
    batch: int = 8
    """Pictures that are looked at together."""


class Detector:
    """A PeopleFinder of transformers, from the hub or a folder. Raises ModelError where it can't be loaded."""

    def __init__(self, name: ModelName) -> None:
        self._torch = package("torch")
        self._settings = settings_of(name, DetectorSettings)
        self._device = device_of(self._torch, name.name, self._settings.device)
        self._processor, self._model = self._loaded(name.name, "AutoModelForObjectDetection")
        labels = {int(k): str(v).lower() for k, v in self._model.config.id2label.items()}
        self._person = [k for k, label in labels.items() if label in ("person", "people", "human", "pedestrian")]
        if not self._person:
            known = ", ".join(list(labels.values())[:8])
            raise ModelError(f"{name.name} knows no persons; it knows {known}")
        pose = self._settings.pose
        self._pose = self._loaded(pose, "VitPoseForPoseEstimation") if pose else None

    def people(self, pictures: Iterable[tuple[int, Picture]]) -> Iterator[tuple[int, Sequence[Person]]]:
        """See PeopleFinder."""
        source = iter(pictures)
        while batch := list(islice(source, self._settings.batch)):
            shown = [picture for _, picture in batch]
            with self._torch.inference_mode():
                found = self._detect(shown)
                bodies = self._bodies(shown, [boxes for boxes, _ in found])
            for (time_us, picture), (boxes, scores), points in zip(batch, found, bodies, strict=True):
                yield time_us, [_person(picture, *each) for each in zip(boxes, scores, points, strict=True)]

    def _detect(self, pictures: list[Picture]) -> list[tuple[Floats, Floats]]:
        """For each picture the persons' boxes (n, 4), left, top, right, bottom in pixels, and scores (n,)."""
        given = self._processor(images=pictures, return_tensors="pt").to(self._device)
        sizes = [picture.shape[:2] for picture in pictures]
        found = self._processor.post_process_object_detection(
            self._model(**given), threshold=self._settings.threshold, target_sizes=sizes
        )
        answers = []
        for one in found:
            ours = np.isin(one["labels"].cpu().numpy(), self._person)
            answers.append((one["boxes"].float().cpu().numpy()[ours], one["scores"].float().cpu().numpy()[ours]))
        return answers

    def _bodies(self, pictures: list[Picture], boxes: list[Floats]) -> list[list[tuple[Floats, Floats] | None]]:
        """For each box of each picture 17 key points in pixels and their scores; None without a pose model."""
        if self._pose is None or not any(len(b) for b in boxes):
            return [[None] * len(b) for b in boxes]
        processor, model = self._pose
        crowded = [k for k, b in enumerate(boxes) if len(b)]
        # The processor wants left, top, width and height.
        sized = [np.hstack([boxes[k][:, :2], boxes[k][:, 2:] - boxes[k][:, :2]]) for k in crowded]
        given = processor(images=[pictures[k] for k in crowded], boxes=sized, return_tensors="pt").to(self._device)
        if getattr(model.config.backbone_config, "num_experts", 1) > 1:  # ViTPose++: expert 0 knows COCO's points
            given["dataset_index"] = self._torch.zeros(len(given["pixel_values"]), dtype=int, device=self._device)
        found = processor.post_process_pose_estimation(model(**given), boxes=sized)
        answers: list[list[tuple[Floats, Floats] | None]] = [[] for _ in boxes]
        for k, people in zip(crowded, found, strict=True):
            answers[k] = [(p["keypoints"].cpu().numpy(), p["scores"].cpu().numpy()) for p in people]
        return answers

    def _loaded(self, name: str, kind: str) -> tuple[Any, Any]:
        """A checkpoint's picture processor and model."""
        transformers = package("transformers")
        transformers.utils.logging.disable_progress_bar()
        transformers.utils.logging.set_verbosity_error()  # what its reports say becomes a sentence below
        folder = folder_of(name)
        check_files(folder)
        try:
            processor = transformers.AutoImageProcessor.from_pretrained(folder)
            model, found = getattr(transformers, kind).from_pretrained(
                folder, output_loading_info=True, ignore_mismatched_sizes=True
            )
        except (OSError, ValueError, RuntimeError, ImportError, KeyError) as error:
            raise ModelError(f"{folder}: can't be loaded: {' '.join(str(error).split())[:300]}") from error
        missing = {*found["missing_keys"], *(m[0] for m in found["mismatched_keys"])}
        check_fit(folder, len(model.state_dict()), missing, found["unexpected_keys"])
        return processor, model.to(self._device).eval()


def _person(picture: Picture, box: Floats, score: float, points: tuple[Floats, Floats] | None) -> Person:
    size = np.array([picture.shape[1], picture.shape[0]], np.float32)
    around = _box(box, size)
    if points is None:
        return Person(float(score), box=around)
    places, scores = points
    face = _face(places, scores)
    body = Body(np.full((33, 2), np.nan, np.float32), np.zeros(33, np.float32))
    body.points[_BLAZE] = places / size
    body.visibility[_BLAZE] = scores
    return Person(float(score), _box(face, size) if face is not None else None, around, body=body)


def _face(points: Floats, scores: Floats) -> Floats | None:
    """The face's corners from nose, eyes and ears; None where nose and eyes are not seen.

    From hairline to chin a face measures about 2.9 times the distance between the eyes, 1.3 times that between the
    ears, or 1.7 times that from the nose to an ear; the middle of nose and eyes is its middle.
    """
    if scores[[0, *_EYES]].min() < _SEEN:
        return None
    height = 2.9 * _apart(points, *_EYES)
    ears = [ear for ear in _EARS if scores[ear] >= _SEEN]
    height = max([height, *(1.7 * _apart(points, 0, ear) for ear in ears)])
    if len(ears) == 2:
        height = max(height, 1.3 * _apart(points, *_EARS))
    middle = (points[0] + points[list(_EYES)].mean(axis=0)) / 2
    reach = np.array([0.4, 0.5]) * height
    return np.concatenate([middle - reach, middle + reach]).astype(np.float32)


def _apart(points: Floats, a: int, b: int) -> float:
    return float(np.linalg.norm(points[a] - points[b]))


def _box(corners: Floats, size: Floats) -> Box | None:
    left, top, right, bottom = (corners.reshape(2, 2) / size).clip(0, 1).ravel().tolist()
    return Box(left, top, right, bottom) if left < right and top < bottom else None
