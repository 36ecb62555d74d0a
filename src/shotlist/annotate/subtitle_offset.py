"""Whether subtitles fit what is heard, and by how many seconds they are off."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from shotlist.engine.film import Film
from shotlist.engine.step import FilmStep
from shotlist.records import Cue
from shotlist.timing import SECOND

Curve = npt.NDArray[np.float64]
Spans = Sequence[tuple[int, int]]

GRID_US = 20_000
RATES = (1.0, 24 / 23.976, 23.976 / 24, 25 / 23.976, 23.976 / 25, 25 / 24, 24 / 25)
"""Subtitles made for another frame rate drift by one of these factors."""
_CLEARLY_BETTER = 1.2
_CHANCE, _CERTAIN = 3.0, 7.0
"""Standard deviations by which the best place stands out where nothing fits, and where there is no doubt."""
_LEAST_US = 20 * SECOND
"""From less sound than this nothing can be told."""


@dataclass(frozen=True)
class OffsetRow:
    """How one track of subtitles lies on the voice in the film.

    A subtitle at t belongs to what is heard at (t - ``offset_seconds``) / ``rate``, both counted from the video's
    start: a positive offset comes too late. ``agreement`` is the correlation of both activities there, -1..1, and
    ``agreement_now`` as the subtitles are. ``confidence`` (0..1) says how far that place stands out from all
    others, ``fits`` whether it is enough to be believed. All are None where there is too little to compare.
    """

    track: int
    language: str | None
    origin: str
    subtitles: int
    offset_seconds: float | None = None
    rate: float | None = None
    agreement: float | None = None
    agreement_now: float | None = None
    confidence: float | None = None
    fits: bool | None = None


@dataclass(frozen=True)
class SubtitleOffset(FilmStep):
    """Compares when subtitles are shown with when somebody speaks, track by track; nothing is moved by it."""

    furthest: float = 60.0
    """Seconds by which subtitles may be off."""
    sure: float = 0.4
    """Confidence (0..1) from which the subtitles count as fitting."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "subtitles", "voice")

    def rows(self, film: Film) -> Iterable[OffsetRow]:
        """One row per track, none without subtitles."""
        tracks = groupby(sorted(film.cues, key=lambda cue: cue.track), lambda cue: cue.track)
        for track, found in tracks:
            cues = list(found)
            plain = OffsetRow(track, cues[0].language, cues[0].origin, len(cues))
            yield self._compared(film, plain, [cue for cue in cues if cue.kind == "speech"])

    def _compared(self, film: Film, plain: OffsetRow, cues: Sequence[Cue]) -> OffsetRow:
        start, length = int(film.video["start_us"]), int(film.video["duration_us"])
        heard = [(r["start_us"] - start, r["end_us"] - start) for r in film.rows("voice")]
        shown = [(cue.start_us - start, cue.end_us - start) for cue in cues]
        if length < _LEAST_US or not heard or not shown:
            return plain
        voice = activity(heard, length)
        tried = [(rate, best_lag(activity(shown, length, rate), voice, self.furthest)) for rate in RATES]
        rate, fit = max(tried, key=lambda one: one[1].agreement)
        if fit.agreement < _CLEARLY_BETTER * tried[0][1].agreement:
            rate, fit = tried[0]
        return OffsetRow(
            *(plain.track, plain.language, plain.origin, plain.subtitles),
            offset_seconds=fit.lag * GRID_US / SECOND * rate,
            rate=rate,
            agreement=fit.agreement,
            agreement_now=tried[0][1].unmoved,
            confidence=fit.confidence,
            fits=fit.confidence >= self.sure,
        )


@dataclass(frozen=True)
class Fit:
    """The best lag in steps, the correlation there and at lag 0, and how far the best stands out (0..1)."""

    lag: int
    agreement: float
    unmoved: float
    confidence: float


def activity(spans: Spans, length_us: int, rate: float = 1.0) -> Curve:
    """1 where one of the spans lies and 0 elsewhere, in steps of 20 ms; ``rate`` is taken out of the times."""
    count = -(-length_us // GRID_US)
    times = np.array(spans, np.float64).reshape(-1, 2) / rate / GRID_US
    edges = np.clip(np.rint(times), 0, count).astype(np.int64)
    steps = np.bincount(edges[:, 0], minlength=count + 1) - np.bincount(edges[:, 1], minlength=count + 1)
    return (np.cumsum(steps)[:count] > 0).astype(np.float64)


def best_lag(shown: Curve, heard: Curve, furthest: float) -> Fit:
    """By how many steps ``shown`` lies behind ``heard`` (n,), from their cross-correlation; at most ``furthest`` s."""
    a, b = shown - shown.mean(), heard - heard.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    if scale == 0:
        return Fit(0, 0.0, 0.0, 0.0)
    size = 1 << (2 * len(a) - 1).bit_length()
    products = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size) / scale
    reach = min(round(furthest * SECOND / GRID_US), len(a) - 1)
    around = np.concatenate([products[len(products) - reach :], products[: reach + 1]])
    peak = int(around.argmax())
    out = (around[peak] - around.mean()) / max(float(around.std()), 1e-9)
    confidence = float(np.clip((out - _CHANCE) / (_CERTAIN - _CHANCE), 0, 1))
    return Fit(peak - reach, float(around[peak]), float(products[0]), confidence)
