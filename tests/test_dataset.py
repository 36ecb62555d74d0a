"""The folder on disk, or wherever fsspec reaches: parts, receipts, versions."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shotlist import Dataset, ShotlistError
from shotlist.dataset import FORMAT
from shotlist.errors import StorageError
from shotlist.parts import Part, Receipt
from shotlist.records import Failure

SCHEMA = pa.schema([("video_id", pa.string()), ("clip_id", pa.string()), ("score", pa.float64())])
SHARP = Receipt("sharp", 3, {"height": 256}, "clip", {"clips": "ab12"}, videos_in=2)


def rows(video: str, count: int = 2) -> pa.Table:
    return pa.table(
        {
            "video_id": [video] * count,
            "clip_id": [f"{video}_{k}" for k in range(count)],
            "score": [0.5] * count,
        },
        SCHEMA,
    )


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.create(tmp_path / "data")


@pytest.fixture
def in_memory() -> Iterator[Dataset]:
    """A dataset in a store that has neither folders nor renames."""
    store = fsspec.filesystem("memory")
    yield Dataset.create("memory://bucket/data")
    store.rm("/", recursive=True)
    store.store.clear()
    store.pseudo_dirs[:] = [""]


def put(dataset: Dataset, part: Part, video: str = "v1", replaces: Part | None = None) -> None:
    with dataset.write(part, SCHEMA, SHARP, replaces) as out:
        out.write(rows(video))


def test_a_part_carries_its_receipt(dataset: Dataset) -> None:
    part = Part("sharp", "000001", "f00d")
    failures = [Failure("v2", "sharp", "error", "b.mp4: too odd", clip_id="v2_0", uri="/b.mp4")]
    with dataset.write(part, SCHEMA, Receipt("sharp", 3, {"height": 256}, "clip", failures=failures)) as out:
        out.write(rows("v1"))
    receipt = dataset.receipt(dataset.parts("sharp")["000001"])
    assert (receipt.step, receipt.version, receipt.settings) == ("sharp", 3, {"height": 256})
    assert receipt.rows_out == 2
    assert receipt.failures == failures
    assert (dataset.local / part.path).name == "000001.f00d.parquet" if dataset.local else False


def test_failures_that_turn_up_while_writing_are_in_the_receipt(dataset: Dataset) -> None:
    failures: list[Failure] = []
    with dataset.write(Part("sharp", "0", "f"), SCHEMA, Receipt("sharp", 1, {}, "clip", failures=failures)):
        failures.append(Failure("v1", "sharp", "error", "late"))
    assert [f.message for f in dataset.receipt(Part("sharp", "0", "f")).failures] == ["late"]


def test_an_interrupted_part_is_absent(dataset: Dataset) -> None:
    with pytest.raises(RuntimeError), dataset.write(Part("sharp", "0", "f"), SCHEMA, SHARP) as out:
        out.write(rows("v1"))
        raise RuntimeError
    assert dataset.parts("sharp") == {}
    assert dataset.local is not None
    assert list((dataset.local / "staging").iterdir()) == []


def test_a_new_part_takes_the_place_of_the_old_one(dataset: Dataset) -> None:
    old, new = Part("sharp", "000001", "old"), Part("sharp", "000001", "new")
    put(dataset, old)
    put(dataset, new, "v2", replaces=old)
    assert dataset.parts("sharp") == {"000001": new}
    assert dataset.sql("SELECT DISTINCT video_id FROM sharp").fetchall() == [("v2",)]


def test_of_two_parts_the_newer_counts(dataset: Dataset) -> None:
    old, new = Part("sharp", "000001", "zzz"), Part("sharp", "000001", "aaa")
    put(dataset, old)
    put(dataset, new, "v2")  # killed before the old one was removed
    assert dataset.local is not None
    os.utime(dataset.local / old.path, (1, 1))
    assert dataset.parts("sharp") == {"000001": new}
    assert dataset.superseded() == [old]


def test_small_videos_share_a_row_group_and_large_ones_have_their_own(dataset: Dataset) -> None:
    part = Part("sharp", "0", "f")
    with dataset.write(part, SCHEMA, SHARP) as out:
        for video, count in (("a", 10), ("b", 10), ("c", 20_000), ("d", 2000), ("e", 1)):
            out.write(rows(video, count))
            out.next_video()
    with dataset.local_part(part) as path, pq.ParquetFile(path) as file:
        groups = [file.metadata.row_group(k).num_rows for k in range(file.metadata.num_row_groups)]
    assert groups == [20_020, 2000, 1]


def test_a_file_of_another_program_among_the_parts_is_told(dataset: Dataset) -> None:
    assert dataset.local is not None
    (dataset.local / "tables" / "odd").mkdir(parents=True)
    pq.write_table(rows("v1"), dataset.local / "tables" / "odd" / "0.f.parquet")
    (dataset.local / "tables" / "odd" / "notes.txt").touch()
    assert list(dataset.parts("odd")) == ["0"]
    with pytest.raises(ShotlistError, match="without shotlist's receipt"):
        dataset.receipt(Part("odd", "0", "f"))


def test_there_must_be_a_dataset_to_open(tmp_path: Path) -> None:
    with pytest.raises(ShotlistError, match="no dataset there; make one with"):
        Dataset(tmp_path / "none")
    assert Dataset.find(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (json.dumps({"format": FORMAT + 1}), "pip install --upgrade shotlist"),
        (json.dumps({"format": "new"}), "does not say which format"),
        ("[]", "does not say which format"),
        ("{", "can't be read"),
    ],
)
def test_a_header_that_is_not_ours_is_refused(dataset: Dataset, header: str, told: str) -> None:
    dataset.write_text("dataset.json", header)
    with pytest.raises(ShotlistError, match=told):
        Dataset(dataset.address)


def test_a_half_made_dataset_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".dataset.json.0123").write_text("{")
    assert Dataset.create(tmp_path / "data").header["format"] == FORMAT


def test_places_nobody_knows_are_told() -> None:
    with pytest.raises(ShotlistError, match="no such kind of place"):
        Dataset.create("gopher://old/data")


def test_an_unwritable_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="can't write there: Not a directory"):
        Dataset.create(tmp_path / "file" / "data")


def test_a_dataset_may_live_elsewhere(in_memory: Dataset) -> None:
    part = Part("clips", "000001", "f")
    put(in_memory, part)
    assert in_memory.local is None
    assert in_memory.listing() == {"clips": {"000001": part}}
    assert Dataset("memory://bucket/data").sql("SELECT sum(score) FROM clips").fetchall() == [(1.0,)]
    assert [c["clip_id"] for c in in_memory.sql("FROM everything").to_arrow_table().to_pylist()] == [
        "v1_0",
        "v1_1",
    ]
    in_memory.write_text("recipe.json", "{}")
    assert in_memory.read_json("recipe.json") == {}
    put(in_memory, Part("clips", "000001", "g"), "v2", replaces=part)
    assert list(in_memory.parts("clips").values()) == [Part("clips", "000001", "g")]


def test_reading_a_built_dataset(built: Path) -> None:
    dataset = Dataset(built)
    clips = list(dataset.clips("kept"))
    assert [c["start_us"] for c in clips] == [0, 1_000_000] * 3
    assert {"caption", "light_brightness", "uri", "status"} <= set(clips[0])
    assert list(dataset.clips("false")) == []
