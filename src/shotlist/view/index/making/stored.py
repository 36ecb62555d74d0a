"""The dataset's parts as DuckDB reads them; those that can't be read are left out, and told."""

from collections.abc import Callable, Iterable, Sequence

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from shotlist.dataset import Dataset
from shotlist.parts import Part
from shotlist.query import identifier, quote

SHARD = r"regexp_extract(filename, '([^/\\\\.]+)[.][^/\\\\.]+[.]parquet$', 1)"
"""A part's shard, from its file's name."""


class Stored:
    """The parts of a dataset's tables on a connection. ``problems`` are sentences about those that are broken.

    ``shapes`` are the columns of each table with DuckDB's types; parts of an older shape get empty columns.
    """

    def __init__(self, dataset: Dataset, connection: duckdb.DuckDBPyConnection) -> None:
        self.dataset = dataset
        self.listing = dataset.listing()
        self.problems: list[str] = []
        self.connection = connection
        if dataset.local is None:
            connection.register_filesystem(dataset.store.snapshot(f"tables/{table}" for table in self.listing))
        self.shapes = {table: shape for table in list(self.listing) if (shape := self._shape(table))}

    def parts(self, table: str, shards: Iterable[str] | None = None) -> list[Part]:
        """A table's parts; ``shards`` limits those that the clips have too, others are always among them."""
        found = self.listing.get(table, {})
        if shards is None:
            return list(found.values())
        named, own = set(shards), set(self.listing.get("clips", ()))
        return [part for shard, part in found.items() if shard in named or shard not in own]

    def query(self, table: str, parts: Sequence[Part]) -> str:
        """A query over some parts of a table that has all of its columns; ``filename`` says the part."""
        shape = self.shapes[table]
        there = self._described(parts) if parts else {}
        cells = [
            f"TRY_CAST({identifier(c)} AS {kind}) AS {identifier(c)}" if there.get(c) not in (None, kind)
            else identifier(c) if c in there else f"NULL::{kind} AS {identifier(c)}"
            for c, kind in shape.items()
        ]  # fmt: skip
        if not parts:
            return f"SELECT {', '.join(cells)}, NULL::VARCHAR AS filename LIMIT 0"
        return f"SELECT {', '.join(cells)}, filename FROM {self._files(parts)}"

    def reading(self, parts: Callable[[], Sequence[Part]], run: Callable[[], None]) -> None:
        """Run what reads these parts; where it fails, the broken ones are left out and it runs again.

        Raises duckdb.Error where none of them is broken.
        """
        try:
            run()
        except duckdb.Error:
            if not self._leave_out(parts()):
                raise
            run()

    def _shape(self, table: str) -> dict[str, str]:
        shape: dict[str, str] = {}

        def describe() -> None:
            kinds = {part.fingerprint: part for part in self.parts(table)}
            shape.update(self._described(list(kinds.values())) if kinds else {})

        self.reading(lambda: self.parts(table), describe)
        return shape

    def _described(self, parts: Sequence[Part]) -> dict[str, str]:
        rows = self.connection.execute(f"DESCRIBE SELECT * FROM {self._files(parts)}").fetchall()
        return {name: kind for name, kind, *_ in rows if name != "filename"}

    def _files(self, parts: Sequence[Part]) -> str:
        files = ", ".join(quote(self.dataset.store.url(part.path)) for part in parts)
        by_name = len({part.fingerprint for part in parts}) > 1
        return f"read_parquet([{files}], union_by_name = {by_name}, hive_partitioning = false, filename = true)"

    def _leave_out(self, parts: Sequence[Part]) -> bool:
        broken = [(part, reason) for part in parts if (reason := self._trouble(part)) is not None]
        for part, reason in broken:
            del self.listing[part.table][part.shard]
            self.problems.append(
                f"{part.path} can't be read ({reason}): its rows are left out; "
                "delete that file, and the next build makes it anew"
            )
        return bool(broken)

    def _trouble(self, part: Part) -> str | None:
        """What is wrong with a part, found by reading all of it."""
        try:
            with self.dataset.local_part(part) as path, pq.ParquetFile(path) as file:
                for _ in file.iter_batches(1024):
                    pass
        except (pa.ArrowException, OSError) as error:
            return _line(error)
        return None


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
