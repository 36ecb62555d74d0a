"""Parts: the Parquet files of a dataset. Each carries a receipt that says who made it, from what, and the counts."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shotlist.errors import ShotlistError
from shotlist.records import Failure
from shotlist.store import storing

_RECEIPT = b"shotlist"
_GROUP_ROWS, _GROUP_BYTES = 16_384, 8_000_000
"""Rows and bytes after which a row group is closed."""
_SMALL_ROWS, _SMALL_BYTES = 1024, 1_000_000
"""A row group below both goes on with the next video's rows; larger ones hold a single video's."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of one table: its shard and the fingerprint of what it was made from.

    ``folder`` is where it lies in the dataset: ``tables``, or ``earlier`` for what was set aside to be made anew.
    """

    table: str
    shard: str
    fingerprint: str
    folder: str = "tables"

    @property
    def path(self) -> str:
        """The file, relative to the dataset."""
        return f"{self.folder}/{self.table}/{self.shard}.{self.fingerprint}.parquet"


Parts = dict[str, dict[str, Part]]
"""Table to shard to its part."""


@dataclass(frozen=True)
class Receipt:
    """What stands in a part's metadata: who made it, from what, and the counts."""

    step: str
    version: int
    settings: Mapping[str, Any]
    level: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    videos_in: int = 0
    rows_out: int = 0
    failures: Sequence[Failure] = ()

    def metadata(self) -> dict[bytes, bytes]:
        """Parquet key-value metadata: the receipt, and the failures beside it for SQL to find."""
        plain = asdict(self)
        failures = plain.pop("failures")
        return {
            _RECEIPT: json.dumps(plain, default=str).encode(),
            b"shotlist.failures": json.dumps(failures).encode(),
        }

    @staticmethod
    def read(file: pq.ParquetFile) -> "Receipt":
        """The receipt in an open part; raises ShotlistError for a file that is none of ours."""
        metadata = file.metadata.metadata or {}
        if _RECEIPT not in metadata:
            raise ShotlistError("a Parquet file without shotlist's receipt lies in the dataset's tables")
        failures = [Failure(**f) for f in json.loads(metadata.get(b"shotlist.failures", b"[]"))]
        return Receipt(**json.loads(metadata[_RECEIPT]), failures=failures)


class PartWriter:
    """Streams rows into one Parquet file; ``rows`` counts them."""

    def __init__(self, path: Path, schema: pa.Schema, receipt: Receipt) -> None:
        self.rows = 0
        self._path = path
        self._receipt = receipt
        self._schema = schema
        self._waiting: list[pa.Table] = []
        self._waiting_rows = self._waiting_bytes = 0
        binary = [f.name for f in schema if pa.types.is_binary(f.type) or pa.types.is_fixed_size_binary(f.type)]
        with storing(str(path.parent)):
            self._writer: pq.ParquetWriter | None = pq.ParquetWriter(
                path,
                schema,
                compression={f.name: "NONE" if pa.types.is_binary(f.type) else "ZSTD" for f in schema},
                # No clip_id comes twice, so a dictionary of them would be built for nothing.
                use_dictionary=[f.name for f in schema if pa.types.is_string(f.type) and f.name != "clip_id"],
                write_statistics=[f.name for f in schema if f.name not in binary],
            )

    def write(self, rows: pa.Table | pa.RecordBatch) -> None:
        """Append rows, all of one video; its own row group is closed whenever it is large enough."""
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
        if not table.num_rows:
            return
        self._waiting.append(table.select(self._schema.names).cast(self._schema))
        self._waiting_rows += table.num_rows
        self._waiting_bytes += table.nbytes
        self.rows += table.num_rows
        self._flush(_GROUP_ROWS, _GROUP_BYTES)

    def next_video(self) -> None:
        """Rows of another video follow: they get a row group of their own unless there is little to read."""
        self._flush(_SMALL_ROWS, _SMALL_BYTES)

    def _flush(self, rows: int = 0, size: int = 0) -> None:
        if not self._waiting or (self._waiting_rows < rows and self._waiting_bytes < size):
            return
        assert self._writer is not None
        with storing(str(self._path.parent)):
            self._writer.write_table(pa.concat_tables(self._waiting))
        self._waiting = []
        self._waiting_rows = self._waiting_bytes = 0

    def close(self) -> None:
        """Finish the file with its receipt."""
        assert self._writer is not None
        self._flush()
        writer, self._writer = self._writer, None
        receipt = replace(self._receipt, rows_out=self.rows)
        with storing(str(self._path.parent)):
            writer.add_key_value_metadata(receipt.metadata())
            writer.close()

    def discard(self) -> None:
        """Remove what was not put in place."""
        if self._writer is not None:
            with suppress(OSError):  # the disk may be full, which is why this is thrown away
                self._writer.close()
            self._writer = None
        self._path.unlink(missing_ok=True)
