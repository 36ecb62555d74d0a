"""Short-time spectra of sound, the ground that the built-in analyses stand on."""

from functools import cache

import numpy as np
import numpy.typing as npt

from shotlist.models.contracts import RATE, Samples

Floats = npt.NDArray[np.float32]


def power(samples: Samples, size: int, hop: int) -> Floats:
    """Power (frames, size // 2 + 1) of mono sound; a sine of amplitude 1 reaches 1. Frame k is centred at k x hop."""
    padded = np.pad(samples, (size // 2, size // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    window = np.hanning(size + 1)[:size].astype(np.float32)
    spectra = np.fft.rfft(frames * window, axis=1)
    found = spectra.real**2 + spectra.imag**2
    return np.asarray(found * (4 / window.sum() ** 2), np.float32)


@cache
def mel_bands(count: int, size: int, low: float = 60.0, high: float = 7600.0) -> Floats:
    """Triangles on the mel scale, (count, size // 2 + 1), each of weight 1."""
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    places, edges = _mel(hertz), np.linspace(_mel(low), _mel(high), count + 2)
    rise = (places - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - places) / (edges[2:] - edges[1:-1])[:, None]
    bands = np.maximum(0, np.minimum(rise, fall))
    return np.asarray(bands / bands.sum(axis=1, keepdims=True), np.float32)


def _mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.asarray(2595 * np.log10(1 + np.asarray(hertz, np.float64) / 700))


def decibels(power: Floats, floor: float = 1e-10) -> Floats:
    """Power as dB of full scale; ``floor`` is added so that silence has a value."""
    return np.asarray(10 * np.log10(power + floor), np.float32)
