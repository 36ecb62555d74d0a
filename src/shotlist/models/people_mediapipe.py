"""People by MediaPipe: faces (BlazeFace), bodies and their pose (BlazePose), hands and a face mesh, on one CPU core.

Bazarevsky et al. 2019 (arXiv 1907.05047) and 2020 (arXiv 2006.10204), Kartynnik et al. 2019 (arXiv 1907.06724),
Zhang et al. 2020 (arXiv 2006.10214). The detectors propose freely and see people in sculptures and cars. So every
proposal is checked by a second network: a face by its mesh, a body by a face at its head, or else by its mirror
image, in which it must stand the same.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from shotlist.models.contracts import Body, Person, Picture
from shotlist.models.people_graphs import Graphs, Region
from shotlist.models.people_seen import (
    NOSE,
    SEEN,
    WRISTS,
    Floats,
    SeenBody,
    SeenFace,
    around,
    array,
    below,
    box_of,
    distinct,
    f32,
    headed,
    in_metres,
    known,
    metres_per_pixel,
    mirrored,
    twin,
)

_PROPOSE = 0.5
"""Score from which on a detector's proposal is looked at."""
_MOST_SQUARES = 5
_MIRROR = 0.08
"""How far landmarks may move under the mirror, in the body's radius: most true bodies stay below, most others don't."""
_FIRM = [0, 11, 12, 13, 14, 15, 16, 23, 24]
_FIRM_MIRRORED = [0, 12, 11, 14, 13, 16, 15, 24, 23]
"""Nose, shoulders, elbows, wrists and hips, and the same with left and right exchanged."""


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
            face = next((f for f in faces if f.holds(body.points[NOSE, :2])), None)
            faces = [f for f in faces if f is not face]
            found.append(self._person(picture, face, body))
        found += [self._person(picture, face, None) for face in faces if face.turned is not None]
        return sorted(found, key=lambda p: -p.score)

    # Faces

    def _faces(self, picture: Picture) -> list[SeenFace]:
        proposed: list[SeenFace] = []
        for part, left, top in squares(picture):
            size = np.array([part.shape[1], part.shape[0]], np.float64)
            for found in self._graphs.detect("faces", part):
                box = found.location_data.relative_bounding_box
                corner = np.array([box.xmin, box.ymin]) * size + (left, top)
                eyes = [np.array([k.x, k.y]) * size for k in found.location_data.relative_keypoints[:2]]
                across = eyes[1] - eyes[0]
                corners = np.concatenate([corner, corner + np.array([box.width, box.height]) * size])
                proposed.append(SeenFace(found.score[0], corners, math.atan2(across[1], across[0])))
        return [self._with_mesh(picture, face) for face in distinct(proposed)]

    def _with_mesh(self, picture: Picture, face: SeenFace) -> SeenFace:
        x, y = face.corners.reshape(2, 2).mean(axis=0)
        size = 1.5 * max(face.height, float(face.corners[2] - face.corners[0]))
        seen = self._graphs.look("mesh", picture, Region(x, y, size, face.turn)).landmarks
        if seen is None:
            return face
        mesh = array(seen.landmark, picture)
        # The mesh's points at the hairline, the chin, the two cheeks and the inner edges of the lips.
        top, chin, right, left, upper, lower = mesh[[10, 152, 234, 454, 13, 14]]
        ahead = np.cross(left - right, chin - top)
        turned = math.degrees(math.acos(min(1.0, abs(ahead[2]) / float(np.linalg.norm(ahead) or 1))))
        mouth = float(np.linalg.norm(upper - lower) / (np.linalg.norm(top - chin) or 1))
        return replace(face, turned=turned, mouth=mouth)

    # Bodies

    def _bodies(self, picture: Picture, faces: Sequence[SeenFace]) -> list[SeenBody]:
        found: list[SeenBody] = []
        for score, middle, edge in self._proposed_bodies(picture):
            body = None if known(middle, found) else self._pose(picture, score, middle, edge)
            if body is None or twin(body, found):
                continue
            if headed(body, faces) or self._same_in_mirror(picture, body, middle, edge):
                found.append(body)
        for face in faces:
            if face.turned is not None and not any(face.holds(b.points[NOSE, :2]) for b in found):
                body = self._pose(picture, face.score, *below(face))
                if body is not None and headed(body, [face]):
                    found.append(body)
        return found

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

    def _pose(self, picture: Picture, score: float, middle: Floats, edge: Floats) -> SeenBody | None:
        seen = self._graphs.look("pose", picture, around(middle, edge))
        if seen.landmarks is None or seen.world is None:
            return None
        visibility = np.array([k.visibility for k in seen.landmarks.landmark])
        world = np.array([(k.x, k.y, k.z) for k in seen.world.landmark])
        radius = float(np.linalg.norm(edge - middle))
        return SeenBody(score, array(seen.landmarks.landmark, picture), visibility, world, seen.landmarks, radius)

    def _same_in_mirror(self, picture: Picture, body: SeenBody, middle: Floats, edge: Floats) -> bool:
        mirror, width = np.ascontiguousarray(picture[:, ::-1]), picture.shape[1]
        there = self._pose(mirror, body.score, mirrored(middle, width), mirrored(edge, width))
        if there is None:
            return False
        moved = body.points[_FIRM, :2] - mirrored(there.points[_FIRM_MIRRORED, :2], width)
        return bool(np.median(np.linalg.norm(moved, axis=1)) < _MIRROR * body.radius)

    # Together

    def _person(self, picture: Picture, face: SeenFace | None, body: SeenBody | None) -> Person:
        score = max(each.score for each in (face, body) if each is not None)
        seen = face.corners.reshape(2, 2) if face is not None else np.empty((0, 2))
        if body is not None:
            seen = np.concatenate([seen, body.points[body.visibility > SEEN, :2], body.crown])
        return Person(
            score=float(score),
            face=box_of(face.corners.reshape(2, 2), picture) if face is not None else None,
            box=box_of(seen, picture) if body is not None else None,
            turned=face.turned if face is not None else None,
            mouth=face.mouth if face is not None else None,
            body=self._with_hands(picture, body) if body is not None else None,
        )

    def _with_hands(self, picture: Picture, body: SeenBody) -> Body:
        seen = self._graphs.hands(picture, body.landmarks)
        scale = metres_per_pixel(body)
        hands = [
            None if hand is None else in_metres(array(hand.landmark, picture), body.world[wrist], scale)
            for hand, wrist in zip((seen.left, seen.right), WRISTS, strict=True)
        ]
        height, width = picture.shape[:2]
        shares = body.points[:, :2] / (width, height)
        return Body(f32(shares), f32(body.visibility), f32(body.world), hands[0], hands[1])


def squares(picture: Picture) -> Iterator[tuple[Picture, int, int]]:
    """The whole picture, then squares along its longer side that overlap, each with its left and top.

    The detectors shrink what they see to 192 pixels: in a square, people are larger than in a wide picture.
    """
    yield picture, 0, 0
    height, width = picture.shape[:2]
    side, longer = min(height, width), max(height, width)
    if longer <= 1.1 * side:
        return
    count = min(_MOST_SQUARES, max(2, math.ceil(1.5 * longer / side) - 1))
    for k in range(count):
        at = round(k * (longer - side) / (count - 1))
        part = picture[:, at : at + side] if width > height else picture[at : at + side]
        yield np.ascontiguousarray(part), *((at, 0) if width > height else (0, at))
