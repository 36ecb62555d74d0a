"""The key of music: which notes sound how much, compared with the profiles of the 24 keys."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from shotlist.models.builtin.spectrum import power
from shotlist.models.contracts import RATE, Samples

Doubles = npt.NDArray[np.float64]

NOTES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_SIZE, _HOP = 8192, 2048
_LEAST = 3 * RATE
_LOW, _HIGH = 65.0, 2100.0
# How well each step of the scale fits, after Krumhansl and Kessler (Psychological Review 1982).
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


@dataclass(frozen=True)
class Key:
    """``note`` is the tonic, such as ``F#``. ``confidence``, 0..1, says how far the next best key is behind."""

    note: str
    mode: Literal["major", "minor"]
    confidence: float


def key(samples: Samples) -> Key | None:
    """The key of mono sound; None where no notes are heard, and for less than 3 s, in which too few are."""
    notes = chroma(samples) if len(samples) >= _LEAST else np.zeros(12)
    if not notes.any() or notes.std() < 1e-9:
        return None
    profiles = np.array([np.roll(p, k) for p in (_MAJOR, _MINOR) for k in range(12)])
    fits = np.array([np.corrcoef(profile, notes)[0, 1] for profile in profiles])
    order = np.argsort(-fits)
    best = int(order[0])
    confidence = float(np.clip(2 * (fits[best] - fits[order[1]]), 0, 1) * max(0.0, fits[best]))
    return Key(NOTES[best % 12], "major" if best < 12 else "minor", confidence)


def chroma(samples: Samples) -> Doubles:
    """How much each of the twelve notes from C on sounds, (12,); the notes of the scale follow the sound's tuning."""
    if len(samples) < _SIZE:
        return np.zeros(12)
    loud = np.sqrt(power(samples, _SIZE, _HOP)).astype(np.float64)
    tones, weights = _peaks(loud)
    if not len(tones):
        return np.zeros(12)
    # The mean deviation from equal temperament at 440 Hz, as an angle.
    tuning = np.angle((weights * np.exp(2j * np.pi * tones)).sum()) / (2 * np.pi)
    near = tones - tuning
    off = near - np.round(near)
    weights = weights * np.exp(-0.5 * (off / 0.2) ** 2)
    return np.bincount(np.round(near).astype(int) % 12, weights, 12).astype(np.float64)


def _peaks(loud: Doubles) -> tuple[Doubles, Doubles]:
    """Peaks of all frames: their pitch in semitones (A at 440 Hz is 69) and weight."""
    first, last = int(_LOW * _SIZE / RATE), int(_HIGH * _SIZE / RATE)
    below, at, above = (loud[:, first + k : last + k] for k in (-1, 0, 1))
    strongest = at.max(axis=1, keepdims=True)
    peak = (at > below) & (at >= above) & (at > 0.02 * strongest) & (strongest > 1e-5)
    frame, place = np.nonzero(peak)
    a, b, c = (np.log(x[frame, place] + 1e-12) for x in (below, at, above))
    exact = first + place + np.clip(0.5 * (a - c) / (a - 2 * b + c - 1e-12), -0.5, 0.5)
    tones = 69 + 12 * np.log2(exact * RATE / _SIZE / 440)
    # Each frame counts the same, and loud notes do not drown the others.
    weights = np.sqrt(at[frame, place] / strongest[frame, 0])
    return tones, weights
