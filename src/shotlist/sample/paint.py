"""Paint for the sample film: arrays of (height, width, 3), 0 to 255, and what may be laid on them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

Array = NDArray[np.floating[Any]]


Size = tuple[int, int]


def rgb(colour: str) -> Array:
    """Red, green and blue of a colour such as "#ffd890", 0 to 255."""
    return np.array(ImageColor.getrgb(colour)[:3], np.float32)


def gradient(size: Size, *stops: tuple[float, str]) -> Array:
    """Colours from top to bottom; a stop is a share of the height and a colour."""
    rows = np.linspace(0, 1, size[1])
    colours = np.stack([rgb(colour) for _, colour in stops])
    ramp = np.stack([np.interp(rows, [at for at, _ in stops], colours[:, k]) for k in range(3)], axis=-1)
    return np.repeat(ramp[:, None].astype(np.float32), size[0], axis=1)


def noise(size: Size, cell: tuple[float, float], rng: np.random.Generator, octaves: int = 5) -> Array:
    """Smooth noise around 0 of about 0.5 deviation; `cell` is the size in pixels of its largest blots."""
    total = np.zeros((size[1], size[0]), np.float32)
    for k in range(octaves):
        shape = [max(2, int(side / grain * 2**k) + 2) for side, grain in zip(size, cell, strict=True)]
        grid = rng.standard_normal((shape[1], shape[0])).astype(np.float32)
        total += np.asarray(Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC)) * np.float32(0.6**k)
    return total


def skyline(width: int, cell: float, rng: np.random.Generator, octaves: int = 6) -> Array:
    """Smooth noise along a line, one value for each column."""
    return np.asarray(noise((width, 2), (cell, 1e9), rng, octaves)[0])


def lay(paint: Array, mask: Array, colour: Array) -> None:
    """Lay a colour over the paint where the mask says, in place; 0 leaves it, 1 covers it."""
    paint += mask[..., None] * (colour - paint)


def smooth(low: float, high: float, value: Array) -> Array:
    """0 below `low`, 1 above `high`, smooth between."""
    share = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def distance(size: Size, x: float, y: float) -> Array:
    """Each pixel's distance from a point, in pixels."""
    across = np.arange(size[0], dtype=np.float32) - np.float32(x)
    down = np.arange(size[1], dtype=np.float32) - np.float32(y)
    return np.asarray(np.hypot(across, down[:, None]))


def below(height: int, edge: Array) -> Array:
    """A mask of what lies below a line, given as a row for each column."""
    return np.clip(np.arange(height, dtype=np.float32)[:, None] - edge, 0, 1)


def stars(paint: Array, count: int, bottom: int, rng: np.random.Generator) -> None:
    """Scatter stars over the rows above `bottom`, denser towards the top."""
    rows = (rng.random(count) ** 1.3 * (bottom - 3)).astype(int) + 1
    columns = rng.integers(1, paint.shape[1] - 2, count)
    light = (rng.random(count) ** 4 * 230 + 40).astype(np.float32)
    tints = np.array([[1, 0.9, 0.8], [1, 1, 1], [0.8, 0.88, 1]], np.float32)[rng.integers(0, 3, count)]
    for down, right, share in (
        (0, 0, 1.0),
        (0, 1, 0.6),
        (1, 0, 0.6),
        (1, 1, 0.4),
        (0, -1, 0.25),
        (-1, 0, 0.25),
    ):
        paint[rows + down, columns + right] += light[:, None] * tints * np.float32(share)


def moon(paint: Array, x: float, y: float, radius: float, rng: np.random.Generator) -> None:
    """A full moon and its glow; middle and radius in pixels."""
    size = (paint.shape[1], paint.shape[0])
    far = distance(size, x, y)
    paint += (np.exp(-far / (radius * 2.2)) * 60)[..., None] * rgb("#fff0d8") / 255
    seas = smooth(0.1, 0.9, noise(size, (radius, radius), rng, 3))
    lay(paint, np.clip(radius - far, 0, 1) * (1 - 0.22 * seas), rgb("#fff6e0"))


def picture(paint: Array) -> Image.Image:
    """Paint as a picture."""
    return Image.fromarray(np.clip(paint, 0, 255).astype(np.uint8))


def ridge(paint: Array, crest: Array, unit: float, colour: str, rng: np.random.Generator) -> None:
    """A mountain ridge below `crest` (a row for each column) that sinks into mist."""
    height, width = paint.shape[:2]
    depth = np.arange(height, dtype=np.float32)[:, None] - crest
    rock = noise((width, height), (0.12 * unit, 0.2 * unit), rng, 4)
    mist = 0.55 * smooth(0.0, 0.30 * unit, depth)
    tone = rgb(colour) * (1 + 0.10 * rock[..., None])
    tone += mist[..., None] * (rgb("#e6a9ab") * np.float32(0.35) + rgb(colour) * np.float32(0.65) - tone)
    lay(paint, np.clip(depth, 0, 1), tone)


def mirrored(image: Image.Image, line: int, water: str, share: float, rng: np.random.Generator) -> Image.Image:
    """Below `line` lies still water that shows what stands above it, a little torn by ripples."""
    paint = np.asarray(image, np.float32).copy()
    rows = np.arange(paint.shape[0] - line)
    sway = (noise((2, rows.size), (1e9, 6), rng, 2)[:, 0] * (1 + rows * 0.06)).astype(int)
    for row, shift in zip(rows, sway, strict=True):
        mirror = np.roll(paint[max(0, line - 1 - row)], int(shift), axis=0)
        paint[line + row] = mirror + share * (rgb(water) - mirror)
    glint = smooth(0.7, 1.4, noise((paint.shape[1], rows.size), (60, 3), rng, 2))
    paint[line:] += 26 * glint[..., None]
    return picture(paint)
