"""What is written on screen during a clip."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from shotlist.engine.film import Clip, Film
from shotlist.engine.step import Measure
from shotlist.timing import overlap

Row = dict[str, Any]


@dataclass(frozen=True)
class WrittenRow:
    """The text of one clip.

    ``area`` is the share of the picture that text covers, in the mean over the clip's time; boxes that overlap count
    once. MMTrail (arXiv 2407.20962) and Cosmos-Curate filter on it. ``text`` joins all lines in the order of time and
    reading, ``items`` is how many there are, the unread ones included.
    """

    area: float
    text: str
    items: int
    title_card: bool
    subtitles: bool
    logo: bool


@dataclass(frozen=True)
class Written(Measure):
    """Sums up the text on screen during a clip."""

    sure: float = 0.85
    """Text whose reading is less sure (0..1) counts for the area only: it is mostly too small to be read."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "frames", "clips", "text")

    def measure(self, clip: Clip) -> WrittenRow | None:
        """None where the film has no stills in which text could be seen."""
        if not clip.film.stills:
            return None
        span = (clip.start_us, clip.end_us)
        rows = [r for r in _rows(clip.film) if overlap(span, (r["start_us"], r["end_us"]))]
        sure = [r for r in rows if r["score"] >= self.sure]
        kinds = {r["kind"] for r in rows}
        return WrittenRow(
            area=_area(rows, span),
            text=_joined(sure),
            items=len(rows),
            title_card="title card" in kinds,
            subtitles="subtitle" in kinds,
            logo="logo" in kinds,
        )


def _joined(rows: Sequence[Row]) -> str:
    """All texts in their order, without those that come back."""
    first: dict[str, int] = {}
    return " ".join(r["text"] for r in rows if first.setdefault(r["text"], r["start_us"]) == r["start_us"])


def _area(rows: Sequence[Row], span: tuple[int, int]) -> float:
    """Share of the picture under at least one box, in the mean over the span."""
    inside = [(max(r["start_us"], span[0]), min(r["end_us"], span[1]), r["box"]) for r in rows]
    moments = sorted({t for start, end, _ in inside for t in (start, end)})
    covered = 0.0
    for begin, until in itertools.pairwise(moments):
        covered += (until - begin) * union([box for start, end, box in inside if start <= begin < end])
    return covered / (span[1] - span[0]) if covered else 0.0


def union(boxes: Sequence[dict[str, float]]) -> float:
    """The area that boxes (``left``, ``top``, ``right``, ``bottom``) cover together."""
    across = np.unique([b[side] for b in boxes for side in ("left", "right")])
    down = np.unique([b[side] for b in boxes for side in ("top", "bottom")])
    covered = np.zeros((max(0, len(down) - 1), max(0, len(across) - 1)), bool)
    for b in boxes:
        rows = slice(*np.searchsorted(down, (b["top"], b["bottom"])))
        covered[rows, slice(*np.searchsorted(across, (b["left"], b["right"])))] = True
    return float(np.diff(down) @ covered @ np.diff(across))


@lru_cache(maxsize=1)
def _rows(film: Film) -> list[Row]:
    rows = film.tables.table("text", film.video_id)
    return rows.to_pylist() if rows is not None else []
