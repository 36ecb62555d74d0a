"""Faces and bodies in pixels, as MediaPipe sees them in one picture, and the geometry between them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shotlist.models.contracts import Box, Picture, Points
from shotlist.models.people_graphs import Region

Floats = npt.NDArray[np.float64]

NOSE, SHOULDERS, HIPS, WRISTS = 0, [11, 12], [23, 24], (15, 16)
"""Where these stand among BlazePose's 33 landmarks."""
SEEN = 0.5
"""Visibility from which on a landmark counts as seen."""
_SAME = 0.3
"""Two faces that overlap by more (intersection over union) are one."""
_NEAR = 0.4
"""Two bodies whose hips are nearer, in radii of the circle around a body, are one."""


@dataclass(frozen=True)
class SeenFace:
    """A face in pixels: ``corners`` left, top, right, bottom; ``turn`` of the head in radians, clockwise.

    ``turned`` and ``mouth`` are as in Person; both None where the mesh does not confirm the face.
    """

    score: float
    corners: Floats
    turn: float
    turned: float | None = None
    mouth: float | None = None

    @property
    def height(self) -> float:
        """From hairline to chin."""
        return float(self.corners[3] - self.corners[1])

    def holds(self, point: Floats, margin: float = 0.5) -> bool:
        """Whether a point lies in the face, or within ``margin`` heights of it."""
        reach = margin * self.height
        return bool((point >= self.corners[:2] - reach).all() and (point <= self.corners[2:] + reach).all())


@dataclass(frozen=True)
class SeenBody:
    """A pose in pixels: ``points`` (33, 3), ``visibility`` (33,), ``world`` (33, 3) in metres; MediaPipe's own as
    ``landmarks``. ``radius`` is that of the circle around the whole body."""

    score: float
    points: Floats
    visibility: Floats
    world: Floats
    landmarks: Any
    radius: float

    @property
    def hips(self) -> Floats:
        """The middle of the hips."""
        return np.asarray(self.points[HIPS, :2].mean(axis=0))

    @property
    def middles(self) -> tuple[Floats, Floats]:
        """The middles of hips and shoulders."""
        return self.hips, np.asarray(self.points[SHOULDERS, :2].mean(axis=0))

    @property
    def crown(self) -> Floats:
        """The top of the head (1, 2); none (0, 2) where nose and shoulders are not seen.

        From shoulders to nose a body measures 0.112 of its height, from nose to crown 0.070 (Drillis and Contini 1966).
        """
        if self.visibility[[NOSE, *SHOULDERS]].min() < SEEN:
            return np.empty((0, 2))
        nose, neck = self.points[NOSE, :2], self.points[SHOULDERS, :2].mean(axis=0)
        return np.asarray((nose + 0.62 * (nose - neck))[None])


def distinct(faces: Sequence[SeenFace]) -> list[SeenFace]:
    """The surest of faces that overlap."""
    kept: list[SeenFace] = []
    for face in sorted(faces, key=lambda f: -f.score):
        if all(_overlap(face.corners, other.corners) < _SAME for other in kept):
            kept.append(face)
    return kept


def _overlap(a: Floats, b: Floats) -> float:
    """Intersection over union, or over the smaller one where it lies inside the other."""
    inner = np.maximum(0, np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])).prod()
    areas = [float((c[2:] - c[:2]).prod()) for c in (a, b)]
    return float(max(inner / (sum(areas) - inner or 1), _SAME * (inner / (min(areas) or 1))))


def known(middle: Floats, bodies: Iterable[SeenBody]) -> bool:
    """Whether the middle of the hips is that of a body seen already; one is often proposed at several sizes."""
    return any(np.linalg.norm(b.hips - middle) < _NEAR * b.radius for b in bodies)


def twin(body: SeenBody, bodies: Iterable[SeenBody]) -> bool:
    """Whether a body is one seen already: its hips or shoulders are in the same place."""
    return any(
        np.linalg.norm(mine - theirs) < _NEAR * min(body.radius, other.radius)
        for other in bodies
        for mine, theirs in zip(body.middles, other.middles, strict=True)
    )


def headed(body: SeenBody, faces: Iterable[SeenFace]) -> bool:
    """Whether one of the faces that the mesh confirms is the body's."""
    return any(face.turned is not None and face.holds(body.points[NOSE, :2]) for face in faces)


def below(face: SeenFace) -> tuple[Floats, Floats]:
    """Where a face's body should be: the middle of its hips and a point on the circle around it.

    The nose stands three face heights above the hips, and the circle's radius is four (people of the benchmark).
    """
    down = np.array([-math.sin(face.turn), math.cos(face.turn)]) * face.height
    middle = face.corners.reshape(2, 2).mean(axis=0) + 3 * down
    return middle, middle - 4 * down


def around(middle: Floats, edge: Floats) -> Region:
    """The square that BlazePose wants to see: a quarter larger than the circle, the head up."""
    x, y = edge - middle
    return Region(middle[0], middle[1], 2.5 * math.hypot(x, y), math.atan2(x, -y))


def array(landmarks: Any, picture: Picture) -> Floats:
    """Landmarks (n, 3) in pixels; z in the same units, negative towards the camera."""
    height, width = picture.shape[:2]
    return np.array([(k.x * width, k.y * height, k.z * width) for k in landmarks])


def mirrored(points: Floats, width: int) -> Floats:
    """Points (n, 2) or (2,) in pixels where they are in the mirror image of a picture of that width."""
    return np.asarray(points * (-1, 1) + (width, 0))


def metres_per_pixel(body: SeenBody) -> float:
    """The scale at which the pose in metres, seen from far away, best covers the pose in pixels."""
    flat = body.points[:, :2] - body.points[HIPS, :2].mean(axis=0)
    return float((flat * body.world[:, :2]).sum() / ((flat**2).sum() or 1))


def in_metres(hand: Floats, wrist: Floats, scale: float) -> Points:
    """A hand (21, 3) in pixels as metres that begin at the wrist (3,)."""
    return f32(wrist + (hand - hand[0]) * scale)


def box_of(corners: Floats, picture: Picture) -> Box | None:
    """The box around points (n, 2) in pixels, in shares of the picture and inside it; None without an extent."""
    height, width = picture.shape[:2]
    if not len(corners):
        return None
    shares = (corners / (width, height)).clip(0, 1)
    (left, top), (right, bottom) = shares.min(axis=0).tolist(), shares.max(axis=0).tolist()
    return Box(left, top, right, bottom) if left < right and top < bottom else None


def f32(values: Floats) -> Points:
    """In single precision."""
    return values.astype(np.float32)
