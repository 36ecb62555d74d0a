"""Telling speakers apart: a detector by its name, and the one that compares embeddings of a neural network."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shotlist.errors import ModelError
from shotlist.models.checkpoints import PACKAGES, device_of, package
from shotlist.models.contracts import RATE, Samples, SpeakerDetector
from shotlist.models.grouping import Numbers, grouped
from shotlist.models.names import parse, settings_of
from shotlist.models.weights import check_files, check_fit, folder_of

_LONGEST = 20 * RATE
"""Samples; more of a piece would cost memory and tell no more."""


def packages(name: str) -> Mapping[str, str]:
    """What has to be installed for a detector of this name."""
    return PACKAGES if parse(name).kind == "hf" else {}


def detector(name: str, device: str = "auto") -> SpeakerDetector:
    """``builtin`` or ``hf:ORG/NAME`` of a speaker verification model; raises ModelError for anything else."""
    model = parse(name)
    if model.kind == "builtin":
        from shotlist.models.builtin.speaker import SpectralSpeakers

        return SpectralSpeakers()
    if model.kind == "hf":
        return _network(model.name, settings_of(model, VoiceprintSettings), device)
    raise ModelError(f"{name!r} tells no speakers apart; write builtin or hf:microsoft/wavlm-base-plus-sv")


@dataclass(frozen=True)
class VoiceprintSettings:
    """What may follow the model's name: ``hf:microsoft/wavlm-base-plus-sv?alike=0.9``."""

    alike: float = 0.86
    """Cosine similarity from which two voices are one; 0.86 is what the WavLM models' authors use."""


class VoiceprintSpeakers:
    """See SpeakerDetector: x-vectors (Snyder et al. 2018) on WavLM, wav2vec 2.0 or the like, grouped by similarity."""

    def __init__(self, name: str, settings: VoiceprintSettings, device: str) -> None:
        self._torch, self._alike = package("torch"), settings.alike
        self._device = device_of(self._torch, name, device)
        folder = folder_of(name)
        check_files(folder)
        self._features, network = _loaded_from(folder)
        self._network = network.to(self._device).eval()

    def speakers(self, pieces: Iterable[Samples]) -> Sequence[int]:
        """See SpeakerDetector."""
        lengths: list[float] = []
        prints: list[npt.NDArray[np.float64]] = []
        for samples in pieces:
            lengths.append(len(samples))
            prints.append(self._voiceprint(samples[:_LONGEST]))
        return grouped(_Voiceprints(prints, lengths, self._alike)) if prints else []

    def _voiceprint(self, samples: Samples) -> npt.NDArray[np.float64]:
        torch = self._torch
        inputs = self._features(samples, sampling_rate=RATE, return_tensors="pt").to(self._device)
        with torch.inference_mode():
            found = torch.nn.functional.normalize(self._network(**inputs).embeddings, dim=-1)
        return np.asarray(found[0].float().cpu().numpy(), np.float64)


class _Voiceprints:
    """Groups of unit vectors, compared by the mean similarity of their members. See Groups."""

    def __init__(self, prints: Sequence[npt.NDArray[np.float64]], lengths: Sequence[float], alike: float) -> None:
        self.sizes, self._alike = lengths, alike
        self._sum, self._count = np.stack(prints), np.ones(len(prints))

    def apart(self, one: int, others: Numbers) -> npt.NDArray[np.float64]:
        similar = self._sum[others] @ self._sum[one] / (self._count[others] * self._count[one])
        return np.asarray(self._alike - similar)

    def join(self, one: int, other: int) -> None:
        self._sum[one] += self._sum[other]
        self._count[one] += self._count[other]


@lru_cache(maxsize=1)
def _network(name: str, settings: VoiceprintSettings, device: str) -> VoiceprintSpeakers:
    return VoiceprintSpeakers(name, settings, device)


def _loaded_from(folder: Path) -> tuple[Any, Any]:
    """What prepares the sound, and the network; raises ModelError where the files are of another kind of model."""
    transformers = package("transformers")
    try:
        features = transformers.AutoFeatureExtractor.from_pretrained(folder)
        network, found = transformers.AutoModelForAudioXVector.from_pretrained(folder, output_loading_info=True)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{folder}: holds no model that tells speakers apart ({reason})") from error
    # What a network was trained with tells nothing about a voice.
    missing = [key for key in found["missing_keys"] if not key.startswith("objective.")]
    check_fit(folder, len(network.state_dict()), missing, found["unexpected_keys"])
    return features, network
