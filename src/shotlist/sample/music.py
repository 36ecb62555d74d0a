"""The music of the sample film: a small piece in A minor at 96 beats per minute, made of sines and noise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Wave = NDArray[np.floating[Any]]

RATE = 48_000
BPM = 96
KEY = "A minor"
LOUDNESS = -16.0

_BEAT = 60 / BPM
_BAR = 4 * _BEAT
# One chord a bar, as MIDI notes; the piece repeats after eight bars.
_CHORDS = (
    (57, 60, 64),  # A minor
    (53, 57, 60),  # F
    (55, 60, 64),  # C
    (55, 59, 62),  # G
    (57, 60, 64),  # A minor
    (53, 57, 62),  # D minor
    (53, 57, 60),  # F
    (52, 56, 59),  # E, whose G sharp leads home
)
_BASS = (45, 41, 48, 43, 45, 38, 41, 40)
# Eight eighths a bar; 0 is a rest.
_MELODY = (
    (76, 0, 72, 74, 76, 0, 81, 0),
    (77, 0, 76, 72, 69, 0, 72, 0),
    (76, 0, 79, 76, 72, 0, 74, 76),
    (74, 0, 71, 0, 67, 0, 71, 74),
    (72, 0, 69, 72, 76, 0, 72, 0),
    (74, 77, 81, 0, 77, 0, 74, 0),
    (72, 0, 69, 72, 77, 76, 72, 0),
    (71, 0, 68, 71, 76, 0, 0, 0),
)


@dataclass(frozen=True)
class _Note:
    start: float  # seconds
    wave: Wave
    gain: float
    pan: float  # -1 left, 1 right


def compose(seconds: float, silences: Sequence[tuple[float, float]] = ()) -> Wave:
    """Play the piece for `seconds`: float32 of shape (2, samples) at 48 kHz, about -16 LUFS, peaks below 0.9.

    `silences` are spans in seconds that come out as exact zeros, each after a short fade. The beat runs on
    beneath them, so the tempo holds from the first sample to the last.
    """
    samples = round(seconds * RATE)
    dry = np.zeros((2, samples), np.float32)
    for note in _score(seconds):
        _lay(dry, note)
    wet = dry + 0.22 * _room(dry)
    wet *= _envelope(samples, silences)
    wet *= 10 ** ((LOUDNESS - loudness(wet)) / 20)
    # Rounds off the rare peak; below half of full scale it is all but linear.
    return (0.89 * np.tanh(wet / 0.89)).astype(np.float32)


def loudness(sound: Wave) -> float:
    """Integrated loudness in LUFS (ITU-R BS.1770-4: K-weighting, both gates) of (2, samples) at 48 kHz.

    -70.0 for sound that never passes the absolute gate.
    """
    hop, samples = RATE // 10, sound.shape[1]
    if samples < 4 * hop:
        sound = np.pad(sound, ((0, 0), (0, 4 * hop - samples)))
    # Energy is all that counts here, so the weighting may be applied in the frequency domain.
    weighted = np.fft.irfft(np.fft.rfft(sound, axis=1) * _k_weight(sound.shape[1]), sound.shape[1], axis=1)
    tenths = (weighted[:, : weighted.shape[1] // hop * hop].reshape(2, -1, hop) ** 2).mean(-1).sum(0)
    blocks = np.convolve(tenths, np.full(4, 0.25), "valid")
    heard = blocks[blocks > 10 ** ((-70 + 0.691) / 10)]
    if not heard.size:
        return -70.0
    heard = heard[heard > heard.mean() / 10]
    return float(-0.691 + 10 * np.log10(heard.mean()))


def _k_weight(samples: int) -> NDArray[np.complex128]:
    """The two filters of BS.1770 at 48 kHz: a shelf for the head, a high-pass for the ear."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(samples))
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    return np.asarray(shelf * high, np.complex128)


def _score(seconds: float) -> list[_Note]:
    notes: list[_Note] = []
    bars = int(np.ceil(seconds / _BAR - 1e-6))
    for bar in range(bars):
        # The last bar comes home, whatever the length.
        start, k = bar * _BAR, bar % 8 if bar < bars - 1 else 0
        notes += [_Note(start, _pad(tone), 0.16, 0.5 * i - 0.5) for i, tone in enumerate(_CHORDS[k])]
        notes += [_Note(start + beat * _BEAT, _bass(_BASS[k]), 0.34, 0.0) for beat in (0, 1.5, 2)]
        notes += [
            _Note(start + i * _BEAT / 2, _pluck(tone), 0.30 if i % 4 == 0 else 0.24, 0.35 * (-1) ** i)
            for i, tone in enumerate(_MELODY[k])
            if tone and bar >= 1  # the first bar leaves the stage to the chords
        ]
        if bar >= 2:
            notes += _drums(start)
    return notes


def _drums(start: float) -> list[_Note]:
    kicks = [_Note(start + beat * _BEAT, _kick(), 0.55, 0.0) for beat in (0, 2)]
    brushes = [_Note(start + beat * _BEAT, _hiss(0.16), 0.05, -0.15) for beat in (1, 3)]
    hats = [_Note(start + i * _BEAT / 2, _hiss(0.035), 0.045 if i % 2 else 0.025, 0.4) for i in range(8)]
    return kicks + brushes + hats


def _lay(sound: Wave, note: _Note) -> None:
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
def _pluck(tone: int) -> Wave:
    # Higher partials die sooner: that is what makes a string sound plucked.
    wave = _partials(_hertz(tone), 1.4, lambda k, t: np.exp(-t * (2.2 + 1.6 * k)) / k**1.15, 7)
    return _soften(wave, 0.003, 0.1)


@cache
def _bass(tone: int) -> Wave:
    wave = _partials(_hertz(tone), 0.9, lambda k, t: np.exp(-t * (2.5 + 2 * k)) / k, 5)
    return _soften(wave, 0.008, 0.1)


@cache
def _pad(tone: int) -> Wave:
    # Two voices a few cents apart beat slowly against each other.
    voices = [
        _partials(_hertz(tone) * cents, _BAR + 0.5, lambda k, t: np.full_like(t, 0.5 / k**1.6), 5)
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


def _room(dry: Wave) -> Wave:
    """The sound of a room: convolution with two seconds of dying noise, another one for each ear."""
    time = np.arange(2 * RATE, dtype=np.float32) / RATE
    echo = np.random.default_rng(5).standard_normal((2, time.size)).astype(np.float32) * np.exp(-4.5 * time)
    echo *= np.minimum(1, time / 0.02) / np.sqrt((echo**2).sum(1, keepdims=True))
    size = 1 << (dry.shape[1] + time.size).bit_length()  # a power of two keeps the transform fast
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(echo, size), size)
    return wet[:, : dry.shape[1]].astype(np.float32)


def _envelope(samples: int, silences: Sequence[tuple[float, float]]) -> Wave:
    time = np.arange(samples, dtype=np.float32) / RATE
    gain = np.minimum(1, time / 1.5) * np.clip((samples / RATE - time) / 2.5, 0, 1)
    for start, end in silences:
        # Half a second out, a hundredth back in: the music returns on a beat.
        out, back = np.clip((start - time) / 0.5, 0, 1), np.clip((time - end) / 0.01, 0, 1)
        gain *= np.maximum(out, back)
        gain[round(start * RATE) : round(end * RATE)] = 0
    return gain.astype(np.float32)
