"""A picture as a vector without a model: where it is light and of which colour, its commonest colours, its edges.

It tells another view from the same one and knows nothing of what is shown. The weights are chosen so that a cosine of
0.93 divides the two as it does for CLIP's features: on real films a still camera with people or cars in front of it
stays above, a cut, a pan by a fifth of the picture or a close-up that moves comes below.
"""

from collections.abc import Iterable

import numpy as np

from shotlist.models.contracts import Picture, Vectors

_SIDE = 48
"""Pictures are looked at with so many columns and rows, whatever their shape."""
_PLACES, _CELLS = 8, 6
"""Columns and rows in which colours and edges are told apart."""
_LEVELS = 6
"""Of red, green and blue, in the histogram of colours."""
_ORIENTATIONS = 8
"""Of edges."""
_WEIGHTS = (0.35, 0.3, 0.35)
"""Of layout, colours and edges in the cosine."""
_FAINT = (0.16, 0.5)
"""Lengths of layout and edges below which they are mostly noise and count for less."""


class PictureLayout:
    """An Embedder of 696 numbers that needs no weights."""

    def embed(self, pictures: Iterable[Picture]) -> Vectors:
        """See Embedder."""
        found = [vector(picture) for picture in pictures]
        size = 3 * _PLACES**2 + _LEVELS**3 + _ORIENTATIONS * _CELLS**2
        return np.stack(found) if found else np.empty((0, size), np.float32)


def vector(picture: Picture) -> Vectors:
    """The vector of one picture (rows, columns, 3), of unit length."""
    from PIL import Image

    small = Image.fromarray(picture).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    rgb: Vectors = np.asarray(small, np.float32) / np.float32(255)
    luma: Vectors = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    parts = (_layout(rgb, luma), _colours(rgb), _edges(luma))
    joined = np.concatenate([np.sqrt(weight) * part for weight, part in zip(_WEIGHTS, parts, strict=True)])
    return np.asarray(joined / np.linalg.norm(joined), np.float32)


def _layout(rgb: Vectors, luma: Vectors) -> Vectors:
    """Light about its mean, red against green, and yellow against blue, at each place."""
    red, green, blue = np.moveaxis(rgb, -1, 0)
    planes = np.stack([luma - luma.mean(), red - green, (red + green) / 2 - blue])
    size = _SIDE // _PLACES
    return _unit(planes.reshape(3, _PLACES, size, _PLACES, size).mean((2, 4)).ravel(), _FAINT[0])


def _colours(rgb: Vectors) -> Vectors:
    """Square roots of the shares of each colour: their product is Bhattacharyya's coefficient."""
    boxes = np.minimum(rgb * _LEVELS, _LEVELS - 1).astype(np.int64).reshape(-1, 3)
    counts = np.bincount(boxes @ np.array([_LEVELS**2, _LEVELS, 1]), minlength=_LEVELS**3)
    return np.sqrt(counts / len(boxes)).astype(np.float32)


def _edges(luma: Vectors) -> Vectors:
    """How strong edges of each orientation are at each place (after Dalal and Triggs 2005)."""
    down, across = np.gradient(luma)
    strength = np.hypot(down, across)
    turned = np.arctan2(down, across) % np.pi / np.pi
    bins = np.minimum(turned * _ORIENTATIONS, _ORIENTATIONS - 1).astype(np.int64)
    rows, columns = np.indices(luma.shape) // (_SIDE // _CELLS)
    place = ((rows * _CELLS + columns) * _ORIENTATIONS + bins).ravel()
    found = np.bincount(place, strength.ravel(), minlength=_ORIENTATIONS * _CELLS**2)
    return _unit(np.sqrt(found), _FAINT[1])


def _unit(values: Vectors, faint: float) -> Vectors:
    length = np.sqrt(np.square(values).sum() + faint**2)
    return np.asarray(values / length, np.float32)
