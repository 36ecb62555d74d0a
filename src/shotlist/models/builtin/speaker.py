"""Voices told apart by the shapes of their spectra, as it was done before neural networks.

Each piece of speech is a Gaussian over mel cepstra (Davis and Mermelstein 1980); two pieces are one speaker where one
Gaussian explains both better than two do, by the Bayesian information criterion (Chen and Gopalakrishnan 1998). A room
or a microphone counts like a voice, so it suits talks and interviews better than films with music.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from shotlist.models.contracts import RATE, Samples
from shotlist.models.grouping import Numbers, grouped

Floats = npt.NDArray[np.float64]

_HOP, _FRAME, _SIZE = RATE // 100, RATE // 40, 512
_BANDS, _CEPSTRA = 32, 12
_QUIET = 0.01
"""Frames with less than this share of the loudest one's power are left out."""
_PENALTY = 3.0
"""Weight of the criterion's penalty; more makes fewer speakers."""


class SpectralSpeakers:
    """See SpeakerDetector."""

    def speakers(self, pieces: Iterable[Samples]) -> Sequence[int]:
        """See SpeakerDetector."""
        found = [cepstra(samples) for samples in pieces]
        return grouped(_Gaussians(found)) if found else []


def cepstra(samples: Samples) -> Floats:
    """Mel cepstra 1 to 12 of the louder frames of 25 ms, (n, 12)."""
    padded = np.pad(samples, (0, max(0, _FRAME - len(samples)))).astype(np.float64)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP] * np.hamming(_FRAME)
    power = np.abs(np.fft.rfft(frames, _SIZE, axis=1)) ** 2
    loud = power.sum(axis=1)
    found: Floats = np.log(power[loud >= _QUIET * loud.max()] @ _mel + 1e-8) @ _cosines
    return found


class _Gaussians:
    """Pieces as sums, from which the Gaussian of any union follows. See Groups."""

    def __init__(self, pieces: Sequence[Floats]) -> None:
        self._n = np.array([len(piece) for piece in pieces], np.float64)
        self._sum = np.stack([piece.sum(axis=0) for piece in pieces])
        self._square = np.stack([piece.T @ piece for piece in pieces])
        self._spread = _log_spread(self._n, self._sum, self._square)

    @property
    def sizes(self) -> Sequence[float]:
        return self._n.tolist()  # type: ignore[no-any-return]

    def apart(self, one: int, others: Numbers) -> Floats:
        n = self._n[one] + self._n[others]
        together = _log_spread(n, self._sum[one] + self._sum[others], self._square[one] + self._square[others])
        gain = n * together - self._n[one] * self._spread[one] - self._n[others] * self._spread[others]
        numbers = _CEPSTRA + _CEPSTRA * (_CEPSTRA + 1) / 2  # of a mean and a covariance
        return np.asarray(gain / 2 - _PENALTY / 2 * numbers * np.log(n))

    def join(self, one: int, other: int) -> None:
        for values in (self._n, self._sum, self._square):
            values[one] += values[other]
        k = slice(one, one + 1)
        self._spread[k] = _log_spread(self._n[k], self._sum[k], self._square[k])


def _log_spread(n: Floats, sums: Floats, squares: Floats) -> Floats:
    """Logarithms of the covariances' determinants (n,)."""
    means = sums / n[:, None]
    covariance = squares / n[:, None, None] - means[:, :, None] * means[:, None, :]
    return np.asarray(np.linalg.slogdet(covariance + 1e-3 * np.eye(_CEPSTRA))[1])


def _mel_filters() -> Floats:
    """Triangles in equal steps of mel from 60 to 7600 Hz, (257, 32)."""
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in (60, 7600))
    edges = 700 * (10 ** (np.linspace(low, high, _BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(_SIZE, 1 / RATE)[:, None]
    rising, falling = (bins - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - bins) / np.diff(edges)[1:]
    return np.clip(np.minimum(rising, falling), 0, None)


_mel = _mel_filters()
_cosines = (
    np.cos(np.pi * np.arange(1, _CEPSTRA + 1) * (np.arange(_BANDS)[:, None] + 0.5) / _BANDS) * (2 / _BANDS) ** 0.5
)
