"""The instruments of the sample film's music, made of sines and noise."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Wave = NDArray[np.floating[Any]]

RATE = 48_000


@dataclass(frozen=True)
class Note:
    """One sound of one instrument, placed in time and between the ears."""

    start: float  # seconds
    wave: Wave
    gain: float
    pan: float  # -1 left, 1 right


def drums(start: float, beat: float) -> list[Note]:
    """A bar of four beats, each `beat` seconds long."""
    kicks = [Note(start + k * beat, _kick(), 0.55, 0.0) for k in (0, 2)]
    brushes = [Note(start + k * beat, _hiss(0.16), 0.05, -0.15) for k in (1, 3)]
    hats = [Note(start + i * beat / 2, _hiss(0.035), 0.045 if i % 2 else 0.025, 0.4) for i in range(8)]
    return kicks + brushes + hats


def lay(sound: Wave, note: Note) -> None:
    """Add a note to the sound (2, samples); what reaches over its end is lost."""
    first = round(note.start * RATE)
    wave = note.wave[: max(0, sound.shape[1] - first)]
    angle = (note.pan + 1) * np.pi / 4
    sound[0, first : first + wave.size] += np.float32(note.gain * np.cos(angle)) * wave
    sound[1, first : first + wave.size] += np.float32(note.gain * np.sin(angle)) * wave


def _hertz(tone: int) -> float:
    return float(440 * 2 ** ((tone - 69) / 12))


def _partials(hertz: float, seconds: float, strength: Callable[[int, Wave], Wave], count: int) -> Wave:
    """A tone of `count` partials; `strength` gives each one's envelope over time (seconds)."""
    time = np.arange(round(seconds * RATE), dtype=np.float32) / RATE
    turn = (2 * np.pi * hertz * time).astype(np.float32)
    total = np.zeros_like(time)
    for k in range(1, count + 1):
        total += strength(k, time) * np.sin(k * turn)
    return total


@cache
def pluck(tone: int) -> Wave:
    """A string, by its MIDI note."""
    # Higher partials die sooner: that is what makes a string sound plucked.
    wave = _partials(_hertz(tone), 1.4, lambda k, t: np.exp(-t * (2.2 + 1.6 * k)) / k**1.15, 7)
    return _soften(wave, 0.003, 0.1)


@cache
def bass(tone: int) -> Wave:
    """A low string, by its MIDI note."""
    wave = _partials(_hertz(tone), 0.9, lambda k, t: np.exp(-t * (2.5 + 2 * k)) / k, 5)
    return _soften(wave, 0.008, 0.1)


@cache
def pad(tone: int, bar: float) -> Wave:
    """A held tone that reaches over a bar of this many seconds, by its MIDI note."""
    # Two voices a few cents apart beat slowly against each other.
    voices = [
        _partials(_hertz(tone) * cents, bar + 0.5, lambda k, t: np.full_like(t, 0.5 / k**1.6), 5)
        for cents in (0.9985, 1.0015)
    ]
    return _soften(voices[0] + voices[1], 0.35, 0.6)


@cache
def _kick() -> Wave:
    time = np.arange(round(0.28 * RATE)) / RATE
    turn = 2 * np.pi * (48 * time + 70 / 28 * (1 - np.exp(-28 * time)))
    return _soften(np.asarray(np.sin(turn) * np.exp(-11 * time), np.float32), 0.002, 0.05)


@cache
def _hiss(seconds: float) -> Wave:
    noise = np.random.default_rng(7).standard_normal(round(4 * seconds * RATE)).astype(np.float32)
    bright = np.diff(noise, prepend=noise[:1])  # a difference is a plain high-pass
    return np.asarray(bright * np.exp(-np.arange(bright.size) / (seconds * RATE)), np.float32)


def _soften(wave: Wave, attack: float, release: float) -> Wave:
    """Ramp both ends (seconds) so that no note starts or stops with a click."""
    rise, fall = round(attack * RATE), round(release * RATE)
    wave[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    wave[-fall:] *= np.linspace(1, 0, fall, dtype=np.float32)
    return wave


def room(dry: Wave) -> Wave:
    """The echo of a room, (2, samples): convolution with two seconds of dying noise, another one for each ear."""
    time = np.arange(2 * RATE, dtype=np.float32) / RATE
    echo = np.random.default_rng(5).standard_normal((2, time.size)).astype(np.float32) * np.exp(-4.5 * time)
    echo *= np.minimum(1, time / 0.02) / np.sqrt((echo**2).sum(1, keepdims=True))
    size = 1 << (dry.shape[1] + time.size).bit_length()  # a power of two keeps the transform fast
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(echo, size), size)
    return wet[:, : dry.shape[1]].astype(np.float32)
