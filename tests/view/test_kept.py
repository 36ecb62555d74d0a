"""Answers that are kept: bounded in rows and in number, and never taken from under somebody who reads them."""

import duckdb
import pyarrow as pa
import pytest

from shotlist.view.index.answers import Kept


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute("ATTACH ':memory:' AS asked")
    return made


def rows(number: int) -> pa.Table:
    return pa.table({"number": pa.array(range(number), pa.int32())})


def tables(connection: duckdb.DuckDBPyConnection) -> int:
    return len(connection.execute("FROM duckdb_tables()").fetchall())


def test_a_question_is_answered_once(connection: duckdb.DuckDBPyConnection) -> None:
    kept = Kept(connection)
    first = kept.table("q", lambda: rows(3))
    assert kept.table("q", lambda: pytest.fail("asked again")) == first


def test_many_small_answers_are_forgotten_too(connection: duckdb.DuckDBPyConnection) -> None:
    kept = Kept(connection)
    kept.in_use = 0.0
    for k in range(300):
        kept.table(f"q{k}", lambda: rows(0))
    assert tables(connection) <= 200


def test_questions_without_an_answer_are_forgotten(connection: duckdb.DuckDBPyConnection) -> None:
    kept = Kept(connection)
    kept.in_use = 0.0
    for k in range(300):
        with pytest.raises(ZeroDivisionError):
            kept.table(f"q{k}", lambda: rows(1 // 0))
    assert len(kept._answers) <= 200


def test_an_answer_that_somebody_reads_stays(connection: duckdb.DuckDBPyConnection) -> None:
    kept = Kept(connection, most=10)
    first = kept.table("q", lambda: rows(8))
    for k in range(5):
        kept.table(f"q{k}", lambda: rows(8))
    assert connection.execute(f"SELECT count(*) FROM {first}").fetchall() == [(8,)]
