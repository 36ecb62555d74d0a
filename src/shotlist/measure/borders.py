"""Black bars around the picture."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shotlist.engine.film import Clip
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
    """The smallest bars that all stills of the clip have in common; dark scenes can't make bars larger."""

    least: float = 0.015
    """Bars smaller than this share on either side are none."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "frames", "clips")

    def measure(self, clip: Clip) -> BordersRow | None:
        """None where every still is black or there is none."""
        seen = [s.bars for s in clip.stills if s.lit]
        if not seen:
            return None
        top, bottom, left, right = (float(v) for v in np.min(np.array(seen), axis=0))
        # Bars come in pairs; one alone is a dark edge of the scene.
        wide = min(top, bottom) >= self.least
        tall = min(left, right) >= self.least
        top, bottom = (top, bottom) if wide else (0.0, 0.0)
        left, right = (left, right) if tall else (0.0, 0.0)
        kind = {(0, 0): "none", (1, 0): "letterbox", (0, 1): "pillarbox", (1, 1): "windowbox"}[(wide, tall)]
        video = clip.film.video
        aspect = video["width"] * (1 - left - right) / (video["height"] * (1 - top - bottom))
        return BordersRow(kind, top, bottom, left, right, float(aspect))
