"""Takes the centre out of stereo sound: a cheap stand-in for taking out the singing, which is mostly mixed there.

It is no source separation. Whatever else stands in the centre at 150 to 7000 Hz goes too, and a voice that is
spread between the channels stays.
"""

import numpy as np

from shotlist.models.contracts import RATE, Samples

_SIZE, _HOP = 2048, 512
_LOW, _HIGH = 150.0, 7000.0
"""Hertz; bass and kick drum are mixed in the centre as well, and stay."""
_NARROW = 1e-3
"""Share of the energy in which the channels must differ; below it there is no centre apart from the rest."""


class CentreSplit:
    """A Separator by the likeness of both channels in each bin of the spectrum (after Avendano, WASPAA 2003)."""

    def without_vocals(self, samples: Samples) -> Samples | None:
        """See Separator; None for mono and for stereo that is all but mono."""
        if len(samples) != 2 or _side_share(samples) < _NARROW:
            return None
        out = np.empty_like(samples)
        step = 30 * RATE  # in pieces, since spectra are several times as large as the sound
        for start in range(0, samples.shape[1], step):
            first, last = max(0, start - _SIZE), start + step + _SIZE
            piece = _without_centre(samples[:, first:last])
            out[:, start : start + step] = piece[:, start - first : start - first + step]
        return out


def _side_share(samples: Samples) -> float:
    whole = float((samples**2).sum())
    return float(((samples[0] - samples[1]) ** 2).sum()) / (2 * whole) if whole else 0.0


def _without_centre(samples: Samples) -> Samples:
    window = np.sqrt(np.hanning(_SIZE + 1)[:_SIZE]).astype(np.float32)
    n = samples.shape[1]
    padded = np.pad(samples, ((0, 0), (_SIZE, _SIZE + -n % _HOP)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _SIZE, axis=1)[:, ::_HOP]
    left, right = spectra = np.fft.rfft(frames * window, axis=2).astype(np.complex64)
    alike = 2 * (left * right.conj()).real / (np.abs(left) ** 2 + np.abs(right) ** 2 + 1e-12)
    hertz = np.fft.rfftfreq(_SIZE, 1 / RATE)
    sung = (hertz >= _LOW) & (hertz <= _HIGH)
    keep = np.where(sung, 1 - np.clip(alike, 0, 1) ** 8, 1)
    pieces = np.fft.irfft(spectra * keep, axis=2).astype(np.float32) * window
    out = np.zeros_like(padded)
    for k in range(pieces.shape[1]):
        out[:, k * _HOP : k * _HOP + _SIZE] += pieces[:, k]
    return np.asarray(out[:, _SIZE : _SIZE + n] * (2 * _HOP / _SIZE), np.float32)
