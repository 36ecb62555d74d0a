"""Who is who from still to still: people of one shot as tracks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from shotlist.annotate.heads import head_height, head_middle
from shotlist.models.contracts import Person

_REACH = 4.0
"""Heads by which a person may move from one still to the next: a walk of half a second makes three."""


@dataclass
class _Track:
    number: int
    x: float
    y: float
    head: float
    missed: int = 0


@dataclass
class Tracker:
    """Gives each person a track's number; the nearest head of about the same size is the same person.

    ``aspect`` is the pictures' width over their height, ``patience`` in how many stills a person may go unseen.
    Numbers go on from shot to shot, so each is used once in a film.
    """

    aspect: float
    patience: int
    _next: int = 0
    _open: list[_Track] = field(default_factory=list)

    def cut(self) -> None:
        """A new shot begins: nobody is known any more."""
        self._open.clear()

    def follow(self, people: Sequence[Person]) -> list[int]:
        """The tracks' numbers of the people in the next still, in their order."""
        numbers: dict[int, int] = {}
        places = [self._place(person) for person in people]
        for _, k, track in sorted(self._near(places), key=lambda near: near[0]):
            if k not in numbers and track.number not in numbers.values():
                numbers[k] = track.number
                track.x, track.y, track.head = places[k]
                track.missed = -1
        for track in self._open:
            track.missed += 1
        self._open = [track for track in self._open if track.missed <= self.patience]
        for k in range(len(people)):
            if k not in numbers:
                numbers[k] = self._next
                self._open.append(_Track(self._next, *places[k]))
                self._next += 1
        return [numbers[k] for k in range(len(people))]

    def _place(self, person: Person) -> tuple[float, float, float]:
        """Where the head is and how tall, in heights of the picture."""
        x, y = head_middle(person) or (0.5, 0.5)
        return x * self.aspect, y, head_height(person, self.aspect) or 0.1

    def _near(self, places: Sequence[tuple[float, float, float]]) -> list[tuple[float, int, _Track]]:
        found = []
        for k, (x, y, head) in enumerate(places):
            for track in self._open:
                apart = math.hypot(x - track.x, y - track.y) / math.sqrt(head * track.head)
                unlike = abs(math.log2(head / track.head))
                if apart <= _REACH * (1 + track.missed / 2) and unlike <= 1:
                    found.append((apart + unlike, k, track))
        return found
