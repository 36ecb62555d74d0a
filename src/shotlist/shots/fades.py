"""Fades: gradual ways into or out of a plain picture of any colour, and cuts to and from one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shotlist.shots.candidates import Candidate
from shotlist.shots.frames import Frames
from shotlist.shots.planes import Ints
from shotlist.shots.settings import CutSettings
from shotlist.timing import SECOND

_SURE = 0.5
"""Confidence from which a gradual change is believed."""
_LONGEST_S = 3.0
"""How far from a plain picture a fade may begin or end, in seconds."""


@dataclass(frozen=True)
class _Ways:
    """The ways into and out of a plain stretch.

    The picture goes from ``start``, is plain from ``plain`` to ``shown``, and is back at ``end``. ``out`` and
    ``into`` are the confidences that the ways are fades, 0 where there is a cut.
    """

    start: int
    plain: int
    shown: int
    end: int
    out: float
    into: float


class Fades:
    """The test for fades on the frames of one block; ``cuts`` (k,) are first frames of new shots, ascending."""

    def __init__(self, frames: Frames, cuts: Ints, settings: CutSettings) -> None:
        self._frames, self._cuts, self._settings = frames, cuts, settings
        self._ways = [self._ways_around(a, b) for a, b in self._plain_runs()]

    def candidates(self) -> list[Candidate]:
        """Boundaries at plain stretches that begin in the core of the block."""
        found = [c for way in self._ways for c in self._around_plain(way)]
        return [c for c in found if c.start - self._frames.first in self._frames.core]

    def covered(self) -> NDArray[np.bool_]:
        """Which frames belong to a plain stretch or to a fade into or out of one, (n,)."""
        inside = np.zeros(self._frames.n, bool)
        for w in self._ways:
            inside[w.start if w.out > _SURE else w.plain : w.end if w.into > _SURE else w.shown] = True
        return inside

    def _plain_runs(self) -> list[tuple[int, int]]:
        """Stretches [a, b) of plain pictures."""
        plain = np.concatenate([[False], self._frames.contrast < self._settings.plain, [False]])
        edges = np.flatnonzero(plain[1:] != plain[:-1])
        return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]

    def _ways_around(self, a: int, b: int) -> _Ways:
        """How the film gets into and out of a plain stretch [a, b)."""
        start, end = self._foot(a, -1), self._foot(b - 1, 1)
        return _Ways(start, a, b, end, self._fading(start, a, a), self._fading(end - 1, b - 1, b))

    def _around_plain(self, way: _Ways) -> list[Candidate]:
        """Boundaries at a plain stretch: one fade through it, or what is at either side of it.

        A plain stretch at the end of the film that is shaded into or out of is no shot of its own.
        """
        frames, a, b = self._frames, way.plain, way.shown
        lasts = (frames.times[min(b, frames.n - 1)] - frames.times[a]) / SECOND
        if lasts <= self._settings.gap_s and min(way.out, way.into) > 0 and max(way.out, way.into) > _SURE:
            return [frames.candidate(way.start, way.end, "fade", max(way.out, way.into))]
        if lasts <= self._settings.flash_s:
            return []
        found = []
        if way.out > _SURE and b < frames.n:
            found.append(frames.candidate(way.start, a, "fade", way.out))
        if way.into > _SURE and a > 0:
            found.append(frames.candidate(b, way.end, "fade", way.into))
        return found + [frames.candidate(t, t, "cut", 0.5) for t in (a, b) if self._pops(t)]

    def _foot(self, edge: int, way: int) -> int:
        """Follow the contrast upwards from a plain frame (way -1 or 1) to where the shot is fully seen.

        Gives the first frame of the change (backwards) or the one after its last (forwards); where there is a
        cut, or the film ends, that is the plain frame's own place.
        """
        low, high = self._frames.window(edge, _LONGEST_S)
        cuts, contrast = self._cuts, self._frames.contrast
        low = max(low, int(cuts[cuts <= edge].max(initial=0)))
        high = min(high, int(cuts[cuts > edge].min(initial=self._frames.n)))
        path = contrast[low : edge + 1][::-1] if way < 0 else contrast[edge:high]
        step = max(1, self._frames.window(edge, 0.1)[1] - 1 - edge)
        level = np.flatnonzero((path[step:] < 1.02 * path[:-step]) & (path[:-step] > self._settings.plain))
        path = path[: int(level[0]) + 1] if level.size else path
        # The last tenth of the way up may be slow motion of the shot itself, so it is extrapolated.
        risen = int(np.argmax(path >= path[0] + 0.9 * (path[-1] - path[0])))
        steps = min(int(np.ceil(risen / 0.9)), len(path) - 1)
        return edge - steps if way < 0 else edge + steps + 1

    def _fading(self, shown: int, plain: int, edge: int) -> float:
        """Confidence that the way between a picture and a plain one is a fade; 0 if it is not even gradual.

        ``edge`` is the frame at which the plain stretch begins or has ended. Half way a fade shows a blend of
        both; an object that fills the picture does not.
        """
        if abs(shown - plain) < 2 or self._pops(edge):
            return 0.0
        a, b, t = np.array([[shown], [plain], [(shown + plain) // 2]])
        start, stop, half = self._frames.blurred[[shown, plain, (shown + plain) // 2]]
        way = stop - start
        weight = float(np.clip((half - start) @ way / (way @ way + 1), 0, 1))
        pictures = self._frames.pictures
        error = pictures.off_blend(a, b, t, weight)[0] / (pictures.distance(a, b)[0] + 0.5)
        return max(0.01, 1 - float(error) / (2 * self._settings.blend_error))

    def _pops(self, t: int) -> bool:
        """Whether something, be it only a title, appears on or leaves a plain ground all at once at t."""
        if not 0 < t < self._frames.n:
            return False
        low, high = self._frames.window(t, 0.2)
        contrast = self._frames.contrast
        step = abs(contrast[t] - contrast[t - 1])
        return bool(step > self._settings.plain / 2 and step > 0.6 * contrast[low:high].max())
