"""PySceneDetect's detectors ``content`` and ``adaptive`` on stored signals, cut for cut those of 0.7.2.

Recipes of published datasets are defined by them: Panda-70M (content, 25, at least 15 frames), InternVid
(content, 27), MMTrail (content, 30). They find hard cuts only. ``scan`` stores the signals when its setting
``hsv`` is on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from shotlist.engine.film import Film
from shotlist.engine.step import FilmStep
from shotlist.errors import MediaError
from shotlist.records import Boundary, Shot
from shotlist.scan.hsv import HSV_SIGNALS
from shotlist.shots.shots import shots_between
from shotlist.timing import SECOND

Scores = npt.NDArray[np.float64]
Gap = Callable[[int, int], int]
"""How many frames lie between the frames of two indices."""


@dataclass(frozen=True)
class _HsvCuts(FilmStep):
    """What the two detectors have in common: a score per frame and a shortest scene."""

    min_scene_frames: int = 15
    """Cuts that follow another more closely are dropped (adaptive) or merged (content)."""
    weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 0.0)
    """Shares of hue, saturation, brightness and edges in a score. Edges are not measured: always 0."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "signals")
    expects: ClassVar[Mapping[str, Any]] = {"scan.hsv": True}

    def __post_init__(self) -> None:
        if self.weights[3] or not any(self.weights):
            raise ValueError("the weight of edges must be 0, one of the others must not")

    @property
    def name(self) -> str:
        """A recipe has one detector; its table is ``shots``."""
        return "shots"

    def rows(self, film: Film) -> Iterable[Shot]:
        """The shots of one video, without gaps; raises MediaError if the scan left the signals out."""
        times = film.signals["time_us"]
        frames, scores = content_values(film, self.weights)
        seen: list[int] = times[frames].tolist()
        rate = float(film.video["fps"])

        def gap(before: int, after: int) -> int:
            # Not a difference of indices: PySceneDetect turns the time between into frames of the mean rate.
            return round((seen[after] - seen[before]) * rate / SECOND)

        cuts = frames[list(self.cuts(scores, gap))].tolist()
        return shots_between([Boundary(cut, cut, "cut", 1.0) for cut in cuts], times, film.end_us)

    def cuts(self, scores: Scores, gap: Gap) -> Iterator[int]:
        """Indices into ``scores`` (n,) of the first frames of new shots, ascending."""
        raise NotImplementedError


@dataclass(frozen=True)
class ContentCuts(_HsvCuts):
    """PySceneDetect's ContentDetector: a cut where the picture changes by more than a fixed threshold."""

    threshold: float = 27.0
    """Mean change per pixel, 0..255, from which on a frame is a cut."""

    def cuts(self, scores: Scores, gap: Gap) -> Iterator[int]:
        """See _HsvCuts. A change that follows another too closely begins a burst instead of a shot.

        After ``min_scene_frames`` of calm the burst gives one cut, at its last change, if it lasted as
        long itself; else it stays open and the next change belongs to it. Before the first cut and at the
        end of the film, what is too close is passed over.
        """
        length = self.min_scene_frames
        latest, burst, first_found = 0, -1, False
        for k, above in enumerate((scores >= self.threshold).tolist()):
            if not above and burst < 0:
                continue
            calm = gap(latest, k) >= length
            latest = k if above else latest
            if burst >= 0:
                if calm and not above and gap(burst, latest) >= length:
                    burst = -1
                    yield latest
            elif calm:
                first_found = True
                yield k
            elif first_found:
                burst = k


@dataclass(frozen=True)
class AdaptiveCuts(_HsvCuts):
    """PySceneDetect's AdaptiveDetector: a cut where the picture changes much more than around it."""

    threshold: float = 3.0
    """A cut changes this many times more than the mean of its neighbours."""
    window_width: int = 2
    """How many frames on either side are the neighbours."""
    min_content_val: float = 15.0
    """Mean change per pixel, 0..255, that a cut has at least."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.window_width < 1:
            raise ValueError("window_width must be at least 1")

    def cuts(self, scores: Scores, gap: Gap) -> Iterator[int]:
        """See _HsvCuts; the first and last ``window_width`` frames are never cuts."""
        latest = 0
        met = (self._ratios(scores) >= self.threshold) & (scores >= self.min_content_val)
        for k in np.flatnonzero(met).tolist():
            if gap(latest, k) >= self.min_scene_frames:
                latest = k
                yield k

    def _ratios(self, scores: Scores) -> Scores:
        """Each score over the mean of its neighbours, at most 255; NaN where neighbours are missing."""
        n, width = len(scores), self.window_width
        ratios = np.full(n, np.nan)
        if n <= 2 * width:
            return ratios
        around = np.zeros(n - 2 * width)
        for shift in range(2 * width + 1):
            if shift != width:
                around += scores[shift : n - 2 * width + shift]
        around /= 2.0 * width
        still = np.abs(around) < 0.00001
        middle = scores[width : n - width]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.minimum(middle / around, 255.0)
        ratios[width : n - width] = np.where(still, 255.0 * (middle >= self.min_content_val), ratio)
        return ratios


def content_values(
    film: Film, weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 0.0)
) -> tuple[npt.NDArray[np.int64], Scores]:
    """Frames that PySceneDetect would look at and its ``content_val`` of each, (n,); the first has 0.

    Left out are frames of another size than the first. Raises MediaError if the scan left the signals out.
    """
    hue, saturation, brightness = (film.signals[name].astype(np.float64) for name in HSV_SIGNALS)
    known = ~np.isnan(hue)
    if len(known) > 1 and not known.any():
        raise MediaError("no signals", "no changes of hue and saturation were measured: set scan.hsv=true")
    scores = hue * weights[0] + saturation * weights[1] + brightness * weights[2]
    scores /= sum(abs(w) for w in weights)
    scores[:1], known[:1] = 0.0, True
    frames = np.flatnonzero(known).astype(np.int64)
    return frames, scores[frames]
