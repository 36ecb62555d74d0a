"""Colours: how vivid, and which ones."""

import colorsys
from collections import defaultdict
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shotlist.engine.film import Clip
from shotlist.engine.step import Measure

_GREY = 8.0
"""Colourfulness below which a picture is black and white."""


@dataclass(frozen=True)
class ColourRow:
    """``colourfulness`` after Hasler and Süsstrunk (2003), mean. ``names`` are the commonest colours in plain
    words with their ``shares`` of the picture, ``hex`` an example of each. ``monochrome`` is true for black and
    white.
    """

    colourfulness: float
    monochrome: bool
    names: tuple[str, ...]
    shares: tuple[float, ...]
    hex: tuple[str, ...]


@dataclass(frozen=True)
class Colour(Measure):
    """Vividness from the signals, dominant colours from the stills."""

    colours: int = 3
    """How many colours are named at most."""
    least_share: float = 0.08
    """A colour that covers less of the picture is not named."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "signals", "frames", "clips")

    def measure(self, clip: Clip) -> ColourRow:
        """Names are empty where the clip has no still."""
        vivid = float(clip.signal("colourfulness").mean())
        found = self._dominant(clip)
        return ColourRow(
            colourfulness=vivid,
            monochrome=vivid < _GREY,
            names=tuple(name for name, _, _ in found),
            shares=tuple(share for _, share, _ in found),
            hex=tuple(f"#{rgb:06x}" for _, _, rgb in found),
        )

    def _dominant(self, clip: Clip) -> list[tuple[str, float, int]]:
        shares: dict[str, float] = defaultdict(float)
        example: dict[str, tuple[float, int]] = {}
        stills = clip.stills
        for still in stills:
            for rgb, share in zip(still.colours, still.colour_shares, strict=True):
                name = name_of(rgb)
                shares[name] += share / len(stills)
                example[name] = max(example.get(name, (0.0, 0)), (share, rgb))
        ranked = sorted(shares.items(), key=lambda item: -item[1])[: self.colours]
        return [(n, float(np.round(s, 4)), example[n][1]) for n, s in ranked if s >= self.least_share]


def name_of(rgb: int) -> str:
    """A plain English word for a colour given as 0xRRGGBB."""
    hue, saturation, value = colorsys.rgb_to_hsv((rgb >> 16) / 255, (rgb >> 8 & 255) / 255, (rgb & 255) / 255)
    if value < 0.16:
        return "black"
    if saturation < 0.13 or (saturation < 0.22 and value < 0.35):
        return "white" if value > 0.85 else "light grey" if value > 0.6 else "grey" if value > 0.3 else "dark grey"
    name = next(name for limit, name in _HUES if hue * 360 < limit)
    if name == "orange" and saturation < 0.45 and value > 0.65:
        return "beige"
    if name == "orange" and value < 0.65:
        name = "brown"
    if name in ("red", "pink") and saturation < 0.5 and value > 0.7:
        return "pink"
    if value < 0.4:
        return f"dark {name}"
    return f"light {name}" if saturation < 0.45 and value > 0.75 else name


_HUES = (
    (14, "red"),
    (42, "orange"),
    (68, "yellow"),
    (165, "green"),
    (188, "turquoise"),
    (258, "blue"),
    (310, "purple"),
    (342, "pink"),
    (361, "red"),
)
