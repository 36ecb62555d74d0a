"""The frames of one block as the tests for boundaries see them."""

import numpy as np
from numpy.typing import NDArray

from shotlist.records import BoundaryKind
from shotlist.shots.candidates import Candidate
from shotlist.shots.pictures import PIXELS, Pictures
from shotlist.shots.planes import Block, Bytes, Floats
from shotlist.timing import SECOND

ALIKE = 0.8
"""Correlation of luma from which two pictures show the same scene, if in another light."""
_BAR = 24
"""Luma up to which a pixel may belong to a black bar."""
_BURNT = 250
"""Luma from which a pixel may have lost its drawing to too much light."""


class Frames:
    """The ``n`` frames of one block; frame numbers count from the first of them, ``first`` in the video.

    ``core`` is the range that is judged. ``contrast`` (n,) is the standard deviation of luma, ``plain`` that
    below which a picture is plain, ``blurred`` (n, 208) the pictures at half resolution.
    """

    def __init__(self, block: Block, plain: float) -> None:
        self.first, self.core, self.times, self.luma = block.first, block.core, block.times, block.luma
        self.n, self._plain = len(block.times), plain
        self.pictures = Pictures(block.luma, block.chroma)
        self.contrast = block.luma.reshape(self.n, -1).std(axis=1, dtype=np.float32)
        self.blurred = _blurred(block.luma, block.chroma)

    def candidate(self, a: int, b: int, kind: BoundaryKind, confidence: float, strength: float = 1.0) -> Candidate:
        """A possible boundary [a, b), in frames and times of the whole video."""
        start_us, end_us = self.times[[a, min(b, self.n - 1)]]
        return Candidate(self.first + a, self.first + b, kind, confidence, strength, int(start_us), int(end_us))

    def window(self, t: int, reach_s: float, least: int = 0) -> tuple[int, int]:
        """Frames [low, high) within so many seconds of frame t, and at least ``least`` on either side."""
        reach = reach_s * SECOND
        low, high = np.searchsorted(self.times, [self.times[t] - reach, self.times[t] + reach + 1])
        return max(0, min(int(low), t - least)), min(self.n, max(int(high), t + 1 + least))

    def likeness(self, a: int, b: int) -> float:
        """Correlation of the luma of two frames, whatever their light; 0 where one of them is plain."""
        pair, seen = self.seen(a, b)
        old, new = pair[:, seen]
        if len(old) < PIXELS / 10 or min(old.std(), new.std()) < self._plain:
            return 0.0
        return float(np.corrcoef(old, new)[0, 1])

    def seen(self, a: int, b: int) -> tuple[Floats, NDArray[np.bool_]]:
        """Luma of two frames, (2, 18, 32), and where they show something: no black bar, nothing burnt out."""
        pair = self.luma[[a, b]].astype(np.float32)
        brighter = pair.max(0)
        return pair, (brighter > _BAR) & (brighter < _BURNT)


def _blurred(luma: Bytes, chroma: Bytes) -> Floats:
    """Pictures at half resolution: 144 values of luma and 32 each of U and V, enough for their statistics."""
    n = len(luma)
    y = luma.reshape(n, 9, 2, 16, 2).mean((2, 4), dtype=np.float32)
    uv = chroma[:, :, :8].reshape(n, 2, 4, 2, 8, 2).mean((3, 5), dtype=np.float32)
    return np.concatenate([y.reshape(n, -1), uv.reshape(n, -1)], axis=1)
