"""Real sound for the tests, as models hear it."""

from pathlib import Path

import numpy as np

from shotlist.media.hear import SoundTrack, blocks

RATE = 16_000


def sound_of(path: Path) -> np.ndarray:
    """The sound of a file at 16 kHz, the mean of its channels (n,)."""
    parts = [samples.mean(axis=0) for _, samples in blocks(SoundTrack(path), RATE, RATE)]
    return np.concatenate(parts).astype(np.float32) / 32768


def pieces_of(path: Path, seconds: int = 4, most: int = 4) -> list[np.ndarray]:
    """The first few pieces of a file's sound, after its first second."""
    whole, step = sound_of(path), seconds * RATE
    return [whole[k : k + step] for k in range(RATE, len(whole) - step, step)][:most]
