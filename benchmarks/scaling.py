"""How a build scales: two workers against one, what the engine itself costs for each shard, planning 100,000 shards.

python benchmarks/scaling.py [--shared FOLDER] [--work FOLDER] [--check]
"""

import resource
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

from films import arguments, full_hd, row
from shotlist import Dataset, build
from shotlist.builder import Options, Watcher
from shotlist.engine.recipe import load
from shotlist.engine.run import ShardDone
from shotlist.sample.film import render

SHARDS, FILMS, PLANNED = 150, 8, 100_000

_TINY = '''
"""A recipe whose steps do next to nothing, so that what is measured is the engine."""
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from shotlist.engine.recipe import Recipe
from shotlist.engine.step import FilmStep, MediaStep
from shotlist.scan.scan import VIDEOS


@dataclass(frozen=True)
class Scan(MediaStep):
    """One row."""

    tables: ClassVar = {"videos": VIDEOS}

    def read(self, path, source, segment):
        row = dict.fromkeys(VIDEOS.names) | {"video_id": source.video_id, "status": "ok", "frames": 1}
        yield "videos", pa.RecordBatch.from_pylist([row], VIDEOS)


@dataclass(frozen=True)
class Row:
    """One number."""

    size: int


@dataclass(frozen=True)
class Sizes(FilmStep):
    """One row."""

    reads: ClassVar = ("videos",)

    def rows(self, film) -> list[Row]:
        return [Row(film.source.size)]


recipe = Recipe((Scan(), Sizes()))
'''
_SCAN_ONLY = """
from shotlist.engine.recipe import Recipe
from shotlist.scan.scan import Scan
recipe = Recipe((Scan(),))
"""


class Clock(Watcher):
    """When the first and the last shard were done: starting workers is left out."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def heard(self, event: object) -> None:
        """See Watcher."""
        if isinstance(event, ShardDone):
            self.times.append(time.monotonic())


def copies(film: Path, folder: Path, count: int) -> Path:
    """The same film under other contents: an empty box with a number at its end."""
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(count):
        with (folder / f"{k:06d}.mp4").open("wb") as out:
            shutil.copyfileobj(film.open("rb"), out)
            out.write(struct.pack(">I4sI", 12, b"free", k))
    return folder


def between_shards(engine: str, films: Path, out: Path, recipe: str, workers: int) -> float:
    """Seconds per shard, from the first that was done to the last, when every shard has one video."""
    shutil.rmtree(out, ignore_errors=True)
    clock = Clock()
    options = Options(workers=workers, engine=engine, shard_videos=1, report=False)  # type: ignore[arg-type]
    build([films], out, recipe, options=options, watcher=clock)
    times = clock.times[workers - 1 :]  # the first of each worker began with its start
    return (times[-1] - times[0]) / (len(times) - 1)


def efficiency(engine: str, films: Path, work: Path, recipe: str) -> float:
    """Speed with two workers as a share of twice the speed with one; the better of two tries."""
    found = []
    for _ in range(2):
        one = between_shards(engine, films, work / "scaling-data", recipe, 1)
        two = between_shards(engine, films, work / "scaling-data", recipe, 2)
        found.append(one / two / 2)
    return max(found)


def planning() -> None:
    """Run in a process of its own: plan a dataset of which nothing is done yet, and say what that took."""
    from shotlist.engine.plan import plan

    dataset, recipe = Dataset(sys.argv[2]), load("default")
    began = time.monotonic()
    made = plan(dataset, recipe)
    print(len(made.shards), time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)


def planned(work: Path) -> tuple[float, float]:
    """Seconds and GB for a plan of 100,000 shards, one of whose tables is there."""
    out = work / "scaling-plan"
    if not (out / "dataset.json").exists():
        Dataset.create(out)
        for table, fingerprint in (("sources", "{:016x}"), ("videos", "old")):
            (out / "tables" / table).mkdir(parents=True)
            for k in range(PLANNED):
                (out / "tables" / table / f"{k:06d}.{fingerprint.format(k)}.parquet").touch()
    command = [sys.executable, __file__, "--planning", str(out)]
    shards, seconds, gigabytes = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert int(shards) == PLANNED
    return float(seconds), float(gigabytes)


def main() -> None:
    """Print the table."""
    chosen = arguments(__doc__ or "")
    work = chosen.work
    tiny, scan_only = work / "tiny.py", work / "scan_only.py"
    tiny.write_text(_TINY)
    scan_only.write_text(_SCAN_ONLY)
    if not (work / "many").is_dir():
        film = render(work / "one", size=(64, 64), fps=10, shots=["canvas"], seconds=0.5).video
        copies(film, work / "many", SHARDS)
        copies(full_hd(chosen.shared, work), work / "hd", FILMS)
    good: list[bool] = []
    print("| what | measured | aim | met |\n|---|---|---|---|")
    for engine, name, most in (("local", "this machine", 50), ("ray", "Ray", 150)):
        cost = 1000 * between_shards(engine, work / "many", work / "scaling-data", str(tiny), 1)
        good.append(row(f"the engine's own cost per shard, {name}", f"{cost:.0f} ms", f"≤ {most} ms", cost <= most))
    for engine, name in (("local", "this machine"), ("ray", "Ray")):
        share = efficiency(engine, work / "hd", work, str(scan_only))
        what = f"scan of 1080p with two workers, against twice the speed of one, {name}"
        good.append(row(what, f"{share:.2f}", "≥ 0.9", share >= 0.9))
    seconds, gigabytes = planned(work)
    text, met = f"{seconds:.1f} s, {gigabytes:.2f} GB", seconds <= 10 and gigabytes <= 1
    good.append(row(f"planning {PLANNED:,} shards", text, "≤ 10 s, ≤ 1 GB", met))
    if chosen.check and not all(good):
        raise SystemExit(1)


if __name__ == "__main__":
    planning() if "--planning" in sys.argv else main()
