"""The desk of a Ray run: the one actor that all the others reach."""

from typing import Any

from shotlist.engine.run import Event
from shotlist.models.budget import Spent


class Desk:
    """The one place that all actors reach: it counts what they spend, and keeps what they tell the driver.

    What is told is a courtesy: nothing is lost with it.
    """

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._spent = Spent()
        self._closed = False

    def add(self, events: list[Event]) -> None:
        """Tell."""
        self._events += events

    def take(self) -> list[Event]:
        """Hear, once."""
        found, self._events = self._events, []
        return found

    def count(self, what: str, *given: Any) -> Any:
        """Call a method of ``Spent``."""
        return False if self._closed and what == "hold" else getattr(self._spent, what)(*given)

    def close(self) -> Spent:
        """What was spent; from now on nothing more may be."""
        self._closed = True
        return self._spent
