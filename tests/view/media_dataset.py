"""Small datasets whose rows are made by hand, of files that are really there, and a client to ask them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from starlette.testclient import TestClient

from shotlist.dataset import Dataset
from shotlist.media.probe import probe
from shotlist.parts import Part, Receipt
from shotlist.records import clip_id
from shotlist.sources.candidates import Candidate
from shotlist.sources.identity import identify
from shotlist.view.app import create_app
from shotlist.view.guard import Locks
from shotlist.view.viewer import Viewer

SECOND = 1_000_000
NOTHING = {"id": None, "url": None, "title": None, "description": None, "tags": [], "language": None, "subtitles": []}
TYPES = {
    name: pa.string() for name in ("id", "url", "title", "description", "language", "mark", "reason", "audio_codec")
}
TYPES |= {name: pa.list_(pa.string()) for name in ("tags", "subtitles")}


def put(dataset: Dataset, table: str, rows: Sequence[dict[str, Any]], shard: str = "000000") -> None:
    """Rows as a part of a table, those of a video after those of another."""
    made = pa.Table.from_pylist(list(rows))
    kinds = [pa.field(f.name, TYPES.get(f.name, f.type)) for f in made.schema]
    made = made.cast(pa.schema(kinds))
    with dataset.write(Part(table, shard, "f"), made.schema, Receipt(table, 1, {}, "video")) as out:
        out.write(made)


def sources_of(*uris: str | Path) -> list[dict[str, Any]]:
    """Rows of ``sources`` for files that are there."""
    local = [(str(uri), Path(uri).stat()) for uri in uris]
    found = [Candidate(uri=uri, size=status.st_size, stamp=str(status.st_mtime_ns)) for uri, status in local]
    named = identify(found, {}).sources
    return [{"video_id": s.video_id, "uri": s.uri, "size": s.size, "stamp": s.stamp, **NOTHING} for s in named]


def video_row(source: dict[str, Any]) -> dict[str, Any]:
    """A row of ``videos`` as the file's headers tell it."""
    info = probe(Path(source["uri"]))
    named = {"video_id": source["video_id"], "uri": source["uri"], "title": None, "status": "ok", "reason": None}
    size = {"width": info.width, "height": info.height, "rotation": 0, "fps": info.fps, "frames": info.frames or 1}
    kind = {"container": info.container, "codec": info.codec, "audio_codec": info.audio_codec}
    return {**named, **kind, **size, "start_us": 0, "duration_us": info.duration_us, "damaged_packets": 0, "bytes": 1}


def clip_row(video_id: str, start_us: int, end_us: int) -> dict[str, Any]:
    times = {"start_us": start_us, "end_us": end_us, "start_frame": 0, "end_frame": 1}
    seconds = (end_us - start_us) / SECOND
    return {"clip_id": clip_id(video_id, start_us, end_us), "video_id": video_id, **times, "seconds": seconds,
            "shots": 1, "mark": None}  # fmt: skip


def dataset_of(out: Path, spans: dict[Path, list[tuple[int, int]]]) -> Dataset:
    """A dataset of films with clips of these spans."""
    dataset = Dataset.create(out)
    sources = sources_of(*spans)
    put(dataset, "sources", sources)
    put(dataset, "videos", [video_row(source) for source in sources])
    clips = [clip_row(s["video_id"], a, b) for s in sources for a, b in spans[Path(s["uri"])]]
    put(dataset, "clips", clips)
    return dataset


def ids(dataset: Dataset, table: str = "sources", column: str = "video_id") -> list[str]:
    return [str(value) for value in dataset.read(dataset.parts(table)["000000"])[column].to_pylist()]


def client(dataset: Dataset, cache: Path) -> TestClient:
    """Asks the viewer as a browser on this machine would."""
    app = create_app(Viewer(dataset, cache), Locks())
    return TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
