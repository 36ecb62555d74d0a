"""Counting for workers that share no file with the others: each asks the process that started it.

That process passes on what it is asked, to wherever all can count together, over a socket in a folder of its own.
"""

import threading
from collections.abc import Callable
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from shotlist.errors import ModelError
from shotlist.models.budget import Budget

_KIND = "till:"


class Till(Budget):
    """A Budget that counts behind an ``address`` which ``opened`` gave. Raises ModelError where nobody counts."""

    def __init__(self, address: str, max_cost: float | None = None, max_requests: float | None = None) -> None:
        super().__init__(Path(), max_cost, max_requests)
        self._address = address
        self._line: Connection | None = None

    def _do(self, what: str, *given: Any) -> Any:
        try:
            with self._threads:
                self._line = self._line or Client(self._address.removeprefix(_KIND), "AF_UNIX")
                self._line.send((what, given))
                answer, trouble = self._line.recv()
        except (OSError, EOFError) as error:
            raise ModelError(f"what is spent can't be counted ({error or 'nobody answers'}); run again") from error
        if trouble:
            raise ModelError(f"what is spent can't be counted any more ({trouble}); run again to go on")
        return answer


def is_till(counter: str) -> bool:
    """Whether a counter's name is a till's address, and no file."""
    return counter.startswith(_KIND)


def opened(folder: Path, count: Callable[..., Any]) -> str:
    """Open a till for this process's workers, and give its address; it closes with the process.

    ``count`` is given what they ask: a method of ``Spent`` and its arguments. Nobody else may look into ``folder``.
    """
    listener = Listener(str(folder / "till"), "AF_UNIX", backlog=64)
    threading.Thread(target=_serve, args=(listener, count), name="till", daemon=True).start()
    return f"{_KIND}{listener.address}"


def _serve(listener: Listener, count: Callable[..., Any]) -> None:
    while True:
        line = listener.accept()
        threading.Thread(target=_listen, args=(line, count), name="till", daemon=True).start()


def _listen(line: Connection, count: Callable[..., Any]) -> None:
    while True:
        try:
            what, given = line.recv()
        except (EOFError, OSError):
            return
        try:
            answer = count(what, *given), ""
        except Exception as error:  # of whatever lies between here and the one who counts
            answer = None, _first_line(error)
        line.send(answer)


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:300]
