"""Rows: a step's annotations are its table's columns."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pytest

from shotlist import ShotlistError
from shotlist.engine.rows import Score, row_type, schema_of, table_of


@dataclass(frozen=True)
class Point:
    x: float
    y: int | None


@dataclass(frozen=True)
class Row:
    kind: Literal["pan", "tilt"]
    centre: Point
    values: tuple[float, ...]
    names: list[str]
    sure: bool = True


def test_a_dataclass_is_a_schema() -> None:
    schema = schema_of(Row)
    assert schema.field("kind").type == pa.string()
    assert schema.field("centre").type == pa.struct([("x", pa.float64()), ("y", pa.int64())])
    assert schema.field("values").type == pa.list_(pa.float64())
    assert schema.field("sure").type == pa.bool_()


def test_rows_become_a_table_with_their_keys() -> None:
    row = Row("pan", Point(np.float64(0.5), None), (1.0, 2.0), ["a"], np.bool_(False))  # type: ignore[arg-type]
    table = table_of([row, None], schema_of(Row), [{"clip_id": "a"}, {"clip_id": "b"}])
    assert table.to_pylist() == [
        {
            "clip_id": "a",
            "kind": "pan",
            "centre": {"x": 0.5, "y": None},
            "values": [1, 2],
            "names": ["a"],
            "sure": False,
        },
        {"clip_id": "b", "kind": None, "centre": None, "values": None, "names": None, "sure": None},
    ]


def test_a_number_alone_is_a_score() -> None:
    def measure() -> float | None: ...

    assert row_type(measure) is Score
    assert table_of([0.5], schema_of(Score), [{}]).to_pylist() == [{"score": 0.5}]


def test_a_number_is_no_row_of_several_columns() -> None:
    with pytest.raises(TypeError, match="it gave float where its annotation promises a dataclass with x"):
        table_of([0.5], schema_of(Point), [{}])


def test_what_can_not_be_a_column_is_told() -> None:
    @dataclass(frozen=True)
    class Odd:
        anything: dict[str, Any]

    with pytest.raises(ShotlistError, match="can't be a column"):
        schema_of(Odd)

    def vague(): ...  # type: ignore[no-untyped-def]

    with pytest.raises(ShotlistError, match="annotate what it returns"):
        row_type(vague)
