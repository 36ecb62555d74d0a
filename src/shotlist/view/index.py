"""The index: one DuckDB file made from a dataset's tables, in which every page's question is answered quickly."""

import hashlib
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from shotlist.dataset import Dataset
from shotlist.errors import ShotlistError
from shotlist.query import quote
from shotlist.report.totals import Totals
from shotlist.view.answer import NotAsked
from shotlist.view.columns import Column
from shotlist.view.making.gather import gather, totals_of
from shotlist.view.making.stored import Stored

__all__ = ["Column", "Index"]

_VERSION = 1
_MEMORY, _THREADS = "400MB", 2
_LOOK_AGAIN = 5.0


class Index:
    """A dataset's index, opened for reading. Safe to use from several threads.

    ``columns`` are those of the table ``clips`` that can be filtered by; ``problems`` sentences about parts that
    could not be read. Tables: clips, videos, failures, totals.
    """

    def __init__(self, dataset: Dataset, stamp: str, path: Path) -> None:
        self.dataset = dataset
        self.path = path
        self._stamp = stamp
        self._looked = time.monotonic()
        self._connection = duckdb.connect()
        self._connection.execute("SET enable_progress_bar = false")
        self._connection.execute(f"SET memory_limit = '{_MEMORY}'")
        self._connection.execute(f"SET threads = {_THREADS}")
        self._connection.execute(f"ATTACH {quote(str(path))} AS made (READ_ONLY)")
        self._connection.execute("ATTACH ':memory:' AS asked")
        for setting in ("enable_external_access", "python_enable_replacements"):
            self._connection.execute(f"SET {setting} = false")
        self._connection.execute("SET lock_configuration = true")
        self.columns: Mapping[str, Column] = {
            c.name: c for c in (Column(**json.loads(r["told"])) for r in self.rows("FROM columns"))
        }
        self.problems: list[str] = [r["problem"] for r in self.rows("FROM problems")]

    @classmethod
    def open(cls, dataset: Dataset, cache: Path, tell: Callable[[str], None]) -> "Index":
        """Open the index of a dataset, or make it first."""
        stamp = _stamp(dataset)
        folder = _folder(dataset, cache)
        path = folder / f"{stamp}.duckdb"
        if path.exists():
            with suppress(duckdb.Error):
                return cls(dataset, stamp, path)
        _make(dataset, path, tell)
        return cls(dataset, stamp, path)

    def outdated(self) -> bool:
        """Whether the dataset has changed since."""
        if time.monotonic() - self._looked < _LOOK_AGAIN:
            return False
        self._looked = time.monotonic()
        return _stamp(self.dataset) != self._stamp

    @cached_property
    def totals(self) -> Totals:
        """The dataset in counts, as the report has them."""
        found: Totals = totals_of(json.loads(self.rows("FROM totals")[0]["totals"]))
        return found

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of its own to the same tables."""
        cursor = self._connection.cursor()
        try:
            cursor.execute("USE made")
            yield cursor
        finally:
            cursor.close()

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """All rows of an answer, by the names of its columns."""
        with self.cursor() as cursor:
            found = cursor.execute(query, list(parameters))
            names = [d[0] for d in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def one(self, query: str, parameters: Sequence[Any] = ()) -> dict[str, Any] | None:
        """The first row of an answer."""
        found = self.rows(query, parameters)
        return found[0] if found else None

    def check(self, where: str) -> None:
        """Raise NotAsked unless this is a condition over clips."""
        try:
            self.rows(f"SELECT number FROM clips WHERE (\n{where}\n) LIMIT 0")
        except duckdb.Error as error:
            raise NotAsked(str(error).splitlines()[0]) from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _stamp(dataset: Dataset) -> str:
    names = sorted(p.path for parts in dataset.listing().values() for p in parts.values())
    rest = (dataset.read_text("recipe.json") or "") + (dataset.read_text("summary.json") or "")
    told = "\n".join([str(_VERSION), duckdb.__version__, *names, rest])
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


def _folder(dataset: Dataset, cache: Path) -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = dataset.header.get("id") or hashlib.blake2b(dataset.store.root.encode(), digest_size=8).hexdigest()
    return base / "shotlist" / "view" / name


def _make(dataset: Dataset, path: Path, tell: Callable[[str], None]) -> None:
    tell(f"{dataset.address}: making the index")
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="making-", dir=path.parent))
    try:
        connection = duckdb.connect(str(aside / "index.duckdb"))
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET memory_limit = '{_MEMORY}'")
        connection.execute(f"SET threads = {_THREADS}")
        gather(Stored(dataset, connection), tell)
        connection.close()
        (aside / "index.duckdb").replace(path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
