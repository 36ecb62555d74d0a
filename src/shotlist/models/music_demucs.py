"""Demucs (Défossez 2021, arXiv 2111.03600; Rouard and others 2023, arXiv 2211.08553) takes the singing out of music."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from shotlist.errors import ModelError
from shotlist.models.checkpoints import device_of
from shotlist.models.contracts import RATE, Samples
from shotlist.models.names import ModelName, settings_of

_INSTALL = "pip install 'shotlist[music]'"


@dataclass(frozen=True)
class DemucsSettings:
    """What a separator's string may say: ``demucs:FILE?device=cuda:1``."""

    device: str = "auto"
    """``cpu``, ``cuda``, ``cuda:1`` …; ``auto`` is CUDA where there is one."""


class Demucs:
    """A Separator from a file of weights (.safetensors or .th), or by a name on the hub, such as ``htdemucs``.

    Sound is brought to the model's rate and back; what lies above 8 kHz is not there to be separated. Raises
    ModelError where the package or the weights are missing, damaged, or of another kind.
    """

    def __init__(self, name: ModelName) -> None:
        try:
            self._torch, self._julius = import_module("torch"), import_module("julius")
            self._apply = import_module("demucs.apply").apply_model
        except ImportError as error:
            raise ModelError(f"Demucs needs more packages: {_INSTALL} ({error})") from error
        weights = name.name or "htdemucs"
        self._device = device_of(self._torch, weights, settings_of(name, DemucsSettings).device)
        self._model = _loaded(self._torch, weights).eval()
        if "vocals" not in self._model.sources:
            raise ModelError(f"{weights} separates {', '.join(self._model.sources)}, but no vocals")

    def without_vocals(self, samples: Samples) -> Samples:
        """See Separator."""
        torch, rate = self._torch, self._model.samplerate
        mix = torch.from_numpy(np.repeat(samples, 2, axis=0) if len(samples) == 1 else samples)
        mix = self._julius.resample_frac(mix, RATE, rate)
        middle, spread = mix.mean(), mix.mean(0).std() + 1e-8  # the level that the model was trained on
        found = self._apply(self._model, ((mix - middle) / spread)[None], shifts=0, device=self._device)[0]
        rest = sum(found[k] for k, name in enumerate(self._model.sources) if name != "vocals")
        back = self._julius.resample_frac(rest * spread + middle, rate, RATE).cpu().numpy()
        out = np.zeros((2, samples.shape[1]), np.float32)
        n = min(out.shape[1], back.shape[1])
        out[:, :n] = back[:, :n]
        return out.mean(axis=0, keepdims=True) if len(samples) == 1 else out


def _loaded(torch: Any, name: str) -> Any:
    path = Path(name)
    try:
        if path.suffix == ".safetensors":
            return import_module("demucs.hf").load_safetensors_model(path)
        if path.suffix == ".th":
            return import_module("demucs.states").load_model(_unpickled(torch, path))
        return import_module("demucs.hf").get_hf_model(name)
    except Exception as error:  # there is no common class for what can be wrong with a model's files
        if path.suffix and not path.is_file():
            raise ModelError(f"{name}: no such file of Demucs weights") from error
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
        raise ModelError(f"{name} can't be loaded as Demucs weights ({reason})") from error


def _unpickled(torch: Any, path: Path) -> Any:
    """What a .th file holds; of classes only those of Demucs are let in, since a pickle can run any code."""
    kinds = [("demucs.htdemucs", "HTDemucs"), ("demucs.hdemucs", "HDemucs"), ("demucs.demucs", "Demucs")]
    known = [getattr(import_module(module), kind) for module, kind in kinds]
    with torch.serialization.safe_globals([*known, import_module("fractions").Fraction]):
        return torch.load(path, "cpu", weights_only=True)
