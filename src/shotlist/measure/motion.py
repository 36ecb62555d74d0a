"""How much moves."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shotlist.engine.film import Clip
from shotlist.engine.step import Measure


@dataclass(frozen=True)
class MotionRow:
    """``local``: what moves besides the camera, frame widths per second, median. ``change``: mean luma change
    per second, 0..1 per frame pair times rate. ``still``: share of frames that hardly differ from the one before.
    ``score``: MMTrail's ``of_score``, mean length of codec motion vectors, null where the codec gives none.
    """

    score: float | None
    local: float
    change: float
    still: float


@dataclass(frozen=True)
class Motion(Measure):
    """Movement of things in the picture, and the codec's own motion vectors."""

    still_change: float = 0.002
    """Luma change between two frames (0..1) below which the second counts as a repetition."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "signals", "clips")

    def measure(self, clip: Clip) -> MotionRow | None:
        """None for clips of a single frame."""
        local, change = clip.signal("local_motion"), clip.signal("diff_luma")
        change = change[~np.isnan(change)]
        if not len(change):
            return None
        moving = local[~np.isnan(local)]
        return MotionRow(
            score=codec_motion(clip),
            local=float(np.median(moving)) if len(moving) else 0.0,
            change=float(change.mean() * (clip.end_frame - clip.start_frame) / clip.seconds),
            still=float((change < self.still_change).mean()),
        )


def codec_motion(clip: Clip) -> float | None:
    """Mean over all vectors of all sampled frames, as MMTrail's script pools them (systems.md 3.1)."""
    mean, count = clip.signal("codec_motion"), clip.signal("codec_vectors")
    there = ~np.isnan(mean) & (count > 0)
    if not there.any():
        return None
    return float((mean[there] * count[there]).sum() / count[there].sum())
