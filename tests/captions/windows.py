"""Films with their key frames, as the steps after them find them."""

from pathlib import Path
from typing import Any

import numpy as np

from films import scan, texture, write
from shotlist.captions import roles
from shotlist.captions.keyframes import KeyFrames
from shotlist.engine.film import Clip, Film
from shotlist.engine.rows import table_of
from shotlist.shots.shots import Shots


def scenes(path: Path, *seconds: float, rate: int = 10) -> Path:
    """A film of still scenes, each of another look."""
    looks = [np.asarray(texture(k), np.uint8) for k in range(len(seconds))]
    return write(path, [look for look, s in zip(looks, seconds, strict=True) for _ in range(round(s * rate))], rate)


def clip_of(path: Path, start: float | None = None, end: float | None = None, **settings: Any) -> Clip:
    """A part of a film as its only clip, with its shots and key frames."""
    film = scan(path)
    put(film, Shots())
    clip = roles.within(film, start, end)
    put(film, KeyFrames(**settings))
    return clip


def put(film: Film, step: Any) -> None:
    """Run a step on a film and leave its rows there."""
    rows = list(step.rows(film))
    film.tables.put(step.name, table_of(rows, step.schema(), [{"video_id": "film"}] * len(rows)))
