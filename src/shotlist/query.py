"""DuckDB over a dataset's tables."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from shotlist.errors import ShotlistError
from shotlist.reviews.views import COLUMNS, REVIEW_LOG, REVIEWS, make_views

if TYPE_CHECKING:
    from shotlist.dataset import Dataset
    from shotlist.parts import Part, Parts


def connect(
    dataset: "Dataset", tables: Sequence[str] | None = None, shards: Collection[str] | None = None
) -> duckdb.DuckDBPyConnection:
    """Open an in-memory database whose views are the dataset's tables, and ``failures`` of all of them.

    ``review_log`` and ``reviews`` hold what people decided; both may be empty.

    ``tables`` limits the views, for speed; ``everything`` then is not there. ``shards`` limits the rows.
    """
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")  # it would be drawn into what the user sees
    listing = dataset.listing()
    if dataset.local is None:
        connection.register_filesystem(dataset.store.snapshot(f"tables/{table}" for table in listing))
    if shards is not None:
        listing = {t: found for t, p in listing.items() if (found := {s: p[s] for s in p.keys() & shards})}
    with _opening(dataset):
        _make_views(connection, dataset, listing, tables)
    return connection


def _make_views(
    connection: duckdb.DuckDBPyConnection, dataset: "Dataset", listing: "Parts", tables: Sequence[str] | None
) -> None:
    for table in listing if tables is None else [t for t in tables if t in listing]:
        query = f"SELECT * FROM {_stored(dataset, listing, table)}"
        if table == "videos" and "sources" in listing:
            query = _as_now_called(_stored(dataset, listing, table), _stored(dataset, listing, "sources"))
        connection.execute(f"CREATE VIEW {identifier(table)} AS {query}")
    if listing:
        connection.execute(_failures(dataset, [p for parts in listing.values() for p in parts.values()]))
    reviewed = (tables is None or {REVIEWS, REVIEW_LOG} & set(tables)) and make_views(connection, dataset.store)
    if tables is None and "clips" in listing:
        columns = {t: _columns(connection, t) for t in listing} | ({REVIEWS: list(COLUMNS)} if reviewed else {})
        connection.execute(f"CREATE VIEW everything AS {everything(columns)}")


@contextmanager
def _opening(dataset: "Dataset") -> Iterator[None]:
    """A part that was cut short or is none at all is told by its name; DuckDB says which it is."""
    try:
        yield
    except duckdb.Error as error:
        told = _first_lines(error).partition(" LINE 1:")[0]
        advice = "delete that file, and the next build makes it anew"
        raise ShotlistError(f"{dataset.address}: a part can't be read: {told}; {advice}") from error


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [row[0] for row in connection.execute(f"DESCRIBE {identifier(table)}").fetchall()]


def _stored(dataset: "Dataset", listing: "Parts", table: str) -> str:
    parts = listing[table].values()
    files = ", ".join(quote(dataset.store.url(part.path)) for part in parts)
    # Parts of one fingerprint have the same columns. Others need not: where a build was interrupted, some may
    # be of an older version of the step. To find that out, every file has to be opened.
    by_name = len({part.fingerprint for part in parts}) > 1
    return f"read_parquet([{files}], union_by_name = {by_name}, hive_partitioning = false)"


def _as_now_called(videos: str, sources: str) -> str:
    """The videos with the address and title that were last said, which may be after they were scanned."""
    return (
        "SELECT scanned.* REPLACE (coalesce(named.uri, scanned.uri) AS uri, named.title AS title) "
        f"FROM {videos} AS scanned LEFT JOIN {sources} AS named USING (video_id)"
    )


def quote(text: str) -> str:
    """A string as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def everything(columns: dict[str, list[str]]) -> str:
    """The query behind the view ``everything``: one row per clip with the columns of every table of clips.

    A table's columns are named ``table_column``; a table's only column is named like the table.
    """
    selected, joins = ["clips.*"], []
    if "videos" in columns:
        selected.append("videos.uri, videos.title, videos.width, videos.height, videos.fps")
        joins.append("LEFT JOIN videos USING (video_id)")
    for table, names in sorted(columns.items()):
        if table in ("clips", "decisions") or "clip_id" not in names:
            continue
        own = [n for n in names if n not in ("clip_id", "video_id")]
        for name in own:
            alias = table if len(own) == 1 else f"{table}_{name}"
            selected.append(f"{identifier(table)}.{identifier(name)} AS {identifier(alias)}")
        joins.append(f"LEFT JOIN {identifier(table)} ON {identifier(table)}.clip_id = clips.clip_id")
    if "decisions" in columns:
        selected.append("coalesce(decisions.status = 'kept', false) AS kept")
        selected.append("decisions.status, decisions.rule, decisions.value")
        joins.append("LEFT JOIN decisions ON decisions.clip_id = clips.clip_id")
    return f"SELECT {', '.join(selected)} FROM clips {' '.join(joins)}"


def _failures(dataset: "Dataset", parts: Sequence["Part"]) -> str:
    listed = ", ".join(quote(dataset.store.url(part.path)) for part in parts)
    shape = (
        '[{"video_id":"VARCHAR","step":"VARCHAR","kind":"VARCHAR","message":"VARCHAR",'
        '"may_pass":"BOOLEAN","clip_id":"VARCHAR","uri":"VARCHAR"}]'
    )
    return (
        "CREATE VIEW failures AS SELECT DISTINCT failure.*, shard FROM ("
        f"SELECT unnest(from_json(decode(value), '{shape}')) AS failure, "
        "regexp_extract(file_name, '([^/.]+)[.][^/.]+[.]parquet$', 1) AS shard "
        f"FROM parquet_kv_metadata([{listed}]) WHERE decode(key) = 'shotlist.failures')"
    )


def ask(connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()) -> duckdb.DuckDBPyRelation:
    """Run a query; raises ShotlistError that says what is wrong and which tables exist."""
    with asking():
        try:
            return connection.sql(query, params=list(parameters)) if parameters else connection.sql(query)
        except duckdb.CatalogException as error:
            names = ", ".join(row[0] for row in connection.execute("SHOW TABLES").fetchall())
            raise ShotlistError(f"{_first_lines(error)} The dataset has these tables: {names}") from error


@contextmanager
def asking() -> Iterator[None]:
    """Turn what DuckDB says into a ShotlistError; rows are computed only when they are fetched."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException) as error:
        raise ShotlistError(_first_lines(error)) from error


def _first_lines(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:3])
