"""Pictures with a number in them that a program can read, also out of a small JPEG: digits of seven segments."""

import io

import numpy as np
from PIL import Image

SEGMENTS = {"0": "abcdef", "1": "bc", "2": "abdeg", "3": "abcdg", "4": "bcfg", "5": "acdfg", "6": "acdefg", "7": "abc",
            "8": "abcdefg", "9": "abcdfg"}  # fmt: skip
PLACES = {"a": (0, 0, 8, 2), "b": (6, 0, 8, 8), "c": (6, 8, 8, 16), "d": (0, 14, 8, 16), "e": (0, 8, 2, 16),
          "f": (0, 0, 2, 8), "g": (0, 7, 8, 9)}  # fmt: skip
"""Left, top, right and bottom of each segment in a digit of 8 by 16 cells."""
MIDDLES = {"a": (4, 1), "b": (7, 4), "c": (7, 12), "d": (4, 15), "e": (1, 12), "f": (1, 4), "g": (4, 8)}
SIZE = WIDTH, HEIGHT = 160, 90
COLOURS = ((110, 0, 0), (0, 80, 0), (0, 0, 130), (90, 70, 0), (90, 0, 90), (0, 80, 90))
CELL = 4


def numbered(number: int, moment: int = 0) -> np.ndarray:
    """A picture (90, 160, 3) with three white digits; numbers that follow each other have other colours.

    A dot below moves from ``moment`` to moment.
    """
    picture = np.full((HEIGHT, WIDTH, 3), COLOURS[number % len(COLOURS)], np.uint8)
    for k, digit in enumerate(f"{number:03d}"):
        for segment in SEGMENTS[digit]:
            left, top, right, bottom = (CELL * c for c in PLACES[segment])
            x, y = _corner(k)
            picture[y + top : y + bottom, x + left : x + right] = 255
    x = moment * 8 % (WIDTH - 8)
    picture[-8:, x : x + 8] = 255
    return picture


def number_in(jpeg: bytes) -> str:
    """The three digits in a picture, ``?`` for what is none."""
    picture = np.asarray(Image.open(io.BytesIO(jpeg)).convert("L").resize(SIZE))
    return "".join(_digit(picture, *_corner(k)) for k in range(3))


def _corner(k: int) -> tuple[int, int]:
    return 12 + 48 * k, 13


def _digit(picture: np.ndarray, x: int, y: int) -> str:
    lit = {s for s, (across, down) in MIDDLES.items() if picture[y + CELL * down, x + CELL * across] > 150}
    return next((digit for digit, segments in SEGMENTS.items() if set(segments) == lit), "?")
