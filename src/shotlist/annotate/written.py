"""What is written on screen during a clip."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from shotlist.engine.film import Clip, Film
from shotlist.engine.step import Measure
from shotlist.timing import SECOND, overlap

Row = dict[str, Any]


@dataclass(frozen=True)
class WrittenRow:
    """The text of one clip.

    ``area`` is the share of the picture that text covers, in the mean over the clip's time: boxes that overlap count
    once (MMTrail and Cosmos-Curate filter on it, averaged over every tenth frame). ``text`` has all lines in the order
    of reading, ``items`` is their number.
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

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "frames", "clips", "text")

    def measure(self, clip: Clip) -> WrittenRow | None:
        """None where the film has no stills in which text could be seen."""
        if not clip.film.stills:
            return None
        span = (clip.start_us, clip.end_us)
        rows = [r for r in _rows(clip.film) if overlap(span, (r["start_us"], r["end_us"]))]
        kinds = {r["kind"] for r in rows}
        return WrittenRow(
            area=_area(rows, span),
            text=" ".join(r["text"] for r in reading_order(rows)),
            items=len(rows),
            title_card="title card" in kinds,
            subtitles="subtitle" in kinds,
            logo="logo" in kinds,
        )


def reading_order(rows: Sequence[Row]) -> list[Row]:
    """Page by page, row by row, from left to right; what has been on an earlier page is not read again."""
    ordered: list[Row] = []
    for page in _pages(rows):
        known = {r["text"] for r in ordered}
        ordered += [r for row in _lines(page) for r in row if r["text"] not in known]
    return ordered


def _pages(rows: Sequence[Row]) -> list[list[Row]]:
    """Items that begin within a second and are seen together: what appears line by line is one page."""
    pages: list[list[Row]] = []
    for row in sorted(rows, key=lambda r: (r["start_us"], r["end_us"])):
        first = pages[-1][0] if pages else row
        if pages and row["start_us"] < min(first["start_us"] + SECOND, first["end_us"]):
            pages[-1].append(row)
        else:
            pages.append([row])
    return pages


def _lines(page: Sequence[Row]) -> list[list[Row]]:
    """Boxes side by side, from left to right; the rows of boxes from top to bottom."""
    lines: list[list[Row]] = []
    for row in sorted(page, key=_middle):
        above = lines[-1][-1] if lines else None
        if above is not None and _middle(row) - _middle(above) < 0.4 * min(_height(row), _height(above)):
            lines[-1].append(row)
        else:
            lines.append([row])
    return [sorted(line, key=lambda r: float(r["box"]["left"])) for line in lines]


def _middle(row: Row) -> float:
    return float(row["box"]["top"] + row["box"]["bottom"]) / 2


def _height(row: Row) -> float:
    return float(row["box"]["bottom"] - row["box"]["top"])


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
