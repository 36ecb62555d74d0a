"""Finding where somebody speaks: a detector by its name, and its curve as stretches."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shotlist.errors import ModelError
from shotlist.models.contracts import RATE, Samples, Stretch, VoiceDetector
from shotlist.models.names import parse
from shotlist.timing import SECOND

INSTALL = "pip install 'shotlist[speech]'"
_NETWORKS = (("faster_whisper", "assets/silero_vad_v6.onnx"), ("silero_vad", "data/silero_vad_16k_sequence.onnx"))
"""Packages that bring Silero's network in a form that takes many steps at once, without PyTorch."""
_RELEASE = 0.15
"""A voice ends only where the curve falls this far below the threshold at which it began."""


def package(name: str) -> Any:
    """A package of the extra ``speech``, imported when it is needed. Raises ModelError without it."""
    try:
        return import_module(name)
    except ImportError as error:
        raise ModelError(f"this needs the package {name.partition('.')[0]}: {INSTALL} ({error})") from error


def packages(name: str) -> Mapping[str, str]:
    """What has to be installed for a detector of this name."""
    if parse(name).kind != "silero":
        return {}
    here = next((package for package, _ in _NETWORKS if find_spec(package)), _NETWORKS[0][0])
    return dict.fromkeys(("onnxruntime", here), INSTALL)


def detector(name: str) -> VoiceDetector:
    """``builtin`` or ``silero``; raises ModelError for any other name, and where the network is missing."""
    kind = parse(name).kind
    if kind == "builtin":
        from shotlist.models.builtin.voice import BuiltinVoice

        return BuiltinVoice()
    if kind == "silero":
        return _silero()
    raise ModelError(f"{name!r} is no voice detector; there are: builtin, silero")


class SileroVoice:
    """Silero VAD v6 (MIT licence), a small recurrent network, on one core through ONNX Runtime. See VoiceDetector."""

    step_us = 512 * SECOND // RATE
    _step, _context, _batch = 512, 64, 1000

    def __init__(self, network: Path) -> None:
        runtime = package("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        try:
            self._session: Any = runtime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime has no common class for what can be wrong with a file
            raise ModelError(
                f"{network} can't be loaded ({_first_line(error)}); {INSTALL} puts a sound one there"
            ) from error

    def likely(self, blocks: Iterable[Samples]) -> npt.NDArray[np.float32]:
        """See VoiceDetector."""
        state = {"h": np.zeros((1, 1, 128), np.float32), "c": np.zeros((1, 1, 128), np.float32)}
        before = np.zeros(self._context, np.float32)
        found: list[npt.NDArray[np.float32]] = []
        for steps in self._steps(blocks):
            contexts = np.vstack([before, steps[:-1, -self._context :]])
            answer, state["h"], state["c"] = self._session.run(None, {"input": np.hstack([contexts, steps]), **state})
            before = steps[-1, -self._context :]
            found.append(answer.reshape(-1))
        return np.concatenate(found) if found else np.empty(0, np.float32)

    def _steps(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """The sound in rows of 512 samples, (n, 512) at a time; silence fills up the last row."""
        held = np.empty(0, np.float32)
        size = self._step * self._batch
        for block in blocks:
            held = np.concatenate([held, block])
            while len(held) >= size:
                yield held[:size].reshape(-1, self._step)
                held = held[size:]
        if len(held):
            yield np.pad(held, (0, -len(held) % self._step)).reshape(-1, self._step)


@lru_cache(maxsize=1)
def _silero() -> SileroVoice:
    for package, place in _NETWORKS:
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            network = Path(folder) / place
            if network.is_file():
                return SileroVoice(network)
    raise ModelError(f"Silero's network is not installed: {INSTALL}")


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200] or type(error).__name__


def stretches(
    likely: npt.NDArray[np.float32], step_us: int, threshold: float, shortest: float, pause: float, margin: float
) -> list[Stretch]:
    """A curve (n,) as stretches of voice, from the first step on.

    ``shortest`` is the shortest stretch, ``pause`` the longest gap that is passed over, ``margin`` what is added
    at both ends, all in seconds.
    """
    edges = _edges(likely, threshold) * step_us
    spans = edges.reshape(-1, 2)
    if len(spans):
        apart = spans[1:, 0] - spans[:-1, 1] > pause * SECOND
        spans = np.stack([spans[np.r_[True, apart], 0], spans[np.r_[apart, True], 1]], axis=1)
        spans = spans[spans[:, 1] - spans[:, 0] >= shortest * SECOND]
    wide = spans + np.array([-1, 1]) * round(margin * SECOND)
    middles = (spans[1:, 0] + spans[:-1, 1]) // 2  # neighbours share what lies between them
    starts = np.maximum(wide[:, 0], np.r_[0, middles][: len(wide)])
    ends = np.minimum(wide[:, 1], np.r_[middles, len(likely) * step_us][: len(wide)])
    return [Stretch(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]


def _edges(likely: npt.NDArray[np.float32], threshold: float) -> npt.NDArray[np.int64]:
    """First and last-plus-one steps of the runs that begin at the threshold and end somewhat below it."""
    state = np.full(len(likely), -1, np.int8)
    state[likely >= threshold] = 1
    state[likely < max(threshold - _RELEASE, 0.01)] = 0
    decided = np.maximum.accumulate(np.where(state >= 0, np.arange(len(state)), -1))
    active = np.where(decided >= 0, state[decided], 0)
    return np.flatnonzero(np.diff(active, prepend=0, append=0))
