"""Light: brightness, contrast, flashes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from shotlist.engine.film import Clip
from shotlist.engine.step import Measure


@dataclass(frozen=True)
class LightRow:
    """``brightness`` 0..1 and ``contrast`` 0..0.5 (standard deviation), means over the clip. ``dark`` is the mean
    share of pixels below 10 % of white, ``plain`` the mean share of the most common brightness. ``flashes`` counts
    bursts of at most 0.25 s. ``drift`` is the change of brightness from the first to the last second.
    """

    brightness: float
    contrast: float
    dark: float
    plain: float
    flashes: int
    drift: float


@dataclass(frozen=True)
class Light(Measure):
    """How bright a clip is, how much it varies, and how often it flashes."""

    flash_rise: float = 0.10
    """How much brighter than before and after (0..1) a frame of a flash is."""
    flash_seconds: float = 0.25
    """Longer bursts are changes of light, not flashes."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "signals", "clips")

    def measure(self, clip: Clip) -> LightRow:
        """All from stored signals."""
        brightness = clip.signal("brightness")
        edge = max(1, round(len(brightness) / max(1.0, clip.seconds)))
        return LightRow(
            brightness=float(brightness.mean()),
            contrast=float(clip.signal("contrast").mean()),
            dark=float(clip.signal("dark").mean()),
            plain=float(clip.signal("flat").mean()),
            flashes=self._flashes(brightness, clip.seconds),
            drift=float(brightness[-edge:].mean() - brightness[:edge].mean()),
        )

    def _flashes(self, brightness: npt.NDArray[np.float32], seconds: float) -> int:
        longest = max(1, round(self.flash_seconds * len(brightness) / max(seconds, 1e-3)))
        # The lowest in each window, then the highest of those: what is left is the light without its bursts.
        window = longest + 1
        padded = np.pad(brightness, longest, mode="edge")
        lowest = np.lib.stride_tricks.sliding_window_view(padded, window).min(axis=1)
        steady = np.lib.stride_tricks.sliding_window_view(lowest, window).max(axis=1)
        bright = brightness > steady + self.flash_rise
        return int(np.count_nonzero(bright[1:] & ~bright[:-1]) + bright[0])
