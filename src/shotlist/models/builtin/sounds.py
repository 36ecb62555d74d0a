"""A plain classifier of speech and music: twelve numbers a second and two logistic regressions.

The numbers are classical: modulation of the loudness at the rate of syllables (Houtgast and Steeneken 1985; Scheirer
and Slaney 1997), low-energy frames and spectral flux (Scheirer and Slaney 1997), partials that hold their pitch
(after the continuous frequency activation of Seyerlehner and others, DAFx 2007), voices that glide, and a pulse. The
weights were fitted to about fifty minutes of speech, music, mixtures of both, and noises; benchmarks/hearing.py says
how often they are right on films that they were not fitted to. It knows two classes; it is no recogniser of sounds.
"""

import numpy as np
import numpy.typing as npt

from shotlist.models.builtin.spectrum import Floats, decibels, mel_bands, power
from shotlist.models.contracts import RATE, Samples

Doubles = npt.NDArray[np.float64]

_SIZE, _HOP = 1024, 250
_FPS = RATE // _HOP
_SPAN = 3 * _FPS
"""Frames that are looked at for one second: it and its neighbours."""
_PULSE_SPAN = 8 * _FPS
MARGIN_SECONDS = 8
"""So far on both sides of a second reaches what decides about it."""
NAMES = (
    "syllables", "sway", "quiet", "flux", "flatness", "flatness_spread", "gliding", "level_spread",
    "held", "held_energy", "held_long", "pulse",
)  # fmt: skip


def features(samples: Samples) -> Doubles:
    """``NAMES`` for each whole second of mono sound, (seconds, 12)."""
    seconds = len(samples) // RATE
    spectra = power(_at_least(samples, 3 * RATE), _SIZE, _HOP)
    level = decibels(spectra.sum(axis=1), 1e-9)
    mel = decibels(spectra @ mel_bands(20, _SIZE).T, 1e-9)
    rise = np.maximum(0, np.diff(mel, axis=0, prepend=mel[:1])).mean(axis=1)
    windows = _windows(seconds, len(spectra), _SPAN)
    loud = level[windows] > np.percentile(level[windows], 95, axis=1, keepdims=True) - 30
    columns = [
        *_modulation(mel[windows]),
        _low_energy(spectra.sum(axis=1)[windows]),
        rise[windows].mean(axis=1),
        *_flatness(spectra, windows, loud),
        _gliding(spectra, windows, loud),
        np.minimum(level[windows].std(axis=1), 25),
        *_held(spectra, windows),
        _pulse(rise, seconds),
    ]
    return np.stack(columns, axis=1).astype(np.float64)


def _at_least(samples: Samples, n: int) -> Samples:
    return samples if len(samples) >= n else np.pad(samples, (0, n - len(samples)), mode="wrap")


def _windows(seconds: int, frames: int, span: int) -> npt.NDArray[np.int64]:
    """Indices (seconds, span) of the frames around each second, moved inwards at both ends."""
    span = min(span, frames)
    first = (np.arange(seconds) + 0.5) * _FPS - span / 2
    return np.clip(first, 0, frames - span).astype(np.int64)[:, None] + np.arange(span)


def _modulation(mel: Floats) -> tuple[Doubles, Doubles]:
    """Share of the movement of loudness in 20 bands at 2.5-7 Hz (syllables) and at 0.5-2.5 Hz."""
    bounded = np.maximum(mel, mel.max(axis=(1, 2), keepdims=True) - 50)
    moving = (bounded - bounded.mean(axis=1, keepdims=True)) * np.hanning(mel.shape[1])[:, None]
    energy = np.abs(np.fft.rfft(moving, axis=1)) ** 2
    rate = np.fft.rfftfreq(mel.shape[1], 1 / _FPS)
    whole = energy[:, (rate >= 0.5) & (rate < 20)].sum(axis=1) + 1e-6
    shares = [energy[:, (rate >= a) & (rate < b)].sum(axis=1) / whole for a, b in ((2.5, 7), (0.5, 2.5))]
    return shares[0].mean(axis=1), shares[1].mean(axis=1)


def _low_energy(energy: Floats) -> Doubles:
    """Share of frames that are much quieter than the mean: pauses between words."""
    return np.asarray((energy < 0.3 * energy.mean(axis=1, keepdims=True)).mean(axis=1))


def _flatness(spectra: Floats, windows: npt.NDArray[np.int64], loud: npt.NDArray[np.bool_]) -> tuple[Doubles, Doubles]:
    """Mean and spread of spectral flatness (log10): speech alternates between tone and hiss."""
    inner = spectra[:, 7:480]
    flat = np.exp(np.log(inner + 1e-12).mean(axis=1)) / (inner.mean(axis=1) + 1e-12)
    series = np.log10(flat + 1e-4)[windows]
    return _mean(series, loud), np.sqrt(_mean(series**2, loud) - _mean(series, loud) ** 2)


def _mean(series: npt.NDArray[np.floating], chosen: npt.NDArray[np.bool_]) -> Doubles:
    return np.asarray((series * chosen).sum(axis=1) / np.maximum(1, chosen.sum(axis=1)))


def _gliding(spectra: Floats, windows: npt.NDArray[np.int64], loud: npt.NDArray[np.bool_]) -> Doubles:
    """Share of voiced frames (70-400 Hz) whose pitch moves: voices glide, instruments hold."""
    lags = np.fft.irfft(np.sqrt(spectra[:, : _SIZE // 4 + 1]), axis=1)  # up to 4 kHz; a lag is 1/8000 s
    low, high = RATE // 800, RATE // 140
    strength = lags[:, low:high] / (lags[:, :1] + 1e-9)
    voiced = (strength.max(axis=1) > 0.35)[windows] & loud
    pitch = np.log2(low + strength.argmax(axis=1))[windows]
    step = np.abs(np.diff(pitch, axis=1))
    both = voiced[:, 1:] & voiced[:, :-1]
    count = both.sum(axis=1)
    moved = (both & (step > 0.005) & (step < 0.12)).sum(axis=1)
    return np.where(count > 5, moved / np.maximum(1, count), 0.0)


def _held(spectra: Floats, windows: npt.NDArray[np.int64]) -> tuple[Doubles, Doubles, Doubles]:
    """Peaks at 400-5000 Hz that stay for 0.19 s: their share in number, in energy (log10), and of those of 0.38 s."""
    loud = decibels(spectra)
    low, high = 26, 320
    inner = loud[:, low:high]
    peaks = (inner > loud[:, low - 1 : high - 1]) & (inner >= loud[:, low + 1 : high + 1])
    peaks &= inner > _smooth(loud, 8)[:, low:high] + 5
    wide = peaks.copy()
    wide[:, 1:] |= peaks[:, :-1]
    wide[:, :-1] |= peaks[:, 1:]
    held = [_runs(wide, n) & peaks for n in (12, 24)]
    count = peaks.sum(axis=1)[windows].sum(axis=1) + 20
    energy = spectra[:, low:high]
    shares = [h.sum(axis=1)[windows].sum(axis=1) / count for h in held]
    part = (energy * held[0]).sum(axis=1)[windows].sum(axis=1)
    return shares[0], np.log10(part / (energy.sum(axis=1)[windows].sum(axis=1) + 1e-12) + 0.01), shares[1]


def _smooth(values: Floats, reach: int) -> Floats:
    """Running mean over ``2 x reach + 1`` columns."""
    padded = np.pad(values, ((0, 0), (reach + 1, reach)), mode="edge")
    total = np.cumsum(padded, axis=1, dtype=np.float64)
    width = 2 * reach + 1
    return np.asarray((total[:, width:] - total[:, :-width]) / width, np.float32)


def _runs(marks: npt.NDArray[np.bool_], n: int) -> npt.NDArray[np.bool_]:
    """Which marks (frames, bins) belong to a column's run of at least ``n``."""
    total = np.cumsum(np.pad(marks, ((1, 0), (0, 0))), axis=0, dtype=np.int32)
    begins = (total[n:] - total[:-n]) == n
    edges = np.zeros((len(marks) + 1, marks.shape[1]), np.int8)
    edges[: len(begins)] += begins
    edges[n : n + len(begins)] -= begins
    return np.asarray(np.cumsum(edges, axis=0, dtype=np.int32)[:-1] > 0)


def _pulse(rise: Floats, seconds: int) -> Doubles:
    """How well the onsets of 8 s repeat after 0.25 to 1.5 s: the peak of their autocorrelation."""
    series = rise[_windows(seconds, len(rise), _PULSE_SPAN)]
    series = series - series.mean(axis=1, keepdims=True)
    n = series.shape[1]
    found = np.fft.irfft(np.abs(np.fft.rfft(series, 2 * n, axis=1)) ** 2, axis=1)[:, :n]
    found = found / (found[:, :1] + 1e-9) * (n / (n - np.arange(n)))
    return np.asarray(found[:, _FPS // 4 : min(3 * _FPS // 2, n // 2)].max(axis=1))
