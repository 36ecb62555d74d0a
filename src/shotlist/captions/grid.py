"""Several frames in one picture, for models that look at a single one."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from shotlist.models.contracts import Still

_BAND = 50
"""Pixels of white between pictures (ShareGPT4Video, systems.md 4.3 and 4.4)."""
_QUALITY = 90


@dataclass(frozen=True)
class Grid:
    """A JPEG with frames in ``rows`` and ``columns``, read like a page; ``jpeg`` is dated by the first."""

    still: Still
    rows: int
    columns: int


def grid(frames: Sequence[Still], longest: int, columns: int = 0) -> Grid:
    """All frames in one picture whose sides have at most ``longest`` pixels; frames are never enlarged.

    ``columns`` 0 takes as many as show the frames largest, the fewest of those: rather tall than wide.
    """
    from PIL import Image

    images = [Image.open(io.BytesIO(frame.jpeg)).convert("RGB") for frame in frames]
    size = (max(image.width for image in images), max(image.height for image in images))
    columns = columns or max(range(1, len(images) + 1), key=lambda n: (round(_scale(size, len(images), n, longest), 6), -n))
    rows, scale = ceil(len(images) / columns), _scale(size, len(images), columns, longest)
    tile = (max(1, int(size[0] * scale)), max(1, int(size[1] * scale)))
    band = min(_BAND, min(tile) // 4)
    sheet = Image.new("RGB", (_side(tile[0], columns, band), _side(tile[1], rows, band)), "white")
    for k, image in enumerate(images):
        image.thumbnail(tile, Image.Resampling.BOX)
        sheet.paste(image, (k % columns * (tile[0] + band), k // columns * (tile[1] + band)))
    file = io.BytesIO()
    sheet.save(file, "JPEG", quality=_QUALITY)
    return Grid(Still(frames[0].time_us, file.getvalue()), rows, columns)


def _scale(size: tuple[int, int], count: int, columns: int, longest: int) -> float:
    """By how much frames must shrink so that so many columns fit, 0..1."""
    rows = ceil(count / columns)
    fits = [longest / _side(side, n, min(_BAND, min(size) // 4)) for side, n in zip(size, (columns, rows), strict=True)]
    return min(1.0, *fits)


def _side(tile: int, count: int, band: int) -> int:
    return tile * count + band * (count - 1)
