"""A voice as the average shape of its spectrum and its pitch: mel cepstra (Davis and Mermelstein 1980) and autocorrelation.

It tells recordings, men and women apart rather than persons: a room or a microphone changes it as much as a speaker.
"""

import numpy as np
import numpy.typing as npt

from shotlist.models.contracts import RATE, Samples

Floats = npt.NDArray[np.float32]

_HOP, _FRAME, _SIZE = RATE // 100, RATE // 40, 512
_BANDS, _CEPSTRA = 32, 20
_LAGS = slice(RATE // 400, RATE // 70)
_VOICED = 0.5
"""How strong the pitch of a frame must be to count."""
_SPREAD = np.array([2.0, *(1.5 / np.sqrt(k) for k in range(1, _CEPSTRA - 1)), 0.35], np.float32)
"""By how much the numbers of a voiceprint usually differ between voices."""


class SpectrumAndPitch:
    """See SpeakerDetector."""

    alike = 0.5

    def voiceprint(self, samples: Samples) -> Floats:
        """See SpeakerDetector."""
        count = max(1, 1 + (len(samples) - _FRAME) // _HOP)
        padded = np.pad(samples, (0, max(0, _FRAME - len(samples))))
        frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP][:count] * _window
        power = np.abs(np.fft.rfft(frames, _SIZE, axis=1)) ** 2
        strength, pitch = _pitch(power)
        loud = power.sum(axis=1)
        spoken = (loud > 0.02 * loud.max()) & (strength > _VOICED)
        spoken = spoken if spoken.any() else loud >= np.median(loud)
        cepstra = np.log(power[spoken] @ _mel + 1e-8) @ _cosines
        found = np.append(cepstra.mean(axis=0) - _TYPICAL[:-1], np.median(np.log(pitch[spoken])) - _TYPICAL[-1])
        found = found / _SPREAD
        return (found / max(float(np.linalg.norm(found)), 1e-9)).astype(np.float32)


def _pitch(power: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Strength (0..1) and frequency in Hz of the pitch, per frame."""
    low = power.copy()
    low[:, 1500 * _SIZE // RATE :] = 0
    repeated = np.fft.irfft(low, axis=1)[:, : _LAGS.stop]
    scaled = repeated[:, _LAGS] / (repeated[:, :1] + 1e-12) / _own[_LAGS]
    best = scaled.argmax(axis=1)
    return scaled.max(axis=1), RATE / (best + _LAGS.start)
