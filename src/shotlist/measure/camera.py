"""How the camera moves, as a named kind with its speed."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from shotlist.engine.film import Clip
from shotlist.engine.step import Measure

Kind = Literal[
    "static", "pan left", "pan right", "tilt up", "tilt down", "zoom in", "zoom out", "roll", "shaky", "mixed"
]

_SMOOTH = 7  # samples, at ten a second: slower changes are intended, faster ones are shake


@dataclass(frozen=True)
class CameraRow:
    """``kind`` and its ``speed``: frame widths (pan), heights (tilt) or growth (zoom) per second, degrees (roll).

    ``speed`` is that of the strongest movement for ``mixed``, and the trembling for ``shaky``. ``dx`` … ``roll``
    are medians over the clip of the picture's movement, ``shake`` the trembling about it in frame widths per
    second.
    """

    kind: str
    speed: float
    dx: float
    dy: float
    zoom: float
    roll: float
    shake: float


@dataclass(frozen=True)
class Camera(Measure):
    """Names the camera's movement from the fitted motion between frames."""

    still: float = 0.02
    """Slower than this, in frame sizes per second at the picture's edge, counts as static."""
    shaky: float = 0.065
    """Trembling above this, in frame widths per second, counts as shaky where no movement dominates."""
    pure: float = 0.6
    """A second movement stronger than this share of the first makes the kind ``mixed``."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "signals", "clips")

    def measure(self, clip: Clip) -> CameraRow | None:
        """None for clips with fewer than three measured pairs of frames."""
        series = {name: _measured(clip.signal(name)) for name in ("dx", "dy", "zoom", "roll")}
        if len(series["dx"]) < 3:
            return None
        middle = {name: float(np.median(values)) for name, values in series.items()}
        shake = float(np.hypot(_trembling(series["dx"]), _trembling(series["dy"])))
        kind, speed = self._kind(middle, shake)
        return CameraRow(kind, speed, middle["dx"], middle["dy"], middle["zoom"], middle["roll"], shake)

    def _kind(self, middle: dict[str, float], shake: float) -> tuple[Kind, float]:
        # How fast the edge of the picture moves makes the four comparable; an edge is half a picture away.
        strength = {
            "dx": abs(middle["dx"]),
            "dy": abs(middle["dy"]),
            "zoom": abs(middle["zoom"]) / 2,
            "roll": abs(np.radians(middle["roll"])) / 2,
        }
        first, second = sorted(strength, key=lambda name: -strength[name])[:2]
        if shake > self.shaky and shake > 2 * strength[first]:
            return "shaky", shake
        if strength[first] < self.still:
            return "static", 0.0
        if strength[second] > self.pure * strength[first] and strength[second] > self.still:
            return "mixed", strength[first]
        return _named(first, middle[first]), abs(middle[first])


def _named(name: str, value: float) -> Kind:
    # The picture moves against the camera.
    kinds: dict[str, tuple[Kind, Kind]] = {
        "dx": ("pan left", "pan right"),
        "dy": ("tilt up", "tilt down"),
        "zoom": ("zoom in", "zoom out"),
        "roll": ("roll", "roll"),
    }
    return kinds[name][0 if value > 0 else 1]


def _measured(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return values[~np.isnan(values)]


def _trembling(values: npt.NDArray[np.float32]) -> float:
    if len(values) < _SMOOTH:
        return 0.0
    slow = np.median(np.lib.stride_tricks.sliding_window_view(values, _SMOOTH), axis=1)
    inner = values[_SMOOTH // 2 : len(values) - _SMOOTH // 2]
    # Medians forgive single pairs over which the fit went wrong.
    return float(1.4826 * np.median(np.abs(inner - slow)))
