"""SQL over a dataset: what views there are and what is said about a wrong question."""

from pathlib import Path

import pyarrow as pa
import pytest

from shotlist import Dataset, ShotlistError
from shotlist.parts import Part, Receipt
from shotlist.records import Failure


def put(dataset: Dataset, table: str, shard: str, columns: dict[str, list[object]], *failures: Failure) -> None:
    made = pa.table(columns)
    with dataset.write(
        Part(table, shard, f"f{shard}"), made.schema, Receipt(table, 1, {}, "clip", failures=failures)
    ) as out:
        out.write(made)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    dataset = Dataset.create(tmp_path / "it's here")
    put(dataset, "sources", "0", {"video_id": ["v"], "uri": ["/now/here.mp4"], "title": ["New"]})
    named = {"video_id": ["v"], "uri": ["/old.mp4"], "title": ["Old"]}
    put(dataset, "videos", "0", named | {"width": [640], "height": [360], "fps": [24.0]})
    put(dataset, "clips", "0", {"clip_id": ["v_0"], "video_id": ["v"], "start_us": [0]})
    put(dataset, "crisp", "0", {"clip_id": ["v_0"], "video_id": ["v"], "score": [0.5]})
    put(dataset, "light", "0", {"clip_id": ["v_0"], "video_id": ["v"], "bright": [0.1], "dark": [0.9]})
    return dataset


def test_everything_is_one_row_per_clip(dataset: Dataset) -> None:
    (row,) = dataset.clips()
    assert row["crisp"] == 0.5  # a table's only column has the table's name
    assert (row["light_bright"], row["light_dark"]) == (0.1, 0.9)
    assert row["width"] == 640


def test_videos_have_the_address_and_title_that_were_last_said(dataset: Dataset) -> None:
    assert dataset.sql("SELECT uri, title FROM videos").fetchall() == [("/now/here.mp4", "New")]
    (row,) = dataset.clips()
    assert (row["uri"], row["title"]) == ("/now/here.mp4", "New")


def test_failures_of_all_parts_are_one_view(dataset: Dataset) -> None:
    failure = Failure("v", "crisp", "error", 'it\'s "odd"\n…', True, "v_1", "/x.mp4")
    put(dataset, "crisp", "1", {"clip_id": ["v_1"], "video_id": ["v"], "score": [None]}, failure)
    assert dataset.sql("FROM failures").fetchall() == [
        ("v", "crisp", "error", 'it\'s "odd"\n…', True, "v_1", "/x.mp4", "1")
    ]
    with dataset.connection(["clips"]) as limited:
        assert limited.sql("SELECT count(*) FROM failures").fetchall() == [(1,)]


def test_parts_of_two_versions_of_a_step_are_read_together(dataset: Dataset) -> None:
    put(dataset, "light", "1", {"clip_id": ["v_1"], "video_id": ["v"], "bright": [0.2], "hue": [7]})
    rows = dataset.sql("SELECT bright, dark, hue FROM light ORDER BY bright").fetchall()
    assert rows == [(0.1, 0.9, None), (0.2, None, 7)]


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("FROM nothing", "The dataset has these tables: clips, crisp, everything, failures, light"),
        ("SELECT colour FROM clips", "colour"),
        ("SELEC 1", "syntax error"),
    ],
)
def test_a_wrong_question_is_answered_with_a_sentence(dataset: Dataset, question: str, told: str) -> None:
    with pytest.raises(ShotlistError, match=told):
        dataset.sql(question)


def test_questions_may_have_parameters(dataset: Dataset) -> None:
    assert dataset.sql("SELECT clip_id FROM clips WHERE start_us = ?", [0]).fetchall() == [("v_0",)]


def test_an_empty_dataset_answers_too(tmp_path: Path) -> None:
    assert Dataset.create(tmp_path / "new").sql("SELECT 1").fetchall() == [(1,)]


def test_a_part_that_was_cut_short_is_told_by_its_name(dataset: Dataset) -> None:
    assert dataset.local is not None
    path = dataset.local / "tables" / "light" / "0.f0.parquet"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ShotlistError, match=r"a part can't be read: .*0\.f0\.parquet.*delete that file"):
        dataset.sql("SELECT * FROM everything")
    with pytest.raises(ShotlistError, match=r"light/0\.f0\.parquet can't be read"):
        dataset.receipt(Part("light", "0", "f0"))
