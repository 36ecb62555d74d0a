"""When calls to a server may start: a few at a time, and slowly where the server turns some away."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_SPREAD = 0.1
"""Seconds over which the calls in flight are spread when they start."""
_SLOW = 0.05
"""Seconds from call to call once the server has turned one away; more where that does not suffice."""
_SLOWEST = 30.0
_SLOWER, _FASTER = 1.5, 0.98


class Pace:
    """Lets ``in_flight`` calls run side by side, each started a moment after the one before.

    Calls that start together end together, and would keep each other waiting again and again. The moment grows with
    calls that are turned away, and shrinks with those that are answered.
    """

    def __init__(self, in_flight: int) -> None:
        self._turns = asyncio.Semaphore(in_flight)
        self._gate = asyncio.Lock()
        self._least = self._apart = _SPREAD / in_flight
        self._not_before = self._last = self._slowed = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[float]:
        """Wait for a turn, which lasts as long as the block; gives the time when it began."""
        async with self._turns:
            async with self._gate:
                while (rest := max(self._not_before, self._last + self._apart) - time.monotonic()) > 0:
                    await asyncio.sleep(rest)
                self._last = time.monotonic()
                began = self._last
            yield began

    def answered(self) -> None:
        """The server did answer."""
        self._apart = max(self._least, self._apart * _FASTER)

    def turned_away(self, began: float) -> None:
        """The server has too much to do for a call that ``began`` then; several of the same moment are one sign."""
        if began > self._slowed:
            self._slowed = time.monotonic()
            self._apart = min(max(_SLOW, self._apart * _SLOWER), _SLOWEST)

    def pause(self, seconds: float) -> None:
        """Let no call start for so long."""
        self._not_before = max(self._not_before, time.monotonic() + seconds)
