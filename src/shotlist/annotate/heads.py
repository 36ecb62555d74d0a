"""How large a head is in the picture, and what film people call a shot in which it is so large.

Proportions of the body, in shares of its height: head 0.130, shoulders at 0.818, hips at 0.530, knees at 0.285
(Drillis and Contini 1966); the face from hairline to chin is 0.8 of the head (Vitruvius, De architectura III 1).
"""

import math

from shotlist.models.contracts import Body, Box, Person

SIZES = (
    ("extreme close-up", 0.91),
    ("close-up", 0.50),
    ("medium close-up", 0.33),
    ("medium", 0.21),
    ("medium wide", 0.14),
    ("wide", 0.043),
    ("extreme wide", 0.0),
)
"""A shot's size, and the least height of the largest head in shares of the picture's.

The names and where each shot cuts the body are those of the trade (Thompson and Bowen, Grammar of the Shot): a
close-up ends below the shoulders, a medium close-up at the chest, a medium shot at the waist, a medium wide shot at
the knees, a wide shot holds the whole body, and in an extreme wide shot it fills less than a third of the height.
With a tenth of the picture free above the head, these hold 1.6, 2.4, 3.7, 6.1 and 8.5 heads; the limits lie halfway
(geometric means).
"""
_FACE, _HEAD, _TRUNK, _SHOULDERS = 0.8, 0.130, 0.288, 0.259
_SEEN = 0.5


def shot_size(head: float) -> str:
    """The name of a shot whose largest head has this share of the picture's height."""
    return next(name for name, least in SIZES if head >= least)


def head_height(person: Person, aspect: float) -> float | None:
    """The head's height in shares of the picture's height, from the face, else from the trunk, else from the box.

    ``aspect`` is the picture's width over its height. None where nothing tells.
    """
    if person.face is not None:
        return (person.face.bottom - person.face.top) / _FACE
    trunk = _trunk(person.body, aspect) if person.body is not None else None
    if trunk is not None:
        return trunk * _HEAD / _TRUNK
    if person.box is None:
        return None
    tall = person.box.bottom - person.box.top
    if person.box.bottom < 0.98:  # the feet are in the picture
        return tall * _HEAD
    return min(tall, (person.box.right - person.box.left) * aspect * _HEAD / _SHOULDERS)


def head_middle(person: Person) -> tuple[float, float] | None:
    """Where the head is, in shares of the picture: the middle of the face, else the nose, else the top of the box."""
    if person.face is not None:
        return (person.face.left + person.face.right) / 2, (person.face.top + person.face.bottom) / 2
    if person.body is not None and person.body.visibility[0] >= _SEEN:
        return float(person.body.points[0, 0]), float(person.body.points[0, 1])
    if person.box is not None:
        tall = person.box.bottom - person.box.top
        return (person.box.left + person.box.right) / 2, person.box.top + tall * _HEAD / 2
    return None


def head_box(middle: tuple[float, float], height: float, aspect: float) -> Box:
    """A square around a head, a little larger than it, which may reach over the picture's edges."""
    x, y = middle
    up, across = 0.6 * height, 0.6 * height / aspect
    return Box(x - across, y - up, x + across, y + up)


def _trunk(body: Body, aspect: float) -> float | None:
    """From the shoulders to the hips, in shares of the picture's height; None where they are not seen."""
    if body.visibility[[11, 12, 23, 24]].min() < _SEEN:
        return None
    (x1, y1), (x2, y2) = body.points[[11, 12]].mean(axis=0), body.points[[23, 24]].mean(axis=0)
    return math.hypot((x2 - x1) * aspect, y2 - y1) or None
