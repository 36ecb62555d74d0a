"""Camera movement between neighbouring frames, and what moves besides it.

A similarity (shift, zoom, roll) is fitted to the change of brightness by weighted least squares on the optical
flow equation (Lucas and Kanade 1981; weights after Holland and Welsch 1977, so that a person who walks past does
not count as the camera). Large shifts are first found on a quarter-size picture.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shotlist.scan.planes import Floats

_ROUNDS = 3
_ALIGN_ROUNDS = 2


class Motion(NamedTuple):
    """Per pair of frames, float32 (n,), for the content of the picture (the camera moves the other way).

    ``dx``, ``dy`` in frame widths and heights, ``zoom`` as growth in size (0.01 is one per cent larger),
    ``roll`` in degrees counter-clockwise, ``local`` the mean flow in frame widths that the camera does not
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
    n, rows, columns = first.shape
    shift_x, shift_y = _coarse_shift(first, second)
    total = np.zeros((n, 4), np.float32)
    local = np.zeros(n, np.float32)
    moved = second
    for _ in range(_ALIGN_ROUNDS):
        step = np.rint(np.stack([shift_x, shift_y], 1)).astype(int)
        moved = _unshift(second, step)
        total, local = _fit(first, moved, aspect)
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
    best = np.full(len(a), np.inf, np.float32)
    where = np.zeros((len(a), 2), np.float32)
    h, w = a.shape[1:]
    for dy in (0, -1, 1, -2, 2):
        for dx in (0, -1, 1, -2, 2, -3, 3):
            left = a[:, max(0, -dy) : h - max(0, dy), max(0, -dx) : w - max(0, dx)]
            right = b[:, max(0, dy) : h - max(0, -dy), max(0, dx) : w - max(0, -dx)]
            cost = np.abs(left - right).mean(axis=(1, 2))
            # A shift must be clearly better than none, or noise on plain pictures would move the camera.
            better = cost < best * (1.0 if dx == dy == 0 else 0.9)
            best[better], where[better] = cost[better], (4 * dx, 4 * dy)
    return where[:, 0], where[:, 1]


def _quarter(plane: Floats) -> Floats:
    n, rows, columns = plane.shape
    trimmed = plane[:, : rows // 4 * 4, : columns // 4 * 4]
    return np.asarray(trimmed.reshape(n, rows // 4, 4, columns // 4, 4).mean(axis=(2, 4)), np.float32)


def _unshift(planes: Floats, steps: npt.NDArray[np.int_]) -> Floats:
    if not steps.any():
        return planes
    moved = planes.copy()
    for k, (x, y) in enumerate(steps):
        if x or y:
            moved[k] = np.roll(planes[k], (-y, -x), axis=(0, 1))
    return moved


def _fit(first: Floats, second: Floats, aspect: float) -> tuple[Floats, Floats]:
    """Shift in pixels, zoom, roll in radians: (n, 4); and the unexplained mean flow in pixels: (n,)."""
    n, rows, columns = first.shape
    margin = 4
    mean = (first + second) * np.float32(0.5)
    gx = np.gradient(mean, axis=2)[:, margin:-margin, margin:-margin]
    gy = np.gradient(mean, axis=1)[:, margin:-margin, margin:-margin]
    gt = (second - first)[:, margin:-margin, margin:-margin]
    gt = gt - np.median(gt, axis=(1, 2), keepdims=True)  # a change of light is no movement
    y = (np.arange(margin, rows - margin, dtype=np.float32) - (rows - 1) / 2)[:, None]
    x = (np.arange(margin, columns - margin, dtype=np.float32) - (columns - 1) / 2)[None, :]
    tall = np.float32(columns / rows / aspect)  # how much a row is stretched against a column
    terms = [gx, gy, gx * x + gy * y, gx * (-y / tall) + gy * (x * tall)]
    jacobian = np.stack([t.reshape(n, -1) for t in terms], axis=2).astype(np.float32)
    target = -gt.reshape(n, -1, 1)
    weight = np.ones_like(target)
    answer = np.zeros((n, 4, 1), np.float32)
    # The ridge keeps plain pictures (no gradient, no evidence) at "no movement".
    size = jacobian.shape[1]
    ridge = np.diag(np.asarray([1, 1, (columns / 4) ** 2, (columns / 4) ** 2], np.float32)) * size * 0.02
    for _ in range(_ROUNDS):
        weighted = jacobian * weight
        normal = np.matmul(weighted.transpose(0, 2, 1), jacobian) + ridge
        answer = np.linalg.solve(normal, np.matmul(weighted.transpose(0, 2, 1), target))
        residual = np.abs(target - np.matmul(jacobian, answer))
        scale = np.median(residual, axis=1, keepdims=True) * np.float32(2.5) + np.float32(0.5)
        weight = 1 / (1 + (residual / scale) ** 2)
    steep = np.sqrt(gx * gx + gy * gy).reshape(n, -1) + np.float32(4)
    noise = np.median(residual[..., 0], axis=1, keepdims=True)
    local = (np.maximum(residual[..., 0] - 2 * noise - 1, 0) / steep).mean(axis=1)
    return answer[..., 0].astype(np.float32), local.astype(np.float32)
