"""Speech, music, silence: what is heard in each second of a film, and in each clip."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shotlist.engine.audio import Audio
from shotlist.engine.film import Clip, Film
from shotlist.engine.rows import schema_of
from shotlist.engine.step import ClipStep, FilmStep, Needs
from shotlist.models.builtin.sounds import MARGIN_SECONDS, probabilities
from shotlist.models.builtin.spectrum import Floats
from shotlist.models.checkpoints import on_gpu
from shotlist.models.contracts import RATE, Tag
from shotlist.models.tagging import packages, tagger
from shotlist.timing import SECOND

_AT_ONCE = 44
"""Seconds whose numbers are worked out together; with the margins on both sides a minute is in memory."""
LONGEST_US = 120 * SECOND
"""A longer clip is told by its first two minutes, where its sound has to be in memory at once."""


@dataclass(frozen=True)
class SecondRow:
    """One second of sound. ``speech`` and ``music`` are probabilities and may both be high, ``other`` is that of
    neither. In a ``silence`` all three are 0.
    """

    start_us: int
    end_us: int
    speech: float
    music: float
    other: float
    silence: bool


@dataclass(frozen=True)
class Sounds(FilmStep):
    """Tells speech from music second by second, by a plain built-in classifier of eight numbers."""

    silent_below: float = -60.0
    """Level of a second in dB of full scale below which it is silence."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "audio")

    def rows(self, film: Film) -> Iterable[SecondRow]:
        """One row for each second of sound; a rest at the end is a shorter row."""
        audio = film.audio
        if audio is None:
            return
        seconds = -(-(audio.end_us - audio.start_us) // SECOND)
        for first in range(0, seconds, _AT_ONCE):
            yield from self._stretch(audio, first, min(first + _AT_ONCE, seconds), seconds)

    def _stretch(self, audio: Audio, first: int, last: int, seconds: int) -> Iterator[SecondRow]:
        begin, end = max(0, first - MARGIN_SECONDS), min(last + MARGIN_SECONDS, seconds)
        samples = audio.mono(audio.start_us + begin * SECOND, audio.start_us + end * SECOND)
        power = (samples.reshape(-1, RATE) ** 2).mean(axis=1)
        heard = 10 * np.log10(power + 1e-12) >= self.silent_below
        found = probabilities(samples, heard)[first - begin :].tolist()
        for k, (speech, music), loud in zip(range(first, last), found, heard[first - begin :], strict=False):
            start = audio.start_us + k * SECOND
            stop = min(start + SECOND, audio.end_us)
            if loud:
                yield SecondRow(start, stop, speech, music, (1 - speech) * (1 - music), silence=False)
            else:
                yield SecondRow(start, stop, 0.0, 0.0, 0.0, silence=True)


@dataclass(frozen=True)
class HeardRow:
    """Shares of the clip's time, 0..1. ``speech`` and ``music`` may overlap; ``other`` is neither of them.

    ``tags`` are sounds that a model names, the likeliest first; the built-in classifier names none.
    """

    speech: float
    music: float
    other: float
    silence: float
    tags: tuple[Tag, ...]


@dataclass(frozen=True)
class Heard(ClipStep):
    """How much of a clip is speech, music, something else or silence; a model can name its sounds."""

    model: str = "builtin"
    """``builtin``, or ``hf:ORG/NAME`` (or a folder) for a model of transformers that classifies sound."""
    tags: int = 5
    """How many sounds are named at most."""
    at_least: float = 0.1
    """Lowest score of a named sound, 0..1."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "clips", "audio", "sounds")

    @property
    def needs(self) -> Needs:
        """A GPU only where one is named."""
        return Needs(gpus=1 if on_gpu(self.model) else 0, memory_gb=1 if self.model == "builtin" else 4)

    @property
    def packages(self) -> Mapping[str, str]:
        """PyTorch and transformers for ``hf:``."""
        return packages(self.model)

    def schema(self) -> pa.Schema:
        """See TableStep."""
        return schema_of(HeardRow)

    def row(self, clip: Clip) -> HeardRow | None:
        """None for clips without sound; raises ModelError for a model that can't be loaded."""
        shares = shares_of(clip.film, clip.start_us, clip.end_us)
        return HeardRow(*shares, tags=self._named(clip)) if shares else None

    def _named(self, clip: Clip) -> tuple[Tag, ...]:
        model, audio = tagger(self.model), clip.film.audio
        if model is None or audio is None:
            return ()
        found = model.tags(audio.mono(clip.start_us, min(clip.end_us, clip.start_us + LONGEST_US)))
        return tuple(tag for tag in found if tag.score >= self.at_least)[: self.tags]


def shares_of(film: Film, start_us: int, end_us: int) -> tuple[float, float, float, float] | None:
    """Shares of speech, music, other and silence in a span, from the table ``sounds``; None where there is no sound."""
    starts, ends, speech, music, silent = _stored(film)
    inside = np.minimum(ends, end_us) - np.maximum(starts, start_us)
    weights = np.maximum(inside, 0)
    whole = weights.sum()
    if not whole:
        return None
    other = ~((speech >= 0.5) | (music >= 0.5) | (silent > 0))
    kinds = (speech >= 0.5, music >= 0.5, other, silent > 0)
    shares = [float(weights[kind].sum() / whole) for kind in kinds]
    return shares[0], shares[1], shares[2], shares[3]


@lru_cache(maxsize=1)
def _stored(film: Film) -> tuple[Floats, ...]:
    """Start, end, speech, music and silence of each second; kept for the clips of one film."""
    names = ["start_us", "end_us", "speech", "music", "silence"]
    rows = film.tables.table("sounds", film.video_id, names)
    if rows is None:
        return tuple(np.empty(0, np.float32) for _ in names)
    return tuple(pc.cast(rows[name], "double").to_numpy() for name in names)
