"""How far two pictures are apart, forgiving small motion.

Pictures are compared by an interval distance: a pixel counts only by how far it lies outside the range of
its 3 x 3 neighbourhood in the other picture (the idea of Birchfield and Tomasi 1998). On planes this small
that forgives the motion of everything that moves by less than a thirtieth of the width.
"""

import numpy as np

from shotlist.shots.planes import Bytes, Floats, Ints

PIXELS = 18 * 32
"""Values of luma in a picture."""


class Pictures:
    """Frames ready to be compared: rows of 576 luma and 288 chroma values, so that luma weighs double."""

    def __init__(self, luma: Bytes, chroma: Bytes) -> None:
        n = len(luma)
        self.rows = np.concatenate([luma.reshape(n, -1), chroma.reshape(n, -1)], axis=1)
        self.low = np.concatenate([_extreme(p, np.minimum) for p in (luma, chroma)], axis=1)
        self.high = np.concatenate([_extreme(p, np.maximum) for p in (luma, chroma)], axis=1)

    def outside(self, a: Ints, b: Ints) -> Bytes:
        """By how much each value of frames ``a`` lies outside its neighbourhood in frames ``b``, (k, 864)."""
        rows, low, high = self.rows[a], self.low[b], self.high[b]
        return np.asarray(np.maximum(rows, high) - high + (low - np.minimum(rows, low)))

    def distance(self, a: Ints, b: Ints) -> Floats:
        """Interval distance of frames ``a`` and ``b`` in grey levels, (k,)."""
        return (_sums(self.outside(a, b)) + _sums(self.outside(b, a))) / np.float32(2 * PIXELS)

    def plain_distance(self, a: Ints, b: Ints) -> Floats:
        """Mean absolute difference of frames ``a`` and ``b`` in grey levels, (k,)."""
        x, y = self.rows[a], self.rows[b]
        return _sums(np.maximum(x, y) - np.minimum(x, y)) / np.float32(PIXELS)

    def off_blend(self, a: Ints, b: Ints, t: Ints, weight: float) -> Floats:
        """Interval distance of frames ``t`` from blends of ``a`` and ``b``, ``weight`` that of b, (k,)."""
        rows, w = self.rows[t].astype(np.float32), np.float32(weight)
        low = self.low[a] * (1 - w) + self.low[b] * w
        high = self.high[a] * (1 - w) + self.high[b] * w
        off = np.maximum(rows - high, 0) + np.maximum(low - rows, 0)
        return np.asarray(off.sum(1) / np.float32(PIXELS))


def _extreme(planes: Bytes, pick: np.ufunc) -> Bytes:
    """Smallest or largest value in each pixel's 3 x 3 neighbourhood, flattened per frame."""
    rows = planes.copy()
    pick(rows[..., 1:, :], planes[..., :-1, :], out=rows[..., 1:, :])
    pick(rows[..., :-1, :], planes[..., 1:, :], out=rows[..., :-1, :])
    both = rows.copy()
    pick(both[..., 1:], rows[..., :-1], out=both[..., 1:])
    pick(both[..., :-1], rows[..., 1:], out=both[..., :-1])
    return both.reshape(len(planes), -1)


def _sums(rows: Bytes) -> Floats:
    """Sum of each row."""
    return np.asarray(np.add.reduce(rows, axis=1, dtype=np.uint32), np.float32)
