"""Captions in numbers."""

from collections.abc import Iterator

import duckdb
import pytest

from shotlist.captions.statistics import agreements, caption_tables, rouge_l, statistics

COLUMNS = [
    "clip_id",
    "video_id",
    "text",
    "model",
    "prompt",
    "prompt_digest",
    "tokens_in",
    "tokens_out",
    "cost",
    "seconds",
]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as found:
        found.execute("CREATE TABLE failures (step VARCHAR)")
        found.execute("INSERT INTO failures VALUES ('teacher'), ('scan')")
        found.execute(
            "CREATE TABLE caption AS SELECT 'c' || k AS clip_id, 'A dog runs.' AS text FROM range(10) AS r(k)"
        )
        found.execute(
            """CREATE TABLE teacher AS SELECT 'c' || k AS clip_id, 'v' AS video_id,
               CASE WHEN k < 9 THEN 'A dog is running' || repeat(' on', k::INT) || '.' END AS text, 'vlm' AS model,
               'strip' AS prompt, 'd' AS prompt_digest, 100 AS tokens_in, 7 AS tokens_out, 0.5 AS cost, 2.0 AS seconds
               FROM range(10) AS r(k)"""
        )
        yield found


def test_tables_of_captions_are_known_by_their_columns():
    columns = {"caption": ["clip_id", "text"], "teacher": COLUMNS, "music": ["clip_id", "text"], "video": COLUMNS}
    assert caption_tables(columns) == ["caption", "teacher", "video"]
    assert caption_tables({"light": ["clip_id"]}) == []


def test_a_table_is_counted(connection: duckdb.DuckDBPyConnection):
    found = statistics(connection, "teacher", COLUMNS)
    assert (found.captions, found.failures, found.counted) == (9, 1, 9)
    assert found.words == (8.0, 4.4, 8.0, 11.6)
    assert (found.vocabulary, found.ing) == (5, 1)
    assert (found.tokens_in, found.tokens_out, found.cost, found.seconds) == (1000, 70, 5.0, 20.0)
    assert (found.model, found.prompt) == ("vlm", "strip")


def test_what_a_table_does_not_tell_is_none(connection: duckdb.DuckDBPyConnection):
    found = statistics(connection, "caption", ["clip_id", "text"])
    assert (found.captions, found.model, found.tokens_in, found.cost) == (10, None, None, None)


def test_a_table_without_captions_has_no_words(connection: duckdb.DuckDBPyConnection):
    connection.execute("CREATE TABLE empty AS SELECT * FROM teacher WHERE false")
    found = statistics(connection, "empty", COLUMNS)
    assert (found.captions, found.words, found.vocabulary) == (0, (0.0, 0.0, 0.0, 0.0), 0)
    assert agreements(connection, ["teacher", "empty"]) == []


def test_teachers_are_compared_on_the_clips_that_both_describe(connection: duckdb.DuckDBPyConnection):
    (found,) = agreements(connection, ["caption", "teacher"])
    assert (found.a, found.b, found.clips) == ("caption", "teacher", 9)
    assert 0.3 < found.overlap < 0.5
    assert 0.2 < found.rouge_l < 0.6


@pytest.mark.parametrize(
    ("a", "b", "value"),
    [
        ("a b c d", "a b c d", 1.0),
        ("a b c d", "d c b a", 2 / 8),
        ("police killed the gunman", "police kill the gunman", 0.75),  # Lin 2004, section 3.1
        ("police killed the gunman", "the gunman kill police", 0.5),
        ("a", "", 0.0),
        ("", "", 1.0),
    ],
)
def test_rouge_l_is_that_of_the_paper(a: str, b: str, value: float):
    assert rouge_l(a.split(), b.split()) == value
