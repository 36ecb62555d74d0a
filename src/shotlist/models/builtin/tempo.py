"""Tempo by the autocorrelation of onsets, with a taste for 120 beats a minute (after Ellis, JNMR 2007)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shotlist.models.builtin.spectrum import Floats, decibels, mel_bands, power
from shotlist.models.contracts import RATE, Samples

Doubles = npt.NDArray[np.float64]

_SIZE, _HOP = 1024, 160
FPS = RATE // _HOP
_SLOWEST, _FASTEST = 40.0, 220.0
USUAL = 120.0
_SPREAD = 0.9
"""Octaves; the taste is a bell over them that has fallen to 0.54 at half or double the usual tempo."""
_BEATS = 4
"""So many beats ahead the onsets must still fit."""
_LEAST_SECONDS = 4.0


@dataclass(frozen=True)
class Tempo:
    """``bpm`` beats a minute; half or double of it may be felt as well. ``confidence`` lies in 0..1."""

    bpm: float
    confidence: float


def onsets(samples: Samples) -> Doubles:
    """How much energy begins at each hundredth of a second, (frames,), without the slow part."""
    mel = decibels(power(samples, _SIZE, _HOP) @ mel_bands(40, _SIZE).T, 1e-8)
    rise = np.maximum(0, np.diff(mel, axis=0, prepend=mel[:1])).mean(axis=1)
    return np.asarray(np.maximum(0, rise - _around(rise, FPS // 2)), np.float64)


def density(strength: Doubles) -> float:
    """Onsets a second: peaks that stand out of their surroundings."""
    if not len(strength):
        return 0.0
    reach = FPS // 20
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(strength, reach), 2 * reach + 1)
    peaks = (strength == windows.max(axis=1)) & (strength > max(0.5, 0.2 * np.percentile(strength, 99)))
    return float(peaks.sum() * FPS / len(strength))


def tempo(strength: Doubles, usual: float = USUAL) -> Tempo | None:
    """The tempo of ``onsets``; None for less than 4 s, or where nothing begins.

    Of several that fit, such as 65 and 130, the one nearest to ``usual`` is taken.
    """
    n = len(strength)
    if n < _LEAST_SECONDS * FPS or not strength.any():
        return None
    moved = strength - strength.mean()
    found = np.fft.irfft(np.abs(np.fft.rfft(moved, 2 * n)) ** 2)[:n]
    found = found / found[0] * (n / (n - np.arange(n)))  # so that long lags, with fewer pairs, weigh the same
    speeds = _SLOWEST * 2 ** np.arange(0, np.log2(_FASTEST / _SLOWEST), 1 / 240)
    scores = _fit(found, speeds, n // 2)
    taste = np.exp(-0.5 * (np.log2(speeds / usual) / _SPREAD) ** 2)
    best = int(np.argmax(scores * taste))
    return Tempo(float(speeds[best]), float(np.clip(scores[best], 0, 1)))


def _fit(correlation: Doubles, speeds: Doubles, longest: int) -> Doubles:
    """Mean correlation at 1, 2, 3 and 4 beats, as far as the sound is long enough."""
    lags = np.arange(1, _BEATS + 1)[:, None] * (60 * FPS / speeds)
    inside = lags < longest
    values = np.interp(lags, np.arange(len(correlation)), correlation) * inside
    return np.asarray(values.sum(axis=0) / np.maximum(1, inside.sum(axis=0)))


def _around(values: Floats, reach: int) -> Floats:
    total = np.cumsum(np.pad(values, (reach + 1, reach), mode="edge"), dtype=np.float64)
    width = 2 * reach + 1
    return np.asarray((total[width:] - total[:-width]) / width, np.float32)
