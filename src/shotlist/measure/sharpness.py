"""How crisp the picture is."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shotlist.engine.film import Clip
from shotlist.engine.step import Measure


@dataclass(frozen=True)
class Sharpness(Measure):
    """Median over the clip's stills of the variance of the Laplacian of luma; below about 50 looks soft."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "frames", "clips")

    def measure(self, clip: Clip) -> float | None:
        """None where the clip has no still."""
        values = [still.sharpness for still in clip.stills]
        return float(np.median(values)) if values else None
