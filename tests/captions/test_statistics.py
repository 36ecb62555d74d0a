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
    "finish",
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
               'strip' AS prompt, 'd' AS prompt_digest, 100 AS tokens_in, 7 AS tokens_out, 0.5 AS cost, 2.0 AS seconds,
               CASE WHEN k = 3 THEN 'length' ELSE 'stop' END AS finish FROM range(10) AS r(k)"""
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
    assert (found.model, found.prompt, found.cut) == ("vlm", "strip", 1)


def test_what_a_table_does_not_tell_is_none(connection: duckdb.DuckDBPyConnection):
    found = statistics(connection, "caption", ["clip_id", "text"])
    assert (found.captions, found.model, found.tokens_in, found.cost, found.cut) == (10, None, None, None, None)


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


def captions_of(connection: duckdb.DuckDBPyConnection, *texts: str) -> None:
    connection.execute("CREATE TABLE told AS SELECT unnest(?) AS text, 'c' || generate_subscripts(?, 1) AS clip_id", [
        list(texts), list(texts)
    ])  # fmt: skip


def test_verbs_and_nouns_are_counted_by_their_dictionary_forms(connection: duckdb.DuckDBPyConnection):
    pytest.importorskip("HanTa")
    captions_of(
        connection,
        "A man is walking along the beach while two dogs run past a building.",
        "Men walk to the beaches. A dog runs; the camera has been moving.",
        "A sign reads “Drive carefully past the school” as the woman walks.",
    )
    found = statistics(connection, "told", ["text"])
    assert (found.tagged, found.verbs, found.nouns) == (3, 4, 7)


@pytest.mark.parametrize(
    "texts",
    [
        ("Ein Mann geht mit seinem Hund am Strand spazieren.", "Zwei Frauen reden in einer hellen Küche miteinander."),
        ("一个男人沿着海滩散步。", "两只狗跑过码头。"),
    ],
)
def test_in_other_languages_they_are_not_known(connection: duckdb.DuckDBPyConnection, texts: tuple[str, ...]):
    captions_of(connection, *texts)
    found = statistics(connection, "told", ["text"])
    assert (found.tagged, found.verbs, found.nouns) == (len(texts), None, None)
