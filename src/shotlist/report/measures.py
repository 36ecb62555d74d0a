"""Which columns of the clips' tables become charts. None is named here: a new measure is found by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from shotlist.query import identifier
from shotlist.report.tables import Tables
from shotlist.report.wording import UNITS

Kind = Literal["number", "words", "names", "lists"]

_WHOLE = {
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
}
_BROKEN = {"FLOAT", "DOUBLE"}
_POSITIONS = ("_us", "_ms", "_frame", "_id")
"""Ends of names of columns that say where a clip is, not what it is like."""
_NAMES_OF_THINGS = ("presence.speaker",)
"""Numbers that say which, not how much."""
_FEW = 24
"""Text columns with more distinct values than this are prose, and counted in words."""
_SHORT = 40
_PROSE = 3
"""Words in a text, on average, from which on it is prose."""


@dataclass(frozen=True)
class Column:
    """One column to draw: a number, prose counted in words, or a text or list of texts with few values."""

    table: str
    name: str
    kind: Kind
    whole: bool = False

    @property
    def label(self) -> str:
        """What stands above the chart."""
        return f"{self.table}.{self.name}"

    @property
    def condition(self) -> str:
        """How a rule writes the number."""
        place = f"{_bare(self.table)}.{_bare(self.name)}"
        return f"len(string_split({place}, ' '))" if self.kind == "words" else place

    @property
    def value(self) -> str:
        """How a query over the table, called ``t``, writes it."""
        place = f"t.{identifier(self.name)}"
        if self.kind == "words":
            return f"len(string_split({place}, ' '))::DOUBLE"
        if self.kind == "number":
            return f"{place}::DOUBLE"
        return f"{place}::VARCHAR" if self.kind == "names" else place

    @property
    def unit(self) -> str:
        """The unit where it is known."""
        return "words" if self.kind == "words" else UNITS.get(self.label, "")


def _bare(name: str) -> str:
    return name if name.isidentifier() and name.islower() else identifier(name)


def clip_tables(tables: Tables) -> list[str]:
    """Tables with a row per clip, the clips themselves first and texts last."""
    named = [t for t, columns in tables.columns.items() if "clip_id" in columns and t not in _NOT_MEASURES]
    return sorted(named, key=lambda t: (t != "clips", "text" in tables.columns[t], t))


_NOT_MEASURES = ("decisions", "failures", "everything")


def columns_of(tables: Tables, table: str) -> list[Column]:
    """The columns of a table that can be drawn, in their order."""
    found = list(_typed(tables.columns[table], table))
    texts = [c for c in found if c.kind in ("names", "lists")]
    kinds = dict(zip([c.name for c in texts], _text_kinds(tables, table, texts), strict=True))
    drawn = (_with_kind(c, kinds.get(c.name, c.kind)) for c in found)
    return [c for c in drawn if c is not None]


def _with_kind(column: Column, kind: Kind | None) -> Column | None:
    return None if kind is None else Column(column.table, column.name, kind, column.whole or kind == "words")


def _typed(columns: dict[str, str], table: str) -> Iterator[Column]:
    for name, kind in columns.items():
        if name in ("clip_id", "video_id") or name.endswith(_POSITIONS) or f"{table}.{name}" in _NAMES_OF_THINGS:
            continue
        if kind in _WHOLE:
            yield Column(table, name, "number", whole=True)
        elif kind in _BROKEN or kind.startswith("DECIMAL"):
            yield Column(table, name, "number")
        elif kind in ("VARCHAR", "BOOLEAN") or kind.startswith("ENUM"):
            yield Column(table, name, "names")
        elif kind == "VARCHAR[]":
            yield Column(table, name, "lists")


def _text_kinds(tables: Tables, table: str, columns: Sequence[Column]) -> list[Kind | None]:
    """Few short values are names; more of them are prose, unless they are single words such as ids."""
    if not columns:
        return []
    asked = []
    for column in columns:
        one = f"unnest({identifier(column.name)})" if column.kind == "lists" else f"{identifier(column.name)}::VARCHAR"
        asked.append(
            f"""(SELECT [approx_count_distinct(v), count(v), avg(length(v)), avg(len(string_split(v, ' ')))]
                 FROM (SELECT nullif({one}, '') AS v FROM {identifier(table)}))"""
        )
    answers = tables.one(f"SELECT {', '.join(asked)}")
    return [_text_kind(c, *answer) for c, answer in zip(columns, answers, strict=True)]


def _text_kind(column: Column, distinct: float, there: float, length: float | None, words: float | None) -> Kind | None:
    if not there or length is None or words is None:
        return None
    if column.kind == "lists":
        # Values that hardly ever come twice, such as codes of colours, are no names.
        return "lists" if length <= _SHORT and distinct <= min(4 * _FEW, 0.8 * there) else None
    if length <= _SHORT and distinct <= _FEW and words < _PROSE:
        return "names"
    return "words" if words >= _PROSE else None
