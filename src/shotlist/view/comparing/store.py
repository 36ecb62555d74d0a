"""Comparisons as pages ask for them: made once in the background, then opened at once."""

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from shotlist.query import quote
from shotlist.view.comparing.making import make
from shotlist.view.index.database import Index
from shotlist.view.index.making import files

_VERSION = 1
_MEMORY = "100MB"


class Comparison:
    """A finished comparison. Tables: ``videos``, ``cuts``, ``stretches``. Safe to use from several threads.

    ``told`` are all counts, ``a`` and ``b`` the indexes that it was made from.
    """

    def __init__(self, a: Index, b: Index, path: Path) -> None:
        self.a, self.b = a, b
        self._connection = duckdb.connect()
        files.settle(self._connection, _MEMORY)
        self._connection.execute("SET temp_directory = ''")  # else it would be where the command was started
        self._connection.execute(f"ATTACH {quote(str(path))} AS made (READ_ONLY)")
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")
        self.told: dict[str, Any] = json.loads(self.rows("FROM told")[0]["told"])

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """All rows of an answer, by the names of its columns."""
        cursor = self._connection.cursor()
        try:
            found = cursor.execute("USE made").execute(query, list(parameters))
            names = [d[0] for d in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        finally:
            cursor.close()


@dataclass
class Counting:
    """A comparison in the making: ``stage`` is what is being done."""

    stage: str
    future: "Future[Comparison]" = field(default_factory=Future)


class Comparisons:
    """The comparisons of two datasets, one for each distance within which cuts count as the same."""

    def __init__(self, a: Callable[[], Index], b: Callable[[], Index]) -> None:
        self._a, self._b = a, b
        self._lock = threading.Lock()
        self._known: dict[int, Counting] = {}
        self._one_at_a_time = ThreadPoolExecutor(1, thread_name_prefix="compare")

    def get(self, within_us: int, wait: float) -> Comparison | Counting:
        """The comparison of the datasets as they are now, or what it is doing after ``wait`` seconds.

        Raises what the making raised; the next call tries again.
        """
        with self._lock:
            known = self._known.get(within_us)
            if known is None or self._passed(known):
                known = self._known[within_us] = Counting("reading both datasets")
                known.future = self._one_at_a_time.submit(self._made, known, within_us)
        with suppress(TimeoutError):
            return known.future.result(wait)
        return known

    def _passed(self, known: Counting) -> bool:
        """Whether it failed, or a dataset has changed since."""
        if not known.future.done():
            return False
        if known.future.exception() is not None:
            return True
        found = known.future.result()
        return found.a is not self._a() or found.b is not self._b()

    def _made(self, counting: Counting, within_us: int) -> Comparison:
        a, b = self._a(), self._b()
        named = hashlib.blake2b(f"{_VERSION}\n{a.path}\n{b.path}".encode(), digest_size=8).hexdigest()
        path = a.path.parent / f"{named}-{within_us}.compared"
        if path.exists():
            with suppress(duckdb.Error):
                return Comparison(a, b, path)
        make(a, b, within_us, path, lambda stage: setattr(counting, "stage", stage))
        return Comparison(a, b, path)
