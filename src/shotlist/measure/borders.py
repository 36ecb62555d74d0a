"""Black bars around the picture."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shotlist.engine.film import Clip, StillInfo
from shotlist.engine.step import Measure


@dataclass(frozen=True)
class BordersRow:
    """``kind`` is ``none``, ``letterbox`` (above and below), ``pillarbox`` (left and right) or ``windowbox``.

    ``top`` … ``right`` are shares of the height and width, ``aspect`` is width over height of what is inside.
    """

    kind: str
    top: float
    bottom: float
    left: float
    right: float
    aspect: float


@dataclass(frozen=True)
class Borders(Measure):
    """The bars that all stills of a clip have in common.

    A dark scene looks like wide bars, so a bar counts only where a bright picture begins right behind it, in this
    clip or, for dark clips, elsewhere in the same video.
    """

    least: float = 0.015
    """Bars smaller than this share on either side are none."""
    slack: float = 0.012
    """How much two findings of the same bar may differ."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "frames", "clips")

    def measure(self, clip: Clip) -> BordersRow | None:
        """None where every still is black or there is none."""
        seen = [s for s in clip.stills if s.lit]
        if not seen:
            return None
        top, bottom, left, right = (self._bar(side, seen, clip.film.stills) for side in range(4))
        # Bars come in pairs; one alone is a dark edge of the scene.
        wide, tall = min(top, bottom) >= self.least, min(left, right) >= self.least
        top, bottom = (top, bottom) if wide else (0.0, 0.0)
        left, right = (left, right) if tall else (0.0, 0.0)
        kind = {(0, 0): "none", (1, 0): "letterbox", (0, 1): "pillarbox", (1, 1): "windowbox"}[(wide, tall)]
        video = clip.film.video
        aspect = video["width"] * (1 - left - right) / (video["height"] * (1 - top - bottom))
        return BordersRow(kind, top, bottom, left, right, float(aspect))

    def _bar(self, side: int, seen: list[StillInfo], film: list[StillInfo]) -> float:
        most = min(s.bars[side] for s in seen)  # what any still shows there is picture
        if most < self.least:
            return 0.0
        if any(s.bars_sure[side] and s.bars[side] <= most + self.slack for s in seen):
            return most
        sure = [s.bars[side] for s in film if s.bars_sure[side] and self.least <= s.bars[side] <= most + self.slack]
        return float(np.median(sure)) if sure else 0.0
