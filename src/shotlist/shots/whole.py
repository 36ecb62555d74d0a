"""Whole videos as clips, for systems that describe videos with their cuts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shotlist.engine.film import Film
from shotlist.engine.step import FilmStep
from shotlist.records import Span
from shotlist.shots.clips import spanning
from shotlist.timing import us


@dataclass(frozen=True)
class Whole(FilmStep):
    """Makes one clip of each video; a longer one is divided where a shot ends."""

    max_seconds: float = 120.0
    """Longer videos are divided; 0 divides none."""
    min_seconds: float = 10.0
    """No piece is shorter where that is possible; where no shot ends in time, it is cut in its midst."""

    version: ClassVar[int] = 2
    reads: ClassVar[tuple[str, ...]] = ("videos", "signals", "shots")

    @property
    def name(self) -> str:
        """Its rows are the clips."""
        return "clips"

    def rows(self, film: Film) -> Iterable[Span]:
        """The clips of one video, without gaps."""
        times, start = film.signals["time_us"], int(film.video["start_us"])
        cuts = [row["start_us"] for row in film.rows("shots")[1:]]
        while self.max_seconds > 0 and film.end_us - start > us(self.max_seconds):
            cut = self._cut(cuts, start, film.end_us)
            # With the frame before, no piece is a frame too long and no rest too short.
            cut = int(times[np.searchsorted(times, cut, "right") - 1])
            piece = spanning(times, film.end_us, start, cut)
            if piece.end_us >= film.end_us:
                break
            yield piece
            start = piece.end_us
        yield spanning(times, film.end_us, start, film.end_us)

    def _cut(self, cuts: Sequence[int], start: int, end: int) -> int:
        """Where the piece from ``start`` ends: with the last shot that ends in time and leaves enough behind."""
        least, most = us(self.min_seconds), us(self.max_seconds)
        fitting = [cut for cut in cuts if least <= cut - start <= most]
        leaving = [cut for cut in fitting if end - cut >= least]
        if leaving or end - start < 2 * least:
            return (leaving or fitting or [start + most])[-1]
        return min(start + most, end - least)
