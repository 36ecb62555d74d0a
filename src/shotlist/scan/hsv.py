"""PySceneDetect's per-frame signal on our decode: how far hue, saturation and value move from frame to frame.

Its arithmetic is repeated to the last bit (version 0.7.2 on OpenCV 5.0, checked against both), because recipes
of published datasets name its thresholds: FFmpeg's own conversion to 8-bit BGR, OpenCV's two-tap fixed-point
scaling to 256 pixels on the longer side, OpenCV's 8-bit HSV with hue in 0..179. The scaling reads four pixels
for each one that it writes, so only those are picked from the full frame.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from shotlist.scan.planes import Bytes, Floats

HSV_SIGNALS = ("hsv_hue", "hsv_sat", "hsv_lum")

_LONGER_SIDE = 256
"""PySceneDetect's auto-downscale: larger frames are brought to this size, smaller ones stay."""

Ints = npt.NDArray[np.int32]
Places = npt.NDArray[np.intp]


def _reciprocals(numerator: float) -> Ints:
    """OpenCV's tables for dividing by 0..255 with a multiplication; dividing by 0 gives 0."""
    table = np.zeros(256, np.int32)
    table[1:] = np.rint(numerator / np.arange(1, 256))
    return table


_PER_VALUE = _reciprocals(255 << 12)
_PER_SPREAD = _reciprocals((180 << 12) / 6)


@dataclass(frozen=True)
class _Taps:
    """Where each pixel of one scaled axis looks: two places and their weights in 1/2048, (n,) each."""

    first: Places
    second: Places
    first_weight: Ints
    second_weight: Ints


def _taps(size: int, wanted: int) -> _Taps:
    # Single precision where OpenCV has it: the weights are rounded from it.
    centre = ((np.arange(wanted) + 0.5) * (1 / (wanted / size)) - 0.5).astype(np.float32)
    first = np.floor(centre).astype(np.intp)
    share = centre - first.astype(np.float32)
    share[(first < 0) | (first >= size - 1)] = 0
    first = first.clip(0, size - 1)
    one = np.float32(1)
    weights = [np.rint(w * np.float32(2048)).astype(np.int32) for w in (one - share, share)]
    return _Taps(first, np.minimum(first + 1, size - 1), *weights)


class Shrinker:
    """Picks and scales frames of one size: BGR as stored → BGR upright, 256 pixels on the longer side."""

    def __init__(self, width: int, height: int, rotation: int) -> None:
        turns = rotation // 90 % 4
        self._sideways = turns % 2 == 1
        upright = (height, width) if self._sideways else (width, height)
        factor = max(1.0, max(upright) / _LONGER_SIDE)
        self.width, self.height = (max(1, round(side / factor)) for side in upright)
        self._across, self._down = _taps(upright[0], self.width), _taps(upright[1], self.height)
        across = np.concatenate([self._across.first, self._across.second])
        down = np.concatenate([self._down.first, self._down.second])
        # An upright pixel (row i, column j) lies at stored (j, width - 1 - i) after one quarter turn, and so on.
        rows, columns = (across, down) if self._sideways else (down, across)
        self._rows = height - 1 - rows if turns in (2, 3) else rows
        columns = width - 1 - columns if turns in (1, 2) else columns
        self._bytes = (np.arange(3)[:, None] + 3 * columns).ravel()
        self._weights = (np.tile(self._across.first_weight, 3), np.tile(self._across.second_weight, 3))

    def shrink(self, bgr: Bytes) -> Bytes:
        """``bgr`` is (stored height, at least 3 x stored width); gives planes (3, height, width)."""
        picked = bgr[self._rows].take(self._bytes, axis=1)
        if self._sideways:
            picked = np.ascontiguousarray(picked.reshape(len(self._rows), 3, -1).transpose(2, 1, 0))
        taps = picked.reshape(2 * self.height, 3, 2, self.width)
        left = np.multiply(taps[:, :, 0], self._across.first_weight, dtype=np.int32)
        lines = np.multiply(taps[:, :, 1], self._across.second_weight, dtype=np.int32)
        lines += left
        lines >>= 4
        upper, lower = lines[: self.height], lines[self.height :]
        upper *= self._down.first_weight[:, None, None]
        lower *= self._down.second_weight[:, None, None]
        upper >>= 16
        lower >>= 16
        upper += lower
        upper += 2
        upper >>= 2
        return np.ascontiguousarray(upper.astype(np.uint8).transpose(1, 0, 2))


def hsv(bgr: Bytes) -> Bytes:
    """Hue 0..179, saturation and value 0..255 of 8-bit blue, green and red: (3, h, w) → (3, h, w), uint8."""
    blue, green, red = bgr
    value = np.maximum(np.maximum(blue, green), red)
    spread = value - np.minimum(np.minimum(blue, green), red)
    wide = spread.astype(np.int32)
    saturation = (wide * _PER_VALUE[value] + 2048) >> 12
    b, g, r = bgr.astype(np.int32)
    sector = np.where(value == red, g - b, np.where(value == green, b - r + 2 * wide, r - g + 4 * wide))
    hue = (sector * _PER_SPREAD[spread] + 2048) >> 12
    hue += (hue < 0) * np.int32(180)
    return np.stack([hue.astype(np.uint8), saturation.astype(np.uint8), value])


class HsvChange:
    """Takes frames in order; gives mean absolute changes of hue (0..179), saturation and value (0..255)."""

    def __init__(self, rotation: int) -> None:
        self._rotation = rotation
        self._reformatter = VideoReformatter()
        self._shrinker: Shrinker | None = None
        self._size: tuple[int, int] = (0, 0)
        self._before: Bytes | None = None
        self._changes: list[Any] = []

    def take(self, frame: VideoFrame) -> None:
        """Compare one frame with the one before. The first has no change, nor one of another size (NaN)."""
        size = frame.width, frame.height
        if self._shrinker is None:
            self._shrinker, self._size = Shrinker(*size, self._rotation), size
        if size != self._size:  # PySceneDetect passes such frames over
            self._changes.append((np.nan, np.nan, np.nan))
            return
        now = hsv(self._shrinker.shrink(self._bgr(frame)))
        self._changes.append(_change(self._before, now))
        self._before = now

    def _bgr(self, frame: VideoFrame) -> Bytes:
        # OpenCV asks for bicubic, which matters only for formats whose chroma the scaler has to interpolate.
        plane = self._reformatter.reformat(frame, format="bgr24", interpolation="BICUBIC").planes[0]
        return np.frombuffer(plane, np.uint8).reshape(frame.height, plane.line_size)

    def values(self) -> dict[str, Floats]:
        """The signals of the frames since the last call, float32 (n,) each."""
        rows = np.array(self._changes, np.float32).reshape(-1, 3)
        self._changes = []
        return {name: rows[:, k] for k, name in enumerate(HSV_SIGNALS)}


def _change(before: Bytes | None, now: Bytes) -> Any:
    if before is None:
        return (np.nan, np.nan, np.nan)
    apart = np.maximum(before, now) - np.minimum(before, now)
    return apart.reshape(3, -1).sum(axis=1, dtype=np.int64) / apart[0].size
