"""The dataset on disk: a folder of Parquet tables on any file system, and SQL over them.

One folder per table under ``tables/``, one file ("part") per shard in it, named ``<shard>.<fingerprint>.parquet``.
The fingerprint in the name says what the part was made from, so that a listing alone tells what is done; the
same facts and the counts stand in the file's metadata. A part is written aside and renamed: whole or absent.
"""

import json
import os
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from shotlist.errors import ShotlistError
from shotlist.records import Failure

if TYPE_CHECKING:
    import duckdb

FORMAT = 1
"""Version of the layout. A newer one is refused, an older one is walked up by ``_UPGRADES``."""

_RECEIPT = b"shotlist"


@dataclass(frozen=True)
class Part:
    """One file of one table: its shard and the fingerprint of what it was made from."""

    table: str
    shard: str
    fingerprint: str

    @property
    def path(self) -> str:
        """The file, relative to the dataset."""
        return f"tables/{self.table}/{self.shard}.{self.fingerprint}.parquet"


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


class Dataset:
    """A dataset, opened for reading: ``Dataset("mydata").sql("SELECT * FROM everything")``.

    ``path`` is a folder or any address that fsspec understands. Raises ShotlistError when there is none.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.address = os.fspath(path)
        self.fs, self.root = fsspec.core.url_to_fs(self.address)
        self.local = Path(self.root) if "file" in _protocols(self.fs) else None
        self.header = self._open()
        self._connection: duckdb.DuckDBPyConnection | None = None

    @classmethod
    def create(cls, path: str | os.PathLike[str]) -> "Dataset":
        """Open the dataset at ``path``, or make an empty one; raises ShotlistError where that is impossible."""
        address = os.fspath(path)
        fs, root = fsspec.core.url_to_fs(address)
        try:
            if not fs.exists(f"{root}/dataset.json"):
                if fs.exists(root) and not fs.isdir(root):
                    raise ShotlistError(f"{address} is a file; name a folder for the dataset with -o")
                if fs.exists(root) and any(True for _ in fs.ls(root)):
                    raise ShotlistError(f"{address} is not empty and holds no dataset; name a new folder with -o")
                fs.makedirs(f"{root}/tables", exist_ok=True)
                fs.pipe_file(f"{root}/dataset.json", json.dumps({"format": FORMAT, "made_by": "shotlist"}).encode())
        except OSError as error:
            raise ShotlistError(f"{address}: can't write there ({error.strerror or error})") from error
        return cls(path)

    def _open(self) -> dict[str, Any]:
        try:
            header = json.loads(self.fs.cat_file(f"{self.root}/dataset.json"))
        except FileNotFoundError:
            raise ShotlistError(
                f"{self.address}: no dataset there; make one with: shotlist build VIDEOS -o {self.address}"
            ) from None
        except (OSError, ValueError) as error:
            raise ShotlistError(f"{self.address}/dataset.json can't be read: {error}") from error
        found = header.get("format") if isinstance(header, dict) else None
        if not isinstance(found, int):
            raise ShotlistError(f"{self.address}/dataset.json does not say which format it has; is it another program's?")
        if found > FORMAT:
            raise ShotlistError(
                f"{self.address} has format {found}, this shotlist knows {FORMAT}: "
                "update it with: pip install --upgrade shotlist"
            )
        return dict(header)

    # Parts

    def tables(self) -> list[str]:
        """Names of the tables that have at least one part."""
        folder = f"{self.root}/tables"
        try:
            entries = self.fs.ls(folder, detail=False)
        except FileNotFoundError:
            return []
        names = sorted(entry.rstrip("/").rsplit("/", 1)[-1] for entry in entries)
        return [name for name in names if self.parts(name)]

    def parts(self, table: str) -> dict[str, Part]:
        """The current part of each shard. Should a killed run have left two, the newer one counts."""
        newest: dict[str, tuple[float, Part]] = {}
        for name, stamp in self._files(f"tables/{table}"):
            pieces = name.split(".")
            if len(pieces) == 3 and pieces[2] == "parquet":
                part = Part(table, pieces[0], pieces[1])
                if part.shard not in newest or newest[part.shard][0] < stamp:
                    newest[part.shard] = (stamp, part)
        return {shard: newest[shard][1] for shard in sorted(newest)}

    def _files(self, folder: str) -> Iterator[tuple[str, float]]:
        if self.local is not None:
            try:
                with os.scandir(self.local / folder) as entries:
                    names = [e.name for e in entries]
            except FileNotFoundError:
                return
            # A stat per file would double the time of planning; only shards with two parts need one.
            shards = [n.split(".", 1)[0] for n in names]
            twice = {s for s in shards if shards.count(s) > 1} if len(set(shards)) != len(shards) else set()
            for name, shard in zip(names, shards, strict=True):
                yield name, (self.local / folder / name).stat().st_mtime_ns if shard in twice else 0.0
            return
        try:
            self.fs.invalidate_cache(f"{self.root}/{folder}")
            listing = self.fs.ls(f"{self.root}/{folder}", detail=True)
        except FileNotFoundError:
            return
        for entry in listing:
            stamp = entry.get("LastModified") or entry.get("created") or 0
            yield str(entry["name"]).rsplit("/", 1)[-1], getattr(stamp, "timestamp", lambda s=stamp: float(s))()

    @contextmanager
    def write(self, part: Part, schema: pa.Schema, receipt: Receipt | None = None) -> Iterator["PartWriter"]:
        """Write a part aside and put it in place when the block ends well; older parts of its shard then go."""
        with self.scratch() as folder:
            path = folder / f"{uuid.uuid4().hex}.parquet"
            writer = PartWriter(path, schema, receipt)
            try:
                yield writer
                writer.close()
                self._place(path, part)
            finally:
                writer.close()
                path.unlink(missing_ok=True)

    def _place(self, path: Path, part: Part) -> None:
        target = f"{self.root}/{part.path}"
        if self.local is not None:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            with path.open("rb") as written:
                os.fsync(written.fileno())
            path.replace(target)
        else:
            self.fs.put_file(str(path), target)
        folder = f"tables/{part.table}"
        for name, _ in list(self._files(folder)):
            if name.startswith(f"{part.shard}.") and name != Path(part.path).name:
                self.remove(f"{folder}/{name}")

    def remove(self, relative: str) -> None:
        """Delete one file of the dataset, if it is there."""
        try:
            self.fs.rm_file(f"{self.root}/{relative}")
        except FileNotFoundError:
            pass

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A local folder for files in the making: inside a local dataset, so that a rename puts them in place."""
        if self.local is not None:
            folder = self.local / "staging"
            folder.mkdir(exist_ok=True)
            yield folder
            return
        with tempfile.TemporaryDirectory(prefix="shotlist-") as name:
            yield Path(name)

    @contextmanager
    def local_part(self, part: Part) -> Iterator[Path]:
        """The part as a local file; a remote one is copied for the length of the block."""
        if self.local is not None:
            yield self.local / part.path
            return
        with tempfile.TemporaryDirectory(prefix="shotlist-") as name:
            path = Path(name) / f"{part.table}.parquet"
            self.fs.get_file(f"{self.root}/{part.path}", str(path))
            yield path

    def receipt(self, part: Part) -> Receipt:
        """The receipt of a stored part."""
        with self.fs.open(f"{self.root}/{part.path}", "rb") as opened, pq.ParquetFile(opened) as file:
            return Receipt.read(file)

    # Small files

    def read_json(self, name: str) -> Any:
        """A JSON file of the dataset, or None where it is absent."""
        try:
            return json.loads(self.fs.cat_file(f"{self.root}/{name}"))
        except FileNotFoundError:
            return None

    def write_text(self, name: str, text: str) -> None:
        """Write a small text file in one piece."""
        if self.local is None:
            self.fs.pipe_file(f"{self.root}/{name}", text.encode())
            return
        with self.scratch() as folder:
            aside = folder / uuid.uuid4().hex
            aside.write_text(text, encoding="utf-8")
            aside.replace(self.local / name)

    # Queries

    def connection(self, tables: Sequence[str] | None = None) -> "duckdb.DuckDBPyConnection":
        """A DuckDB connection in which each table is a view, and ``everything`` and ``failures`` too.

        ``tables`` limits the views, for speed; ``everything`` then is not there.
        """
        from shotlist.query import connect

        return connect(self, tables)

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


class PartWriter:
    """Streams batches into one Parquet file; ``rows`` counts them."""

    def __init__(self, path: Path, schema: pa.Schema, receipt: Receipt | None) -> None:
        self.rows = 0
        self.receipt = receipt
        self._schema = schema
        binary = [f.name for f in schema if pa.types.is_binary(f.type) or pa.types.is_fixed_size_binary(f.type)]
        self._writer: pq.ParquetWriter | None = pq.ParquetWriter(
            path,
            schema,
            compression={f.name: "NONE" if pa.types.is_binary(f.type) else "ZSTD" for f in schema},
            use_dictionary=[f.name for f in schema if pa.types.is_string(f.type)],
            write_statistics=[f.name for f in schema if f.name not in binary],
        )

    def write(self, rows: pa.Table | pa.RecordBatch) -> None:
        """Append rows as a row group of their own."""
        assert self._writer is not None
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
        if table.num_rows:
            self._writer.write_table(table.select(self._schema.names).cast(self._schema))
            self.rows += table.num_rows

    def close(self) -> None:
        """Finish the file with its receipt."""
        if self._writer is None:
            return
        writer, self._writer = self._writer, None
        if self.receipt is not None:
            metadata = asdict(self.receipt) | {"rows_out": self.rows, "failures": self.receipt.failures}
            writer.add_key_value_metadata(Receipt(**metadata).metadata())
        writer.close()


def _protocols(fs: Any) -> tuple[str, ...]:
    protocol = fs.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)
