"""Full frames to small planes: the only place where pixels of full frames are read for every frame.

Each frame is sampled by the scaler's two-tap mode into 128 x 72 luma and 64 x 36 chroma samples, of which means over
2 x 2 are taken. Everything that is measured per frame comes from these, in batches, because per-frame arithmetic in
Python would cost more than the decode of a small video.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import VideoReformatter

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

ROWS, COLUMNS = 72, 128
FULL_RANGE = 2
"""FFmpeg's number for luma that uses 0..255; anything else means 16..235."""


@dataclass(frozen=True)
class Planes:
    """Small planes of ``n`` frames, upright, stretched whatever the aspect.

    ``luma`` is (n, 36, 64), ``chroma`` (n, 2, 18, 32), float32, luma in full range 0..255, chroma around 128.
    """

    luma: Floats
    chroma: Floats


def pixels(plane: VideoPlane) -> Bytes:
    """A view of one plane of a frame: (rows, columns), without the padding at the ends of rows."""
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


class Sampler:
    """Collects up to ``capacity`` frames; ``take`` adds one, ``planes`` gives all since ``clear``."""

    def __init__(self, capacity: int, rotation: int) -> None:
        turned = rotation % 180 != 0
        self._quarter_turns = (rotation // 90) % 4
        self._shape = (COLUMNS, ROWS) if turned else (ROWS, COLUMNS)  # rows, columns as stored
        rows, columns = self._shape
        self._luma = np.empty((capacity, rows, columns), np.uint8)
        self._chroma = np.empty((capacity, 2, rows // 2, columns // 2), np.uint8)
        self._limited = np.zeros(capacity, bool)
        # One scaler for all frames: setting one up costs more than scaling a small picture.
        self._scaler = VideoReformatter()
        self.count = 0

    def take(self, frame: VideoFrame) -> None:
        """Sample one frame of any pixel format."""
        rows, columns = self._shape
        small = self._scaler.reformat(frame, columns, rows, "yuv420p", interpolation="FAST_BILINEAR")
        k = self.count
        luma, u, v = small.planes
        self._luma[k] = pixels(luma)
        self._chroma[k, 0] = pixels(u)
        self._chroma[k, 1] = pixels(v)
        # The scaler leaves the range as it is.
        self._limited[k] = frame.color_range != FULL_RANGE
        self.count += 1

    def jump(self) -> float:
        """How much the last two frames differ: mean absolute luma difference, 0..255, on a coarse grid."""
        if self.count < 2:
            return 0.0
        a, b = self._luma[self.count - 2, ::6, ::6], self._luma[self.count - 1, ::6, ::6]
        change = a.astype(np.int16) - b
        return float(np.abs(change, out=change).sum()) / change.size

    def sample(self) -> Bytes:
        """Luma of the last frame on a coarse grid, as stored."""
        return self._luma[self.count - 1, ::4, ::4].copy()

    def planes(self) -> Planes:
        """The frames taken so far, upright and in full range."""
        luma, chroma = half(self._luma[: self.count]), half(self._chroma[: self.count])
        limited = self._limited[: self.count]
        if limited.any():
            luma[limited] = np.clip((luma[limited] - 16) * np.float32(255 / 219), 0, 255)
            chroma[limited] = np.clip((chroma[limited] - 128) * np.float32(255 / 224) + 128, 0, 255)
        if self._quarter_turns:
            luma = np.rot90(luma, self._quarter_turns, axes=(1, 2))
            chroma = np.rot90(chroma, self._quarter_turns, axes=(2, 3))
        return Planes(luma, chroma)

    def clear(self, keep_last: bool = True) -> None:
        """Start the next batch; the last frame stays as its first, since changes need a frame before."""
        if keep_last and self.count > 1:
            last = self.count - 1
            self._luma[0], self._chroma[0] = self._luma[last], self._chroma[last]
            self._limited[0] = self._limited[last]
            self.count = 1


def _stretch(low: int, high: int, middle: int | None = None) -> Bytes:
    value = np.arange(256, dtype=np.float64)
    if middle is None:
        return np.clip((value - low) * 255 / (high - low) + 0.5, 0, 255).astype(np.uint8)
    return np.clip((value - middle) * 255 / (high - low) + middle + 0.5, 0, 255).astype(np.uint8)


_FULL_LUMA = _stretch(16, 235)
_FULL_CHROMA = _stretch(16, 240, 128)


def full_range(plane: Bytes, is_luma: bool) -> Bytes:
    """A 16..235 plane as 0..255."""
    table = (_FULL_LUMA if is_luma else _FULL_CHROMA).tobytes()
    # bytes.translate is more than twice as fast as indexing with an array
    return np.frombuffer(plane.tobytes().translate(table), np.uint8).reshape(plane.shape)


def half(planes: Bytes | Floats) -> Floats:
    """Means over 2 x 2 blocks of the last two axes; float32."""
    wide = np.uint16 if planes.dtype == np.uint8 else np.float32
    rows = np.add(planes[..., 0::2, :], planes[..., 1::2, :], dtype=wide)
    return np.asarray((rows[..., 0::2] + rows[..., 1::2]) * np.float32(0.25), np.float32)


THUMB_LUMA = (18, 32)
THUMB_CHROMA = (2, 9, 16)
THUMB_BYTES = 18 * 32 + 2 * 9 * 16


def thumbs(planes: Planes) -> Bytes:
    """The tiny picture of each frame that is kept for good: (n, 864) uint8, 18 x 32 luma then 2 x 9 x 16 chroma."""
    n = len(planes.luma)
    luma = np.rint(half(planes.luma)).astype(np.uint8).reshape(n, -1)
    chroma = np.rint(half(planes.chroma)).astype(np.uint8).reshape(n, -1)
    return np.concatenate([luma, chroma], axis=1)


def unpack_thumbs(packed: Bytes) -> tuple[Bytes, Bytes]:
    """The inverse view: luma (n, 18, 32) and chroma (n, 2, 9, 16)."""
    n = len(packed)
    return packed[:, :576].reshape(n, *THUMB_LUMA), packed[:, 576:].reshape(n, *THUMB_CHROMA)
