"""Pieces of any tempo and key, for whoever wants to know whether an analysis finds them."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from shotlist.sample.instruments import RATE, Note, Wave, bass, drums, lay, pad, pluck, room

Mode = Literal["major", "minor"]

_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
# Steps of the scale on which the chords of four bars stand; 0 is the tonic.
_PROGRESSIONS = {
    "major": ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 0, 4)),
    "minor": ((0, 5, 2, 6), (0, 3, 5, 4), (0, 6, 5, 4)),
}
_BASS_BEATS = ((0.0, 1.5, 2.0), (0.0, 1.0, 2.0, 3.0), (0.0, 2.0))


def song(seconds: float, bpm: float, tonic: int, mode: Mode, seed: int = 0) -> Wave:
    """A piece in four-four time: float32 of shape (2, samples) at 48 kHz, peaks at 0.7.

    `tonic` counts semitones from C. The `seed` chooses chords, melody, the rhythm of the bass, and whether there are
    drums (not where it can be divided by three).
    """
    sound = np.zeros((2, round(seconds * RATE)), np.float32)
    rng = np.random.default_rng(seed)
    bar = 4 * 60 / bpm
    for k in range(int(np.ceil(seconds / bar))):
        for note in _bar(k, 60 / bpm, tonic, mode, seed, rng):
            lay(sound, note)
    wet = sound + 0.2 * room(sound)
    return np.asarray(wet * (0.7 / np.abs(wet).max()), np.float32)


def _bar(k: int, beat: float, tonic: int, mode: Mode, seed: int, rng: np.random.Generator) -> Iterator[Note]:
    start = k * 4 * beat
    root = _PROGRESSIONS[mode][seed % 3][k % 4]
    chord = [root, root + 2, root + 4]
    for i, step in enumerate(chord):
        yield Note(start, pad(_tone(step, tonic, mode, 4), 4 * beat), 0.16, 0.5 * i - 0.5)
    for place in _BASS_BEATS[seed // 3 % 3]:
        yield Note(start + place * beat, bass(_tone(root, tonic, mode, 2)), 0.34, 0.0)
    for i in range(8):
        strong = i % 2 == 0
        if rng.random() < (0.8 if strong else 0.35):
            step = int(rng.choice(chord) if strong else rng.integers(0, 7))
            yield Note(start + i * beat / 2, pluck(_tone(step, tonic, mode, 5)), 0.28, 0.3 * (-1) ** i)
    if seed % 3:
        yield from drums(start, beat)


def _tone(step: int, tonic: int, mode: Mode, octave: int) -> int:
    """The MIDI note of a step of the scale."""
    octaves, inside = divmod(step, 7)
    return 12 * (octave + 1 + octaves) + tonic + _SCALES[mode][inside]
