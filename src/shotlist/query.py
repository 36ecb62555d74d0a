"""DuckDB over a dataset's tables."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from shotlist.errors import ShotlistError

if TYPE_CHECKING:
    from shotlist.dataset import Dataset


def connect(dataset: "Dataset", tables: Sequence[str] | None = None) -> duckdb.DuckDBPyConnection:
    """Open an in-memory database whose views are the dataset's tables."""
    connection = duckdb.connect()
    if dataset.local is None:
        connection.register_filesystem(dataset.fs)
    columns: dict[str, list[str]] = {}
    for table in dataset.tables() if tables is None else tables:
        files = [_address(dataset, part.path) for part in dataset.parts(table).values()]
        if files:
            listed = ", ".join(quote(f) for f in files)
            connection.execute(
                f"CREATE VIEW {identifier(table)} AS "
                f"SELECT * FROM read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
            )
            columns[table] = [row[0] for row in connection.execute(f"DESCRIBE {identifier(table)}").fetchall()]
    if columns:
        _failures(connection, dataset, list(columns))
    if tables is None and "clips" in columns:
        connection.execute(f"CREATE VIEW everything AS {everything(columns)}")
    return connection


def _address(dataset: "Dataset", path: str) -> str:
    if dataset.local is not None:
        return str(dataset.local / path)
    return str(dataset.fs.unstrip_protocol(f"{dataset.root}/{path}"))


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


def _failures(connection: duckdb.DuckDBPyConnection, dataset: "Dataset", tables: list[str]) -> None:
    files = [_address(dataset, p.path) for table in tables for p in dataset.parts(table).values()]
    listed = ", ".join(quote(f) for f in files)
    shape = (
        '[{"video_id":"VARCHAR","step":"VARCHAR","kind":"VARCHAR","message":"VARCHAR",'
        '"may_pass":"BOOLEAN","clip_id":"VARCHAR","uri":"VARCHAR"}]'
    )
    connection.execute(
        "CREATE VIEW failures AS SELECT DISTINCT failure.* FROM ("
        f"SELECT unnest(from_json(decode(value), '{shape}')) AS failure "
        f"FROM parquet_kv_metadata([{listed}]) WHERE decode(key) = 'shotlist.failures')"
    )


def ask(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()
) -> duckdb.DuckDBPyRelation:
    """Run a query; raises ShotlistError that says what is wrong and which tables exist."""
    try:
        return connection.sql(query, params=list(parameters)) if parameters else connection.sql(query)
    except duckdb.CatalogException as error:
        names = ", ".join(row[0] for row in connection.execute("SHOW TABLES").fetchall())
        raise ShotlistError(f"{_first_line(error)}. The dataset has these tables: {names}") from error
    except duckdb.Error as error:
        raise ShotlistError(_first_line(error)) from error


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:3])
