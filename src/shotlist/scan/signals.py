"""The numbers that are kept for each frame, computed in batches from small planes."""

import numpy as np
import numpy.typing as npt

from shotlist.scan import motion
from shotlist.scan.hsv import HSV_SIGNALS
from shotlist.scan.planes import Floats, Planes, half

SIGNALS: dict[str, str] = {
    "diff_luma": "mean absolute change of luma since the frame before, 0..1",
    "diff_chroma": "mean absolute change of chroma since the frame before, 0..1",
    "diff_histogram": "share of pixels that changed their brightness class since the frame before, 0..1",
    "brightness": "mean luma, 0..1",
    "contrast": "standard deviation of luma, 0..0.5",
    "colourfulness": "Hasler and Süsstrunk's (2003) measure: 0 grey, 15 slight, 45 quite, 80 and more vivid",
    "flat": "share of pixels within one brightness class of the most common one, 0..1",
    "dark": "share of pixels darker than 10 % of white, 0..1",
    "dx": "sideways speed of the picture in frame widths per second, right is positive",
    "dy": "vertical speed of the picture in frame heights per second, down is positive",
    "zoom": "growth of the picture per second, 0.1 is ten per cent",
    "roll": "turn of the picture in degrees per second, clockwise",
    "local_motion": "movement that the camera does not explain, in frame widths per second",
    "codec_motion": "mean length of the codec's motion vectors in the codec's own unit (MMTrail's of_score)",
    "codec_vectors": "how many motion vectors the codec gave",
    "hsv_hue": "PySceneDetect's delta_hue: mean change of hue since the frame before, 0..179; needs scan.hsv",
    "hsv_sat": "PySceneDetect's delta_sat: mean change of saturation, 0..255; needs scan.hsv",
    "hsv_lum": "PySceneDetect's delta_lum: mean change of the largest of R, G, B, 0..255; needs scan.hsv",
}
"""Every signal with its meaning and unit. Empty (null) where it was not measured."""

PAIR_SIGNALS = (
    *("diff_luma", "diff_chroma", "diff_histogram", "dx", "dy", "zoom", "roll", "local_motion"),
    *HSV_SIGNALS,
)
"""Signals of a frame and the one before; a segment's first frame gets them from the segment before."""

MOTION_EVERY_US = 100_000
"""Camera movement is fitted for the first pair of frames in each tenth of a second."""

Series = dict[str, npt.NDArray[np.float32]]


def measure(planes: Planes, times_us: npt.NDArray[np.int64], aspect: float) -> Series:
    """Signals of frames 1..n-1 of a batch whose frame 0 is the one before: float32 (n-1,) each."""
    luma, chroma = planes.luma, half(planes.chroma)
    classes = _histograms(luma)
    mean = _mean(luma)[1:]
    series: dict[str, npt.NDArray[np.floating]] = {
        "diff_luma": _mean(np.abs(np.diff(half(luma), axis=0))) / 255,
        "diff_chroma": _mean(np.abs(np.diff(chroma, axis=0))) / 255,
        "diff_histogram": np.abs(np.diff(classes, axis=0)).sum(axis=1) / 2,
        "brightness": mean / 255,
        "contrast": np.sqrt(np.maximum(_mean(luma[1:] ** 2) - mean**2, 0)) / 255,
        "colourfulness": _colourfulness(chroma[1:]),
        "flat": np.asarray(classes[1:, :-2] + classes[1:, 1:-1] + classes[1:, 2:]).max(axis=1),
        "dark": classes[1:, :6].sum(axis=1) + classes[1:, 6] * np.float32(0.4),
    }
    series |= _movement(luma, times_us, aspect)
    return {name: np.asarray(values, np.float32) for name, values in series.items()}


def _mean(planes: Floats) -> Floats:
    """Mean over all but the first axis; a mean over one long axis is several times faster than over small ones."""
    return np.asarray(planes.reshape(len(planes), -1).mean(axis=1), np.float32)


def _histograms(luma: Floats) -> Floats:
    """Shares of 64 brightness classes: (n, 64)."""
    n = len(luma)
    levels = luma.reshape(n, -1).astype(np.int32) >> 2
    levels += (np.arange(n, dtype=np.int32) * 64)[:, None]
    counts = np.bincount(levels.ravel(), minlength=64 * n).reshape(n, 64)
    return np.asarray(counts / levels.shape[1], np.float32)


def _colourfulness(chroma: Floats) -> Floats:
    """From chroma alone: luma cancels in red minus green and in yellow minus blue (BT.601)."""
    u, v = chroma[:, 0] - 128, chroma[:, 1] - 128
    red_green = np.float32(2.116) * v + np.float32(0.344) * u
    yellow_blue = np.float32(0.344) * v - np.float32(1.944) * u
    means = _mean(red_green) ** 2 + _mean(yellow_blue) ** 2
    squares = _mean(red_green**2 + yellow_blue**2)
    spread = np.sqrt(np.maximum(squares - means, 0))
    return np.asarray(spread + np.float32(0.3) * np.sqrt(means), np.float32)


def _movement(luma: Floats, times_us: npt.NDArray[np.int64], aspect: float) -> Series:
    n = len(luma) - 1
    names = ("dx", "dy", "zoom", "roll", "local_motion")
    series = {name: np.full(n, np.nan, np.float32) for name in names}
    cell = times_us // MOTION_EVERY_US
    chosen = np.flatnonzero(cell[1:] != cell[:-1])
    if len(chosen):
        found = motion.between(luma[chosen], luma[chosen + 1], aspect)
        seconds = (np.diff(times_us)[chosen] / 1e6).astype(np.float32)
        for name, values in zip(names, found, strict=True):
            series[name][chosen] = values / seconds
    return series
