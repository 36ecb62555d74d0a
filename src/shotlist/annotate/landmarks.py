"""Who is in each still, where, and how they stand: faces, bodies and hands, followed within a shot."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import ClassVar

import pyarrow as pa

from shotlist.annotate.heads import head_box, head_height, head_middle
from shotlist.annotate.tracks import Tracker
from shotlist.engine.film import Film
from shotlist.engine.rows import schema_of
from shotlist.engine.step import FilmStep, Needs
from shotlist.models.checkpoints import on_gpu
from shotlist.models.contracts import Box, Person, Points
from shotlist.models.people import finder, packages


@dataclass(frozen=True)
class Sighting:
    """One person in one still. Boxes are in shares of the picture.

    ``track`` numbers the person within a shot, ``head`` is the head's height in shares of the picture's, and
    ``head_box`` a square around it, also where no ``face`` was found. ``turned`` and ``mouth`` are as in Person.
    """

    time_us: int
    track: int
    score: float
    face: Box | None
    box: Box | None
    head: float | None
    head_box: Box | None
    turned: float | None
    mouth: float | None


@dataclass(frozen=True)
class LandmarksRow(Sighting):
    """A sighting with the body's landmarks as flat lists of float32; None where there are none.

    ``points`` 33 × 2 shares of the picture, ``visibility`` 33, ``pose`` 33 × 3 metres, ``left_hand`` and
    ``right_hand`` 21 × 3 metres; see Body for their order and axes.
    """

    points: Points | None
    visibility: Points | None
    pose: Points | None
    left_hand: Points | None
    right_hand: Points | None


_LISTS = tuple(f.name for f in fields(LandmarksRow))[len(fields(Sighting)) :]


@dataclass(frozen=True)
class Landmarks(FilmStep):
    """Finds the people in the stored stills and follows them within each shot; gives a row per still and person.

    Stills are half a second apart (``scan.stills_per_second``), which suits poses and slow gestures.
    """

    model: str = "mediapipe"
    """``mediapipe`` needs no download; ``hf:ORG/NAME`` or ``hf:FOLDER`` is a detector of transformers, and
    ``hf:ORG/NAME?pose=ORG/NAME`` one with ViTPose."""
    patience: int = 4
    """In how many stills in a row a person may go unseen and still be the same one."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "frames", "shots")

    @property
    def needs(self) -> Needs:
        """A GPU only where one is named; ``auto`` takes what there is."""
        return Needs(gpus=1 if on_gpu(self.model) else 0, memory_gb=1 if self.model == "mediapipe" else 4)

    @property
    def packages(self) -> Mapping[str, str]:
        """MediaPipe, or PyTorch and transformers."""
        return packages(self.model)

    def schema(self) -> pa.Schema:
        """See TableStep; a film has many landmarks, so they are stored in single precision."""
        return pa.schema([*schema_of(Sighting), *(pa.field(name, pa.list_(pa.float32())) for name in _LISTS)])

    def rows(self, film: Film) -> Iterable[LandmarksRow]:
        """See FilmStep; raises ModelError where the finder can't work."""
        cuts, aspect = cuts_of(film), _aspect(film)
        tracker, shot = Tracker(aspect, self.patience), -1
        for time_us, found in finder(self.model).people(film.pictures(film.video["start_us"], film.end_us)):
            if bisect_right(cuts, time_us) != shot:
                shot = bisect_right(cuts, time_us)
                tracker.cut()
            for person, track in zip(found, tracker.follow(found), strict=True):
                yield _row(time_us, track, person, aspect)


def cuts_of(film: Film) -> list[int]:
    """Where the shots of a film begin."""
    shots = film.tables.table("shots", film.video_id, ["start_us"])
    return shots["start_us"].to_pylist() if shots is not None else []


def _aspect(film: Film) -> float:
    """The stills' width over their height."""
    for batch in film.tables.batches("frames", film.video_id, ["width", "height"]):
        return float(batch["width"][0].as_py() / batch["height"][0].as_py())
    return 1.0


def _row(time_us: int, track: int, person: Person, aspect: float) -> LandmarksRow:
    head, middle, body = head_height(person, aspect), head_middle(person), person.body
    return LandmarksRow(
        time_us,
        track,
        person.score,
        person.face,
        person.box,
        head,
        head_box(middle, head, aspect) if middle is not None and head is not None else None,
        person.turned,
        person.mouth,
        *(_flat(getattr(body, name, None)) for name in _LISTS),
    )


def _flat(values: Points | None) -> Points | None:
    return values.ravel() if values is not None else None
