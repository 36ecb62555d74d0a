"""Voice by three plain properties of sound: it stands out from the background, it has a pitch, and it keeps changing.

Much simpler than a trained network: it takes singing and lively solo instruments for speech, and misses speech that
is as loud as what is around it, as in old films. The weights are a logistic regression against Silero's answers on six
minutes of talks, narration, film and music; ``benchmarks/speech.py --fit`` finds them and measures what comes out.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from shotlist.models.contracts import RATE, Samples

Floats = npt.NDArray[np.float32]

_HOP, _FRAME = RATE // 50, 512
_WINDOW = 20 * RATE
"""Sound is looked at in windows this long, with some more on both sides."""
_MARGIN = 10 * _HOP
_SMOOTH = 11
"""Frames over which pitch and change are averaged."""
_EDGES = (100, 300, 500, 800, 1200, 1800, 2600, 3600, 5500)
"""Bands in Hz whose levels are watched for change."""
_PITCH = slice(RATE // 400, RATE // 70)
"""Lags of voices from 70 to 400 Hz."""
_SILENCE_DB = -70.0
_FURTHEST_DB = 25.0
"""What stands out from the background by more tells no more."""
_WEIGHTS = np.array([0.202, 4.52, 0.779], np.float32)
_BIAS = -8.78


class BuiltinVoice:
    """See VoiceDetector; one value per 20 ms."""

    step_us = 20_000

    def likely(self, blocks: Iterable[Samples]) -> Floats:
        """See VoiceDetector."""
        answer: Floats = 1 / (1 + np.exp(-(features(blocks) @ _WEIGHTS + _BIAS)))
        return answer


def features(blocks: Iterable[Samples]) -> Floats:
    """What a voice is told by, every 20 ms (n, 3).

    Decibels above the background, strength of the pitch (0..1), and change of the bands' levels in dB.
    """
    found = [np.empty((0, 3), np.float32)]
    levels_before = np.empty(0, np.float32)
    for window, first, count in _windows(blocks):
        level, pitch, change = _measured(window)
        above = np.minimum(level - _background(np.concatenate([levels_before, level])), _FURTHEST_DB)
        levels_before = level[first : first + count]
        found.append(np.stack([_averaged(above), _averaged(pitch), _averaged(change)], axis=1)[first : first + count])
    return np.concatenate(found)


def _windows(blocks: Iterable[Samples]) -> Iterator[tuple[Samples, int, int]]:
    """Windows of at most 20 s with a margin of sound around them: where their own frames begin, and how many."""
    held, before = np.empty(0, np.float32), 0
    for block in blocks:
        held = np.concatenate([held, block])
        while len(held) >= before + _WINDOW + _MARGIN:
            yield held[: before + _WINDOW + _MARGIN], before // _HOP, _WINDOW // _HOP
            held, before = held[before + _WINDOW - _MARGIN :], _MARGIN
    if len(held) - before >= _HOP:
        yield held, before // _HOP, (len(held) - before) // _HOP


def _measured(sound: Samples) -> tuple[Floats, Floats, Floats]:
    """Level in dB, strength of the pitch in 0..1, and change of the bands in dB, per frame of 20 ms."""
    count = len(sound) // _HOP
    edge = (_FRAME - _HOP) // 2
    padded = np.pad(sound, (edge, _FRAME))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP][:count]
    power = np.abs(np.fft.rfft(frames * _hann, axis=1)).astype(np.float32) ** 2
    bands = 10 * np.log10(np.add.reduceat(power, _band_bins, axis=1)[:, :-1] / _full_scale + 1e-10)
    level = 10 * np.log10(power[:, _band_bins[0] : _band_bins[-1]].sum(axis=1) / _full_scale + 1e-10)
    change = np.abs(np.diff(bands, axis=0, prepend=bands[:1])).mean(axis=1)
    return level.astype(np.float32), _pitch(power), change.astype(np.float32)


def _pitch(power: Floats) -> Floats:
    """The largest normalised autocorrelation among the lags of voices, of what lies below 1.5 kHz."""
    low = power.copy()
    low[:, 1500 * _FRAME // RATE :] = 0
    repeated = np.fft.irfft(low, axis=1)
    own = np.fft.irfft(np.abs(np.fft.rfft(_hann)) ** 2)
    strength = repeated[:, _PITCH] / (repeated[:, :1] + 1e-9) / (own[_PITCH] / own[0])
    return np.asarray(np.clip(strength.max(axis=1), 0, 1), np.float32)


def _background(levels: Floats) -> float:
    """The level that is exceeded nine tenths of the time; digital silence between sounds is no background."""
    sounding = levels[levels > _SILENCE_DB]
    return float(np.percentile(sounding, 10)) if len(sounding) else _SILENCE_DB


def _averaged(values: Floats) -> Floats:
    half = _SMOOTH // 2
    sums = np.cumsum(np.pad(values, (half + 1, half), mode="edge"), dtype=np.float64)
    averages: Floats = ((sums[_SMOOTH:] - sums[:-_SMOOTH]) / _SMOOTH).astype(np.float32)
    return averages


_hann = np.hanning(_FRAME).astype(np.float32)
_full_scale = float(_hann.sum()) ** 2 / 4
_band_bins = [edge * _FRAME // RATE for edge in _EDGES]
