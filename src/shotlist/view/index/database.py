"""The index: DuckDB files made from a dataset's tables, in which every page's question is answered quickly."""

import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from shotlist.dataset import Dataset
from shotlist.errors import ShotlistError
from shotlist.query import quote
from shotlist.report.totals import Totals
from shotlist.view.answer import NotAsked
from shotlist.view.index.answers import Kept
from shotlist.view.index.columns import Column
from shotlist.view.index.making import Stored, files, gather, make_postings
from shotlist.view.index.making.charts import Chart
from shotlist.view.index.making.tables import totals_of

__all__ = ["Column", "Index"]

_MEMORY = "350MB"
_LOOK_AGAIN, _LOOK_AGAIN_AFAR = 5.0, 60.0
"""Seconds for which a dataset is taken to be unchanged, on a disk and in an object store."""
_SMALL = 50_000
"""Clips up to which an index is made in a few seconds."""
_DAMAGED = (duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)


class Index:
    """A dataset's index, opened for reading. Safe to use from several threads.

    ``columns`` are those of the table ``clips`` that can be filtered by; ``problems`` sentences about parts that
    could not be read. Tables: clips, videos, failures, totals; codes and charts for facets; words.* for search.
    ``kept`` are answers in the making of others, ``path`` is the file with the tables.
    """

    def __init__(self, dataset: Dataset, stamps: files.Stamps, tables: Path, words: Path) -> None:
        self.dataset = dataset
        self._stamps = stamps
        self.path = tables
        self._files = (tables, words)
        self._seen = stamps
        self._looked = time.monotonic()
        self._damaged = False
        self._connection = duckdb.connect()
        files.settle(self._connection, _MEMORY)
        spill = Path(tempfile.gettempdir()) / f"shotlist-{os.getpid()}.spill"  # else it would be where one stands
        self._connection.execute(f"SET temp_directory = {quote(str(spill))}")
        self._connection.execute(f"ATTACH {quote(str(tables))} AS made (READ_ONLY)")
        self._connection.execute(f"ATTACH {quote(str(words))} AS words (READ_ONLY)")
        self._connection.execute("ATTACH ':memory:' AS asked")
        # What a link says is run as a condition: nothing outside these files can be reached from it.
        for setting in ("enable_external_access", "python_enable_replacements"):
            self._connection.execute(f"SET {setting} = false")
        self._connection.execute("SET lock_configuration = true")
        self.columns: Mapping[str, Column] = {
            c.name: c for c in (Column(**json.loads(row["told"])) for row in self.rows("FROM columns"))
        }
        self.problems: list[str] = [row["problem"] for row in self.rows("FROM problems")]
        self.clips: int = self.rows("SELECT count(*) AS n FROM clips")[0]["n"]
        self.languages: list[str] = [row["language"] for row in self.rows("FROM words.languages")]
        self.charts: Mapping[str, Chart] = {row["name"]: json.loads(row["chart"]) for row in self.rows("FROM charts")}
        self.kept = Kept(self._connection)

    @classmethod
    def open(cls, dataset: Dataset, cache: Path, tell: Callable[[str], None]) -> "Index":
        """Open the index of a dataset, or make it first; ``cache`` is for where the user keeps none.

        Raises ShotlistError where it can't be made, or written nowhere.
        """
        stamps = files.Stamps.of(dataset)
        trouble: Exception | None = None
        for folder in files.folders(dataset, cache):
            try:
                return cls._open_in(folder, dataset, stamps, tell)
            except files.TROUBLE as error:
                trouble = files.refusal(dataset, folder, error)
                tell(str(trouble))
            except duckdb.Error as error:
                raise ShotlistError(f"{dataset.address}: the index can't be made: {files.told(error)}") from error
        assert trouble is not None
        raise trouble

    @classmethod
    def _open_in(cls, folder: Path, dataset: Dataset, stamps: files.Stamps, tell: Callable[[str], None]) -> "Index":
        tables, words = folder / f"tables-{stamps.tables}.duckdb", folder / f"words-{stamps.words}.duckdb"
        if files.is_sound(tables) and files.is_sound(words):
            with suppress(duckdb.Error, ShotlistError):  # damaged inside: it is made anew
                return cls(dataset, stamps, tables, words)
        tell(f"{dataset.address}: making the index, once for these tables")
        whole = tables if files.is_sound(tables) else _make_tables(dataset, tables, tell)
        if whole != tables:
            words = folder / f"words-{files.once()}.duckdb"
        if not files.is_sound(words):
            _make_words(whole, words, tell)
        made = cls(dataset, stamps, whole, words)
        files.sweep(folder, {whole, words})
        return made

    def outdated(self) -> bool:
        """Whether the dataset has changed since, or the index was damaged; looks at most every few seconds.

        While a build goes on, a large dataset's index stays as it is until the tables stay as they are.
        """
        if self._damaged:
            return True
        if time.monotonic() - self._looked < (_LOOK_AGAIN if self.dataset.local else _LOOK_AGAIN_AFAR):
            return False
        self._looked = time.monotonic()
        before, self._seen = self._seen, files.Stamps.of(self.dataset)
        return self._seen != self._stamps and (self.clips < _SMALL or self._seen == before)

    @property
    def can_wait(self) -> bool:
        """Whether a newer one takes long to make, and this one still answers."""
        return self.clips >= _SMALL and not self._damaged

    @cached_property
    def totals(self) -> Totals:
        """The dataset in counts, as the report has them."""
        return totals_of(json.loads(self.rows("FROM totals")[0]["totals"]))

    @contextmanager
    def cursor(self, seconds: float | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of its own to the same tables; its question may be limited to so many seconds.

        Raises NotAsked when they are over.
        """
        cursor = self._connection.cursor()
        timer = threading.Timer(seconds or 0.0, cursor.interrupt)
        try:
            cursor.execute("USE made")
            if seconds is not None:
                timer.start()
            yield cursor
        except duckdb.InterruptException as error:
            raise NotAsked(f"that takes longer than {seconds:g} seconds; ask for something simpler") from error
        except _DAMAGED as error:
            self._discard()
            raise ShotlistError(f"the index can't be read and will be made anew: {files.told(error)}") from error
        finally:
            timer.cancel()
            cursor.close()

    def rows(self, query: str, parameters: Sequence[Any] = (), seconds: float | None = None) -> list[dict[str, Any]]:
        """All rows of an answer, by the names of its columns."""
        with self.cursor(seconds) as cursor:
            found = cursor.execute(query, list(parameters))
            names = [d[0] for d in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def one(self, query: str, parameters: Sequence[Any] = ()) -> dict[str, Any] | None:
        """The first row of an answer."""
        found = self.rows(query, parameters)
        return found[0] if found else None

    def close(self) -> None:
        """Nothing new is asked; DuckDB lets go of the files when the last question is answered."""
        self.kept.clear()

    def _discard(self) -> None:
        self._damaged = True
        for path in self._files:
            with suppress(OSError):
                path.unlink()


def _make_tables(dataset: Dataset, path: Path, tell: Callable[[str], None]) -> Path:
    """Make the file of tables; one that lacks broken parts gets a name of its own, which nobody finds later."""
    problems: list[str] = []

    def fill(connection: duckdb.DuckDBPyConnection) -> None:
        stored = Stored(dataset, connection)
        gather(stored, tell)
        problems.extend(stored.problems)

    files.make(path, fill)
    pa.default_memory_pool().release_unused()  # the words need as much again
    if not problems:
        return path
    return path.replace(path.with_name(f"tables-{files.once()}.duckdb"))


def _make_words(tables: Path, path: Path, tell: Callable[[str], None]) -> None:
    def fill(writer: duckdb.DuckDBPyConnection) -> None:
        with duckdb.connect(str(tables), read_only=True) as clips:
            files.settle(clips, "200MB")
            files.settle(writer, "150MB")
            told = clips.execute("FROM columns").fetchall()
            columns = {c.name: c for c in (Column(**json.loads(row[0])) for row in told)}
            make_postings(clips, writer, columns, tell)

    files.make(path, fill)
