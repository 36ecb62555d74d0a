"""Stills: JPEG pictures of single frames, upright, in square pixels, and what is measured on them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from PIL import Image

from shotlist.scan.planes import FULL_RANGE, Bytes, full_range, pixels

_BAR_MAX = 40
_BAR_MEAN = 20
"""Luma (0..255) that a line of a black bar never exceeds in its 98th percentile, and in its mean."""
_LIT_MEAN = 36
"""Mean luma of the lines behind a bar from which on it is surely one."""


@dataclass(frozen=True)
class Still:
    """One kept frame. ``sharpness`` is the variance of the Laplacian of luma at still size (Pech-Pacheco 2000).

    ``bars`` are the shares of the height and width that are black at the top, bottom, left and right, and
    ``bars_sure`` says where a bright picture begins right behind, so that it is a bar and not a dark scene; ``lit``
    is false for a picture that is black all over. ``colours`` are the commonest ones as 0xRRGGBB with their shares.
    """

    time_us: int
    jpeg: bytes
    width: int
    height: int
    sharpness: float
    bars: tuple[float, ...]
    bars_sure: tuple[bool, ...]
    lit: bool
    colours: tuple[int, ...]
    colour_shares: tuple[float, ...]


class StillMaker:
    """Turns frames into stills whose shorter side is at most ``height`` pixels; never enlarges.

    ``quality`` is FFmpeg's JPEG scale from 2 (best) to 31. ``pixel_aspect`` is the shape of a pixel.
    """

    def __init__(self, height: int, quality: int, rotation: int, pixel_aspect: float) -> None:
        self.height = height
        self.quality = quality
        self.rotation = rotation
        self.pixel_aspect = pixel_aspect
        self._made = 0
        self._scaler = VideoReformatter()
        self._encoders: dict[tuple[int, int], VideoCodecContext] = {}

    def make(self, frame: VideoFrame, time_us: int) -> Still:
        """Scale, measure and compress one frame."""
        width, height = self._size(frame)
        small = self._scaler.reformat(frame, width, height, "yuv420p", interpolation="FAST_BILINEAR")
        planes = [pixels(plane) for plane in small.planes]
        if frame.color_range != FULL_RANGE:
            planes = [full_range(plane, k == 0) for k, plane in enumerate(planes)]
        jpeg = self._compress(planes, width, height)
        luma = planes[0]
        turns = (self.rotation // 90) % 4
        if turns:
            jpeg, luma = _turned(jpeg, self.rotation), np.rot90(luma, turns)
            width, height = (height, width) if turns % 2 else (width, height)
        edges = bars(luma)
        extents, sure = edges or ((0.0,) * 4, (False,) * 4)
        crisp = sharpness(luma)
        return Still(time_us, jpeg, width, height, crisp, extents, sure, edges is not None, *palette(planes))

    def _size(self, frame: VideoFrame) -> tuple[int, int]:
        wide = frame.width * self.pixel_aspect
        scale = min(1.0, self.height / min(wide, frame.height))
        return max(16, round(wide * scale / 2) * 2), max(16, round(frame.height * scale / 2) * 2)

    def _compress(self, planes: list[Bytes], width: int, height: int) -> bytes:
        encoder = self._encoders.get((width, height))
        if encoder is None:
            encoder = self._encoders[width, height] = _encoder(width, height, self.quality)
        # PyAV's from_numpy_buffer mixes up the planes where the height is no multiple of four.
        picture = VideoFrame(width, height, "yuvj420p")
        for target, plane in zip(picture.planes, planes, strict=True):
            pixels(target)[:] = plane
        self._made += 1
        picture.pts = self._made
        return b"".join(bytes(packet) for packet in encoder.encode(picture))


def _encoder(width: int, height: int, quality: int) -> VideoCodecContext:
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.color_range = FULL_RANGE
    encoder.thread_count = 1
    encoder.options = {
        "qmin": str(quality),
        "qmax": str(quality),
        "huffman": "default",  # tables made to measure save 5 % and cost a second pass
    }
    return encoder


def _turned(jpeg: bytes, degrees: int) -> bytes:
    buffer = io.BytesIO()
    Image.open(io.BytesIO(jpeg)).rotate(degrees, expand=True).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def sharpness(luma: Bytes) -> float:
    """Variance of the Laplacian on every sixth row of a luma plane (rows, columns); 0 for a plain picture."""
    rows, columns = luma.shape
    if rows < 4 or columns < 3:
        return 0.0
    middle = luma[1:-1:6].astype(np.int16)
    above, below = luma[:-2:6].astype(np.int16), luma[2::6].astype(np.int16)
    k = min(len(middle), len(above), len(below))
    laplacian = 4 * middle[:k, 1:-1] - middle[:k, :-2] - middle[:k, 2:] - above[:k, 1:-1] - below[:k, 1:-1]
    flat = laplacian.astype(np.float32).ravel()
    return float(flat.dot(flat) / flat.size - flat.mean() ** 2)


def bars(luma: Bytes) -> tuple[tuple[float, ...], tuple[bool, ...]] | None:
    """Shares of a luma plane (rows, columns) that are black at the top, bottom, left and right, and whether a bright
    picture begins right behind each; None if all is black."""
    rows, columns = _Lines.of(luma), _Lines.of(luma.T)
    if rows.black.all() or columns.black.all():
        return None
    sides = [rows.edge(), rows.edge(from_end=True), columns.edge(), columns.edge(from_end=True)]
    return tuple(share for share, _ in sides), tuple(sure for _, sure in sides)


class _Lines(NamedTuple):
    """For each row (or column) of a picture: is it black, and its mean luma."""

    black: npt.NDArray[np.bool_]
    mean: npt.NDArray[np.float64]

    @staticmethod
    def of(luma: Bytes) -> "_Lines":
        sample = luma[:, ::8]
        mean = sample.mean(axis=1)
        # A single bright speck of noise must not end a bar.
        return _Lines(((sample > _BAR_MAX).mean(axis=1) < 0.02) & (mean < _BAR_MEAN), mean)

    def edge(self, from_end: bool = False) -> tuple[float, bool]:
        black, mean = (self.black[::-1], self.mean[::-1]) if from_end else self
        extent, n = int(np.argmin(black)), len(black)
        behind = mean[extent + 1 : extent + 2 + max(2, n // 40)]
        return extent / n, extent > 0 and float(behind.mean() if len(behind) else 0) > _LIT_MEAN


def palette(planes: Sequence[Bytes], most: int = 6) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """The commonest colours of a 4:2:0 picture in full range, each as the mean of one of 512 boxes of RGB."""
    luma, u, v = planes
    y = luma[: u.shape[0] * 2 : 16, : u.shape[1] * 2 : 16].astype(np.float32)
    cb, cr = (plane[::8, ::8][: y.shape[0], : y.shape[1]].astype(np.float32) - 128 for plane in (u, v))
    y = y[: cb.shape[0], : cb.shape[1]]
    rgb = np.stack([y + 1.402 * cr, y - 0.344 * cb - 0.714 * cr, y + 1.772 * cb], axis=-1)
    rgb = rgb.clip(0, 255).reshape(-1, 3)
    boxes = (rgb.astype(np.int32) >> 5) @ np.array([64, 8, 1], np.int32)
    counts = np.bincount(boxes, minlength=512)
    top = [int(k) for k in np.argsort(counts)[::-1][:most] if counts[k]]
    sums = [np.bincount(boxes, rgb[:, c], minlength=512) for c in range(3)]
    red, green, blue = ([round(float(s[k] / counts[k])) for k in top] for s in sums)
    colours = tuple(r << 16 | g << 8 | b for r, g, b in zip(red, green, blue, strict=True))
    return colours, tuple(round(float(counts[k] / len(boxes)), 4) for k in top)
