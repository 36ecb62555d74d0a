"""A sample: a list of clips that people work through at one task."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING

from shotlist.errors import ShotlistError
from shotlist.reviews.decision import CHOICES
from shotlist.reviews.names import cleaned, file_name

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MOST = 10_000
"""Clips of a sample."""


@dataclass(frozen=True)
class Sample:
    """What people decide about which clips, and what they are shown. Never changed once it is made.

    ``clips`` are ids in the order in which they are shown, ``reasons`` those for rejecting one, ``teachers`` the tables
    whose captions are shown. ``query`` is the query of the page Clips that they were drawn from, ``seed`` the number
    they were drawn by, None where the query's own order counted. ``made`` is the time in UTC, ``by`` who made it.
    """

    name: str
    task: str
    made: str
    by: str
    clips: tuple[str, ...]
    query: str = ""
    seed: int | None = None
    reasons: tuple[str, ...] = ()
    teachers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        cleaned(self.name, "sample's name")
        if self.task not in CHOICES:
            raise ShotlistError(f"there is no task {self.task!r}; there are: {', '.join(CHOICES)}")

    @property
    def key(self) -> str:
        """The sample's name in addresses and as a file."""
        return file_name(self.name)

    def content(self) -> bytes:
        """The file's content."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode() + b"\n"

    @staticmethod
    def read(content: bytes) -> "Sample":
        """A stored sample; raises ValueError for what is none."""
        try:
            return _reader().validate_json(content)
        except ShotlistError as error:
            raise ValueError(str(error)) from error


@cache
def _reader() -> "TypeAdapter[Sample]":
    from pydantic import TypeAdapter

    return TypeAdapter(Sample)


def drawn(clips: Sequence[str], number: int, seed: int | None, balanced: bool) -> list[str]:
    """So many of these clips. Without a ``seed`` their order counts, with one they are drawn and shown at random.

    ``balanced`` takes one of every video before a second one of any.
    """
    chance = None if seed is None else random.Random(seed)
    pool = list(clips) if chance is None else sorted(clips)
    if chance is not None:
        chance.shuffle(pool)
    if not balanced:
        return pool[:number]
    turns: Counter[str] = Counter()
    places = []
    for clip in pool:
        video = clip.rsplit("_", 2)[0]
        places.append(turns[video])
        turns[video] += 1
    order = sorted(range(len(pool)), key=places.__getitem__)[:number]  # stable: within a turn as drawn
    chosen = [pool[k] for k in order]
    if chance is not None:
        chance.shuffle(chosen)
    return chosen
