"""People by MediaPipe: faces (BlazeFace), bodies and their pose (BlazePose), hands and a face mesh, on one CPU core.

Bazarevsky et al. 2019 (arXiv 1907.05047) and 2020 (arXiv 2006.10204), Kartynnik et al. 2019 (arXiv 1907.06724),
Zhang et al. 2020 (arXiv 2006.10214). The detectors propose freely and see people in sculptures and cars. So every
proposal is checked by a second network: a face by its mesh, a body by a face at its head, or else by its mirror
image, in which it must stand the same.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shotlist.models.contracts import Body, Box, Person, Picture, Points
from shotlist.models.people_graphs import Graphs, Region

Floats = npt.NDArray[np.float64]

_PROPOSE = 0.5
"""Score from which on a detector's proposal is looked at."""
_SAME = 0.3
"""Two proposals that overlap by more (intersection over union) are one."""
_MIRROR = 0.08
"""How far landmarks may move under the mirror, in the body's radius. Of the proposals on the benchmark's films, 91 %
of the true ones stay below and 15 % of the false ones."""
_NOSE, _SHOULDERS, _HIPS, _WRISTS = 0, [11, 12], [23, 24], (15, 16)
_FIRM = [0, 11, 12, 13, 14, 15, 16, 23, 24]
_FIRM_MIRRORED = [0, 12, 11, 14, 13, 16, 15, 24, 23]
"""Nose, shoulders, elbows, wrists and hips, and the same with left and right exchanged."""
_SEEN = 0.5
"""Visibility from which on a landmark counts as seen."""


@dataclass(frozen=True)
class _Face:
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
        return float(self.corners[3] - self.corners[1])

    def holds(self, point: Floats, margin: float = 0.5) -> bool:
        """Whether a point lies in the face, or within ``margin`` heights of it."""
        reach = margin * self.height
        return bool((point >= self.corners[:2] - reach).all() and (point <= self.corners[2:] + reach).all())


@dataclass(frozen=True)
class _Body:
    """A pose in pixels: ``points`` (33, 3), ``visibility`` (33,), ``world`` (33, 3) in metres; MediaPipe's own as
    ``landmarks``. ``radius`` is that of the circle around the whole body."""

    score: float
    points: Floats
    visibility: Floats
    world: Floats
    landmarks: Any
    radius: float

    @property
    def trunk(self) -> Floats:
        """The middle between shoulders and hips."""
        return np.asarray(self.points[_SHOULDERS + _HIPS, :2].mean(axis=0))

    @property
    def crown(self) -> Floats:
        """The top of the head (1, 2); none (0, 2) where nose and shoulders are not seen.

        From shoulders to nose a body measures 0.112 of its height, from nose to crown 0.070 (Drillis and Contini 1966).
        """
        if self.visibility[[_NOSE, *_SHOULDERS]].min() < _SEEN:
            return np.empty((0, 2))
        nose, neck = self.points[_NOSE, :2], self.points[_SHOULDERS, :2].mean(axis=0)
        return np.asarray((nose + 0.62 * (nose - neck))[None])


class MediaPipe:
    """A PeopleFinder for pictures of any size; a worker keeps it from film to film. Raises ModelError."""

    def __init__(self) -> None:
        self._graphs = Graphs(_PROPOSE)

    def people(self, pictures: Iterable[tuple[int, Picture]]) -> Iterator[tuple[int, Sequence[Person]]]:
        """See PeopleFinder."""
        for time_us, picture in pictures:
            yield time_us, self.people_in(np.ascontiguousarray(picture))

    def people_in(self, picture: Picture) -> list[Person]:
        """The people in one picture, the surest first."""
        faces = self._faces(picture)
        bodies = self._bodies(picture, faces)
        found: list[Person] = []
        for body in bodies:
            face = next((f for f in faces if f.holds(body.points[_NOSE, :2])), None)
            faces = [f for f in faces if f is not face]
            found.append(self._person(picture, face, body))
        found += [self._person(picture, face, None) for face in faces if face.turned is not None]
        return sorted(found, key=lambda p: -p.score)

    # Faces

    def _faces(self, picture: Picture) -> list[_Face]:
        proposed: list[_Face] = []
        for part, left, top in squares(picture):
            size = np.array([part.shape[1], part.shape[0]], np.float64)
            for found in self._graphs.detect("faces", part):
                box = found.location_data.relative_bounding_box
                corner = np.array([box.xmin, box.ymin]) * size + (left, top)
                eyes = [np.array([k.x, k.y]) * size for k in found.location_data.relative_keypoints[:2]]
                across = eyes[1] - eyes[0]
                corners = np.concatenate([corner, corner + np.array([box.width, box.height]) * size])
                proposed.append(_Face(found.score[0], corners, math.atan2(across[1], across[0])))
        return [self._with_mesh(picture, face) for face in _distinct(proposed)]

    def _with_mesh(self, picture: Picture, face: _Face) -> _Face:
        x, y = face.corners.reshape(2, 2).mean(axis=0)
        size = 1.5 * max(face.height, float(face.corners[2] - face.corners[0]))
        seen = self._graphs.look("mesh", picture, Region(x, y, size, face.turn)).landmarks
        if seen is None:
            return face
        mesh = _array(seen.landmark, picture)
        # The mesh's points at the hairline, the chin, the two cheeks and the inner edges of the lips.
        top, chin, right, left, upper, lower = mesh[[10, 152, 234, 454, 13, 14]]
        ahead = np.cross(left - right, chin - top)
        turned = math.degrees(math.acos(min(1.0, abs(ahead[2]) / float(np.linalg.norm(ahead) or 1))))
        mouth = float(np.linalg.norm(upper - lower) / (np.linalg.norm(top - chin) or 1))
        return _Face(face.score, face.corners, face.turn, turned, mouth)

    # Bodies

    def _bodies(self, picture: Picture, faces: Sequence[_Face]) -> list[_Body]:
        found: list[_Body] = []
        for score, middle, edge in self._proposed_bodies(picture):
            body = self._pose(picture, score, middle, edge)
            if body is not None and (_headed(body, faces) or self._same_in_mirror(picture, body, middle, edge)):
                found.append(body)
        for face in faces:
            if face.turned is not None and not any(face.holds(b.points[_NOSE, :2]) for b in found):
                body = self._pose(picture, face.score, *_below(face))
                if body is not None and _headed(body, [face]):
                    found.append(body)
        return _apart(found)

    def _proposed_bodies(self, picture: Picture) -> list[tuple[float, Floats, Floats]]:
        """Score, the middle of the hips and a point on the circle around the body, towards the head."""
        proposed: list[tuple[float, Floats, Floats]] = []
        for part, left, top in squares(picture):
            size = np.array([part.shape[1], part.shape[0]], np.float64)
            for found in self._graphs.detect("bodies", part):
                middle, edge = (
                    np.array([k.x, k.y]) * size + (left, top) for k in found.location_data.relative_keypoints[:2]
                )
                proposed.append((found.score[0], middle, edge))
        return sorted(proposed, key=lambda p: -p[0])

    def _pose(self, picture: Picture, score: float, middle: Floats, edge: Floats) -> _Body | None:
        seen = self._graphs.look("pose", picture, _around(middle, edge))
        if seen.landmarks is None or seen.world is None:
            return None
        visibility = np.array([k.visibility for k in seen.landmarks.landmark])
        world = np.array([(k.x, k.y, k.z) for k in seen.world.landmark])
        radius = float(np.linalg.norm(edge - middle))
        return _Body(score, _array(seen.landmarks.landmark, picture), visibility, world, seen.landmarks, radius)

    def _same_in_mirror(self, picture: Picture, body: _Body, middle: Floats, edge: Floats) -> bool:
        mirror, width = np.ascontiguousarray(picture[:, ::-1]), picture.shape[1]
        there = self._pose(mirror, body.score, _mirrored(middle, width), _mirrored(edge, width))
        if there is None:
            return False
        apart = body.points[_FIRM, :2] - _mirrored(there.points[_FIRM_MIRRORED, :2], width)
        return bool(np.median(np.linalg.norm(apart, axis=1)) < _MIRROR * body.radius)

    # Together

    def _person(self, picture: Picture, face: _Face | None, body: _Body | None) -> Person:
        score = max(each.score for each in (face, body) if each is not None)
        seen = face.corners.reshape(2, 2) if face is not None else np.empty((0, 2))
        if body is not None:
            seen = np.concatenate([seen, body.points[body.visibility > _SEEN, :2], body.crown])
        return Person(
            score=float(score),
            face=_box(face.corners.reshape(2, 2), picture) if face is not None else None,
            box=_box(seen, picture) if body is not None else None,
            turned=face.turned if face is not None else None,
            mouth=face.mouth if face is not None else None,
            body=self._with_hands(picture, body) if body is not None else None,
        )

    def _with_hands(self, picture: Picture, body: _Body) -> Body:
        seen = self._graphs.hands(picture, body.landmarks)
        scale = _metres_per_pixel(body)
        hands = [
            None if hand is None else _in_metres(_array(hand.landmark, picture), body.world[wrist], scale)
            for hand, wrist in zip((seen.left, seen.right), _WRISTS, strict=True)
        ]
        height, width = picture.shape[:2]
        shares = body.points[:, :2] / (width, height)
        return Body(_f32(shares), _f32(body.visibility), _f32(body.world), hands[0], hands[1])


def squares(picture: Picture) -> Iterator[tuple[Picture, int, int]]:
    """The whole picture, then squares along its longer side that overlap by a third, each with its left and top.

    The detectors shrink what they see to 192 pixels: in a square, people are larger than in a wide picture.
    """
    yield picture, 0, 0
    height, width = picture.shape[:2]
    side, longer = min(height, width), max(height, width)
    count = math.ceil(1.5 * longer / side) - 1 if longer > 1.1 * side else 0
    for k in range(max(2, count) if count else 0):
        at = round(k * (longer - side) / (max(2, count) - 1))
        part = picture[:, at : at + side] if width > height else picture[at : at + side]
        yield np.ascontiguousarray(part), *((at, 0) if width > height else (0, at))


def _distinct(faces: Sequence[_Face]) -> list[_Face]:
    kept: list[_Face] = []
    for face in sorted(faces, key=lambda f: -f.score):
        if all(_overlap(face.corners, other.corners) < _SAME for other in kept):
            kept.append(face)
    return kept


def _overlap(a: Floats, b: Floats) -> float:
    """Intersection over union, or over the smaller one where it lies inside the other."""
    inner = np.maximum(0, np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])).prod()
    areas = [float((c[2:] - c[:2]).prod()) for c in (a, b)]
    return float(max(inner / (sum(areas) - inner or 1), _SAME * (inner / (min(areas) or 1))))


def _apart(bodies: Sequence[_Body]) -> list[_Body]:
    """Bodies whose trunks lie apart: the same one is often proposed at several sizes."""
    kept: list[_Body] = []
    for body in sorted(bodies, key=lambda b: -b.score):
        if all(np.linalg.norm(body.trunk - o.trunk) > 0.4 * min(body.radius, o.radius) for o in kept):
            kept.append(body)
    return kept


def _headed(body: _Body, faces: Iterable[_Face]) -> bool:
    return any(face.turned is not None and face.holds(body.points[_NOSE, :2]) for face in faces)


def _below(face: _Face) -> tuple[Floats, Floats]:
    """Where a face's body should be: the middle of its hips and a point on the circle around it.

    The nose stands three face heights above the hips, and the circle's radius is four (people of the benchmark).
    """
    down = np.array([-math.sin(face.turn), math.cos(face.turn)]) * face.height
    middle = face.corners.reshape(2, 2).mean(axis=0) + 3 * down
    return middle, middle - 4 * down


def _around(middle: Floats, edge: Floats) -> Region:
    """The square that BlazePose wants to see: a quarter larger than the circle, the head up."""
    x, y = edge - middle
    return Region(middle[0], middle[1], 2.5 * math.hypot(x, y), math.atan2(x, -y))


def _array(landmarks: Any, picture: Picture) -> Floats:
    """Landmarks (n, 3) in pixels; z in the same units, negative towards the camera."""
    height, width = picture.shape[:2]
    return np.array([(k.x * width, k.y * height, k.z * width) for k in landmarks])


def _mirrored(points: Floats, width: int) -> Floats:
    return np.asarray(points * (-1, 1) + (width, 0))


def _metres_per_pixel(body: _Body) -> float:
    """The scale at which the pose in metres, seen from far away, best covers the pose in pixels."""
    flat = body.points[:, :2] - body.points[_HIPS, :2].mean(axis=0)
    return float((flat * body.world[:, :2]).sum() / ((flat**2).sum() or 1))


def _in_metres(hand: Floats, wrist: Floats, scale: float) -> Points:
    return _f32(wrist + (hand - hand[0]) * scale)


def _box(corners: Floats, picture: Picture) -> Box | None:
    """The box around points (n, 2) in pixels, in shares of the picture and inside it; None without an extent."""
    height, width = picture.shape[:2]
    if not len(corners):
        return None
    shares = (corners / (width, height)).clip(0, 1)
    (left, top), (right, bottom) = shares.min(axis=0).tolist(), shares.max(axis=0).tolist()
    return Box(left, top, right, bottom) if left < right and top < bottom else None


def _f32(values: Floats) -> Points:
    return values.astype(np.float32)
