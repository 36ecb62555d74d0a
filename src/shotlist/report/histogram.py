"""A number over all clips in bounded memory: bins, and what remains of the kept clips beyond each threshold.

The data are streamed once, in batches. Thresholds are rounded first and counted afterwards, so that the
counts are exact for the very text that a reader copies into a rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BINS = 40
_QUANTILES = 100
_STEPS = 80
"""Thresholds that are spread evenly over the axis, beside those at quantiles."""


@dataclass(frozen=True)
class Scale:
    """The axis of one histogram. Values beyond ``edges`` are counted in the outermost bins."""

    edges: Floats
    thresholds: Floats
    decimals: int
    cuts: Floats
    """Borders between tenths of the clips; fewer than nine where many clips share a value."""


def scale_of(values: Floats, low: float, high: float, whole: bool, used: Sequence[float] = ()) -> Scale:
    """An axis from a sample (at least one value) and the true extremes; outliers don't squeeze the rest.

    ``used`` are thresholds that rules already have.
    """
    inner_low, inner_high = (float(q) for q in np.quantile(values, (0.02, 0.98)))
    spread = max(inner_high - inner_low, 1e-12)
    first = low if inner_low - low <= 0.5 * spread else inner_low
    last = high if high - inner_high <= 0.5 * spread else inner_high
    if last <= first:
        first, last = low, high
    decimals = 0 if whole else _decimals(last - first)
    edges = _whole_edges(first, last) if whole else np.linspace(first, last, BINS + 1)
    spots = np.concatenate([np.quantile(values, np.linspace(0, 1, _QUANTILES + 1)), np.linspace(first, last, _STEPS)])
    thresholds = np.unique(np.append(np.round(spots, decimals) + 0.0, used))  # adding 0 turns -0 into 0
    cuts = np.unique(np.round(np.quantile(values, np.linspace(0.1, 0.9, 9)), decimals + 1))
    return Scale(edges, thresholds, decimals, cuts[(cuts > low) & (cuts <= high)])


def _decimals(span: float) -> int:
    """So many that a step is about a thousandth of the axis."""
    return int(np.clip(3 - np.floor(np.log10(max(span, 1e-9))), 0, 9)) if span < 1000 else 0


def _whole_edges(first: float, last: float) -> Floats:
    step = max(1, int(np.ceil((last - first + 1) / BINS)))
    bins = int(np.ceil((last - first + 1) / step))
    return np.asarray(np.floor(first) - 0.5 + step * np.arange(bins + 1))


@dataclass
class Tally:
    """Counts clips between the points of a scale. A point has a cell of its own: ≥ and ≤ differ there."""

    scale: Scale
    points: Floats = field(init=False)
    clips: Floats = field(init=False)
    kept: Floats = field(init=False)
    seconds: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.points = np.unique(np.concatenate([self.scale.edges, self.scale.thresholds]))
        cells = 2 * len(self.points) + 1
        self.clips, self.kept, self.seconds = np.zeros(cells), np.zeros(cells), np.zeros(cells)

    def add(self, values: Floats, kept: npt.NDArray[np.bool_], seconds: Floats) -> None:
        """Count a batch; what is not finite was not measured."""
        there = np.isfinite(values)
        values, kept, seconds = values[there], kept[there], seconds[there]
        place = np.searchsorted(self.points, values)
        on_point = self.points[np.minimum(place, len(self.points) - 1)] == values
        cell = 2 * place + on_point
        size = len(self.clips)
        self.clips += np.bincount(cell, minlength=size)
        self.kept += np.bincount(cell[kept], minlength=size)
        self.seconds += np.bincount(cell[kept], weights=seconds[kept], minlength=size)

    def describe(self) -> dict[str, Any]:
        """What the page's script draws from."""
        at = 2 * np.searchsorted(self.points, self.scale.thresholds) + 1
        return {
            "edges": [_short(e) for e in (self.scale.edges[0], self.scale.edges[-1])],
            "bins": self._bins(self.clips),
            "binsKept": self._bins(self.kept),
            "decimals": self.scale.decimals,
            "at": [_short(t) for t in self.scale.thresholds],
            "above": [_from(self.kept)[at].astype(int).tolist(), _from(self.seconds)[at].round(1).tolist()],
            "below": [_up_to(self.kept)[at].astype(int).tolist(), _up_to(self.seconds)[at].round(1).tolist()],
        }

    def _bins(self, cells: Floats) -> list[int]:
        starts = 2 * np.searchsorted(self.points, self.scale.edges) + 1
        counted = np.add.reduceat(cells, starts[:-1])
        counted[0] += cells[: starts[0]].sum()
        # reduceat has summed the last bin to the end: it takes what lies beyond the axis.
        return [int(c) for c in counted]


def _from(cells: Floats) -> Floats:
    return np.asarray(cells[::-1].cumsum()[::-1])


def _up_to(cells: Floats) -> Floats:
    return np.asarray(cells.cumsum())


def _short(value: float) -> float:
    return float(f"{value:.9g}")
