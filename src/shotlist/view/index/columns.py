"""Which columns clips have in the index: found by their types and values, none is named by a step's name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shotlist.query import identifier
from shotlist.report.wording import UNITS

Kind = Literal["number", "flag", "category", "text", "list"]
Shapes = Mapping[str, Mapping[str, str]]
"""Table to column to DuckDB's type."""

_WHOLE = frozenset(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"))
_HUGE = ("HUGEINT", "UHUGEINT", "BIGNUM", "DECIMAL")
_AS_TEXT = ("VARCHAR", "UUID", "ENUM")
_TIMES = ("DATE", "TIME", "INTERVAL")
_POSITIONS = ("_us", "_ms", "_frame", "_id")
_NAMES_OF_THINGS = ("presence.speaker",)
_OF_VIDEOS = ("uri", "width", "height", "fps")
_OF_DECISIONS = ("status", "rule", "value", "failed_rules")
_BARE = ("clips", "videos", "decisions")
"""Tables whose columns are called by their own names alone."""
_OWN = ("number", "clip_id", "video_id", "start_us", "end_us", "still_us", "seconds", "title", "shown", "kept")
"""Columns that every index has, whatever the tables hold."""
ALWAYS = {"uri": "videos", "mark": "clips", "status": "decisions", "rule": "decisions", "value": "decisions"}
"""Texts that pages count on, with the tables that they come from; empty where the dataset has none."""
_FEW, _SHORT, _PROSE = 100, 40, 3
"""Distinct values, letters and words up to which a text is a name of something."""


@dataclass(frozen=True)
class Column:
    """A column of clips; ``table`` is where it comes from, ``label`` what rules call it.

    ``kind`` is number, flag, category (a text with few values), text or list (of texts). ``telling`` is false for
    positions, identifiers and prose, which make no charts. ``whole`` numbers have no fractions.
    """

    name: str
    kind: Kind
    label: str
    unit: str = ""
    table: str = ""
    whole: bool = False
    telling: bool = True


@dataclass(frozen=True)
class Origin:
    """What a column is made of: ``made`` is an expression over ``table``, ``own`` its name there.

    ``moment``: a time as text, of which a part is asked for, such as a day.
    """

    name: str
    table: str
    own: str
    made: str
    type: str
    moment: bool = False


@dataclass(frozen=True)
class Stats:
    """Of a column's values: how many differ, how many there are, letters and words of one on average."""

    distinct: int = 0
    there: int = 0
    letters: float | None = None
    words: float | None = None


def origins(shapes: Shapes) -> list[Origin]:
    """Columns of all tables of clips, by the names that the view ``everything`` gives them.

    Blobs, structs and lists of anything but text are left out. A name that comes twice gets a number.
    """
    taken = {*_OWN, *ALWAYS}
    found = []
    for table, own, alias in _named(shapes):
        kind = shapes[table][own]
        made = _made(f"{identifier(table)}.{identifier(own)}", kind)
        if made is None:
            continue
        name, k = alias, 2
        while name.lower() in taken and ALWAYS.get(name) != table:
            name, k = f"{alias}_{k}", k + 1
        taken.add(name.lower())
        found.append(Origin(name, table, own, *made, kind.startswith(_TIMES)))
    return found


def _named(shapes: Shapes) -> Iterator[tuple[str, str, str]]:
    yield from (("clips", c, c) for c in shapes.get("clips", ()) if c not in _OWN)
    yield from (("videos", c, c) for c in _OF_VIDEOS if c in shapes.get("videos", ()))
    yield from (("decisions", c, c) for c in _OF_DECISIONS if c in shapes.get("decisions", ()))
    for table, shape in sorted(shapes.items()):
        if table in (*_BARE, "sources"):
            continue
        own = [c for c in shape if c not in ("clip_id", "video_id")]
        yield from ((table, c, table if len(own) == 1 else f"{table}_{c}") for c in own)


def _made(place: str, kind: str) -> tuple[str, str] | None:
    """The expression that is stored, and its type; None for what nobody filters by."""
    if kind in _WHOLE or kind == "BOOLEAN":
        return place, kind
    if kind in ("FLOAT", "DOUBLE"):  # what is not finite was not measured
        return f"CASE WHEN isfinite({place}) THEN {place} END", kind
    if kind.endswith("]"):
        return (place, kind) if kind == "VARCHAR[]" else None
    if kind.startswith(_HUGE):
        return f"TRY_CAST({place} AS DOUBLE)", "DOUBLE"
    return (f"nullif({place}::VARCHAR, '')", "VARCHAR") if kind.startswith(_AS_TEXT + _TIMES) else None


def described(origin: Origin, stats: Stats) -> Column:
    """A column as pages know it."""
    label = origin.own if origin.table in _BARE else f"{origin.table}.{origin.own}"
    unit = UNITS.get(f"{origin.table}.{origin.own}", "")
    kind = _kind(origin, stats)
    which = origin.name.endswith(_POSITIONS) or f"{origin.table}.{origin.own}" in _NAMES_OF_THINGS
    telling = not which and kind != "text" and stats.there > 0
    if kind == "list":  # values that hardly ever come twice, such as codes of colours, are no names
        telling = telling and stats.distinct <= min(_FEW, 0.8 * stats.there)
    return Column(origin.name, kind, label, unit, origin.table, origin.type in _WHOLE, telling)


def _kind(origin: Origin, stats: Stats) -> Kind:
    if origin.type == "BOOLEAN":
        return "flag"
    if origin.type == "VARCHAR[]":
        return "list"
    if origin.type != "VARCHAR":
        return "number"
    if origin.table == "decisions" and origin.own in ("status", "rule"):
        return "category"
    prose = stats.letters is None or stats.words is None or stats.letters > _SHORT or stats.words >= _PROSE
    # What describes clips is prose, however short; what names single things has as many values as there are things.
    always = origin.own == "text" or origin.name.endswith("_id") or origin.name in ("title", "uri", "value")
    return "text" if prose or always or origin.moment or stats.distinct > _FEW else "category"
