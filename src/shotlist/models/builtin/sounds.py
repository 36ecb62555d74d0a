"""A plain classifier of speech and music: eight numbers a second and two logistic regressions.

The numbers are classical: movement of the loudness at the rate of syllables, spectral flux and a pulse (Scheirer and
Slaney, ICASSP 1997), spectral flatness, partials that hold their pitch (after the continuous frequency activation of
Seyerlehner and others, DAFx 2007), and voices that glide. The weights were fitted to 45 minutes of speech, music,
both at once, and noises: example recordings of librosa, pyAudioAnalysis and Silero VAD, made noises, and one lecture.
benchmarks/hearing.py says how often they are right elsewhere. It is no recogniser of sounds, and singing without
instruments or a beating engine can mislead it.
"""

import numpy as np
import numpy.typing as npt

from shotlist.models.builtin.spectrum import Floats, decibels, mel_bands, power
from shotlist.models.contracts import RATE, Samples

Doubles = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]

_SIZE, _HOP = 1024, 250
_FPS = RATE // _HOP
_SPAN = 3 * _FPS
"""Frames that are looked at for one second: it and its neighbours."""
_PULSE_SPAN = 8 * _FPS
MARGIN_SECONDS = 8
"""So far on both sides reaches what decides about a second."""

SPEECH = (-14.6, 11.7, 10.2, 2.62, -1.05, 3.19, 9.55, 0.0, -9.61)
MUSIC = (-3.93, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 20.9, 8.33)
"""Weights of the regressions: the constant, then one for each of ``features``."""


def probabilities(samples: Samples, heard: Marks) -> Doubles:
    """How likely each whole second of mono sound holds speech and music, (seconds, 2); both may be there at once.

    ``heard`` (seconds,) marks those that are no silence; only they tell about their neighbours.
    """
    found = features(samples)
    logits = [found @ np.array(weights[1:]) + weights[0] for weights in (SPEECH, MUSIC)]
    # Music lasts; words come and go.
    logits = [_calmed(values, heard, reach) for values, reach in zip(logits, (1, 3), strict=True)]
    return np.asarray(1 / (1 + np.exp(-np.stack(logits, axis=1))))


def _calmed(values: Doubles, heard: Marks, reach: int) -> Doubles:
    """A mean with triangular weights over ``reach`` seconds on both sides."""
    weights = np.bartlett(2 * reach + 3)[1:-1]
    total, counted = (np.convolve(np.pad(v, reach), weights, "valid") for v in (values * heard, heard.astype(float)))
    return np.asarray(total / np.maximum(counted, 1e-9))


def features(samples: Samples) -> Doubles:
    """Syllables, sway, flux, flatness, its spread, gliding, held and pulse of each whole second, (seconds, 8)."""
    seconds = len(samples) // RATE
    spectra = power(_at_least(samples, 3 * RATE), _SIZE, _HOP)
    level = decibels(spectra.sum(axis=1), 1e-9)
    mel = decibels(spectra @ mel_bands(20, _SIZE).T, 1e-9)
    rise = np.maximum(0, np.diff(mel, axis=0, prepend=mel[:1])).mean(axis=1)
    windows = _windows(seconds, len(spectra), _SPAN)
    loud = level[windows] > np.percentile(level[windows], 95, axis=1, keepdims=True) - 30
    columns = [
        *_modulation(mel[windows]),
        rise[windows].mean(axis=1),
        *_flatness(spectra, windows, loud),
        _gliding(spectra, windows, loud),
        _held(spectra, windows),
        _pulse(rise, seconds),
    ]
    return np.stack(columns, axis=1).astype(np.float64)


def _at_least(samples: Samples, n: int) -> Samples:
    return samples if len(samples) >= n else np.pad(samples, (0, n - len(samples)), mode="wrap")


def _windows(seconds: int, frames: int, span: int) -> Indices:
    """Indices (seconds, span) of the frames around each second, moved inwards at both ends."""
    span = min(span, frames)
    first = np.arange(seconds) * _FPS + (_FPS - span) // 2
    return np.asarray(np.clip(first, 0, frames - span)[:, None] + np.arange(span), np.int64)


def _modulation(mel: Floats) -> tuple[Doubles, Doubles]:
    """Share of the movement of loudness in 20 bands at 2.5-7 Hz (syllables) and at 0.5-2.5 Hz."""
    bounded = np.maximum(mel, mel.max(axis=(1, 2), keepdims=True) - 50)
    moving = (bounded - bounded.mean(axis=1, keepdims=True)) * np.hanning(mel.shape[1])[:, None]
    energy = np.abs(np.fft.rfft(moving, axis=1)) ** 2
    rate = np.fft.rfftfreq(mel.shape[1], 1 / _FPS)
    whole = energy[:, (rate >= 0.5) & (rate < 20)].sum(axis=1) + 1e-6
    shares = [energy[:, (rate >= a) & (rate < b)].sum(axis=1) / whole for a, b in ((2.5, 7), (0.5, 2.5))]
    return shares[0].mean(axis=1), shares[1].mean(axis=1)


def _flatness(spectra: Floats, windows: Indices, loud: Marks) -> tuple[Doubles, Doubles]:
    """Mean and spread of spectral flatness (log10): speech alternates between tone and hiss."""
    inner = spectra[:, 7:480]
    flat = np.exp(np.log(inner + 1e-12).mean(axis=1)) / (inner.mean(axis=1) + 1e-12)
    series = np.log10(flat + 1e-4)[windows]
    return _mean(series, loud), np.sqrt(_mean(series**2, loud) - _mean(series, loud) ** 2)


def _mean(series: npt.NDArray[np.floating], chosen: Marks) -> Doubles:
    return np.asarray((series * chosen).sum(axis=1) / np.maximum(1, chosen.sum(axis=1)))


def _gliding(spectra: Floats, windows: Indices, loud: Marks) -> Doubles:
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


def _held(spectra: Floats, windows: Indices) -> Doubles:
    """Share of the spectral peaks at 400-5000 Hz that stay where they are for 0.19 s."""
    loud = decibels(spectra)
    low, high = 26, 320
    inner = loud[:, low:high]
    peaks = (inner > loud[:, low - 1 : high - 1]) & (inner >= loud[:, low + 1 : high + 1])
    peaks &= inner > _smooth(loud, 8)[:, low:high] + 5
    wide = peaks.copy()
    wide[:, 1:] |= peaks[:, :-1]
    wide[:, :-1] |= peaks[:, 1:]
    held, found = (marks.sum(axis=1)[windows].sum(axis=1) for marks in (_runs(wide, 12) & peaks, peaks))
    return np.asarray(held / (found + 20))


def _smooth(values: Floats, reach: int) -> Floats:
    """Running mean over ``2 x reach + 1`` columns."""
    padded = np.pad(values, ((0, 0), (reach + 1, reach)), mode="edge")
    total = np.cumsum(padded, axis=1, dtype=np.float64)
    width = 2 * reach + 1
    return np.asarray((total[:, width:] - total[:, :-width]) / width, np.float32)


def _runs(marks: Marks, n: int) -> Marks:
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
