"""Models that turn pictures into vectors, by their name.

``builtin`` needs nothing and knows only layout and colours; ``hf:ORG/NAME`` (or a folder) is any model of transformers
that looks at pictures, such as CLIP, SigLIP or DINOv2.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np

from shotlist.errors import ModelError
from shotlist.models.checkpoints import PACKAGES, device_of, package
from shotlist.models.contracts import Embedder, Picture, Vectors
from shotlist.models.names import ModelName, parse, settings_of
from shotlist.models.weights import check_files, check_fit, folder_of


def packages(name: str) -> Mapping[str, str]:
    """What has to be installed for an embedder of this name."""
    return PACKAGES if parse(name).kind == "hf" else {}


@lru_cache(maxsize=1)
def embedder(name: str) -> Embedder:
    """The embedder of a name, kept by the process. Raises ModelError."""
    model = parse(name)
    if model.kind == "builtin":
        from shotlist.models.builtin.embedding import PictureLayout

        return PictureLayout()
    if model.kind == "hf" and model.name:
        return PictureEncoder(model)
    raise ModelError(f"{name!r} makes no vectors of pictures; there are: builtin, hf:ORG/NAME (or a folder)")


@dataclass(frozen=True)
class EncoderSettings:
    """What a model's string may say: ``hf:openai/clip-vit-large-patch14-336?features=cls``."""

    features: Literal["pooled", "cls"] = "pooled"
    """``pooled`` is what the model gives for a picture, in CLIP what is compared with text; ``cls`` is the class token
    of the last hidden layer, by which ShareGPT4Video chooses key frames (systems.md 4.2)."""
    device: str = "auto"
    """``cpu``, ``cuda``, ``cuda:1`` …; ``auto`` is CUDA where there is one."""
    batch: int = 32
    """Pictures that are looked at together."""


class PictureEncoder:
    """An Embedder of transformers, from the hub or a folder. Raises ModelError where it can't be loaded."""

    def __init__(self, name: ModelName) -> None:
        self._torch = package("torch")
        self._settings = settings_of(name, EncoderSettings)
        folder = folder_of(name.name)
        check_files(folder)
        self._processor, model, self._pooling = _loaded(folder)
        self._model = model.to(device_of(self._torch, name.name, self._settings.device)).eval()
        if self._settings.features == "cls" and not _has_class_token(self._eyes):
            raise ModelError(f"{folder}: has no class token; leave ?features=cls out")

    def embed(self, pictures: Iterable[Picture]) -> Vectors:
        """See Embedder."""
        found = list(self._batches(iter(pictures)))
        return np.concatenate(found) if found else np.empty((0, 0), np.float32)

    def _batches(self, pictures: Iterator[Picture]) -> Iterator[Vectors]:
        while batch := list(islice(pictures, max(1, self._settings.batch))):
            given = self._processor(images=batch, return_tensors="pt").to(self._model.device)
            with self._torch.inference_mode():
                features = self._features(given["pixel_values"]).float()
                yield self._torch.nn.functional.normalize(features, dim=-1).cpu().numpy()

    def _features(self, pixels: Any) -> Any:
        if self._settings.features == "cls":
            return self._eyes(pixel_values=pixels).last_hidden_state[:, 0]
        asked = getattr(self._model, "get_image_features", self._model)
        found = asked(pixel_values=pixels)
        pooled = getattr(found, "pooler_output", None) if self._pooling else None
        return found.last_hidden_state[:, 0] if pooled is None else pooled.flatten(1)

    @property
    def _eyes(self) -> Any:
        """The part that looks, without a part that reads."""
        return getattr(self._model, "vision_model", self._model)


def _has_class_token(eyes: Any) -> bool:
    embeddings = getattr(eyes, "embeddings", None)
    return any(hasattr(embeddings, token) for token in ("class_embedding", "cls_token"))


def _loaded(folder: Path) -> tuple[Any, Any, bool]:
    """A checkpoint's picture processor and model, and whether its pooling layer was trained."""
    transformers = package("transformers")
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()  # what its reports say becomes a sentence below
    try:
        processor = transformers.AutoImageProcessor.from_pretrained(folder)
        model, told = transformers.AutoModel.from_pretrained(
            folder, output_loading_info=True, ignore_mismatched_sizes=True, dtype="float32"
        )
    except (OSError, ValueError, RuntimeError, ImportError, KeyError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{folder}: can't be loaded as a model that looks at pictures: {reason}") from error
    missing = {*told["missing_keys"], *(key[0] for key in told["mismatched_keys"])}
    pooling = {key for key in missing if key.startswith("pooler.")}  # many come without it, and have a class token
    check_fit(folder, len(model.state_dict()), missing - pooling, told["unexpected_keys"])
    return processor, model, not pooling
