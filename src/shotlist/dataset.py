"""The dataset on disk: a folder of Parquet tables on any file system, and SQL over them.

One folder per table under ``tables/``, in it one file ("part") per shard, ``<shard>.<fingerprint>.parquet``.
The fingerprint in the name says what the part was made from, so that a listing alone tells what is done; the
same facts and the counts stand in the file's metadata. A part is written aside and renamed: whole or absent.
"""

import json
import os
import tempfile
import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from shotlist.errors import ShotlistError, StorageError
from shotlist.parts import Part, Parts, PartWriter, Receipt
from shotlist.records import Source
from shotlist.store import Store, storing

if TYPE_CHECKING:
    import duckdb

FORMAT = 1
"""Version of the layout. A newer one is refused."""


class Dataset:
    """A dataset, opened for reading: ``Dataset("mydata").sql("SELECT * FROM everything")``.

    ``path`` is a folder or any address that fsspec understands. Raises ShotlistError when there is none.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.address = os.fspath(path)
        self.store = Store(self.address)
        self.local = self.store.local
        self.header = self._open()
        self._connection: duckdb.DuckDBPyConnection | None = None

    @classmethod
    def find(cls, path: str | os.PathLike[str]) -> "Dataset | None":
        """Open the dataset at ``path``; None where one can be made. Raises ShotlistError elsewhere."""
        store = Store(os.fspath(path))
        if store.exists("dataset.json"):
            return cls(path)
        _check_empty(store)
        return None

    @classmethod
    def create(cls, path: str | os.PathLike[str]) -> "Dataset":
        """Open the dataset at ``path``, or make an empty one; raises ShotlistError where that can't be."""
        found = cls.find(path)
        if found is not None:
            return found
        store = Store(os.fspath(path))
        store.make()
        header = {"format": FORMAT, "made_by": "shotlist", "id": uuid.uuid4().hex}
        store.write("dataset.json", json.dumps(header).encode() + b"\n")
        return cls(path)

    def _open(self) -> dict[str, Any]:
        content = self.store.read("dataset.json")
        if content is None:
            raise ShotlistError(
                f"{self.address}: no dataset there; make one with: shotlist build VIDEOS -o {self.address}"
            )
        try:
            header = json.loads(content)
        except ValueError as error:
            raise ShotlistError(f"{self.address}/dataset.json can't be read: {error}") from error
        found = header.get("format") if isinstance(header, dict) else None
        if not isinstance(found, int):
            raise ShotlistError(
                f"{self.address}/dataset.json does not say which format it has; is it another program's?"
            )
        if not 1 <= found <= FORMAT:
            raise ShotlistError(
                f"{self.address} has format {found}, this shotlist knows {FORMAT}: "
                "update it with: pip install --upgrade shotlist"
            )
        return dict(header)

    # Parts

    def tables(self) -> list[str]:
        """Names of the tables that have at least one part."""
        return list(self.listing())

    def listing(self, folder: str = "tables") -> Parts:
        """The current part of each shard of each table, found by listing folders only."""
        tree = self.store.tree(folder)
        found = {table: self._current(_parts(table, tree[table], folder)) for table in sorted(tree)}
        return {table: parts for table, parts in found.items() if parts}

    def parts(self, table: str) -> dict[str, Part]:
        """One table's part of each shard."""
        return self._current(_parts(table, self.store.names(f"tables/{table}"), "tables"))

    def superseded(self) -> list[Part]:
        """Parts that were replaced by a newer one but not removed, because the run was killed in between."""
        found = []
        for table, names in self.store.tree("tables").items():
            stored = _parts(table, names, "tables")
            if len(stored) > len({part.shard for part in stored}):
                current = self._current(stored)
                found += [part for part in stored if part != current[part.shard]]
        return found

    def _current(self, stored: Sequence[Part]) -> dict[str, Part]:
        """A shard's part. Should a killed run have left two, the newer one counts."""
        found: dict[str, list[Part]] = {}
        for part in stored:
            found.setdefault(part.shard, []).append(part)
        return {shard: self._newest(found[shard]) for shard in sorted(found)}

    def _newest(self, parts: Sequence[Part]) -> Part:
        if len(parts) == 1:  # as good as always; asking for times is slow
            return parts[0]
        return max(parts, key=lambda part: self.store.modified(part.path))

    def has(self, part: Part) -> bool:
        """Whether a part is there."""
        return self.store.exists(part.path)

    @contextmanager
    def write(
        self, part: Part, schema: pa.Schema, receipt: Receipt, replaces: Part | None = None
    ) -> Iterator[PartWriter]:
        """Write a part aside and put it in place when the block ends well; what it replaces then goes.

        Raises StorageError when the disk or store does not take it.
        """
        with self._scratch() as folder:
            path = folder / f"{part.shard}.{uuid.uuid4().hex}.parquet"
            writer = PartWriter(path, schema, receipt)
            try:
                yield writer
                writer.close()
                self.store.put(path, part.path)
                if replaces is not None and replaces != part:
                    self.remove(replaces)
            finally:
                writer.discard()

    def remove(self, part: Part) -> None:
        """Delete a part, if it is there."""
        self.store.remove(part.path)

    def move(self, part: Part, folder: str) -> None:
        """Put a part into another folder of the dataset."""
        self.store.move(part.path, replace(part, folder=folder).path)

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        """A local folder for files in the making; of a local dataset, a rename puts them in place."""
        if self.local is None:
            with tempfile.TemporaryDirectory(prefix="shotlist-") as name:
                yield Path(name)
            return
        folder = self.local / "staging"
        with storing(self.address):
            folder.mkdir(exist_ok=True)
        yield folder

    @contextmanager
    def local_part(self, part: Part) -> Iterator[Path]:
        """The part as a local file; a remote one is copied for the length of the block."""
        if self.local is not None:
            yield self.local / part.path
            return
        with tempfile.TemporaryDirectory(prefix="shotlist-") as name:
            path = Path(name) / f"{part.table}.parquet"
            self.store.get(part.path, path)
            yield path

    def receipt(self, part: Part) -> Receipt:
        """The receipt of a stored part; raises StorageError where it can't be read."""
        with self._reading(part) as file:
            return Receipt.read(file)

    def sources(self, part: Part) -> list[Source]:
        """The videos of a shard, from its part of the table ``sources``."""
        return [Source.of(row) for row in self.read(part).to_pylist()]

    def read(self, part: Part, columns: list[str] | None = None) -> pa.Table:
        """A small part as a whole; raises StorageError where it can't be read."""
        with self._reading(part) as file:
            return file.read(columns)

    @contextmanager
    def _reading(self, part: Part) -> Iterator[pq.ParquetFile]:
        with self.local_part(part) as path:
            try:
                with pq.ParquetFile(path) as file:
                    yield file
            except (pa.ArrowException, OSError) as error:
                raise StorageError(f"{self.address}/{part.path} can't be read: {error}") from error

    # Small files

    def read_text(self, name: str) -> str | None:
        """A small text file of the dataset, or None where it is absent."""
        content = self.store.read(name)
        return None if content is None else content.decode()

    def read_json(self, name: str) -> Any:
        """A JSON file of the dataset, or None where it is absent or damaged."""
        try:
            return json.loads(self.read_text(name) or "null")
        except ValueError:
            return None

    def write_text(self, name: str, text: str) -> None:
        """Write a small text file in one piece."""
        self.store.write(name, text.encode())

    def exists(self, name: str) -> bool:
        """Whether the dataset has a file of this name."""
        return self.store.exists(name)

    def remove_text(self, name: str) -> None:
        """Delete a small file, if it is there."""
        self.store.remove(name)

    # Queries

    def connection(
        self, tables: Sequence[str] | None = None, shards: Collection[str] | None = None
    ) -> "duckdb.DuckDBPyConnection":
        """A DuckDB connection in which each table is a view, and ``everything`` and ``failures`` too.

        ``tables`` limits the views, for speed; ``everything`` then is not there. ``shards`` limits the rows.
        """
        from shotlist.query import connect

        return connect(self, tables, shards)

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> "duckdb.DuckDBPyRelation":
        """Ask the tables; the answer prints itself and has ``.df()``, ``.to_arrow_table()``, ``.fetchall()``.

        Raises ShotlistError with DuckDB's own words for a wrong query.
        """
        from shotlist.query import ask

        if self._connection is None:
            self._connection = self.connection()
        return ask(self._connection, query, parameters)

    def clips(self, where: str = "true") -> Iterator[dict[str, Any]]:
        """Every clip as a dictionary of all that is known of it, in the order of time within each video.

        ``where`` is a DuckDB condition over the view ``everything``, for example ``"kept"``.
        """
        relation = self.sql(f"SELECT * FROM everything WHERE {where} ORDER BY video_id, start_us")
        for batch in relation.to_arrow_reader(2048):
            yield from batch.to_pylist()

    def refresh(self) -> None:
        """Look again at the files, after something was built."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _check_empty(store: Store) -> None:
    if store.local is None and set("*?[").intersection(store.root):
        raise ShotlistError(f"{store.address}: *, ? and [ stand for other names in a store; name another place with -o")
    if not store.exists():
        return
    if not store.is_folder():
        raise ShotlistError(f"{store.address} is a file; name a folder for the dataset with -o")
    if any(not name.startswith(".") for name in store.names()):
        raise ShotlistError(f"{store.address} is not empty and holds no dataset; name a new folder with -o")


def _parts(table: str, names: Sequence[str], folder: str) -> list[Part]:
    pieces = [name.split(".") for name in names]
    return [Part(table, p[0], p[1], folder) for p in pieces if len(p) == 3 and p[2] == "parquet"]
