"""What can be measured of music, and a plain true sentence made of it."""

from dataclasses import dataclass

import numpy as np

from shotlist.models.builtin.key import Key, key
from shotlist.models.builtin.spectrum import power
from shotlist.models.builtin.tempo import USUAL, Tempo, density, onsets, tempo
from shotlist.models.contracts import RATE, Samples

_SIZE, _HOP = 1024, 512
_SURE_TEMPO, _SURE_KEY = 0.12, 0.12
"""Confidences below which a sentence claims neither beat nor key."""


@dataclass(frozen=True)
class Facts:
    """Measures of a stretch of music.

    ``brightness`` is the mean spectral centroid in hertz (of sound up to 8 kHz), ``onsets`` how many notes or beats
    begin each second, ``lufs`` the loudness, ``dynamics`` how many dB lie between quiet and loud parts.
    """

    tempo: Tempo | None
    key: Key | None
    brightness: float
    onsets: float
    lufs: float | None = None
    dynamics: float | None = None


def analyse(samples: Samples, lufs: float | None = None, dynamics: float | None = None, usual: float = USUAL) -> Facts:
    """The facts of mono sound; loudness is measured elsewhere, on the sound as it was mixed. ``usual``: see tempo."""
    strength = onsets(samples)
    return Facts(tempo(strength, usual), key(samples), _brightness(samples), density(strength), lufs, dynamics)


def _brightness(samples: Samples) -> float:
    loud = np.sqrt(power(samples, _SIZE, _HOP))
    weights = loud.sum(axis=1)
    if not weights.any():
        return 0.0
    centroids = (loud @ np.fft.rfftfreq(_SIZE, 1 / RATE)) / np.maximum(weights, 1e-12)
    return float((centroids * weights).sum() / weights.sum())


def sentence(facts: Facts) -> str:
    """Says what was measured: ``Fast, bright music in A minor at about 128 beats per minute, loud and steady.``"""
    beat = facts.tempo is not None and facts.tempo.confidence >= _SURE_TEMPO
    words = [_pace(facts.tempo.bpm)] if facts.tempo is not None and beat else []
    words += [word for word in (_light(facts.brightness),) if word]
    text = f"{', '.join(words)} music" if words else "music"
    if facts.key is not None and facts.key.confidence >= _SURE_KEY:
        text += f" in {facts.key.note} {facts.key.mode}"
    if facts.tempo is not None:
        text += f" at about {facts.tempo.bpm:.0f} beats per minute" if beat else " without a clear beat"
    ending = " and ".join(word for word in (_level(facts.lufs), _moving(facts.dynamics)) if word)
    return f"{text[0].upper()}{text[1:]}{f', {ending}' if ending else ''}."


def _pace(bpm: float) -> str:
    return "slow" if bpm < 80 else "fast" if bpm > 120 else "moderately fast"


def _light(brightness: float) -> str:
    return "dark" if brightness < 900 else "bright" if brightness > 1800 else ""


def _level(lufs: float | None) -> str:
    return "" if lufs is None else "quiet" if lufs < -30 else "loud" if lufs > -16 else "of middling loudness"


def _moving(dynamics: float | None) -> str:
    return "" if dynamics is None else "steady" if dynamics < 6 else "swelling and fading" if dynamics > 15 else ""
