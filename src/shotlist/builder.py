"""Videos in, dataset out: look up the sources, plan, run, judge, report."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from shotlist.dataset import Dataset, Part, Receipt
from shotlist.engine.local import LocalExecutor
from shotlist.engine.plan import SET_SHARD, Plan, plan
from shotlist.engine.recipe import Recipe, load
from shotlist.engine.run import Event, Executor, ShardDone
from shotlist.engine.work import Job
from shotlist.errors import ShotlistError
from shotlist.lock import only_one
from shotlist.members import Arrived, Members
from shotlist.summary import Summary, summarise


@dataclass(frozen=True)
class Options:
    """How a build is run; none of it changes what comes out."""

    workers: int | None = None
    stall_seconds: float = 300.0
    retry: bool = False
    """Try again what failed for a reason that may have passed."""
    report: bool = True
    """Whether ``report.html`` is written."""


class Watcher:
    """Told what happens during a build; does nothing. Subclass it to show progress."""

    def planned(self, plan: Plan, arrived: Arrived, members: Members) -> None:
        """The plan is made; work is about to begin."""

    def heard(self, event: Event) -> None:
        """A worker read some footage or a shard was finished."""

    def stage(self, name: str) -> None:
        """Another stage of the build begins: ``judging``, ``report``."""


def build(
    videos: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    recipe: str | Recipe = "default",
    settings: Sequence[str] = (),
    options: Options | None = None,
    watcher: Watcher | None = None,
) -> Summary:
    """Build or complete the dataset at ``out`` from ``videos`` and return its counts.

    ``videos`` are files, folders, patterns, links or lists of those; without any, work goes on with what the
    dataset already has. ``settings`` are ``step.field=value``. Nothing that is already done is done again.
    Raises ShotlistError with a sentence for the user.
    """
    options, watcher = options or Options(), watcher or Watcher()
    chosen = load(recipe) if isinstance(recipe, str) else recipe
    chosen = chosen.with_settings(settings)
    chosen.check_columns()
    if not videos:
        Dataset(out)  # nothing to add: it must be there
    dataset = Dataset.create(out)
    with only_one(dataset):
        return _Build(dataset, chosen, options, watcher).run([os.fspath(v) for v in videos])


class _Build:
    def __init__(self, dataset: Dataset, recipe: Recipe, options: Options, watcher: Watcher) -> None:
        self.dataset = dataset
        self.recipe = recipe
        self.options = options
        self.watcher = watcher
        self.began = time.monotonic()

    def run(self, videos: Sequence[str]) -> Summary:
        members = Members(self.dataset)
        arrived = members.add(videos) if videos else Arrived()
        if not members.sources:
            raise ShotlistError(_no_videos(videos, arrived))
        if self.options.retry:
            self._forget_failures(members)
        made = plan(self.dataset, self.recipe)
        self.watcher.planned(made, arrived, members)
        if made.nothing_to_do and (stored := self._stored_summary(arrived)):
            return stored
        self.dataset.write_text("recipe.json", json.dumps(self.recipe.describe(), indent=2, default=str) + "\n")
        self._run_shards(made, members)
        for step, fingerprint in made.passes:
            self.watcher.stage("judging")
            self._run_pass(step, fingerprint)
        self.dataset.refresh()
        summary = replace(
            summarise(self.dataset, arrived), elapsed_seconds=round(time.monotonic() - self.began, 3)
        )
        self.dataset.write_text("summary.json", json.dumps(asdict(summary), indent=2) + "\n")
        if self.options.report:
            from shotlist.report import write_report

            self.watcher.stage("report")
            write_report(self.dataset)
        return summary

    def _run_shards(self, made: Plan, members: Members) -> None:
        if not made.shards:
            return
        executor: Executor = LocalExecutor(self.options.workers, self.options.stall_seconds)
        job = Job(self.dataset.address if self.dataset.local is None else str(self.dataset.local), self.recipe)
        log = _Log(self.dataset)

        def report(event: Event) -> None:
            if isinstance(event, ShardDone):
                log.add(event)
            self.watcher.heard(event)

        try:
            executor.run(job, made.shards, members.of, report)
        finally:
            log.close()

    def _run_pass(self, step: Any, fingerprint: str) -> None:
        with self.dataset.connection(step.inputs()) as connection:
            table = step.run(connection)
        receipt = Receipt(step.name, step.version, step.settings(), "set")
        part = Part(step.writes[0], SET_SHARD, fingerprint)
        with self.dataset.write(part, table.schema, receipt) as out:
            out.write(table)

    def _forget_failures(self, members: Members) -> None:
        """Remove parts with failures that may pass, so that they are made again.

        Later steps' parts go first: should this be interrupted, nothing is left that was made from what is gone.
        """
        for shard in members.shards:
            written = [(t, p) for s in self.recipe.steps for t in s.writes if (p := self._part_of(t, shard))]
            first = next((k for k, (_, p) in enumerate(written) if self._may_pass(p)), None)
            if first is None:
                continue
            step = next(s for s in self.recipe.steps if written[first][0] in s.writes)
            for table, part in reversed(written):
                if table in step.writes or written.index((table, part)) > first:
                    self.dataset.remove(part.path)

    def _part_of(self, table: str, shard: str) -> Part | None:
        return self.dataset.parts(table).get(shard)

    def _may_pass(self, part: Part) -> bool:
        return any(f.may_pass for f in self.dataset.receipt(part).failures)

    def _stored_summary(self, arrived: Arrived) -> Summary | None:
        stored = self.dataset.read_json("summary.json")
        if not isinstance(stored, dict) or set(stored) != {f.name for f in fields(Summary)}:
            return None
        return replace(Summary(**stored), **arrived.counts(), nothing_to_do=True, elapsed_seconds=0.0)


def _no_videos(videos: Sequence[str], arrived: Arrived) -> str:
    if arrived.problems:
        return "no videos found: " + "; ".join(f"{p.address}: {p.message}" for p in arrived.problems[:3])
    return f"no videos found in {', '.join(videos)}"


class _Log:
    """``log.jsonl``: a line for each shard, written as it happens."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.lines: list[str] = []
        self.file = (dataset.local / "log.jsonl").open("a", encoding="utf-8") if dataset.local else None

    def add(self, event: ShardDone) -> None:
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "shard": event.shard,
            "videos": event.videos,
            "clips": event.done.clips,
            "seconds": {k: round(v, 3) for k, v in event.done.seconds.items()},
            "failures": [asdict(f) for f in event.done.failures],
        }
        text = json.dumps(line, ensure_ascii=False)
        if self.file is not None:
            self.file.write(text + "\n")
            self.file.flush()
        self.lines.append(text)

    def close(self) -> None:
        if self.file is not None:
            self.file.close()
        elif self.lines:
            name = f"{self.dataset.root}/log.jsonl"
            before = self.dataset.fs.cat_file(name) if self.dataset.fs.exists(name) else b""
            self.dataset.fs.pipe_file(name, before + ("\n".join(self.lines) + "\n").encode())

