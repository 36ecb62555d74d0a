"""Stills: JPEG pictures of single frames, upright, in square pixels, and what is measured on them."""

import io
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from PIL import Image

from shotlist.scan.planes import FULL_RANGE, Bytes, full_range

_FFMPEG_LAMBDA = 118
"""FFmpeg counts quality in steps of 118."""

_BAR_MAX = 40
_BAR_MEAN = 20
"""Luma (0..255) that a line of a black bar never exceeds in its 98th percentile, and in its mean."""


@dataclass(frozen=True)
class Still:
    """One kept frame. ``sharpness`` is the variance of the Laplacian of luma at still size (Pech-Pacheco 2000).

    ``bars`` are the shares of the height and width that are black at the top, bottom, left and right; ``lit`` is
    false for a picture that is black all over. ``colours`` are the commonest ones as 0xRRGGBB with their shares.
    """

    time_us: int
    jpeg: bytes
    width: int
    height: int
    sharpness: float
    bars: tuple[float, float, float, float]
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
        self._encoders: dict[tuple[int, int], VideoCodecContext] = {}

    def make(self, frame: VideoFrame, time_us: int) -> Still:
        """Scale, measure and compress one frame."""
        width, height = self._size(frame)
        small = frame.reformat(width, height, "yuv420p", interpolation="FAST_BILINEAR")
        planes = [_plane(small, k) for k in range(3)]
        if frame.color_range != FULL_RANGE or not frame.format.name.startswith("yuv"):
            planes = [full_range(plane, k == 0) for k, plane in enumerate(planes)]
        jpeg = self._compress(planes, width, height)
        luma = planes[0]
        turns = (self.rotation // 90) % 4
        if turns:
            jpeg, luma = _turned(jpeg, self.rotation), np.rot90(luma, turns)
            width, height = (height, width) if turns % 2 else (width, height)
        edges = bars(luma)
        return Still(
            time_us, jpeg, width, height, sharpness(luma), edges or (0.0,) * 4, edges is not None, *palette(*planes)
        )

    def _size(self, frame: VideoFrame) -> tuple[int, int]:
        wide = frame.width * self.pixel_aspect
        scale = min(1.0, self.height / min(wide, frame.height))
        return max(16, round(wide * scale / 2) * 2), max(16, round(frame.height * scale / 2) * 2)

    def _compress(self, planes: list[Bytes], width: int, height: int) -> bytes:
        encoder = self._encoders.get((width, height))
        if encoder is None:
            encoder = self._encoders[width, height] = _encoder(width, height, self.quality)
        picture = VideoFrame(width, height, "yuvj420p")
        for target, plane in zip(picture.planes, planes, strict=True):
            rows = np.frombuffer(target, np.uint8).reshape(target.height, target.line_size)
            rows[:, : target.width] = plane  # type: ignore[index]
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
        "flags": "+qscale",
        "global_quality": str(quality * _FFMPEG_LAMBDA),
        "huffman": "default",  # tables made to measure save 5 % and cost a second pass
    }
    return encoder


def _plane(frame: VideoFrame, k: int) -> Bytes:
    plane = frame.planes[k]
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


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
    return float(laplacian.var(dtype=np.float32))


def bars(luma: Bytes) -> tuple[float, float, float, float] | None:
    """Shares of a luma plane (rows, columns) that are black bars: top, bottom, left, right; None if all is black."""
    by_row, by_column = _black_lines(luma), _black_lines(luma.T)
    if by_row.all() or by_column.all():
        return None
    top, bottom = int(np.argmin(by_row)), int(np.argmin(by_row[::-1]))
    left, right = int(np.argmin(by_column)), int(np.argmin(by_column[::-1]))
    rows, columns = luma.shape
    return (top / rows, bottom / rows, left / columns, right / columns)


def _black_lines(luma: Bytes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    # A sorted strided sample gives the percentile; a single bright speck of noise must not end a bar.
    sample = luma[:, ::8]
    bright = (sample > _BAR_MAX).mean(axis=1)
    return np.asarray((bright < 0.02) & (sample.mean(axis=1) < _BAR_MEAN))


def palette(luma: Bytes, u: Bytes, v: Bytes, most: int = 6) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """The commonest colours of a 4:2:0 picture in full range, each as the mean of one of 512 boxes of RGB."""
    y = luma[: u.shape[0] * 2 : 8, : u.shape[1] * 2 : 8].astype(np.float32)
    blue, red = (plane[::4, ::4][: y.shape[0], : y.shape[1]].astype(np.float32) - 128 for plane in (u, v))
    y = y[: blue.shape[0], : blue.shape[1]]
    rgb = np.stack([y + 1.402 * red, y - 0.344 * blue - 0.714 * red, y + 1.772 * blue], axis=-1)
    rgb = rgb.clip(0, 255).reshape(-1, 3)
    boxes = (rgb.astype(np.int32) >> 5) @ np.array([64, 8, 1], np.int32)
    counts = np.bincount(boxes, minlength=512)
    top = [int(k) for k in np.argsort(counts)[::-1][:most] if counts[k]]
    means = [rgb[boxes == k].mean(axis=0).round().astype(int) for k in top]
    colours = tuple(int(r) << 16 | int(g) << 8 | int(b) for r, g, b in means)
    return colours, tuple(round(float(counts[k] / len(boxes)), 4) for k in top)
