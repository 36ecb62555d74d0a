"""Whole videos as clips, for systems that describe videos with their cuts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

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
    """No piece ends earlier after its beginning; where no shot ends in time, it is cut at ``max_seconds``."""

    version: ClassVar[int] = 1
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
            fitting = [cut for cut in cuts if us(self.min_seconds) <= cut - start <= us(self.max_seconds)]
            piece = spanning(times, film.end_us, start, fitting[-1] if fitting else start + us(self.max_seconds))
            if piece.end_us >= film.end_us:
                break
            yield piece
            start = piece.end_us
        yield spanning(times, film.end_us, start, film.end_us)
