"""Shots to clips: length limits, trimming, and marks on what is no ordinary footage."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from shotlist.engine.film import Film
from shotlist.engine.step import FilmStep
from shotlist.records import Shot, Span
from shotlist.shots.marks import mark_of
from shotlist.timing import seconds, us

Times = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Clips(FilmStep):
    """Turns shots into spans that become the rows of ``clips``; nothing is thrown away here, only marked.

    A shot's dissolves and fades are left out of its clip.
    """

    min_seconds: float = 1.0
    """Shorter spans are marked ``short``."""
    max_seconds: float = 60.0
    """Longer shots are cut into pieces of this length; 0 leaves them whole."""
    piece_seconds: float = 0.0
    """Artificial cuts: a shot longer than this gives up pieces of this length, 0 for none (Panda-70M uses 5)."""
    slack_seconds: float = 2.0
    """No cut is made where it would leave less than this (Panda-70M's code, section 1.1 A)."""
    trim_seconds: float = 0.0
    """Cut off at both ends of each clip that is longer than both together."""
    trim_share: float = 0.0
    """Share of the clip cut off at both ends (Panda-70M trims 0.1)."""
    keep_first: bool = False
    """Keep only the first ``max_seconds`` of a longer shot, whatever the slack."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "signals", "frames", "shots")

    def rows(self, film: Film) -> Iterable[Span]:
        """The spans of one video in time order."""
        times = film.signals["time_us"]
        for shot in _shots(film):
            for span in self._pieces(shot, times, film.end_us):
                yield self._marked(self._trimmed(span, times, film.end_us), film)

    def _pieces(self, shot: Shot, times: Times, end_us: int) -> Iterator[Span]:
        whole = self._clean(shot, times, end_us)
        limits = [s for s in (self.piece_seconds, self.max_seconds) if s > 0]
        if not limits:
            yield whole
            return
        length, slack, start = us(min(limits)), us(self.slack_seconds), whole.start_us
        while whole.end_us - start > length + slack:
            after = int(np.searchsorted(times, start + length))
            if after >= whole.end_frame:  # its last frame alone lasts so long
                break
            yield spanning(times, end_us, start, start + length)
            start = int(times[after])
        yield spanning(times, end_us, start, whole.end_us)

    def _clean(self, shot: Shot, times: Times, end_us: int) -> Span:
        start, end = shot.clean_start_us, shot.clean_end_us
        if end - start < max(1, us(min(self.min_seconds, 0.2))):
            # Hardly anything but transition: the shot as a whole is the truer span.
            start, end = shot.start_us, shot.end_us
        if self.keep_first and self.max_seconds > 0:
            end = min(end, start + us(self.max_seconds))
        return spanning(times, end_us, start, end)

    def _trimmed(self, span: Span, times: Times, end_us: int) -> Span:
        cut = us(self.trim_seconds) + round((span.end_us - span.start_us) * self.trim_share)
        if not cut or span.end_us - span.start_us <= 2 * cut:
            return span
        trimmed = spanning(times, end_us, span.start_us + cut, span.end_us - cut)
        return trimmed if trimmed.end_frame <= span.end_frame else span  # a single frame may last long

    def _marked(self, span: Span, film: Film) -> Span:
        if span.end_us - span.start_us < us(self.min_seconds):
            return replace(span, mark="short")
        return replace(span, mark=mark_of(film, span))


def spanning(times: Times, film_end_us: int, start_us: int, end_us: int) -> Span:
    """The span of whole frames whose times lie in ``[start_us, end_us)``; at least one frame."""
    first = min(int(np.searchsorted(times, start_us)), len(times) - 1)
    last = max(first + 1, int(np.searchsorted(times, end_us)))
    end = int(times[last]) if last < len(times) else film_end_us
    return Span(int(times[first]), end, first, last, seconds(end - int(times[first])))


def _shots(film: Film) -> Iterator[Shot]:
    rows = film.tables.table("shots", film.video_id)
    if rows is not None:
        for row in rows.to_pylist():
            del row["video_id"]
            yield Shot(**row)
