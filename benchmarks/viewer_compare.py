"""How soon two datasets of a million made-up clips are compared by the viewer, and in how much memory.

python benchmarks/viewer_compare.py [--clips NUMBER] [--work FOLDER] [--check]

The second dataset has every tenth clip joined to the next one, decided otherwise and described otherwise.
"""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from films import row
from shotlist.dataset import Dataset
from shotlist.parts import Part, Receipt
from viewer import MEMORY, Question, Served, measured, options, viewing
from viewer_data import make

CHANGED = 0.1
"""Share of the clips that are cut, decided or described otherwise in the second dataset."""

COMPARED = 10.0
"""Aim: seconds until the comparison is there; a page says meanwhile that it is being made."""


def second(first: Dataset, out: Dataset) -> None:
    """The same videos, changed."""
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


def prepared(work: Path, clips: int) -> tuple[Path, Path]:
    """The two datasets, made where they are not there yet."""
    first, other = work / f"compared-{clips}", work / f"compared-{clips}-other"
    if not (other / "recipe.json").exists():
        for out in (first, other):
            shutil.rmtree(out, ignore_errors=True)
        dataset = Dataset.create(first)
        make(dataset, clips)
        with_shots(dataset)
        second(dataset, Dataset.create(other))
    return first, other


def compared(served: Served) -> float:
    """Seconds from the first request until there is a comparison to show."""
    began = time.perf_counter()
    while (status := served.ask("/compare", "text/html")[0]) == 202:
        time.sleep(0.1)
    assert status == 200
    return time.perf_counter() - began


def questions(served: Served) -> list[Question]:
    """The list in several orders, and single videos."""
    videos = json.loads(served.ask("/compare", "application/json")[2])["list"]
    lists = ["/compare", "/compare?sort=kept", "/compare?show=differ&page=20", "/compare?q=the"]
    return [
        Question("comparison, the list", lists, 500),
        Question("comparison, one video", [f"/compare/{video['video_id']}" for video in videos[:5]], 500),
    ]


def main() -> None:
    """Print the table."""
    chosen = options(__doc__)
    first, other = prepared(chosen.work, chosen.clips)
    shutil.rmtree(chosen.work / "cache", ignore_errors=True)
    print("| what | measured | aim | met |\n|---|---|---|---|")
    good: list[bool | None] = []
    for out in (first, other):  # each was looked at before
        with viewing(out, chosen.work):
            pass
    with viewing(first, chosen.work, "--compare", str(other)) as (served, _):
        seconds = compared(served)
        what = f"{chosen.clips:,} clips compared with as many"
        good.append(row(what, f"{seconds:.1f} s", f"≤ {COMPARED:.0f} s", seconds <= COMPARED))
        good += [measured(served, question, "text/html") for question in questions(served)]
        good.append(row("memory at most", f"{served.peak():.2f} GB", f"≤ {MEMORY:g} GB", served.peak() <= MEMORY))
    if chosen.check and not all(found is not False for found in good):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
