"""Camera movement between neighbouring frames, and what moves besides it.

A similarity (shift, zoom, roll) is fitted to the change of brightness by weighted least squares on the optical
flow equation (Lucas and Kanade 1981; weights after Holland and Welsch 1977, so that a person who walks past does
not count as the camera). Pictures are smoothed first: without it, differences of neighbouring pixels underrate the
slope of fine texture and so overrate the shift by up to a half. Large shifts are found on a quarter-size picture.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shotlist.scan.planes import Floats

_ROUNDS = 4
"""With fewer, what moves before a still camera counts as the camera's movement."""
_ALIGN_ROUNDS = 4
"""With fewer, what moves before a still camera counts as the camera's movement."""
_SAME = 2.0
"""Two pictures in which no pixel changes by more luma (0..255) than this are the same picture."""
_FAR = 3.0
"""Mean luma difference (0..255) from which a shift of several pixels is looked for."""
_BETTER = 0.9
"""A shift must explain clearly more than none, or noise on plain pictures would move the camera."""
_SMOOTH = 6  # passes of a two-tap mean; eats as many rows and columns


class Motion(NamedTuple):
    """Per pair of frames, float32 (n,), for the content of the picture (the camera moves the other way).

    ``dx``, ``dy`` in frame widths and heights, ``zoom`` as growth in size (0.01 is one per cent larger),
    ``roll`` in degrees clockwise, ``local`` the mean flow in frame widths that the camera does not
    explain.
    """

    dx: Floats
    dy: Floats
    zoom: Floats
    roll: Floats
    local: Floats


def between(first: Floats, second: Floats, aspect: float) -> Motion:
    """Movement from each picture of ``first`` to its partner in ``second``.

    Both are (n, rows, columns) float32 luma 0..255; ``aspect`` is the display width over height, needed because
    the planes are stretched and a roll mixes the two directions.
    """
    found = np.zeros((5, len(first)), np.float32)
    differs = np.abs(first - second).max(axis=(1, 2)) > _SAME
    if differs.any():
        found[:, differs] = _between(first[differs], second[differs], aspect)
    return Motion(*found)


def _between(first: Floats, second: Floats, aspect: float) -> Motion:
    n, rows, columns = first.shape
    shift_x, shift_y = _coarse_shift(first, second)
    first = _smooth(first)
    total = np.zeros((n, 4), np.float32)
    local = np.zeros(n, np.float32)
    for _ in range(_ALIGN_ROUNDS):
        step = np.rint(np.stack([shift_x, shift_y], 1)).astype(int)
        moved = _smooth(_unshift(second, step))
        total, local = _fit(first, moved, float(columns / rows / aspect))
        total[:, :2] += step
        again = np.abs(total[:, :2] - step).max(axis=1, initial=0) > 0.75
        if not again.any():
            break
        shift_x, shift_y = np.where(again, total[:, 0], step[:, 0]), np.where(again, total[:, 1], step[:, 1])
    return Motion(
        (total[:, 0] / columns).astype(np.float32),
        (total[:, 1] / rows).astype(np.float32),
        total[:, 2],
        np.degrees(total[:, 3]),
        local / np.float32(columns),
    )


def _coarse_shift(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Whole-pixel shift from quarter-size pictures, good for jumps of several pixels."""
    a, b = _quarter(first), _quarter(second)
    where = np.zeros((len(a), 2), np.float32)
    best = np.abs(a - b).mean(axis=(1, 2))
    far = np.flatnonzero(best > _FAR)  # most neighbours are close, and need no search
    if not len(far):
        return where[:, 0], where[:, 1]
    a, b, best = a[far], b[far], best[far] * np.float32(_BETTER)
    h, w = a.shape[1:]
    for dy in range(-2, 3):
        for dx in range(-3, 4):
            left = a[:, max(0, -dy) : h - max(0, dy), max(0, -dx) : w - max(0, dx)]
            right = b[:, max(0, dy) : h - max(0, -dy), max(0, dx) : w - max(0, -dx)]
            cost = np.abs(left - right).mean(axis=(1, 2))
            better = cost < best
            best[better], where[far[better]] = cost[better], (4 * dx, 4 * dy)
    return where[:, 0], where[:, 1]


def _quarter(planes: Floats) -> Floats:
    rows, columns = planes.shape[1] // 4 * 4, planes.shape[2] // 4 * 4
    for _ in range(2):  # sums of slices are several times faster than a mean over small axes
        planes = planes[:, 0:rows:2] + planes[:, 1:rows:2]
        planes = planes[:, :, 0:columns:2] + planes[:, :, 1:columns:2]
    return planes * np.float32(1 / 16)


def _unshift(planes: Floats, steps: npt.NDArray[np.int_]) -> Floats:
    if not steps.any():
        return planes
    moved = planes.copy()
    for k, (x, y) in enumerate(steps):
        if x or y:
            moved[k] = np.roll(planes[k], (-y, -x), axis=(0, 1))
    return moved


def _smooth(planes: Floats) -> Floats:
    """Binomial smoothing without borders: (n, rows - 6, columns - 6)."""
    for _ in range(_SMOOTH):
        planes = planes[:, 1:] + planes[:, :-1]
        planes = planes[:, :, 1:] + planes[:, :, :-1]
    return planes * np.float32(0.25**_SMOOTH)


def _fit(first: Floats, second: Floats, tall: float) -> tuple[Floats, Floats]:
    """Shift in pixels, zoom, roll in radians: (n, 4); and the unexplained mean flow in pixels: (n,).

    ``tall`` is how much a row is stretched against a column.
    """
    n = len(first)
    mean = (first + second) * np.float32(0.5)
    # After the smoothing every second pixel tells all.
    gx = (mean[:, 1:-1:2, 2::2] - mean[:, 1:-1:2, :-2:2]) * np.float32(0.5)
    gy = (mean[:, 2::2, 1:-1:2] - mean[:, :-2:2, 1:-1:2]) * np.float32(0.5)
    gt = (second - first)[:, 1:-1:2, 1:-1:2]
    gt = gt - np.median(gt, axis=(1, 2), keepdims=True)  # a change of light is no movement
    rows, columns = gt.shape[1:]
    y = ((np.arange(rows, dtype=np.float32) - (rows - 1) / 2) * 2)[:, None]
    x = ((np.arange(columns, dtype=np.float32) - (columns - 1) / 2) * 2)[None, :]
    terms = [gx, gy, gx * x + gy * y, gy * (x / np.float32(tall)) - gx * (y * np.float32(tall))]
    jacobian = np.stack([t.reshape(n, -1) for t in terms], axis=2)
    target = -gt.reshape(n, -1, 1)
    weight = np.ones_like(target)
    # The ridge keeps plain pictures (no gradient, no evidence) at "no movement".
    ridge = np.diag(np.asarray([1, 1, columns**2 / 4, columns**2 / 4], np.float32)) * target.shape[1] * 0.01
    for _ in range(_ROUNDS):
        weighted = (jacobian * weight).transpose(0, 2, 1)
        answer = np.linalg.solve(np.matmul(weighted, jacobian) + ridge, np.matmul(weighted, target))
        residual = np.abs(target - np.matmul(jacobian, answer))
        noise = np.median(residual, axis=1, keepdims=True)
        weight = 1 / (1 + (residual / (noise * np.float32(2.5) + np.float32(0.25))) ** 2)
    steep = np.sqrt(gx * gx + gy * gy).reshape(n, -1) + np.float32(1)
    local = (np.maximum(residual - 2 * noise - np.float32(0.25), 0)[..., 0] / steep).mean(axis=1)
    return answer[..., 0].astype(np.float32), local.astype(np.float32)
