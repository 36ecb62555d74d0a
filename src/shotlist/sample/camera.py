"""The camera of the sample film: where it looks at a time, and what it sees of a painted picture."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from shotlist.sample.paint import Size

# Painted pixels per pixel of the film, so that the camera never has to invent any.
DETAIL = 1.5


Draw = Callable[[float], Image.Image]  # seconds into the shot -> the frame


@dataclass(frozen=True)
class Camera:
    """How the camera moves. Pans: `speed` in frame widths per second; tilts and rolling text: frame heights.

    A zoom grows the picture by the share `speed` each second; a roll turns it by `speed` degrees per second;
    a handheld camera wanders at `speed` frame widths per second (root mean square) and never arrives.
    """

    kind: str = "static"
    speed: float = 0.0
    unit: str = ""


@dataclass(frozen=True)
class Stage:
    """What a scene is staged with: frame size in pixels, length of the shot in seconds, camera and chance."""

    size: Size
    seconds: float
    camera: Camera
    rng: np.random.Generator
    seed: int


@dataclass(frozen=True)
class View:
    """Where the camera looks: an offset in frame widths and heights, a magnification, a turn in degrees."""

    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0
    roll: float = 0.0


_SHAKE = ((1.1, 1.0, 0.0), (2.3, 0.5, 1.0), (3.7, 0.25, 2.0))  # hertz, share, phase


def look(camera: Camera, time: float) -> View:
    """Where a camera looks after `time` seconds of its shot."""
    far = camera.speed * time
    if camera.kind == "handheld":
        return _shaken(camera.speed, time)
    return {
        "static": View(),
        "pan right": View(x=far),
        "pan left": View(x=-far),
        "tilt up": View(y=-far),
        "zoom in": View(zoom=(1 + camera.speed) ** time),
        "roll clockwise": View(roll=far),
    }[camera.kind]


def _shaken(speed: float, time: float) -> View:
    # A sine of amplitude a and frequency f moves at 2 pi f a / sqrt 2 in the mean; there are two axes.
    mean = 2 * np.pi * np.sqrt(sum((hertz * share) ** 2 for hertz, share, _ in _SHAKE))
    x, y = (
        sum(share * np.sin(2 * np.pi * hertz * time * pace + phase * pace) for hertz, share, phase in _SHAKE)
        / pace
        * speed
        / mean
        for pace in (1.0, 1.13)
    )
    return View(x=float(x), y=float(y))


def panned(paint: Callable[[Size, float, np.random.Generator], Image.Image], detail: float, stage: Stage) -> Draw:
    """Paint as much as the camera will see of a scene, and move the camera over it."""
    width, height = stage.size
    unit, margin = height * detail, 4
    views = [look(stage.camera, time) for time in np.linspace(-0.5, stage.seconds + 0.5, 97)]
    corners = np.array([_corners(view, stage.size) for view in views]) * detail
    left, top = corners[:, :2].min(0) - margin
    right, bottom = corners[:, 2:].max(0) + margin
    picture = paint((int(right - left) + 1, int(bottom - top) + 1), unit, stage.rng)

    def draw(time: float) -> Image.Image:
        view = look(stage.camera, time)
        x, y = (view.x * width * detail - left, view.y * height * detail - top)
        if view.roll:
            return _turned(picture, stage.size, (x, y), np.radians(view.roll), detail / view.zoom)
        half = (width * detail / view.zoom / 2, height * detail / view.zoom / 2)
        box = (x - half[0], y - half[1], x + half[0], y + half[1])
        return picture.resize(stage.size, Image.Resampling.BICUBIC, box=box)

    return draw


def _corners(view: View, size: Size) -> tuple[float, float, float, float]:
    """The box in pixels of the film around all that a view shows, from the middle of the first view."""
    cos, sin = abs(np.cos(np.radians(view.roll))), abs(np.sin(np.radians(view.roll)))
    wide = (cos * size[0] + sin * size[1]) / 2 / view.zoom
    high = (sin * size[0] + cos * size[1]) / 2 / view.zoom
    x, y = view.x * size[0], view.y * size[1]
    return x - wide, y - high, x + wide, y + high


def _turned(picture: Image.Image, size: Size, middle: tuple[float, float], angle: float, scale: float) -> Image.Image:
    # Maps film to picture, so a picture that turns clockwise is read along axes turned the other way.
    a, b = scale * np.cos(angle), scale * np.sin(angle)
    x = middle[0] - a * size[0] / 2 - b * size[1] / 2
    y = middle[1] + b * size[0] / 2 - a * size[1] / 2
    return picture.transform(size, Image.Transform.AFFINE, (a, b, x, -b, a, y), Image.Resampling.BICUBIC)
