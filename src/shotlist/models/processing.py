"""Processors of Hugging Face models, also where torchvision is missing or does not load.

Every video processor of Transformers needs torchvision, and a processor that can't make its video processor can't be
made at all. So where that fails, the processor gets a stand-in. For models that look at pairs of frames (Qwen-VL and
its relatives) it makes the same patches from the image processor's; for others footage has to be shown as pictures.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shotlist.errors import ModelError
from shotlist.models.checkpoints import package


def load_processor(folder: Path, config: Any, trust: bool = False) -> Any:
    """The checkpoint's processor, or its tokenizer where it has no other. Raises ModelError where neither loads."""
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING

    try:
        return package("transformers").AutoProcessor.from_pretrained(folder, trust_remote_code=trust)
    except (ImportError, OSError, ValueError, RuntimeError) as error:
        if "torchvision" not in str(error).lower() or type(config) not in PROCESSOR_MAPPING:
            raise _unusable(folder, error) from error
    try:
        return _with_stand_in(folder, PROCESSOR_MAPPING[type(config)], trust)
    except (ImportError, OSError, ValueError, TypeError) as error:
        raise _unusable(folder, error) from error


def _unusable(folder: Path, error: Exception) -> ModelError:
    reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return ModelError(f"{folder}: its tokenizer or processor can't be loaded: {reason}")


def _with_stand_in(folder: Path, processor: Any, trust: bool) -> Any:
    transformers = package("transformers")

    class Tolerant(processor):  # type: ignore[misc]  # a class that is chosen when it runs
        """Takes a video processor of any class."""

        def check_argument_for_proper_class(self, name: str, argument: Any) -> Any:
            return None if name == "video_processor" else super().check_argument_for_proper_class(name, argument)

        def __repr__(self) -> str:
            return str(processor.__name__)  # the usual one wants every part as JSON

    autos = {
        "tokenizer": transformers.AutoTokenizer,
        "image_processor": transformers.AutoImageProcessor,
        "feature_extractor": transformers.AutoFeatureExtractor,
    }
    names = processor.get_attributes()
    parts = {n: autos[n].from_pretrained(folder, trust_remote_code=trust) for n in names if n in autos}
    parts["video_processor"] = FramePairs(parts["image_processor"])
    facts, _ = processor.get_processor_dict(folder)
    return Tolerant.from_args_and_dict([parts[name] for name in names], facts)


class FramePairs:
    """A video processor that makes the patches of a video from those of its frames.

    An image processor of this family fills all slots in time of a patch with the one frame that it has. Here each slot
    takes its values from a frame of its own, and the last frame is repeated where one is wanting.
    """

    fps = num_frames = None

    def __init__(self, image_processor: Any) -> None:
        self.image_processor = image_processor
        self.temporal_patch_size: int | None = getattr(image_processor, "temporal_patch_size", None)
        self.merge_size: int | None = getattr(image_processor, "merge_size", None)

    def __call__(self, videos: Any, video_metadata: Any, **_: Any) -> Any:
        """``pixel_values_videos``, ``video_grid_thw`` and ``video_metadata``, as video processors give them."""
        from transformers.video_utils import make_batched_metadata, make_batched_videos

        flat: list[Any] = make_batched_videos(videos)
        patches, grids = zip(*(self._patches(video) for video in flat), strict=True)
        found = {"pixel_values_videos": np.concatenate(patches), "video_grid_thw": np.array(grids)}
        ready = package("transformers").BatchFeature(found, tensor_type="pt")
        ready["video_metadata"] = make_batched_metadata(flat, video_metadata)
        return ready

    def _patches(self, video: Sequence[Any]) -> tuple[npt.NDArray[np.float32], list[int]]:
        """Patches (n, values) and their grid (time, rows, columns)."""
        slots = self.temporal_patch_size or 1
        found = self.image_processor(images=list(video), return_tensors="np")
        _, rows, columns = found["image_grid_thw"][0].tolist()
        frames = found["pixel_values"].reshape(len(video), rows * columns, 3, slots, -1)
        frames = np.concatenate([frames, np.repeat(frames[-1:], -len(frames) % slots, axis=0)])
        grouped = frames.reshape(-1, slots, *frames.shape[1:])
        filled = np.stack([grouped[:, k, :, :, k] for k in range(slots)], axis=3)
        return filled.reshape(len(grouped) * rows * columns, -1), [len(grouped), rows, columns]


def takes_video(processor: Any, template: str) -> bool:
    """Whether footage can be given as a video: the template has a place for it, and the processor can make it."""
    video = getattr(processor, "video_processor", None)
    if video is None or "video" not in template:
        return False
    return not isinstance(video, FramePairs) or video.temporal_patch_size is not None
