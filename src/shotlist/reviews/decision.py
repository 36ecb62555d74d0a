"""A decision: what one person said about one clip, and all that is needed to understand it later."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING

from shotlist.errors import ShotlistError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

ALL_BAD, ACCEPT, REJECT, EDITED, MOVED, RIGHT = "all bad", "accept", "reject", "edited", "moved", "right"
SKIPPED, WITHDRAWN = "skipped", "withdrawn"
NO_ANSWERS = (SKIPPED, WITHDRAWN)
"""Choices that are none: the clip was passed over, or an earlier decision taken back."""
CHOICES = {"pick": (ALL_BAD,), "judge": (ACCEPT, REJECT), "edit": (EDITED, RIGHT), "cut": (MOVED, RIGHT)}
"""The choices of each task beside ``NO_ANSWERS``; in ``pick`` also any teacher's table."""
_TABLE = re.compile(r"[a-z][a-z0-9_]*")
_ID = re.compile(r"[0-9A-Za-z-]{16,64}")


@dataclass(frozen=True, slots=True)
class Shown:
    """A caption that was on the screen, and the table it came from."""

    teacher: str
    text: str


@dataclass(frozen=True, slots=True)
class Decision:
    """``id`` is made where the decision is: sent twice, it is stored once. ``time`` is UTC, ISO 8601.

    ``choice`` is one of ``CHOICES`` or ``NO_ANSWERS``, in the task ``pick`` also a teacher's table. ``text`` is the
    caption of ``edit``, or own words beside a ``reason``. ``start_us``, ``end_us`` is the cut as it should be.
    ``shown`` are the captions in the order in which they stood, ``seconds`` the time it took.
    """

    id: str
    time: str
    who: str
    sample: str
    task: str
    clip_id: str
    video_id: str
    choice: str
    reason: str | None = None
    text: str | None = None
    start_us: int | None = None
    end_us: int | None = None
    shown: tuple[Shown, ...] = ()
    seconds: float | None = None

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ShotlistError("a decision's id has 16 to 64 letters, digits and dashes")
        if self.task not in CHOICES:
            raise ShotlistError(f"there is no task {self.task!r}; there are: {', '.join(CHOICES)}")
        own = CHOICES[self.task]
        if self.choice not in (*own, *NO_ANSWERS) and not (self.task == "pick" and _TABLE.fullmatch(self.choice)):
            raise ShotlistError(f"{self.task} knows no choice {self.choice!r}; it knows: {', '.join(own)}")

    @property
    def answers(self) -> bool:
        """Whether something was said about the clip."""
        return self.choice not in NO_ANSWERS

    def line(self) -> bytes:
        """A line of JSON without its end; what says nothing is left out."""
        told = {name: value for name, value in asdict(self).items() if value not in (None, ())}
        return json.dumps(told, ensure_ascii=False).encode()

    @staticmethod
    def read(line: bytes) -> "Decision":
        """A stored decision; raises ValueError for a line that is none."""
        try:
            return _reader().validate_json(line)
        except ShotlistError as error:
            raise ValueError(str(error)) from error


@cache
def _reader() -> "TypeAdapter[Decision]":
    from pydantic import TypeAdapter

    return TypeAdapter(Decision)


def latest(decisions: Iterable[Decision]) -> dict[tuple[str, str, str], Decision]:
    """The decision that counts for each person, task and clip: the last one, which may be none at all."""
    return {(d.who, d.task, d.clip_id): d for d in decisions}
