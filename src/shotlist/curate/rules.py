"""Rules: DuckDB conditions over stored measures that keep a clip, or drop it with the rule and the value."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, ClassVar

import duckdb
import pyarrow as pa

from shotlist.engine.recipe import FAILURES, nearest
from shotlist.engine.step import Pass
from shotlist.errors import ShotlistError
from shotlist.query import identifier, quote
from shotlist.reviews.views import REVIEWS

Columns = Mapping[str, Mapping[str, pa.DataType]]


@dataclass(frozen=True)
class Rules(Pass):
    """Keeps the clips for which every condition is true. The table is called ``decisions``.

    A condition names columns as ``table.column``, for example ``motion.score BETWEEN 0.45 AND 50``. What was
    not measured fulfils no condition. ``--set rules.NAME=CONDITION`` adds or changes a rule, ``NAME=off``
    removes it.
    """

    keep: Mapping[str, str] = field(default_factory=dict)
    """Conditions by name, in the order in which they are blamed for a drop."""

    version: ClassVar[int] = 2

    @property
    def name(self) -> str:
        """The step's name in ``--set``; its table has the name ``decisions``."""
        return "rules"

    @property
    def writes(self) -> tuple[str, ...]:
        """The table of decisions."""
        return ("decisions",)

    def inputs(self) -> tuple[str, ...]:
        """Tables that the conditions name, ``clips``, and what failed in whichever step."""
        return (*self.tables(), FAILURES)

    def tables(self) -> list[str]:
        """The tables of clips and videos that the conditions name, and ``clips``."""
        named = [ref[0] for condition in self.keep.values() for ref in references(condition) if len(ref) > 1]
        return list(dict.fromkeys(["clips", *named]))

    def with_setting(self, name: str, text: str) -> "Rules":
        """One rule added, changed or (``off``) removed."""
        rules = {k: v for k, v in self.keep.items() if k != name or text.strip().lower() != "off"}
        if text.strip().lower() != "off":
            references(text)
            rules[name] = text
        elif name not in self.keep:
            raise ShotlistError(f"--set rules.{name}=off: no such rule{nearest(name, list(self.keep))}")
        return replace(self, keep=rules)

    def check(self, columns: Columns) -> None:
        """Raise ShotlistError for a rule that names what the recipe does not make, or that makes no sense."""
        for rule, condition in self.keep.items():
            for ref in references(condition):
                table, column = (ref[0], ref[1]) if len(ref) > 1 else ("clips", ref[0])
                if table not in columns:
                    raise ShotlistError(f"rule {rule}: there is no table {table}{nearest(table, list(columns))}")
                if column not in columns[table]:
                    there = ", ".join(c for c in columns[table] if not c.endswith("_id"))
                    raise ShotlistError(f"rule {rule}: {table} has no column {column}; it has: {there}")
        self._try_out({table: columns[table] for table in self.tables()})

    def _try_out(self, columns: Columns) -> None:
        """Judge no clips at all, so that a text compared with a number is found out before any work."""
        with duckdb.connect() as connection:
            for table, kinds in columns.items():
                connection.register(table, pa.schema(list(kinds.items())).empty_table())
            connection.execute("CREATE TABLE failures (clip_id VARCHAR, video_id VARCHAR, message VARCHAR)")
            self._judged(connection, columns)

    def run(self, connection: duckdb.DuckDBPyConnection) -> pa.RecordBatchReader:
        """Columns clip_id, video_id, seconds, status (kept, dropped, failed), rule, value, all failed rules.

        ``value`` says which values the first failed rule looked at, or what failed.
        """
        columns = {table: _described(connection, table) for table in self.tables()}
        return self._judged(connection, columns).to_arrow_reader(65_536)

    def _judged(self, connection: duckdb.DuckDBPyConnection, columns: Columns) -> duckdb.DuckDBPyRelation:
        try:
            return connection.sql(self._query(columns))
        except duckdb.Error as error:
            raise ShotlistError(f"the rules can't be judged: {str(error).splitlines()[0]}") from error

    def _query(self, columns: Columns) -> str:
        joins = " ".join(_join(table) for table in columns if table != "clips")
        names, truths = list(self.keep), [f"r{k}" for k in range(len(self.keep))]
        judged = "".join(
            f", coalesce({condition}, false) AS r{k}, {_value(condition, columns)} AS v{k}"
            for k, condition in enumerate(self.keep.values())
        )
        first = " ".join(f"WHEN NOT {t} THEN {quote(n)}" for t, n in zip(truths, names, strict=True))
        value = " ".join(f"WHEN NOT {t} THEN v{k}" for k, t in enumerate(truths))
        each = [f"CASE WHEN NOT {t} THEN {quote(n)} END" for t, n in zip(truths, names, strict=True)]
        return f"""
            WITH broken_clips AS (SELECT clip_id, min(message) AS why FROM failures
                                  WHERE clip_id IS NOT NULL GROUP BY clip_id),
            broken_videos AS (SELECT video_id, min(message) AS why FROM failures
                              WHERE clip_id IS NULL GROUP BY video_id),
            judged AS (SELECT clips.clip_id, clips.video_id, clips.seconds,
                              coalesce(broken_clips.why, broken_videos.why) AS why {judged}
                       FROM clips {joins}
                       LEFT JOIN broken_clips ON broken_clips.clip_id = clips.clip_id
                       LEFT JOIN broken_videos ON broken_videos.video_id = clips.video_id)
            SELECT clip_id, video_id, seconds,
                   CASE WHEN why IS NOT NULL THEN 'failed'
                        WHEN {" AND ".join(truths) or "true"} THEN 'kept' ELSE 'dropped' END AS status,
                   CASE WHEN why IS NOT NULL THEN NULL {first} END AS rule,
                   CASE WHEN why IS NOT NULL THEN why {value} END AS value,
                   list_filter([{", ".join(each) or "NULL::VARCHAR"}], lambda x: x IS NOT NULL)
                       AS failed_rules
            FROM judged"""


def _join(table: str) -> str:
    key = "video_id" if table in ("videos", "sources") else "clip_id"
    return f"LEFT JOIN {identifier(table)} ON {identifier(table)}.{key} = clips.{key}"


def _value(condition: str, columns: Columns) -> str:
    """SQL for a text that names the values a condition looked at: ``motion.score = 0.31``."""
    parts = []
    for ref in dict.fromkeys(references(condition)):
        table, column = (ref[0], ref[1]) if len(ref) > 1 else ("clips", ref[0])
        expression = f"{identifier(table)}.{identifier(column)}"
        if pa.types.is_floating(columns[table][column]):
            expression = f"format('{{:.4g}}', {expression})"
        absent = "not reviewed" if table == REVIEWS else "not measured"
        parts.append(f"{quote('.'.join(ref) + ' = ')} || coalesce({expression}::VARCHAR, {quote(absent)})")
    return f"concat_ws(', ', {', '.join(parts)})" if parts else "''"


def _described(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, pa.DataType]:
    schema = connection.sql(f"SELECT * FROM {identifier(table)} LIMIT 0").to_arrow_table().schema
    return {f.name: f.type for f in schema}


def references(condition: str) -> tuple[tuple[str, ...], ...]:
    """The columns that a condition names, as (table, column) or (column,); else ShotlistError."""
    return tuple(dict.fromkeys(tuple(node["column_names"]) for node in _parsed(condition, "COLUMN_REF")))


def looks_around(condition: str) -> bool:
    """Whether a condition compares a clip with others, by a query of its own or a window; else ShotlistError."""
    return bool(_parsed(condition, "SUBQUERY") or _parsed(condition, "WINDOW"))


@cache
def _parsed(condition: str, kind: str) -> tuple[Mapping[str, Any], ...]:
    """The parts of a condition that are of a kind, as DuckDB reads it."""
    try:
        with duckdb.connect() as own:  # the module's own connection belongs to the user
            row = own.execute("SELECT json_serialize_sql(?)", [f"SELECT 1 WHERE {condition}"]).fetchone()
    except duckdb.Error as error:
        raise ShotlistError(f"the rule {condition!r} is no DuckDB condition: {error}") from error
    tree: Any = json.loads(row[0]) if row else {}
    if tree.get("error"):
        raise ShotlistError(f"the rule {condition!r} is no DuckDB condition: {tree.get('error_message')}")
    where: Sequence[Any] = [s["node"]["where_clause"] for s in tree["statements"]]
    return tuple(_of_kind(where, kind))


def _of_kind(node: Any, kind: str) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict):
        if node.get("class") == kind:
            yield node
        for child in node.values():
            yield from _of_kind(child, kind)
    elif isinstance(node, list):
        for child in node:
            yield from _of_kind(child, kind)
