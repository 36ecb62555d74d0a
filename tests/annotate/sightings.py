"""Films of which only stills, shots, clips and the sightings of people are known."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import films
from shotlist.engine.film import Film, StillInfo
from shotlist.engine.rows import table_of
from shotlist.engine.step import FilmStep

SECOND = 1_000_000
FACE = {"left": 0.4, "top": 0.2, "right": 0.6, "bottom": 0.5}


def seen(still: int, track: int = 0, score: float = 0.7, head: float = 0.25, **more: Any) -> SimpleNamespace:
    """A sighting in a still; a face that was seen well has ``turned`` and ``mouth``."""
    row = {"face": FACE, "box": FACE, "turned": 5.0, "mouth": 0.01} | more
    return SimpleNamespace(time_us=still * SECOND // 2, track=track, score=score, head=head, **row)


def body(still: int, track: int = 0, score: float = 0.7, **more: Any) -> SimpleNamespace:
    """A sighting without a face."""
    return seen(still, track, score, **{"face": None, "turned": None, "mouth": None} | more)


def film_of(
    sightings: Sequence[Any], seconds: float = 5, cuts: Sequence[float] = (0,), **tables: Sequence[Any]
) -> Film:
    """A film of five seconds with two stills in each; ``cuts`` are seconds at which shots begin."""
    none = ((0.0,) * 4, (False,) * 4, True, (0,), (1.0,))
    stills = [StillInfo(k * SECOND // 2, k, 0.0, *none) for k in range(10)]
    shots = [SimpleNamespace(start_us=round(cut * SECOND)) for cut in cuts]
    known = {"frames": stills, "shots": shots, "landmarks": sightings, **tables}
    return films.even(5, tables={name: rows for name, rows in known.items() if rows})


def with_rows(film: Film, step: FilmStep) -> Film:
    """The film after a step has worked on it."""
    rows = list(step.rows(film))
    film.tables.put(step.name, table_of(rows, step.schema(), [{"video_id": "film"}] * len(rows)))
    return film
