"""How far two lists of cuts agree, and two sets of spans. Times of many videos at once lie on one long axis."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

ONLY_A, ONLY_B, BOTH = 1, 2, 3
"""Who covers a stretch."""


@dataclass(frozen=True)
class Axis:
    """One axis for all videos: each has a stretch of its own, ``stride`` long, in which its times begin at ``low``."""

    low: int
    stride: int

    @staticmethod
    def over(times: Sequence[Places], apart: int) -> "Axis":
        """An axis on which these times of different videos are more than ``apart`` from each other."""
        there = [t for t in times if len(t)]
        low, high = (min(int(t.min()) for t in there), max(int(t.max()) for t in there)) if there else (0, 0)
        return Axis(low, high - low + apart + 1)

    def place(self, rank: Places, time_us: Places) -> Places:
        """Where the times of the videos with these numbers lie."""
        return rank * self.stride + (time_us - self.low)

    def time(self, place: Places) -> tuple[Places, Places]:
        """(number of the video, time) of places."""
        rank = place // self.stride
        return rank, place - rank * self.stride + self.low


def matched(a: Places, b: Places, within: int) -> tuple[Mask, Mask]:
    """Which of ``a`` and of ``b``, both rising, have a partner in the other at most ``within`` away.

    Each has one partner at most: those come together first that are each other's nearest.
    """
    in_a, in_b = np.zeros(len(a), np.bool_), np.zeros(len(b), np.bool_)
    while True:
        left, right = np.flatnonzero(~in_a), np.flatnonzero(~in_b)
        if not len(left) or not len(right):
            return in_a, in_b
        there, back = _nearest(b[right], a[left]), _nearest(a[left], b[right])
        mutual = (back[there] == np.arange(len(left))) & (np.abs(a[left] - b[right][there]) <= within)
        if not mutual.any():
            return in_a, in_b
        in_a[left[mutual]] = True
        in_b[right[there[mutual]]] = True


def _nearest(among: Places, places: Places) -> Places:
    """For each place the number of the nearest one; of two as near, the earlier."""
    after = np.searchsorted(among, places).clip(0, len(among) - 1)
    before = (after - 1).clip(0)
    return np.where(places - among[before] <= np.abs(among[after] - places), before, after)


def covered(a: tuple[Places, Places], b: tuple[Places, Places]) -> tuple[Places, Places, Places]:
    """(start, end, who) of the stretches that spans of ``a``, of ``b`` or of both cover, in order.

    Spans are their starts and ends; those of one side may overlap each other.
    """
    times = np.concatenate([*a, *b])
    steps = np.zeros((2, len(times)), np.int64)
    sizes = np.cumsum([0, len(a[0]), len(a[1]), len(b[0]), len(b[1])])
    for k, (side, step) in enumerate(((0, 1), (0, -1), (1, 1), (1, -1))):
        steps[side, sizes[k] : sizes[k + 1]] = step
    order = np.argsort(times, kind="stable")
    times, depth = times[order], np.cumsum(steps[:, order], axis=1)
    who = (depth[0] > 0) * ONLY_A + (depth[1] > 0) * ONLY_B
    start, end, who = times[:-1], times[1:], who[:-1]
    some = (end > start) & (who > 0)
    start, end, who = start[some], end[some], who[some]
    # What goes on without a gap is one stretch.
    first = np.ones(len(who), np.bool_)
    first[1:] = (who[1:] != who[:-1]) | (start[1:] != end[:-1])
    at = np.flatnonzero(first)
    return start[at], end[np.append(at[1:], len(who))[: len(at)] - 1], who[at]
