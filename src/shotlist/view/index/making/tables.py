"""Makes the index's tables of videos, failures and counts; the clips are joined beside."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import duckdb
import pyarrow as pa

from shotlist.parts import Part
from shotlist.query import identifier, quote
from shotlist.report.tables import EXPECTED, Tables
from shotlist.report.totals import Group, RuleYield, Totals, totals
from shotlist.report.wording import video_name
from shotlist.view.index.making.charts import make_charts
from shotlist.view.index.making.joined import join_clips
from shotlist.view.index.making.stored import SHARD, Stored


def gather(stored: Stored, tell: Callable[[str], None]) -> None:
    """Fill the database that ``stored`` reads into."""
    _place_videos(stored)
    columns = join_clips(stored, tell)
    make_charts(stored.connection, columns)
    _count_videos(stored.connection)
    _collect_failures(stored)
    _count(stored)
    stored.connection.execute("CREATE TABLE problems (problem VARCHAR)")
    if stored.problems:
        stored.connection.executemany("INSERT INTO problems VALUES (?)", [[p] for p in stored.problems])


def _place_videos(stored: Stored) -> None:
    """``placed``: every video with its ``name`` for people, its ``shard``, and its ``place`` in the order of names."""
    connection = stored.connection
    shape = {**EXPECTED["videos"], **stored.shapes.get("videos", {})}
    cells = ", ".join(f"NULL::{kind} AS {identifier(c)}" for c, kind in shape.items())
    connection.execute(f"CREATE TEMP TABLE scanned AS SELECT {cells}, ''::VARCHAR AS shard LIMIT 0")

    def fill() -> None:
        connection.execute("DELETE FROM scanned")
        if parts := stored.parts("videos"):
            query = f"SELECT * EXCLUDE (filename), {SHARD} AS shard FROM ({stored.query('videos', parts)})"
            connection.execute(f"INSERT INTO scanned BY NAME {query}")

    stored.reading(lambda: stored.parts("videos"), fill)
    _rename(stored)
    rows = connection.sql("SELECT DISTINCT video_id, uri, title FROM scanned").to_arrow_table()
    names = [video_name(u, t, v or "") for v, u, t in zip(*(rows[c].to_pylist() for c in range(3)), strict=True)]
    connection.register("named", pa.table({"video_id": rows[0], "name": pa.array(names, pa.string())}))
    connection.execute(
        """CREATE TEMP TABLE placed AS
           SELECT *, row_number() OVER (ORDER BY lower(name), uri, video_id) - 1 AS place FROM (
               SELECT scanned.*, named.name FROM scanned JOIN named USING (video_id)
               QUALIFY row_number() OVER (PARTITION BY video_id) = 1)"""
    )
    connection.unregister("named")
    connection.execute("DROP TABLE scanned")


def _rename(stored: Stored) -> None:
    """Addresses and titles that were said after the scan count."""
    values = {"uri": "coalesce(said.uri, scanned.uri)", "title": "said.title"}
    said = [c for c in values if c in stored.shapes.get("sources", {})]

    def update() -> None:
        if said and (parts := stored.parts("sources")):
            stored.connection.execute(
                f"UPDATE scanned SET {', '.join(f'{c} = {values[c]}' for c in said)} "
                f"FROM ({stored.query('sources', parts)}) AS said WHERE said.video_id = scanned.video_id"
            )

    stored.reading(lambda: stored.parts("sources"), update)


def _count_videos(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """CREATE TABLE videos AS
           SELECT placed.*, coalesce(c.clips, 0) AS clips, coalesce(c.kept, 0) AS kept,
                  coalesce(c.dropped, 0) AS dropped, coalesce(c.failed, 0) AS failed,
                  coalesce(c.seconds, 0) AS clip_seconds, coalesce(c.kept_seconds, 0) AS kept_seconds
           FROM placed LEFT JOIN (
               SELECT video_id, count(*) AS clips, count(*) FILTER (status = 'kept') AS kept,
                      count(*) FILTER (status = 'dropped') AS dropped, count(*) FILTER (status = 'failed') AS failed,
                      sum(seconds) AS seconds, sum(seconds) FILTER (status = 'kept') AS kept_seconds
               FROM clips GROUP BY 1) AS c USING (video_id)
           ORDER BY place"""
    )
    connection.execute("DROP TABLE placed")


def _collect_failures(stored: Stored) -> None:
    """What failed, from the metadata of all parts."""
    shape = json.dumps([EXPECTED["failures"]])
    empty = ", ".join(f"NULL::{kind} AS {c}" for c, kind in EXPECTED["failures"].items())
    connection = stored.connection

    def parts() -> list[Part]:
        return [part for table in stored.listing for part in stored.parts(table)]

    def read() -> None:
        connection.execute(f"CREATE OR REPLACE TABLE failures AS SELECT {empty}, ''::VARCHAR AS shard LIMIT 0")
        if found := parts():
            listed = ", ".join(quote(stored.dataset.store.url(p.path)) for p in found)
            connection.execute(
                f"""INSERT INTO failures BY NAME SELECT DISTINCT failure.*, shard FROM (
                    SELECT unnest(from_json(decode(value), {quote(shape)})) AS failure,
                           {SHARD.replace("filename", "file_name")} AS shard
                    FROM parquet_kv_metadata([{listed}]) WHERE decode(key) = 'shotlist.failures')"""
            )

    stored.reading(parts, read)


class _Counting(Tables):
    """The index in the making, as the report's counts ask for it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection


def _count(stored: Stored) -> None:
    """The table ``totals``, which :func:`totals_of` reads."""
    connection = stored.connection
    connection.execute("CREATE SCHEMA report")
    connection.execute("CREATE VIEW report.videos AS SELECT * FROM main.videos")

    def read() -> None:
        query = "SELECT NULL::VARCHAR AS opening LIMIT 0"
        if "opening" in stored.shapes.get("shots", {}):
            query = f"SELECT opening FROM ({stored.query('shots', stored.parts('shots'))})"
        connection.execute(f"CREATE OR REPLACE TEMP TABLE opened AS {query}")

    stored.reading(lambda: stored.parts("shots"), read)
    connection.execute("CREATE VIEW report.shots AS SELECT * FROM opened")
    there = {row[0] for row in connection.execute("DESCRIBE main.clips").fetchall()}
    refused = "failed_rules" if "failed_rules" in there else "[]::VARCHAR[] AS failed_rules"
    connection.execute(f"CREATE TEMP VIEW basis AS SELECT status, rule, {refused}, seconds FROM main.clips")
    dataset = stored.dataset
    counted = totals(_Counting(connection), dataset.read_json("recipe.json"), dataset.read_json("summary.json"))
    connection.execute("CREATE TABLE totals (totals VARCHAR)")
    connection.execute("INSERT INTO totals VALUES (?)", [json.dumps(asdict(counted))])
    connection.execute("DROP SCHEMA report CASCADE")


def totals_of(stored: Mapping[str, Any]) -> Totals:
    """The report's totals from what the table ``totals`` holds."""
    rules = tuple(
        RuleYield(r["name"], r["condition"], *(Group(**r[k]) for k in ("dropped", "refused", "alone", "left")))
        for r in stored["rules"]
    )
    clips = {status: Group(**group) for status, group in stored["clips"].items()}
    return Totals(stored["videos"], stored["footage"], stored["openings"], clips, rules, stored["named"])
