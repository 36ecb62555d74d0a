"""How long comparing two datasets of very many clips takes, and how much memory: FOLDER [CLIPS]."""

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from starlette.testclient import TestClient

from shotlist.dataset import Dataset
from shotlist.parts import Part, Receipt
from shotlist.view.app import create_app
from shotlist.view.guard import Locks
from shotlist.view.viewer import Viewer
from viewer_data import make

CHANGED = 0.1
"""Share of the clips that are cut, decided or described otherwise in the second dataset."""

ASKED = ("/compare", "/compare?sort=kept", "/compare?show=differ&page=20", "/compare?q=the")


def second(first: Dataset, out: Dataset) -> None:
    """The same videos with every tenth clip joined to the next one, decided otherwise and described otherwise."""
    rng = np.random.default_rng(11)
    for table, parts in first.listing().items():
        for part in parts.values():
            rows = first.read(part)
            if table == "decisions":
                flip = pa.array(rng.random(rows.num_rows) < CHANGED)
                status = pc.if_else(pc.equal(rows["status"], "kept"), "dropped", "kept")
                rows = _with(rows, "status", pc.if_else(flip, status, rows["status"]))
            if table == "caption":
                other = pa.array(rng.random(rows.num_rows) < CHANGED)
                said = pc.binary_join_element_wise(rows["text"], "again", " ")
                rows = _with(rows, "text", pc.if_else(other, said, rows["text"]))
            if table == "shots":
                rows = rows.filter(pa.array(rng.random(rows.num_rows) >= CHANGED))
            _write(out, part, rows)
    out.write_text("recipe.json", first.read_text("recipe.json") or "")


def with_shots(dataset: Dataset) -> None:
    """A shot for each clip."""
    for shard, part in dataset.parts("clips").items():
        rows = dataset.read(part, ["video_id", "start_us", "end_us"])
        first = np.append(True, np.asarray(rows["video_id"])[1:] != np.asarray(rows["video_id"])[:-1])
        opening = pa.array(np.where(first, "start", "cut"))
        _write(dataset, Part("shots", shard, "00000000000000aa"), rows.append_column("opening", opening))


def _with(rows: pa.Table, name: str, values: Any) -> pa.Table:
    return rows.set_column(rows.column_names.index(name), name, values)


def _write(dataset: Dataset, part: Part, rows: pa.Table) -> None:
    with dataset.write(part, rows.schema, Receipt(part.table, 1, {}, "clip", rows_out=rows.num_rows)) as out:
        out.write(rows)


def prepared(folder: Path, clips: int) -> tuple[Dataset, Dataset]:
    if not (folder / "b" / "recipe.json").exists():
        a = Dataset.create(folder / "a")
        if "clips" not in a.tables():
            make(a, clips)
        with_shots(a)
        second(a, Dataset.create(folder / "b"))
    return Dataset(folder / "a"), Dataset(folder / "b")


def peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    folder, clips = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    a, b = prepared(folder, clips)
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    viewer = Viewer(a, folder / "cache", print, other=Viewer(b, folder / "cache", print))
    assert viewer.other is not None
    began = time.perf_counter()
    print(f"{viewer.index.clips:,} and {viewer.other.index.clips:,} clips; indexes {time.perf_counter() - began:.1f} s")
    print(f"peak before {peak_gb():.2f} GB")
    client = TestClient(create_app(viewer, Locks()), base_url="http://localhost")

    def ask(path: str) -> tuple[float, Any]:
        began = time.perf_counter()
        answer = client.get(path, headers={"accept": "text/html"})
        return time.perf_counter() - began, answer

    began = time.perf_counter()
    took, answer = ask("/compare")
    print(f"first page: {answer.status_code} after {took:.2f} s")
    while answer.status_code == 202:
        time.sleep(0.2)
        _, answer = ask("/compare")
    print(f"compared: {answer.status_code} after {time.perf_counter() - began:.1f} s; peak {peak_gb():.2f} GB")
    video = json.loads(client.get("/compare?format=json").content)["list"][0]["video_id"]
    for path in (
        "/compare",
        "/compare?sort=kept",
        "/compare?show=differ&page=20",
        "/compare?q=the",
        f"/compare/{video}",
    ):
        times = sorted(ask(path)[0] for _ in range(5))
        print(f"{path:40s} {1000 * times[2]:.0f} ms")
    print(f"peak {peak_gb():.2f} GB")


if __name__ == "__main__":
    main()
