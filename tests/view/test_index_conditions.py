"""The condition that a link may carry: ``where=``."""

import resource
import time
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from index_rows import ask, numbers, opened, put, video

from shotlist.dataset import Dataset
from shotlist.view.answer import NotAsked
from shotlist.view.index.database import Index

CLIPS = 20_000


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Twenty thousand clips: enough for a question that never ends."""
    folder = tmp_path_factory.mktemp("conditions")
    dataset = Dataset.create(folder / "set")
    start = np.arange(CLIPS) * 1_000_000
    names = [f"a_{k}" for k in range(CLIPS)]
    keys = {"clip_id": names, "video_id": ["a"] * CLIPS}
    put(dataset, "clips", pa.table(keys | {"start_us": start, "end_us": start + 1_000_000}))
    put(dataset, "light", pa.table(keys | {"brightness": np.arange(CLIPS) / CLIPS, "dark": np.zeros(CLIPS)}))
    put(dataset, "videos", [video("a", "one")])
    made = opened(dataset, folder)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("where", "total"),
    [
        ("light_brightness < 0.001", 20),
        ("light_brightness BETWEEN 0 AND 0.0001 OR clip_id IN ('a_7', 'a_9')", 5),
        ("clip_id LIKE 'a_1999_' -- the last ten", 10),
        ("light_brightness > (SELECT avg(light_brightness) FROM clips)", CLIPS // 2),
        ("video_id IN (SELECT video_id FROM videos WHERE title = 'one') AND NOT starts_with(clip_id, 'a_')", 0),
        ("CASE WHEN kept THEN start_us % 2000000 = 0 ELSE false END", CLIPS // 2),
    ],
)
def test_a_condition_in_sql_limits_the_clips(index: Index, where: str, total: int) -> None:
    assert ask(index, f"where={where.replace('%', '%25')}").total == total


def test_a_condition_and_filters_hold_together(index: Index) -> None:
    assert numbers(index, "where=light_brightness<0.01 OR true&light_brightness=..0.0001") == [0, 1, 2]


@pytest.mark.parametrize(
    "where",
    [
        "1 IN (SELECT 1 FROM read_csv('/etc/passwd'))",
        "1 IN (SELECT 1 FROM '/etc/passwd')",
        "1 IN (SELECT 1 FROM read_text('/etc/passwd'))",
        "1 IN (SELECT 1 FROM glob('/*'))",
        "1 IN (SELECT 1 FROM read_parquet('http://localhost/x.parquet'))",
        "1 IN (SELECT 1 FROM duckdb_settings())",
        "1 IN (SELECT 1 FROM information_schema.tables)",
        "1 IN (SELECT 1 FROM index)",  # a variable of the program
        "getenv('HOME') IS NOT NULL",
        "current_setting('home_directory') IS NULL",
        "1 IN (SELECT 1 FROM query('ATTACH ''x'' AS y'))",
        "nextval('x') > 0",
    ],
)
def test_a_condition_reads_nothing_but_the_dataset(index: Index, where: str) -> None:
    with pytest.raises(NotAsked, match=r"can't be used in a link"):
        ask(index, f"where={where}")


@pytest.mark.parametrize(
    "where",
    [
        "true; DROP TABLE clips",
        "true); ATTACH 'x.db'; SELECT (true",
        "true) OR (true",
        "true) UNION SELECT number FROM clips WHERE (true",
        "true ORDER BY 1",
        "true LIMIT 1",
        "kept GROUP BY ALL",
        "SET memory_limit = '100GB'",
        "COPY clips TO 'x.csv'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA version",
        "ATTACH 'x.db'",
        "",
        "(",
        "'",
        "/*",
    ],
)
def test_only_one_condition_is_taken(index: Index, where: str) -> None:
    if not where:
        assert ask(index, "where=").total == CLIPS
        return
    with pytest.raises(NotAsked, match="where: "):
        ask(index, f"where={where}")


@pytest.mark.parametrize("where", ["no_column > 1", "seconds", "sum(seconds) > 1", "seconds = 'much'"])
def test_duckdb_says_what_is_wrong_with_a_condition(index: Index, where: str) -> None:
    if where == "seconds":  # a number that is not zero is true
        assert ask(index, "where=seconds").total == CLIPS
        return
    with pytest.raises(NotAsked, match=r"where: .*Error"):
        ask(index, f"where={where}")


@pytest.mark.parametrize(
    "where",
    [
        "(SELECT count(DISTINCT a.clip_id || b.clip_id) FROM clips a, clips b) > 0",
        "1 IN (SELECT a.start_us %2B b.start_us %2B c.start_us FROM clips a, clips b, clips c)",
    ],
)
def test_a_condition_without_an_end_is_stopped(index: Index, where: str) -> None:
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(NotAsked, match="ask for something simpler"):
        ask(index, f"where={where}")
    assert time.monotonic() - began < 20  # five seconds, on a busy machine
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 700_000
    assert ask(index, "size=1").total == CLIPS  # and nothing is broken by it


@pytest.mark.parametrize(
    "where",
    [
        "length(repeat('x', 2000000000)) > 0",
        "len(range(1000000000)) > 0",
        "levenshtein(rpad('a', 1000000, 'b'), lpad('c', 1000000, 'd')) > 0",
        "length(replace(replace('aaaaaaaaaa', 'a', 'aaaaaaaaaa'), 'a', 'aaaaaaaaaa')) > 0",
        "length(format('{:1000000000d}', 1)) > 0",
        "len(list_transform([1], x -> range(1000000000))) > 0",
        "1 IN (WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n %2B 1 FROM t) SELECT n FROM t)",
    ],
)
def test_functions_that_make_much_of_little_are_refused(index: Index, where: str) -> None:
    began = time.monotonic()
    with pytest.raises(NotAsked):
        ask(index, f"where={where}")
    assert time.monotonic() - began < 3


def test_a_condition_of_any_length_is_not_taken(index: Index) -> None:
    with pytest.raises(NotAsked, match="more than 2,000 letters"):
        ask(index, f"where={' AND '.join(['kept'] * 500)}")
