"""The dataset on disk: a folder of Parquet tables on any file system, and SQL over them.

One folder per table under ``tables/``, in it one file ("part") per shard, ``<shard>.<fingerprint>.parquet``.
The fingerprint in the name says what the part was made from, so that a listing alone tells what is done; the
same facts and the counts stand in the file's metadata. A part is written aside and renamed: whole or absent.
"""

import json
import os
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from shotlist.errors import ShotlistError, StorageError
from shotlist.records import Failure

if TYPE_CHECKING:
    import duckdb

FORMAT = 1
"""Version of the layout. A newer one is refused."""

_RECEIPT = b"shotlist"
_GROUP_ROWS, _GROUP_BYTES = 16_384, 8_000_000
"""Rows and bytes after which a row group is closed."""
_SMALL_ROWS, _SMALL_BYTES = 1024, 1_000_000
"""A row group below both goes on with the next video's rows; larger ones hold a single video's."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of one table: its shard and the fingerprint of what it was made from."""

    table: str
    shard: str
    fingerprint: str

    @property
    def path(self) -> str:
        """The file, relative to the dataset."""
        return f"tables/{self.table}/{self.shard}.{self.fingerprint}.parquet"


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


class Dataset:
    """A dataset, opened for reading: ``Dataset("mydata").sql("SELECT * FROM everything")``.

    ``path`` is a folder or any address that fsspec understands. Raises ShotlistError when there is none.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.address = os.fspath(path)
        self.fs, self.root = _opened(self.address)
        self.local = Path(self.root) if "file" in _protocols(self.fs) else None
        self.header = self._open()
        self._connection: duckdb.DuckDBPyConnection | None = None

    @classmethod
    def find(cls, path: str | os.PathLike[str]) -> "Dataset | None":
        """Open the dataset at ``path``; None where one can be made. Raises ShotlistError elsewhere."""
        address = os.fspath(path)
        fs, root = _opened(address)
        with storing(address):
            if fs.exists(f"{root}/dataset.json"):
                return cls(path)
            _check_empty(fs, root, address)
        return None

    @classmethod
    def create(cls, path: str | os.PathLike[str]) -> "Dataset":
        """Open the dataset at ``path``, or make an empty one; raises ShotlistError where that can't be."""
        found = cls.find(path)
        if found is not None:
            return found
        address = os.fspath(path)
        fs, root = _opened(address)
        with storing(address):
            fs.makedirs(root, exist_ok=True)
            _put_text(fs, root, "dataset.json", json.dumps({"format": FORMAT, "made_by": "shotlist"}) + "\n")
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

    def listing(self) -> Parts:
        """The current part of each shard of each table, found by listing folders only."""
        try:
            entries = self.fs.ls(f"{self.root}/tables", detail=False)
        except FileNotFoundError:
            return {}
        names = sorted(entry.rstrip("/").rsplit("/", 1)[-1] for entry in entries)
        found = {name: self.parts(name) for name in names}
        return {name: parts for name, parts in found.items() if parts}

    def parts(self, table: str) -> dict[str, Part]:
        """The current part of each shard. Should a killed run have left two, the newer one counts."""
        found: dict[str, list[Part]] = {}
        for part in self._stored(table):
            found.setdefault(part.shard, []).append(part)
        return {shard: self._newest(found[shard]) for shard in sorted(found)}

    def superseded(self) -> list[Part]:
        """Parts that were replaced by a newer one but not removed, because the run was killed in between."""
        found = []
        for table, current in self.listing().items():
            stored = self._stored(table)
            if len(stored) > len(current):
                found += [part for part in stored if part != current[part.shard]]
        return found

    def _stored(self, table: str) -> list[Part]:
        try:
            if self.local is not None:
                names = os.listdir(self.local / "tables" / table)  # noqa: PTH208  # names are all that is needed
            else:
                self.fs.invalidate_cache(f"{self.root}/tables/{table}")
                entries = self.fs.ls(f"{self.root}/tables/{table}", detail=False)
                names = [str(entry).rsplit("/", 1)[-1] for entry in entries]
        except (FileNotFoundError, NotADirectoryError):
            return []
        pieces = [name.split(".") for name in names]
        return [Part(table, p[0], p[1]) for p in pieces if len(p) == 3 and p[2] == "parquet"]

    def _newest(self, parts: Sequence[Part]) -> Part:
        if len(parts) == 1:  # as good as always; asking for times is slow
            return parts[0]
        return max(parts, key=lambda part: self.fs.modified(f"{self.root}/{part.path}"))

    @contextmanager
    def write(
        self, part: Part, schema: pa.Schema, receipt: Receipt, replaces: Part | None = None
    ) -> Iterator["PartWriter"]:
        """Write a part aside and put it in place when the block ends well; what it replaces then goes.

        Raises StorageError when the disk or store does not take it.
        """
        with self._scratch() as folder:
            path = folder / f"{uuid.uuid4().hex}.parquet"
            writer = PartWriter(path, schema, receipt)
            try:
                yield writer
                writer.close()
                with storing(self.address):
                    self._place(path, part)
                    if replaces is not None and replaces != part:
                        self.remove(replaces)
            finally:
                writer.discard()

    def _place(self, path: Path, part: Part) -> None:
        target = f"{self.root}/{part.path}"
        if self.local is None:
            self.fs.put_file(str(path), target)
            return
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as written:
            os.fsync(written.fileno())
        path.replace(target)

    def remove(self, part: Part) -> None:
        """Delete a part, if it is there."""
        with suppress(FileNotFoundError), storing(self.address):
            self.fs.rm_file(f"{self.root}/{part.path}")

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        """A local folder for files in the making; of a local dataset, a rename puts them in place."""
        if self.local is None:
            with tempfile.TemporaryDirectory(prefix="shotlist-") as name:
                yield Path(name)
            return
        with storing(self.address):
            (self.local / "staging").mkdir(exist_ok=True)
        yield self.local / "staging"

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

    def read_text(self, name: str) -> str | None:
        """A small text file of the dataset, or None where it is absent."""
        try:
            return str(self.fs.cat_file(f"{self.root}/{name}"), "utf-8")
        except FileNotFoundError:
            return None

    def read_json(self, name: str) -> Any:
        """A JSON file of the dataset, or None where it is absent or damaged."""
        try:
            return json.loads(self.read_text(name) or "null")
        except ValueError:
            return None

    def write_text(self, name: str, text: str) -> None:
        """Write a small text file in one piece."""
        with storing(self.address):
            _put_text(self.fs, self.root, name, text)

    def exists(self, name: str) -> bool:
        """Whether the dataset has a file of this name."""
        return bool(self.fs.exists(f"{self.root}/{name}"))

    def remove_text(self, name: str) -> None:
        """Delete a small file, if it is there."""
        with suppress(FileNotFoundError), storing(self.address):
            self.fs.rm_file(f"{self.root}/{name}")

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


@contextmanager
def storing(address: str) -> Iterator[None]:
    """Turn what the disk or store says into a StorageError that names the place."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise StorageError(f"{address}: can't write there: {reason}") from error


def _opened(address: str) -> tuple[Any, str]:
    try:
        fs, root = fsspec.core.url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise ShotlistError(f"{address}: no such kind of place is known: {error}") from error
    return fs, root.rstrip("/")


def _check_empty(fs: Any, root: str, address: str) -> None:
    if not fs.exists(root):
        return
    if not fs.isdir(root):
        raise ShotlistError(f"{address} is a file; name a folder for the dataset with -o")
    names = [str(entry).rstrip("/").rsplit("/", 1)[-1] for entry in fs.ls(root, detail=False)]
    if any(not name.startswith(".") for name in names):
        raise ShotlistError(f"{address} is not empty and holds no dataset; name a new folder with -o")


def _put_text(fs: Any, root: str, name: str, text: str) -> None:
    if "file" not in _protocols(fs):
        fs.pipe_file(f"{root}/{name}", text.encode())
        return
    aside = Path(root) / f".{name}.{uuid.uuid4().hex}"
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(Path(root) / name)
    finally:
        aside.unlink(missing_ok=True)


def _protocols(fs: Any) -> tuple[str, ...]:
    protocol = fs.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)
