"""The music of the sample film: a small piece in A minor at 96 beats per minute, made of sines and noise."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shotlist.sample.instruments import RATE, Note, Wave, bass, drums, lay, pad, pluck, room

__all__ = ["BPM", "KEY", "LOUDNESS", "RATE", "Wave", "compose", "loudness"]

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


def compose(seconds: float, silences: Sequence[tuple[float, float]] = ()) -> Wave:
    """Play the piece for `seconds`: float32 of shape (2, samples) at 48 kHz, about -16 LUFS, peaks below 0.9.

    `silences` are spans in seconds that come out as exact zeros, each after a short fade. The beat runs on
    beneath them, so the tempo holds from the first sample to the last.
    """
    samples = round(seconds * RATE)
    dry = np.zeros((2, samples), np.float32)
    for note in _score(seconds):
        lay(dry, note)
    wet = dry + 0.22 * room(dry)
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


def _score(seconds: float) -> list[Note]:
    notes: list[Note] = []
    bars = int(np.ceil(seconds / _BAR - 1e-6))
    for bar in range(bars):
        # The last bar comes home, whatever the length.
        start, k = bar * _BAR, bar % 8 if bar < bars - 1 else 0
        notes += [Note(start, pad(tone, _BAR), 0.16, 0.5 * i - 0.5) for i, tone in enumerate(_CHORDS[k])]
        notes += [Note(start + beat * _BEAT, bass(_BASS[k]), 0.34, 0.0) for beat in (0, 1.5, 2)]
        notes += [
            Note(start + i * _BEAT / 2, pluck(tone), 0.30 if i % 4 == 0 else 0.24, 0.35 * (-1) ** i)
            for i, tone in enumerate(_MELODY[k])
            if tone and bar >= 1  # the first bar leaves the stage to the chords
        ]
        if bar >= 2:
            notes += drums(start, _BEAT)
    return notes


def _envelope(samples: int, silences: Sequence[tuple[float, float]]) -> Wave:
    time = np.arange(samples, dtype=np.float32) / RATE
    gain = np.minimum(1, time / 1.5) * np.clip((samples / RATE - time) / 2.5, 0, 1)
    for start, end in silences:
        # Half a second out, a hundredth back in: the music returns on a beat.
        out, back = np.clip((start - time) / 0.5, 0, 1), np.clip((time - end) / 0.01, 0, 1)
        gain *= np.maximum(out, back)
        gain[round(start * RATE) : round(end * RATE)] = 0
    return gain.astype(np.float32)
