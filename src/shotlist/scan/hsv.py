"""PySceneDetect's per-frame signal on our decode: how far hue, saturation and value move from frame to frame.

Its arithmetic is repeated to the last bit (version 0.7.2 on OpenCV 5.0), because recipes of published
datasets name its thresholds: FFmpeg's conversion to 8-bit BGR, OpenCV's two-tap fixed-point scaling to 256
pixels on the longer side, OpenCV's 8-bit HSV with hue in 0..179. The scaling looks at four pixels for each
one that it writes, so only those are picked from the full frame.
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


@dataclass(frozen=True)
class _Taps:
    """Where each pixel of one scaled axis looks: two places and their weights in 1/2048, (n,) each."""

    first: Places
    second: Places
    first_weight: Ints
    second_weight: Ints

    @property
    def both(self) -> Places:
        return np.concatenate([self.first, self.second])


def _taps(size: int, wanted: int) -> _Taps:
    # Single precision where OpenCV has it: the weights are rounded from it.
    centre = ((np.arange(wanted) + 0.5) * (1 / (wanted / size)) - 0.5).astype(np.float32)
    first = np.floor(centre).astype(np.intp)
    share = centre - first.astype(np.float32)
    share[(first < 0) | (first >= size - 1)] = 0
    first = first.clip(0, size - 1)
    near, far = (np.rint(w * np.float32(2048)).astype(np.int32) for w in (np.float32(1) - share, share))
    return _Taps(first, np.minimum(first + 1, size - 1), near, far)


class Shrinker:
    """Picks and scales frames of one size: BGR as stored → BGR upright, 256 pixels on the longer side."""

    def __init__(self, width: int, height: int, rotation: int) -> None:
        turns = rotation // 90 % 4
        self._sideways = turns % 2 == 1
        upright = (height, width) if self._sideways else (width, height)
        factor = max(1.0, max(upright) / _LONGER_SIDE)
        self.width, self.height = (max(1, round(side / factor)) for side in upright)
        across, down = _taps(upright[0], self.width), _taps(upright[1], self.height)
        # The pixel in row i and column j of an upright frame is stored, after one quarter turn, in row j and
        # column width - 1 - i, and so on.
        rows, columns = (across.both, down.both) if self._sideways else (down.both, across.both)
        self._rows = height - 1 - rows if turns in (2, 3) else rows
        columns = width - 1 - columns if turns in (1, 2) else columns
        blocks = columns[None] if self._sideways else columns.reshape(2, -1)
        self._bytes = (3 * blocks[:, None] + np.arange(3)[:, None]).ravel()  # in blocks of one colour
        self._near, self._far = np.tile(across.first_weight, 3), np.tile(across.second_weight, 3)
        self._upper, self._lower = down.first_weight[:, None], down.second_weight[:, None]
        # Kept between frames: memory of this size would be asked of the system, and cleared by it, each time.
        self._picked = np.empty((len(self._rows), len(self._bytes)), np.uint8)
        self._work = np.empty((2, 2 * self.height, 3 * self.width), np.int32)

    def shrink(self, bgr: Bytes) -> Bytes:
        """``bgr`` is (stored height, at least 3 x stored width); gives planes (3, height, width)."""
        taps, (lines, far) = self._pick(bgr), self._work
        np.copyto(lines, taps[:, : 3 * self.width])
        np.copyto(far, taps[:, 3 * self.width :])
        lines *= self._near
        far *= self._far
        lines += far
        lines >>= 4  # the two halvings of precision are OpenCV's
        upper, lower = lines[: self.height], lines[self.height :]
        upper *= self._upper
        lower *= self._lower
        upper >>= 16
        lower >>= 16
        upper += lower
        upper += 2
        upper >>= 2
        small = np.empty((3, self.height, self.width), np.uint8)
        small[...] = upper.reshape(self.height, 3, self.width).transpose(1, 0, 2)
        return small

    def _pick(self, bgr: Bytes) -> Bytes:
        """Upper taps above lower taps; in each row the near ones of blue, green, red, then the far ones."""
        # All places lie inside; "wrap" only saves the buffer that the checking mode needs.
        picked = bgr[self._rows].take(self._bytes, axis=1, out=self._picked, mode="wrap")
        if not self._sideways:
            return picked
        turned = picked.reshape(2, self.width, 3, 2 * self.height).transpose(3, 0, 2, 1)
        return turned.reshape(2 * self.height, -1)


def to_hsv(bgr: Bytes) -> Bytes:
    """Hue 0..179, saturation and value 0..255 of 8-bit blue, green and red: (3, h, w) → (3, h, w), uint8."""
    blue, green, red = bgr
    value = np.maximum(np.maximum(blue, green), red)
    spread = value - np.minimum(np.minimum(blue, green), red)
    b, g, r = bgr.astype(np.int16)
    wide = spread.astype(np.int16)
    sector = r - g + 4 * wide
    np.copyto(sector, b - r + 2 * wide, where=value == green)
    np.copyto(sector, g - b, where=value == red)
    out = np.empty_like(bgr)
    hue = _ratio(sector, 30, spread)
    np.add(hue, np.float32(180), out=hue, where=hue < 0)
    out[0], out[1], out[2] = hue, _ratio(wide, 255, value), value
    return out


def _ratio(part: npt.NDArray[np.int16], unit: int, whole: Bytes) -> Floats:
    """``unit * part / whole``, rounded by way of a rounded reciprocal in 1/4096, as OpenCV does it.

    All products stay below 2 ** 24, so single precision holds them exactly. A ``whole`` of 0 has a part of 0.
    """
    ratio = np.maximum(whole, 1).astype(np.float32)
    np.divide(np.float32(unit << 12), ratio, out=ratio)
    np.rint(ratio, out=ratio)
    ratio *= part
    ratio += np.float32(2048)
    ratio *= np.float32(1 / 4096)
    return np.floor(ratio, out=ratio)


class HsvChange:
    """Takes frames in order; gives the mean absolute changes of hue, saturation and value of their pixels."""

    def __init__(self, rotation: int) -> None:
        self._rotation = rotation
        self._reformatter = VideoReformatter()
        self._shrinker: Shrinker | None = None
        self._size = (0, 0)
        self._before: Bytes | None = None
        self._changes: list[tuple[float, float, float]] = []

    def take(self, frame: VideoFrame) -> None:
        """Compare one frame with the one before. The first has no change, nor one of another size."""
        size = frame.width, frame.height
        if self._shrinker is None:
            self._shrinker, self._size = Shrinker(*size, self._rotation), size
        if size != self._size:  # PySceneDetect passes such frames over
            self._changes.append(_UNKNOWN)
            return
        now = to_hsv(self._shrinker.shrink(self._bgr(frame)))
        self._changes.append(_UNKNOWN if self._before is None else _change(self._before, now))
        self._before = now

    def _bgr(self, frame: VideoFrame) -> Bytes:
        # OpenCV asks for bicubic, which matters only for formats whose chroma the scaler has to interpolate.
        converted = self._reformatter.reformat(frame, format="bgr24", interpolation="BICUBIC")
        plane: Any = converted.planes[0]  # its type does not say that it is a buffer
        pixels: Bytes = np.frombuffer(plane, np.uint8)
        return pixels.reshape(frame.height, plane.line_size)

    def values(self) -> dict[str, Floats]:
        """The signals of the frames since the last call, float32 (n,) each, NaN where there is no change."""
        rows = np.array(self._changes, np.float32).reshape(-1, 3)
        self._changes = []
        return {name: rows[:, k] for k, name in enumerate(HSV_SIGNALS)}


def not_measured(frames: int) -> dict[str, Floats]:
    """The signals of frames that nobody measured: NaN."""
    return {name: np.full(frames, np.nan, np.float32) for name in HSV_SIGNALS}


_UNKNOWN = (float("nan"), float("nan"), float("nan"))


def _change(before: Bytes, now: Bytes) -> tuple[float, float, float]:
    apart = np.maximum(before, now) - np.minimum(before, now)
    hue, saturation, value = (int(plane.sum(dtype=np.int64)) / plane.size for plane in apart)
    return hue, saturation, value
