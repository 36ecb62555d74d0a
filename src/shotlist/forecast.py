"""What a build would do, and how long it would take, without writing anything."""

import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from shotlist.builder import Options, no_videos
from shotlist.calibration import Trial, clips_ahead, trials
from shotlist.chosen import Ask, choose, spending_of
from shotlist.dataset import Dataset
from shotlist.engine.local import cores
from shotlist.engine.plan import Plan, ShardPlan, plan
from shotlist.engine.recipe import Recipe
from shotlist.engine.step import Pass
from shotlist.engine.work import opened_by
from shotlist.errors import MediaError, ShotlistError
from shotlist.members import Arrived, Members
from shotlist.records import WHOLE, Source
from shotlist.sources.names import is_link
from shotlist.timing import lasting

_CALIBRATION_SECONDS = 2.0
_PROBED = 2000
"""Headers of at most so many videos are read; the footage of the rest is estimated from their size."""


@dataclass(frozen=True)
class Forecast:
    """``speed`` is seconds of footage per second and worker, None where nothing could be tried."""

    new_videos: int
    known_videos: int
    duplicates: int
    problems: Sequence[str]
    footage_seconds: float
    unreadable: int
    steps: Sequence[tuple[str, int]]
    passes: Sequence[str]
    workers: int
    speed: float | None
    models: Sequence[Trial] = ()
    """What asking models will take, tried on a sample film."""

    @property
    def expected_seconds(self) -> float | None:
        """How long the build would take."""
        return None if self.speed is None else self.footage_seconds / (self.speed * self.workers)

    def lines(self) -> list[tuple[str, str]]:
        """Label and value for people."""
        steps = ", ".join(f"{n} {name}" for name, n in self.steps)
        done = "" if steps or self.passes else "nothing to do"
        lines = [
            ("videos", f"{self.new_videos} new, {self.known_videos} known, {self.duplicates} duplicates"),
            (
                "footage",
                f"{lasting(self.footage_seconds)} to read, {self.unreadable} unreadable by their headers",
            ),
            ("steps", steps or done),
            ("passes", ", ".join(self.passes)),
        ]
        if self.expected_seconds is not None and self.footage_seconds:
            text = f"about {lasting(self.expected_seconds)} with {self.workers} workers"
            text += ", without models" if self.models else ""
            lines.append(("time", f"{text} ({self.speed:.0f} times real time each, tried on a sample)"))
        lines += [("model", trial.line()) for trial in self.models]
        return [line for line in [*lines, *(("problem", p) for p in self.problems[:10])] if line[1]]


def forecast(
    videos: Sequence[str],
    out: str,
    recipe: str | Recipe | None,
    settings: Sequence[str],
    options: Options,
    teachers: Sequence[str] = (),
    ask: Ask | None = None,
) -> Forecast:
    """Look up the videos, compare with the dataset, read headers, and try the scan and the models on samples."""
    dataset = Dataset.find(out)
    chosen = choose(dataset, recipe, settings, teachers, ask).recipe
    prices = spending_of(dataset, options.spending).prices
    members = Members(dataset)
    arrived = members.look_up(videos) if videos else Arrived()
    if not members and not arrived.added:
        raise ShotlistError(no_videos(videos, arrived, out))
    stale = plan(dataset, chosen) if dataset is not None else Plan(())
    steps, media = _work(chosen, members, arrived.added, stale.shards)
    passes = chosen.passes() if arrived.added else [p.step for p in stale.passes]
    footage, unreadable, speed = _measure(chosen, media)
    ahead = clips_ahead(chosen, dataset, stale.shards, footage)
    return Forecast(
        new_videos=len(arrived.added),
        known_videos=sum(len(members.sizes(shard)) for shard in members.shards),
        duplicates=arrived.duplicates,
        problems=[f"{p.address}: {p.message}" for p in arrived.problems],
        footage_seconds=footage,
        unreadable=unreadable,
        steps=steps,
        passes=[step.name for step in passes],
        workers=options.workers if isinstance(options.workers, int) else cores(),
        speed=speed,
        models=trials(chosen, ahead, prices, options.gpus),
    )


def _work(
    recipe: Recipe, members: Members, fresh: Sequence[Source], stale: Sequence[ShardPlan]
) -> tuple[list[tuple[str, int]], list[Source]]:
    """(step, how many videos) and the videos whose media have to be read."""
    counts = {s.name: len(fresh) for s in recipe.steps if not isinstance(s, Pass)}
    media = list(fresh)
    for shard in stale:
        sources = members.of(shard.shard)
        for name in shard.todo:
            counts[name] += len(sources)
        media += [s for s in sources if opened_by(recipe, shard, s)]
    return [(name, n) for name, n in counts.items() if n], media


def _measure(recipe: Recipe, sources: Sequence[Source]) -> tuple[float, int, float | None]:
    """Footage in seconds, unreadable videos, and the scan's speed; files are opened in other processes."""
    local = [s for s in sources if not is_link(s.uri)][:_PROBED]
    if not local:
        return 0.0, 0, None
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(min(4, cores()), mp_context=context) as pool:
            lengths = list(pool.map(claimed_seconds, [s.uri for s in local], chunksize=16))
            readable = [(s, n) for s, n in zip(local, lengths, strict=True) if n]
            known = sum(n for _, n in readable)
            size = sum(s.size for s, _ in readable) or 1
            rest = sum(max(0, s.size) for s in sources) - sum(s.size for s in local)
            tried = readable[len(readable) // 2][0] if readable else None
            speed = pool.submit(scan_speed, recipe, tried).result() if tried else None
    except BrokenProcessPool:
        return 0.0, 0, None
    return known + rest * known / size, sum(n is None for n in lengths), speed


def claimed_seconds(path: str) -> float | None:
    """Length by the header, None for what can't be read; a claim beyond what the bytes allow is cut down."""
    from shotlist.media.probe import probe

    try:
        info = probe(Path(path))
    except MediaError:
        return None
    return min(info.duration_us / 1e6, os.path.getsize(path) / 500) or None  # noqa: PTH202  # a name may be any bytes


def scan_speed(recipe: Recipe, source: Source) -> float | None:
    """Seconds of footage that the media steps read in a second, tried for a moment on one video."""
    began, last, first = time.monotonic(), None, None
    step = recipe.media_steps()[0]
    try:
        for item in step.read(Path(source.uri), source, WHOLE):
            if isinstance(item, tuple) and item[0] == "signals":
                times = item[1]["time_us"]
                first, last = times[0].as_py() if first is None else first, times[-1].as_py()
            if time.monotonic() - began > _CALIBRATION_SECONDS:
                break
    except MediaError:
        return None
    if first is None or last is None or last == first:
        return None
    return float((last - first) / 1e6 / (time.monotonic() - began))
