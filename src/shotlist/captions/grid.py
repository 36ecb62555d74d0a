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

    sizes = [Image.open(io.BytesIO(frame.jpeg)).size for frame in frames]
    size = (max(width for width, _ in sizes), max(height for _, height in sizes))
    fitting = _Fitting(size, len(frames), longest, min(_BAND, longest // 40))
    columns = columns or max(range(1, len(frames) + 1), key=lambda n: (fitting.tile(n), -n))
    rows, tile, band = ceil(len(frames) / columns), fitting.tile(columns), fitting.band
    place = (tile[0] + band, tile[1] + band)
    sheet = Image.new("RGB", (columns * place[0] - band, rows * place[1] - band), "white")
    for k, frame in enumerate(frames):
        image = Image.open(io.BytesIO(frame.jpeg)).convert("RGB")
        image.thumbnail(tile, Image.Resampling.BOX)
        sheet.paste(image, (k % columns * place[0], k // columns * place[1]))
    file = io.BytesIO()
    sheet.save(file, "JPEG", quality=_QUALITY)
    return Grid(Still(frames[0].time_us, file.getvalue()), rows, columns)


@dataclass(frozen=True)
class _Fitting:
    """How large ``count`` frames of a ``size`` can be shown."""

    size: tuple[int, int]
    count: int
    longest: int
    band: int

    def tile(self, columns: int) -> tuple[int, int]:
        """Width and height of each frame in so many columns."""
        counts = (columns, ceil(self.count / columns))
        shares = [(self.longest - self.band * (n - 1)) / (n * side) for n, side in zip(counts, self.size, strict=True)]
        scale = min(1.0, *shares)
        return max(1, int(self.size[0] * scale)), max(1, int(self.size[1] * scale))
