"""Makes faces unrecognisable: in a picture, or in every frame of a film by where the faces are in its stills."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

Place = tuple[float, float, float, float]
"""Left, top, right and bottom in shares of the upright picture's width and height; may reach over its edges."""
Sightings = Mapping[int, Sequence[tuple[int, Place]]]
"""For each person (time_us, place) in order of time."""
Bytes = npt.NDArray[np.uint8]

CELLS = 5
"""A face keeps so many cells along its longer side; face finders need about 20 pixels, people more than 10."""
MARGIN = 0.25
"""What is added on each side, in shares of the place: hair, ears, and movement between two stills."""
_PLANAR = frozenset(("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "gray"))


def blurred(picture: Bytes, places: Iterable[Place], margin: float = MARGIN) -> Bytes:
    """A copy of a picture (rows, columns, 3) or (rows, columns) with each place dissolved into a few cells."""
    copy = picture.copy()
    for place in places:
        _dissolve(copy, _wider(place, margin))
    return copy


def blurred_frames(
    frames: Iterable[VideoFrame],
    places_at: Callable[[int], Sequence[Place]],
    margin: float = MARGIN,
) -> Iterator[VideoFrame]:
    """Frames whose places are dissolved; ``places_at`` is asked with a frame's time in microseconds.

    Frames in which nothing is to be done pass as they are. Others are copied, since a decoder still refers to its
    own, and become yuv420p if they are not planar with 8 bits. A rotation flag of the frame is heeded.
    """
    for frame in frames:
        places = places_at(round((frame.time or 0.0) * 1e6))
        if not places:
            yield frame
            continue
        copy = _copied(frame)
        for plane in copy.planes:
            pixels = _pixels(plane)
            for place in places:
                _dissolve(pixels, _stored(_wider(place, margin), frame.rotation))
        yield copy


def places_between(people: Sightings, hold_us: int = 500_000) -> Callable[[int], list[Place]]:
    """Where everybody is at any time: between two sightings in a straight line, and held before and after.

    ``hold_us`` is how long a place stands before the first and after the last sighting; rather too long than too short.
    """
    known = [([t for t, _ in seen], np.array([p for _, p in seen], np.float64)) for seen in people.values() if seen]

    def at(time_us: int) -> list[Place]:
        found: list[Place] = []
        for times, places in known:
            if times[0] - hold_us <= time_us <= times[-1] + hold_us:
                found.append(_between(times, places, time_us))
        return found

    return at


def _between(times: Sequence[int], places: npt.NDArray[np.float64], time_us: int) -> Place:
    k = bisect_right(times, time_us)
    if k in (0, len(times)):
        corners = places[min(k, len(times) - 1)]
    else:
        share = (time_us - times[k - 1]) / (times[k] - times[k - 1])
        corners = places[k - 1] * (1 - share) + places[k] * share
    left, top, right, bottom = corners.tolist()
    return left, top, right, bottom


def _wider(place: Place, margin: float) -> Place:
    left, top, right, bottom = place
    across, down = (right - left) * margin, (bottom - top) * margin
    return left - across, top - down, right + across, bottom + down


def _stored(place: Place, rotation: int) -> Place:
    """A place of the upright picture in the frame as it is stored, which is shown turned by ``rotation`` degrees."""
    left, top, right, bottom = place
    for _ in range(rotation // 90 % 4):  # each turn to the left takes the stored right edge to the top
        left, top, right, bottom = 1 - bottom, left, 1 - top, right
    return left, top, right, bottom


def _dissolve(plane: Bytes, place: Place) -> None:
    """Replace a place of a plane by the means of a few cells, in the plane itself."""
    height, width = plane.shape[:2]
    left, right = (round(min(max(x, 0.0), 1.0) * width) for x in (place[0], place[2]))
    top, bottom = (round(min(max(y, 0.0), 1.0) * height) for y in (place[1], place[3]))
    if right <= left or bottom <= top:
        return
    cell = max(1, -(-max(right - left, bottom - top) // CELLS))
    rows, columns = np.arange(0, bottom - top, cell), np.arange(0, right - left, cell)
    region = plane[top:bottom, left:right]
    sums = np.add.reduceat(np.add.reduceat(region.astype(np.uint32), rows, axis=0), columns, axis=1)
    tall, wide = np.diff(np.append(rows, bottom - top)), np.diff(np.append(columns, right - left))
    counts = np.outer(tall, wide).reshape(len(rows), len(columns), *[1] * (plane.ndim - 2))
    means = (sums // counts).astype(np.uint8)
    region[:] = means.repeat(tall, axis=0).repeat(wide, axis=1)


def _copied(frame: VideoFrame) -> VideoFrame:
    planar = frame if frame.format.name in _PLANAR else frame.reformat(format="yuv420p")
    copy = VideoFrame(planar.width, planar.height, planar.format.name)
    for target, plane in zip(copy.planes, planar.planes, strict=True):
        _pixels(target)[:] = _pixels(plane)
    copy.pts, copy.time_base = frame.pts, frame.time_base
    copy.color_range, copy.colorspace = planar.color_range, planar.colorspace
    return copy


def _pixels(plane: Any) -> Bytes:
    """The pixels (rows, columns) of a plane of bytes, in place, without the padding of its lines."""
    lines = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return lines[: plane.height, : plane.width]
