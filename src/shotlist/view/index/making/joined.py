"""The clips with all that is known of them as one table, joined a batch of shards and a table at a time."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import chain

import pyarrow as pa

from shotlist.query import identifier, quote
from shotlist.report.tables import EXPECTED
from shotlist.view.index.columns import ALWAYS, Column, Origin, Stats, described, origins
from shotlist.view.index.making.progress import by_tenths
from shotlist.view.index.making.stored import SHARD, Stored

BATCH = 30_000
"""Clips whose tables are in memory at a time."""
_SAMPLE = 50_000

_KEYS = (
    Origin("number", "clips", "number", "batch.number", "INTEGER"),
    Origin("clip_id", "clips", "clip_id", "batch.clip_id", "VARCHAR"),
    Origin("video_id", "clips", "video_id", "batch.video_id", "VARCHAR"),
    Origin("start_us", "clips", "start_us", "batch.start_us", "BIGINT"),
    Origin("end_us", "clips", "end_us", "batch.end_us", "BIGINT"),
    Origin("still_us", "clips", "still_us", "(batch.start_us + batch.end_us) // 2", "BIGINT"),
    Origin("seconds", "clips", "seconds", "(batch.end_us - batch.start_us) / 1e6", "DOUBLE"),
    Origin("title", "videos", "title", "coalesce(videos.name, batch.video_id)", "VARCHAR"),
)


def join_clips(stored: Stored, tell: Callable[[str], None]) -> list[Column]:
    """Make the table ``clips``, and ``columns`` with what is in it."""
    found = _origins(stored)
    cells = ", ".join(f"{identifier(o.name)} {o.type}" for o in found)
    shown = f"shown VARCHAR GENERATED ALWAYS AS ({_shown(stored, found)}) VIRTUAL"
    stored.connection.execute(f"CREATE TABLE clips ({cells}, {shown})")
    total = _order(stored)
    if total:
        _insert(stored, _batches(stored, found, total, tell))
    stored.connection.execute("DROP TABLE ordered")
    asked = [o for o in found if o.name not in ("number", "still_us")]
    columns = [described(o, stats) for o, stats in zip(asked, _stats(stored, total, asked), strict=True)]
    stored.connection.execute("CREATE TABLE columns (told VARCHAR)")
    stored.connection.executemany("INSERT INTO columns VALUES (?)", [[json.dumps(asdict(c))] for c in columns])
    return columns


def _origins(stored: Stored) -> list[Origin]:
    """All columns with what makes them."""
    shapes = {table: shape for table, shape in stored.shapes.items() if "clip_id" in shape}
    found = [*_KEYS, *origins(shapes | {"videos": {**EXPECTED["videos"], **stored.shapes.get("videos", {})}})]
    named = {o.name for o in found}
    found += [Origin(c, t, c, "NULL", "VARCHAR") for c, t in ALWAYS.items() if c not in named]
    # Without rules every clip is kept; with them, one that has no decision was never judged.
    judged = "status" in shapes.get("decisions", {})
    status = "coalesce(decisions.status, 'undecided')" if judged else "'kept'"
    found = [o if o.name != "status" else Origin("status", "decisions", "status", status, "VARCHAR") for o in found]
    return [*found, Origin("kept", "decisions", "kept", f"({status} = 'kept')", "BOOLEAN")]


def _shown(stored: Stored, found: Sequence[Origin]) -> str:
    """The recipe's captions as the report shows them, else what other step describes clips."""
    recipe = stored.dataset.read_json("recipe.json")
    named = recipe.get("caption") if isinstance(recipe, dict) else None
    texts = {o.table: o.name for o in found if o.own == "text" and o.type == "VARCHAR"}
    captions = [t for t in texts if t.startswith(("caption", "final"))]
    teachers = [t for t in texts if t.startswith("teacher")]
    for table in [named or "caption", "caption", *captions, *teachers]:
        if table in texts:
            return identifier(texts[table])
    return "NULL::VARCHAR"


def _order(stored: Stored) -> int:
    """``ordered``: every clip with its number, by the names of videos and then time; how many there are."""
    there = stored.shapes.get("clips", {})
    start = "coalesce(start_us, 0)" if "start_us" in there else "0"
    end = f"coalesce(end_us, {start})" if "end_us" in there else start
    video = "video_id" if "video_id" in there else "NULL"
    cells = f"clip_id, {video}::VARCHAR AS video_id, {start}::BIGINT AS start_us, {end}::BIGINT AS end_us"

    def read() -> None:
        query = "SELECT '' AS clip_id, '' AS video_id, 0 AS start_us, 0 AS end_us, '' AS shard LIMIT 0"
        if "clip_id" in there:
            clips = stored.query("clips", stored.parts("clips"))
            query = f"SELECT {cells}, {SHARD} AS shard FROM ({clips}) WHERE clip_id IS NOT NULL"
        stored.connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE ordered AS
                SELECT c.*, (row_number() OVER (
                    ORDER BY v.place NULLS LAST, c.video_id, c.start_us, c.end_us, c.clip_id) - 1)::INTEGER AS number
                FROM ({query}) AS c LEFT JOIN placed AS v USING (video_id)"""
        )

    stored.reading(lambda: stored.parts("clips"), read)
    return int(stored.connection.execute("SELECT count(*) FROM ordered").fetchall()[0][0])


def _insert(stored: Stored, tables: Iterator[pa.Table]) -> None:
    """Insert all batches as one stream: DuckDB then writes each row to its place, and none to its log before."""
    first = next(tables)
    batches = (batch for table in chain([first], tables) for batch in table.to_batches())
    with stored.connection.cursor() as writer:
        writer.register("joined", pa.RecordBatchReader.from_batches(first.schema, batches))
        writer.execute("INSERT INTO clips BY NAME SELECT * FROM joined")


def _batches(stored: Stored, found: Sequence[Origin], total: int, tell: Callable[[str], None]) -> Iterator[pa.Table]:
    done, progress = 0, by_tenths(tell, "tables", total, BATCH)
    for shards, size in _groups(stored):
        yield _joined(stored, shards, found)
        done += size
        progress(done)


def _groups(stored: Stored) -> Iterator[tuple[list[str], int]]:
    """Shards that have about so many clips together, and how many."""
    shards: list[str] = []
    size = 0
    counted = stored.connection.execute("SELECT shard, count(*) FROM ordered GROUP BY 1 ORDER BY 1").fetchall()
    for shard, number in counted:
        if shards and size + number > BATCH:
            yield shards, size
            shards, size = [], 0
        shards.append(shard)
        size += number
    yield shards, size


def _joined(stored: Stored, shards: Sequence[str], found: Sequence[Origin]) -> pa.Table:
    """A batch's tables, joined one after the other: all of them at once would all be in memory."""
    listed = ", ".join(quote(shard) for shard in shards)
    stored.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE batch AS FROM ordered WHERE shard IN ({listed}) ORDER BY number"
    )
    columns: dict[str, pa.ChunkedArray] = {}
    for table in dict.fromkeys(o.table for o in found):
        columns |= _cells(stored, table, shards, [o for o in found if o.table == table])
    return pa.table(columns)


def _cells(stored: Stored, table: str, shards: Sequence[str], found: Sequence[Origin]) -> dict[str, pa.ChunkedArray]:
    """One table's columns for each clip of the batch; what is left out of a broken part is empty."""
    made = ", ".join(f"CAST({o.made} AS {o.type}) AS {identifier(o.name)}" for o in found)
    size = stored.connection.execute("SELECT count(*) FROM batch").fetchall()[0][0]
    cells: dict[str, pa.ChunkedArray] = {}

    def read() -> None:
        joined = f"SELECT {made} FROM batch {_other(stored, table, shards)}"
        rows = stored.connection.sql(f"{joined} ORDER BY batch.number").to_arrow_table()
        if rows.num_rows > size:  # a clip that has several rows in a table counts once, with one of them
            once = "QUALIFY row_number() OVER (PARTITION BY batch.number) = 1"
            rows = stored.connection.sql(f"{joined} {once} ORDER BY batch.number").to_arrow_table()
        cells.update({o.name: rows[k] for k, o in enumerate(found)})

    stored.reading(lambda: stored.parts(table, shards), read)
    return cells


def _other(stored: Stored, table: str, shards: Sequence[str]) -> str:
    if table == "videos":
        return "LEFT JOIN placed AS videos ON videos.video_id = batch.video_id"
    if "clip_id" not in stored.shapes.get(table, {}):
        return ""
    query = stored.query(table, stored.parts(table, shards))
    return f"LEFT JOIN ({query}) AS {identifier(table)} ON {identifier(table)}.clip_id = batch.clip_id"


def _stats(stored: Stored, total: int, found: Sequence[Origin]) -> Iterator[Stats]:
    """What the values are like; of texts a sample tells."""
    counts = stored.connection.execute(
        f"SELECT {', '.join(f'count({identifier(o.name)})' for o in found)} FROM clips"
    ).fetchall()[0]
    for origin, there in zip(found, counts, strict=True):
        if origin.type not in ("VARCHAR", "VARCHAR[]") or not there:
            yield Stats(there=there)
            continue
        one = f"unnest({identifier(origin.name)})" if origin.type == "VARCHAR[]" else identifier(origin.name)
        step = 1 if there < _SAMPLE else max(1, total // _SAMPLE)
        sample = stored.connection.execute(
            f"""SELECT approx_count_distinct(v), count(v), avg(length(v)), avg(len(string_split(v, ' ')))
                FROM (SELECT nullif({one}, '') AS v FROM clips WHERE number % {step} = 0)"""
        ).fetchall()[0]
        yield Stats(*sample)
