"""Stills of a span, without reading those of the whole film."""

from pathlib import Path

import pyarrow as pa

from shotlist.dataset import Dataset
from shotlist.engine.film import Film, ShardTables
from shotlist.parts import Part, Receipt
from shotlist.records import Source

SECOND = 1_000_000
PICTURE = bytes(3_000_000)


def stored(folder: Path) -> ShardTables:
    """Two films of ten stills of three megabytes each, so that a row group holds three of them."""
    dataset = Dataset.create(folder)
    part = Part("frames", "0", "f")
    schema = pa.schema([("video_id", pa.string()), ("time_us", pa.int64()), ("jpeg", pa.binary())])
    with dataset.write(part, schema, Receipt("frames", 1, {}, "video")) as out:
        for video in ("a", "b"):
            for k in range(10):
                row = {"video_id": video, "time_us": k * SECOND, "jpeg": PICTURE}
                out.write(pa.Table.from_pylist([row], schema=schema))
            out.next_video()
    return ShardTables({"frames": part}, dataset)


def test_only_the_row_groups_of_the_span_are_read(tmp_path: Path) -> None:
    tables = stored(tmp_path / "data")
    times = [
        batch["time_us"].to_pylist() for batch in tables.batches("frames", "b", ["time_us"], (4 * SECOND, 5 * SECOND))
    ]
    assert times == [[3 * SECOND, 4 * SECOND, 5 * SECOND]]
    assert sum(map(len, [b["time_us"].to_pylist() for b in tables.batches("frames", "b", ["time_us"])])) == 10


def test_a_span_is_half_open(tmp_path: Path) -> None:
    film = Film(Source("a", "a.mp4", 1, ""), stored(tmp_path / "data"))
    assert [time for time, _ in film.jpegs(2 * SECOND, 4 * SECOND)] == [2 * SECOND, 3 * SECOND]
    assert film.jpegs(20 * SECOND, 30 * SECOND) == []
