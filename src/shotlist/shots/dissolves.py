"""Dissolves.

A dissolve is a stretch in which one picture gives way to another everywhere at once: the frames inside are
blends of the two ends (the linear model of Hampapur, Jain and Weymouth 1994) and lose contrast as blends do
(Alattar 1993), which neither motion nor light does.
"""

import numpy as np
from numpy.typing import NDArray

from shotlist.shots.candidates import Candidate
from shotlist.shots.frames import ALIKE, Frames
from shotlist.shots.planes import Floats, Ints
from shotlist.shots.settings import CutSettings
from shotlist.timing import SECOND

_SPANS_S = (0.3, 0.5, 0.8, 1.2, 1.8, 2.6)
"""Lengths of the stretches tried, in seconds; each also finds what is a third longer."""
_INSIDE = (0.25, 0.5, 0.75)
"""Where a stretch is looked at between its ends."""


class Dissolves:
    """The test for dissolves on the frames of one block.

    ``cuts`` (k,) are the first frames of new shots, ascending; ``fading`` (n,) marks the frames of fades.
    """

    def __init__(self, frames: Frames, cuts: Ints, fading: NDArray[np.bool_], settings: CutSettings) -> None:
        self._frames, self._cuts, self._fading, self._settings = frames, cuts, fading, settings
        self._texture = _texture(frames.blurred)

    def candidates(self) -> list[Candidate]:
        """Stretches centred in the core of the block in which one picture gives way to another, save in fades."""
        if self._frames.n < 5:
            return []
        interval = max(1.0, float(np.median(np.diff(self._frames.times))))
        halves = {max(2, round(span * SECOND / 2 / interval)) for span in _SPANS_S}
        return [c for half in sorted(halves) for c in self._blends(half)]

    def _blends(self, half: int) -> list[Candidate]:
        """Stretches of ``half`` frames to either side of a middle that are blends of their ends."""
        frames, settings = self._frames, self._settings
        middles = self._middles(half)
        change = frames.pictures.distance(middles - half, middles + half)
        loss = self._contrast_loss(middles, half)
        # the costly comparison is spared where even a perfect blend would not do
        likely = (change > settings.different / 10) & (loss > 0.4) & (loss < 2.5)
        middles, change, loss = middles[likely], change[likely], loss[likely]
        error = self._unexplained(middles, half) / (change + 0.5) + 0.15 * np.maximum(0, 1 - loss)
        # a small change may be mere motion, which on a short way is as good as linear
        allowed = settings.blend_error * np.minimum(1, change / settings.different) ** 2
        found = []
        for m, e, most, c in zip(middles.tolist(), error, allowed, change, strict=True):
            if e < most and m in frames.core and frames.likeness(m - half, m + half) < ALIKE:
                better = 1 - float(e / most)
                sure, strength = (1 + better) / 2, float(c) * better
                found.append(frames.candidate(m - half + 1, m + half, "dissolve", sure, strength))
        return found

    def _middles(self, half: int) -> Ints:
        """Frames about which no cut lies within ``half`` frames, and which are not in a fade."""
        middles = np.arange(half, self._frames.n - half, max(1, half // 6))
        cuts = np.searchsorted(self._cuts, [middles - half, middles + half], side="right")
        return np.asarray(middles[(cuts[0] == cuts[1]) & ~self._fading[middles]])

    def _contrast_loss(self, middles: Ints, half: int) -> Floats:
        """How much contrast the pictures inside lose, as a share of what blends of the ends would lose.

        A blend of unlike pictures is flatter than they are, by an amount that follows from how unlike they
        are; about 1 in a dissolve, whatever moves in it, and about 0 where there is only motion.
        """
        a, b = middles - half, middles + half
        lost = np.zeros(len(middles), np.float32)
        for w in _INSIDE:
            lost += (1 - w) * self._texture[a] + w * self._texture[b] - self._texture[a + round(2 * half * w)]
        blurred = self._frames.blurred
        expected = _texture(blurred[b] - blurred[a]) * sum(w * (1 - w) for w in _INSIDE)
        return np.asarray(lost / (expected + 60))

    def _unexplained(self, middles: Ints, half: int) -> Floats:
        """Mean interval distance of the pictures inside from the blends of the two ends, (k,)."""
        a, b = middles - half, middles + half
        off = [self._frames.pictures.off_blend(a, b, a + round(2 * half * w), w) for w in _INSIDE]
        return np.asarray(np.mean(off, axis=0), np.float32)


def _texture(blurred: Floats) -> Floats:
    """Sum of squared deviations from the mean of each of the three planes, (n,)."""
    planes = np.split(blurred, (144, 176), axis=1)
    return np.asarray(sum(p.var(1) * np.float32(p.shape[1]) for p in planes))
