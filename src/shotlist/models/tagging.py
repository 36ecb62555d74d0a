"""Models that name what is heard: audio classifiers of transformers, such as the Audio Spectrogram Transformer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from shotlist.errors import ModelError
from shotlist.models.checkpoints import PACKAGES, device_of, package
from shotlist.models.contracts import RATE, Samples, SoundTagger, Tag
from shotlist.models.names import ModelName, parse, settings_of
from shotlist.models.weights import check_files, check_fit, folder_of

_WINDOW = 10 * RATE
"""Longer sound is classified in pieces of this length, which such models were trained on."""
_LEAST = RATE // 2
_AUDIOSET = 527
"""AudioSet's number of sounds: several are heard at once, which the models' files do not always say."""


def packages(name: str) -> Mapping[str, str]:
    """What has to be installed for a tagger of this name."""
    return PACKAGES if parse(name).kind == "hf" else {}


@lru_cache(maxsize=1)
def tagger(name: str) -> SoundTagger | None:
    """The tagger of a name; None for ``builtin``, which names no sounds. Raises ModelError."""
    model = parse(name)
    if model.kind == "builtin":
        return None
    if model.kind == "hf" and model.name:
        return AudioClassifier(model)
    raise ModelError(f"{name!r} names no sounds; there are: builtin, hf:ORG/NAME (or a folder)")


@dataclass(frozen=True)
class TaggerSettings:
    """What a model's string may say: ``hf:ORG/NAME?device=cuda:1``."""

    device: str = "auto"
    """``cpu``, ``cuda``, ``cuda:1`` …; ``auto`` is CUDA where there is one."""


class AudioClassifier:
    """A SoundTagger of transformers (arXiv 2104.01778 and others), from the hub or a folder. Raises ModelError."""

    def __init__(self, name: ModelName) -> None:
        self._torch = package("torch")
        folder = folder_of(name.name)
        check_files(folder)
        self._extractor, model = _loaded(folder)
        self._model = model.to(device_of(self._torch, name.name, settings_of(name, TaggerSettings).device)).eval()
        if self._extractor.sampling_rate != RATE:
            raise ModelError(f"{folder}: hears sound at {self._extractor.sampling_rate} Hz; {RATE} Hz is all there is")
        self._labels = [str(label) for _, label in sorted(model.config.id2label.items())]
        several = model.config.problem_type == "multi_label_classification"
        self._each_alone = several or len(self._labels) == _AUDIOSET

    def tags(self, samples: Samples) -> Sequence[Tag]:
        """See SoundTagger; the mean over pieces of 10 s."""
        pieces = [self._scores(piece) for piece in _pieces(samples)]
        if not pieces:
            return []
        scores = np.mean(pieces, axis=0)
        order = np.argsort(-scores, kind="stable")
        return [Tag(self._labels[k], float(scores[k])) for k in order]

    def _scores(self, piece: Samples) -> Samples:
        given = self._extractor(piece, sampling_rate=RATE, return_tensors="pt").to(self._model.device)
        with self._torch.inference_mode():
            logits = self._model(**given).logits[0].float()
        scores = logits.sigmoid() if self._each_alone else logits.softmax(-1)
        found: Samples = scores.cpu().numpy()
        return found


def _pieces(samples: Samples) -> Iterator[Samples]:
    for start in range(0, len(samples), _WINDOW):
        piece = samples[start : start + _WINDOW]
        if len(piece) >= _LEAST or not start:
            yield np.pad(piece, (0, max(0, _LEAST - len(piece))))


def _loaded(folder: Path) -> tuple[Any, Any]:
    transformers = package("transformers")
    try:
        extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
        auto = transformers.AutoModelForAudioClassification
        model, told = auto.from_pretrained(folder, output_loading_info=True)
    except (OSError, ValueError, RuntimeError, ImportError, KeyError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{folder}: can't be loaded as a model that classifies sound: {reason}") from error
    missing = {*told["missing_keys"], *(key[0] for key in told["mismatched_keys"])}
    check_fit(folder, len(model.state_dict()), missing, told["unexpected_keys"])
    return extractor, model
