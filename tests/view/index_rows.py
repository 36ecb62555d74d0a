"""Tiny datasets for the index, written as parts without any film."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

pytest.importorskip("starlette")
from starlette.datastructures import QueryParams

from shotlist.dataset import Dataset
from shotlist.parts import Part, Receipt
from shotlist.records import Failure
from shotlist.view.finding.facets import Facet, facets
from shotlist.view.finding.found import Found, found
from shotlist.view.finding.wanted import Wanted
from shotlist.view.index.database import Index

SECOND = 1_000_000
Rows = Sequence[Mapping[str, Any]]


def nothing_said(sentence: str) -> None:
    """For those who don't listen."""


def put(
    dataset: Dataset,
    table: str,
    rows: Rows | pa.Table,
    shard: str = "000000",
    failures: Sequence[Failure] = (),
    fingerprint: str = "f",
) -> None:
    """Write rows as a part."""
    made = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows))
    receipt = Receipt(table, 1, {}, "clip", failures=failures)
    with dataset.write(Part(table, shard, fingerprint), made.schema, receipt) as out:
        out.write(made)


def clip(number: int, video: str = "a") -> dict[str, Any]:
    """The clip of a video that begins at this second and is as long as its number says."""
    start, end = number * 10 * SECOND, number * 10 * SECOND + (number + 1) * SECOND
    name = f"{video}_{start // 1000}_{end // 1000}"
    return {"clip_id": name, "video_id": video, "start_us": start, "end_us": end, "seconds": float(number + 1)}


def key(of: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    """A row of a table of clips."""
    return {"clip_id": of["clip_id"], "video_id": of["video_id"], **values}


def video(name: str, title: str | None = None) -> dict[str, Any]:
    """A video of which there is little to say."""
    return {"video_id": name, "uri": f"/films/{name}.mp4", "title": title, "status": "ok", "duration_us": 60 * SECOND}


def described(folder: Path, captions: Sequence[str | None], **columns: Sequence[Any]) -> Dataset:
    """A dataset of one video with a clip for each caption; ``columns`` become the table ``light``."""
    dataset = Dataset.create(folder / "set")
    clips = [clip(k) for k in range(len(captions))]
    put(dataset, "videos", pa.Table.from_pylist([video("a")]).cast(_videos()))
    put(dataset, "clips", clips)
    put(dataset, "caption", [key(c, text=t) for c, t in zip(clips, captions, strict=True)])
    if columns:
        put(dataset, "light", [key(c, **{n: v[k] for n, v in columns.items()}) for k, c in enumerate(clips)])
    return dataset


def _videos() -> pa.Schema:
    text, time = pa.string(), pa.int64()
    kinds = {"video_id": text, "uri": text, "title": text, "status": text, "duration_us": time}
    return pa.schema(list(kinds.items()))


def opened(dataset: Dataset, tmp_path: Path) -> Index:
    """The index of a dataset, in a folder of the test's own."""
    return Index.open(dataset, tmp_path / "cache", nothing_said)


def ask(index: Index, address: str, *columns: str) -> Found:
    """What an address finds."""
    return found(index, Wanted.read(QueryParams(address), index), columns)


def numbers(index: Index, address: str) -> list[int]:
    """Numbers of the clips that an address finds, in its order."""
    return [row["number"] for row in ask(index, address).rows]


def facet(index: Index, address: str, name: str) -> Facet:
    """One facet of what an address finds."""
    [one] = facets(index, Wanted.read(QueryParams(address), index), [name])
    return one
