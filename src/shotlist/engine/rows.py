"""Typed rows to Arrow tables: a step's annotations are its table's schema."""

import types
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin

import pyarrow as pa

from shotlist.errors import ShotlistError

_NO_ROW = (type(None), Exception)
"""What may stand in place of a row: nothing was found, or something went wrong."""
_PLAIN = {float: pa.float64(), int: pa.int64(), str: pa.string(), bool: pa.bool_(), bytes: pa.binary()}


@dataclass(frozen=True)
class Score:
    """The row of a measure that gives a single number."""

    score: float


class SchemaError(ShotlistError):
    """A step whose annotation can't become a table; the message says which and what is allowed."""


def row_type(method: Callable[..., Any], element: bool = False) -> type:
    """The dataclass behind a method's return annotation; ``element`` looks inside an iterable."""
    answer = _hints(method).get("return", Any)
    if element:
        arguments = get_args(answer)
        answer = arguments[0] if arguments else Any
    answer = _without_none(answer)
    if answer in (float, int):
        return Score
    if isinstance(answer, type) and is_dataclass(answer):
        return answer
    owner = getattr(method, "__qualname__", method)
    raise SchemaError(f"{owner}: annotate what it returns: float, or a dataclass of plain fields (got {answer})")


@cache
def schema_of(row: type) -> pa.Schema:
    """Columns of a row dataclass: float, int, str, bool, bytes, tuples of them, and ``| None``."""
    hints = _hints(row)
    return pa.schema([pa.field(f.name, arrow_type(hints[f.name])) for f in fields(row)])


def _hints(owner: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(owner)
    except (NameError, TypeError) as error:
        name = getattr(owner, "__qualname__", owner)
        raise SchemaError(f"{name}: an annotation can't be understood: {error}") from error


def arrow_type(annotation: Any) -> pa.DataType:
    """The Arrow type of a plain annotation; raises SchemaError for anything else."""
    plain = _without_none(annotation)
    if plain in _PLAIN:
        return _PLAIN[plain]
    if get_origin(plain) is Literal:
        return _PLAIN[type(get_args(plain)[0])]
    if get_origin(plain) in (tuple, list, Sequence):
        return pa.list_(arrow_type(get_args(plain)[0]))
    if isinstance(plain, type) and is_dataclass(plain):
        return pa.struct(list(schema_of(plain)))
    raise SchemaError(f"{annotation!r} can't be a column: use float, int, str, bool, bytes or tuples of them")


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (typing.Union, types.UnionType):
        rest = [a for a in get_args(annotation) if not (isinstance(a, type) and issubclass(a, _NO_ROW))]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def table_of(rows: Iterable[Any], schema: pa.Schema, keys: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows (None gives empty columns) beside their keys, as a table of ``key columns + schema``."""
    columns: dict[str, list[Any]] = {name: [] for name in schema.names}
    for row in rows:
        for name in schema.names:
            columns[name].append(value_of(row, name))
    arrays = [pa.array([k[name] for k in keys], pa.string()) for name in (keys[0] if keys else {})]
    names = list(keys[0]) if keys else []
    # NaN is "not measured": DuckDB would find it larger than any number.
    arrays += [pa.array(columns[f.name], f.type, from_pandas=True) for f in schema]
    return pa.Table.from_arrays(arrays, names=[*names, *schema.names])


def value_of(row: Any, name: str) -> Any:
    """One column's value of a row, plain: dataclasses inside become dictionaries."""
    if row is None:
        return None
    if is_dataclass(row):
        return _plain(getattr(row, name))
    if name != "score":
        raise TypeError(f"it gave {type(row).__name__} where its annotation promises a dataclass with {name}")
    return _plain(row)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value
