"""Videos in, dataset out: look up the sources, plan, run, judge, report."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from shotlist.chosen import Chosen, choose
from shotlist.dataset import Dataset, Receipt, storing
from shotlist.engine.again import set_aside, with_earlier
from shotlist.engine.plan import Plan, PlannedPass, plan
from shotlist.engine.recipe import Recipe
from shotlist.engine.run import Event, Executor, ShardDone
from shotlist.engine.staging import Staging
from shotlist.engine.tasks import Job
from shotlist.errors import ShotlistError
from shotlist.lock import only_one
from shotlist.members import Arrived, Members
from shotlist.query import asking
from shotlist.summary import Summary, arrival, summarise


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

    def planned(self, plan: Plan, members: Members) -> None:
        """The plan is made; work is about to begin."""

    def heard(self, event: Event) -> None:
        """A worker read some footage or a shard was finished."""

    def stage(self, name: str) -> None:
        """Another stage of the build begins: ``judging``, ``report``."""


def build(
    videos: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    recipe: str | Recipe | None = None,
    settings: Sequence[str] = (),
    options: Options | None = None,
    watcher: Watcher | None = None,
) -> Summary:
    """Build or complete the dataset at ``out`` from ``videos`` and return its counts.

    ``videos`` are files, folders, patterns, links or lists of those; without any, work goes on with what the
    dataset already has. Without ``recipe`` it is the one of the last build with its settings, at first ``default``.
    ``settings`` are ``step.field=value``. Nothing that is already done is done again.
    Raises ShotlistError with a sentence for the user.
    """
    began = time.monotonic()
    dataset, arrived = Dataset.find(out), None
    chosen = choose(dataset, recipe, settings)
    named = [os.fspath(v) for v in videos]
    if dataset is None:
        arrived = Members(None).look_up(named)
        if not arrived.added:
            raise ShotlistError(no_videos(named, arrived, os.fspath(out)))
        dataset = Dataset.create(out)
    with only_one(dataset):
        run = _Build(dataset, chosen, options or Options(), watcher or Watcher())
        summary = run.run(named, arrived)
    return replace(summary, recipe=chosen.words, elapsed_seconds=round(time.monotonic() - began, 3))


def no_videos(videos: Sequence[str], arrived: Arrived, out: str) -> str:
    """Why there is nothing to build."""
    if not videos:
        return f"{out}: no dataset there; make one with: shotlist build VIDEOS -o {out}"
    if arrived.problems:
        return "no videos found: " + "; ".join(f"{p.address}: {p.message}" for p in arrived.problems[:3])
    return f"no videos found in {', '.join(videos)}"


class _Build:
    def __init__(self, dataset: Dataset, chosen: Chosen, options: Options, watcher: Watcher) -> None:
        self.dataset = dataset
        self.chosen = chosen
        self.recipe = chosen.recipe
        self.options = options
        self.watcher = watcher
        self.members = Members(dataset)
        self.staging = Staging(dataset)

    def run(self, videos: Sequence[str], arrived: Arrived | None) -> Summary:
        """``arrived`` is what the videos are if that was looked up before the dataset was there."""
        if arrived is None or self.members:
            arrived = self.members.look_up(videos) if videos else Arrived()
        self.members.take_in(arrived)
        if not self.members:
            raise ShotlistError(no_videos(videos, arrived, self.dataset.address))
        made = self._plan()
        self.watcher.planned(made, self.members)
        if made.nothing_to_do and not arrived.changed and (stored := self._stored_summary()):
            return replace(stored, **arrival(arrived), nothing_to_do=True)
        self.dataset.remove_text("summary.json")  # until it is true again
        recipe = json.dumps(self.chosen.plain(), indent=2, default=str)
        self.dataset.write_text("recipe.json", recipe + "\n")
        self._run_shards(made)
        for planned in made.passes:
            self.watcher.stage("judging")
            self._run_pass(planned)
        return self._sum_up(arrived)

    def _plan(self) -> Plan:
        for part in self.dataset.superseded():
            self.dataset.remove(part)
        if self.options.retry:
            set_aside(self.dataset, self.recipe, self.staging)
        made = plan(self.dataset, self.recipe)
        made = replace(made, shards=[with_earlier(s, self.recipe, self.staging) for s in made.shards])
        self.staging.tidy(made.shards, self.recipe.media_steps())
        return made

    def _run_shards(self, made: Plan) -> None:
        if not made.shards:
            return
        from shotlist.engine.local import LocalExecutor

        executor: Executor = LocalExecutor(self.options.workers, self.options.stall_seconds)
        address = self.dataset.address if self.dataset.local is None else str(self.dataset.local)
        log = _Log(self.dataset)

        def report(event: Event) -> None:
            if isinstance(event, ShardDone):
                log.add(event)
            self.watcher.heard(event)

        try:
            executor.run(Job(address, self.recipe), made.shards, self.members.of, report)
        finally:
            log.close()

    def _run_pass(self, planned: PlannedPass) -> None:
        step = planned.step
        receipt = Receipt(step.name, step.version, step.settings(), "set")
        with self.dataset.connection(step.inputs()) as connection:
            rows = step.run(connection)
            place = self.dataset.write(planned.part, rows.schema, receipt, replaces=planned.replaced)
            with asking(), place as out:
                for batch in rows:
                    out.write(batch)

    def _sum_up(self, arrived: Arrived) -> Summary:
        self.dataset.refresh()
        summary = replace(summarise(self.dataset), **arrival(arrived))
        if self.options.report:
            from shotlist.report import write_report

            self.watcher.stage("report")
            write_report(self.dataset)
        self.dataset.write_text("summary.json", json.dumps(asdict(summary), indent=2) + "\n")
        return summary

    def _stored_summary(self) -> Summary | None:
        if self.options.report and not self.dataset.exists("report.html"):
            return None
        stored = self.dataset.read_json("summary.json")
        if not isinstance(stored, dict) or set(stored) != {f.name for f in fields(Summary)}:
            return None
        return Summary(**stored)


class _Log:
    """``log.jsonl``: a line for each shard, written as it happens."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._path = dataset.local / "log.jsonl" if dataset.local else None
        self._waiting: list[str] = []

    def add(self, event: ShardDone) -> None:
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "shard": event.shard,
            "videos": event.videos,
            "clips": event.done.clips,
            "seconds": {k: round(v, 3) for k, v in event.done.seconds.items()},
            "failures": [asdict(f) for f in event.done.failures],
        }
        text = json.dumps(line, ensure_ascii=False) + "\n"
        if self._path is None:
            self._waiting.append(text)
            return
        with storing(self._dataset.address), Path(self._path).open("a", encoding="utf-8") as file:
            file.write(text)

    def close(self) -> None:
        """Object stores can't append: their log grows once a build."""
        if self._waiting:
            before = self._dataset.read_text("log.jsonl") or ""
            self._dataset.write_text("log.jsonl", before + "".join(self._waiting))
