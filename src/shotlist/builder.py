"""Videos in, dataset out: look up the sources, plan, run, judge, report."""

import json
import os
import sys
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Literal

from shotlist.asked import Asked
from shotlist.chosen import Ask, Chosen, choose, spending_of
from shotlist.dataset import Dataset
from shotlist.engine.again import EARLIER, forget, set_aside, with_earlier
from shotlist.engine.plan import SET_SHARD, Plan, PlannedPass, plan
from shotlist.engine.recipe import Recipe
from shotlist.engine.run import Event, Executor, Notice, ShardDone
from shotlist.engine.staging import Staging
from shotlist.engine.tasks import Job
from shotlist.errors import ShotlistError, StorageError
from shotlist.lock import Share, only_one
from shotlist.members import Arrived, Members
from shotlist.models.budget import LimitReached, Spending
from shotlist.parts import Receipt
from shotlist.preflight import check_models
from shotlist.query import asking, quote
from shotlist.store import Store, storing
from shotlist.summary import Summary, arrival, summarise


@dataclass(frozen=True)
class Options:
    """How a build is run; none of it changes what comes out."""

    workers: int | tuple[int, int] | None = None
    """Processes at a time, one per core by default; on Ray a pool of fixed size or one that grows from, up to."""
    stall_seconds: float = 300.0
    retry: bool = False
    """Try again what failed for a reason that may have passed."""
    report: bool = True
    """Whether ``report.html`` is written."""
    engine: Literal["local", "ray"] = "local"
    address: str | None = None
    """The Ray cluster's address."""
    gpu_workers: int | tuple[int, int] | None = None
    """The same as ``workers`` for steps that need a GPU, on Ray."""
    gpus: bool = True
    """Whether steps that ask for a GPU wait for one; without, they run on the CPU."""
    shard_videos: int | None = None
    """Videos in a new shard, the unit of work on a cluster; by default 16 to 256, the more the more there are."""
    share: Share | None = None
    """Work only on the i-th of n shares of the dataset's shards, beside others that do the rest."""
    spending: Spending = field(default_factory=Spending)
    """Limits for models; what is not named is as in the last build, and infinity takes a limit away."""


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
    teachers: Sequence[str] = (),
    ask: Ask | None = None,
) -> Summary:
    """Build or complete the dataset at ``out`` from ``videos`` and return its counts.

    ``videos`` are files, folders, patterns, links or lists of those; without any, work goes on with what the
    dataset already has. Without ``recipe`` it is the one of the last build with its settings, at first ``default``.
    ``settings`` are ``step.field=value``, ``teachers`` models that describe every clip besides those of the last
    build. ``ask`` says whether models are asked about all clips or only about those that the rules keep. Nothing that
    is already done is done again.
    Raises ShotlistError with a sentence for the user. Where a limit of ``options.spending`` ends the build, the summary
    says so (``stopped``) and counts what is there.
    """
    began = time.monotonic()
    options, watcher = options or Options(), watcher or Watcher()
    named = [os.fspath(v) for v in videos]
    if options.share and named:
        raise ShotlistError(f"a share does not take in videos; do that once, with: shotlist add VIDEOS -o {out}")
    dataset, chosen, arrived = _opened(named, out, recipe, settings, teachers, ask)
    options = replace(options, spending=spending_of(dataset, options.spending))
    with only_one(dataset, options.share, lambda text: watcher.heard(Notice(text))) as still_ours:
        run = _Build(dataset, chosen, options, watcher, still_ours)
        summary = run.run_share(options.share) if options.share else run.run(named, arrived)
    took = round(time.monotonic() - began, 3)
    return replace(summary, recipe=chosen.words, caption=chosen.shown, elapsed_seconds=took)


def add(
    videos: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    recipe: str | Recipe | None = None,
    settings: Sequence[str] = (),
    shard_videos: int | None = None,
    teachers: Sequence[str] = (),
    spending: Spending | None = None,
    ask: Ask | None = None,
) -> Arrived:
    """Take videos into a dataset and note the recipe, without working on them; ``build`` does that later.

    For builds in shares, which all begin from the same shards (of ``shard_videos`` videos each). Raises ShotlistError.
    """
    named = [os.fspath(v) for v in videos]
    dataset, chosen, arrived = _opened(named, out, recipe, settings, teachers, ask)
    options = Options(shard_videos=shard_videos, spending=spending_of(dataset, spending or Spending()))
    with only_one(dataset):
        run = _Build(dataset, chosen, options, Watcher())
        return run.take_in(named, arrived)


def _opened(
    named: Sequence[str],
    out: str | os.PathLike[str],
    recipe: str | Recipe | None,
    settings: Sequence[str],
    teachers: Sequence[str],
    ask: Ask | None,
) -> tuple[Dataset, Chosen, Arrived | None]:
    """The dataset, made if need be, the recipe, and the videos if they had to be looked up for that."""
    dataset = Dataset.find(out)
    chosen = choose(dataset, recipe, settings, teachers, ask)
    if dataset is not None:
        return dataset, chosen, None
    arrived = Members(None).look_up(named)
    if not arrived.added:
        raise ShotlistError(no_videos(named, arrived, os.fspath(out)))
    return Dataset.create(out), chosen, arrived


def no_videos(videos: Sequence[str], arrived: Arrived, out: str) -> str:
    """Why there is nothing to build."""
    if not videos:
        return f"{out}: no dataset there; make one with: shotlist build VIDEOS -o {out}"
    if arrived.problems:
        return "no videos found: " + "; ".join(f"{p.address}: {p.message}" for p in arrived.problems[:3])
    return f"no videos found in {', '.join(videos)}"


class _Build:
    def __init__(
        self,
        dataset: Dataset,
        chosen: Chosen,
        options: Options,
        watcher: Watcher,
        still_ours: Callable[[], None] = lambda: None,
    ) -> None:
        self.still_ours = still_ours
        self.dataset = dataset
        self.chosen = chosen
        self.recipe = chosen.recipe
        self.options = options
        self.watcher = watcher
        self.members = Members(dataset)
        self.staging = Staging(dataset)
        self.spending = options.spending.divided(options.share[1]) if options.share else options.spending
        self.asked = Asked(dataset, chosen, options.share)

    def run(self, videos: Sequence[str], arrived: Arrived | None) -> Summary:
        """``arrived`` is what the videos are if that was looked up before the dataset was there."""
        arrived = self._take_in(videos, arrived)
        made = self._plan()
        self.watcher.planned(made, self.members)
        if made.nothing_to_do and not arrived.changed and (stored := self._stored_summary()):
            self._note_recipe()  # a model may have another address now
            return replace(stored, **arrival(arrived), asked={}, nothing_to_do=True)
        self._check_models(made)
        self._begin()
        try:
            self._run_shards(made)
        except LimitReached as limit:
            return replace(self._stopped(made, str(limit)), **arrival(arrived))
        except ShotlistError:
            self._forget_the_mute()
            raise
        for planned in made.passes:
            self.watcher.stage("judging")
            self._run_pass(planned)
        return self._sum_up(arrived)

    def run_share(self, share: Share) -> Summary:
        """Work on some of the shards, beside others; judging and reporting are left to a whole build."""
        self.members = Members(self.dataset, share)
        made = replace(self._plan(), passes=())
        self.watcher.planned(made, self.members)
        self._check_models(made)
        if made.shards:
            self.dataset.remove_text("summary.json")  # a whole build must count anew
        try:
            self._run_shards(made)
        except LimitReached as limit:
            return self._stopped(made, str(limit))
        summary = self._counted(self.members.shards)
        return replace(summary, nothing_to_do=made.nothing_to_do)

    def take_in(self, videos: Sequence[str], arrived: Arrived | None) -> Arrived:
        """Only note the videos and the recipe."""
        arrived = self._take_in(videos, arrived)
        self._begin()
        return arrived

    def _take_in(self, videos: Sequence[str], arrived: Arrived | None) -> Arrived:
        if arrived is None or self.members:
            arrived = self.members.look_up(videos) if videos else Arrived()
        self.members.take_in(arrived, self.options.shard_videos)
        if not self.members:
            raise ShotlistError(no_videos(videos, arrived, self.dataset.address))
        return arrived

    def _check_models(self, made: Plan) -> None:
        """Raise ModelError for a model that can't be had, before any video is read.

        A build that may ask nothing needs none, and which ones the nodes of a cluster can have is known there.
        """
        todo = {name for shard in made.shards for name in shard.todo}
        if self.spending.max_requests == 0 or self.options.engine == "ray":
            return
        with self.asked.advising():
            check_models(self.recipe, todo)

    def _forget_the_mute(self) -> None:
        """Teachers that were named now and never answered are not remembered: the next line may name others."""
        with suppress(StorageError):  # what ended the build is told, not this
            if mute := self.asked.mute():
                self.chosen = self.chosen.without(mute)
                self._begin()

    def _stopped(self, made: Plan, reason: str) -> Summary:
        """What there is when a limit ends the build; nothing of it was judged."""
        told = f"{self.asked.left(made)}; the limit is remembered until it is set to none"
        return replace(self._counted(self.members.shards), stopped=f"{reason} ({told})")

    def _counted(self, shards: Collection[str] | None = None) -> Summary:
        self.dataset.refresh()
        return replace(summarise(self.dataset, shards), asked=self.asked.bills)

    def _begin(self) -> None:
        self.dataset.remove_text("summary.json")  # until it is true again
        self._note_recipe()

    def _note_recipe(self) -> None:
        said = self.chosen.plain() | {"spending": self.options.spending.plain()}
        recipe = json.dumps(said, indent=2, default=str) + "\n"
        if self.dataset.store.read("recipe.json") != recipe.encode():
            self.dataset.write_text("recipe.json", recipe)

    def _plan(self) -> Plan:
        ours = set(self.members.shards)
        for part in self.dataset.superseded():
            if part.shard in ours or (part.shard == SET_SHARD and not self.options.share):
                self.dataset.remove(part)
        if self.options.retry:
            set_aside(self.dataset, self.recipe, ours)
        made = plan(self.dataset, self.recipe)
        shards = with_earlier(self.dataset, self.recipe, [s for s in made.shards if s.shard in ours])
        forget(self.dataset, ours - {s.shard for s in shards})
        self.staging.tidy(shards, self.recipe.media_steps(), self._may_tidy)
        return replace(made, shards=shards)

    def _may_tidy(self, name: str) -> bool:
        return not self.options.share or name in self.members.shards

    def _run_shards(self, made: Plan) -> None:
        if not made.shards:
            return
        address = self.dataset.address if self.dataset.local is None else str(self.dataset.local.resolve())
        log = _Log(self.dataset, self.options.share)
        aside = {shard for parts in self.dataset.listing(EARLIER).values() for shard in parts}

        def report(event: Event) -> None:
            if isinstance(event, ShardDone):
                self.still_ours()
                log.add(event)
                if event.shard in aside:
                    forget(self.dataset, {event.shard})
            self.asked.hear(event)
            self.watcher.heard(event)

        try:
            with self.asked.counting() as counter, self.asked.advising():
                job = Job(address, self.recipe, spending=self.spending, counter=str(counter))
                _executor(self.options).run(job, made.shards, report)
        finally:
            log.close(patient=not isinstance(sys.exc_info()[1], ShotlistError))

    def _run_pass(self, planned: PlannedPass) -> None:
        step = planned.step
        receipt = Receipt(step.name, step.version, step.settings(), "set")
        with self.dataset.connection(step.inputs()) as connection:
            if spared := self.recipe.spared():
                names = ", ".join(map(quote, spared))
                connection.execute(
                    f"CREATE TEMP VIEW failures AS SELECT * FROM memory.main.failures WHERE step NOT IN ({names})"
                )
            rows = step.run(connection)
            place = self.dataset.write(planned.part, rows.schema, receipt, replaces=planned.replaced)
            with asking(), place as out:
                for batch in rows:
                    out.write(batch)

    def _sum_up(self, arrived: Arrived) -> Summary:
        summary = replace(self._counted(), **arrival(arrived))
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


def _executor(options: Options) -> Executor:
    if options.engine == "ray":
        from shotlist.engine.ray.executor import RayExecutor

        return RayExecutor(options.address, options.workers, options.gpu_workers, options.stall_seconds, options.gpus)
    from shotlist.engine.local import LocalExecutor

    if options.address or options.gpu_workers:
        raise ShotlistError("the address of a cluster and a number of GPU workers are for --engine ray: add that")
    if isinstance(options.workers, tuple):
        raise ShotlistError("a pool that grows is for --engine ray; name one number of workers")
    return LocalExecutor(options.workers, options.stall_seconds, options.gpus)


class _Log:
    """``log.jsonl``: a line for each shard, written as it happens; shares have a file of their own each."""

    def __init__(self, dataset: Dataset, share: Share | None) -> None:
        self._dataset = dataset
        self._name = f"log.{share[0]}-of-{share[1]}.jsonl" if share else "log.jsonl"
        self._path = dataset.local / self._name if dataset.local else None
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

    def close(self, patient: bool) -> None:
        """Object stores can't append: their log grows once a build."""
        if self._waiting:
            store = Store(self._dataset.address, patient)
            with nullcontext() if patient else suppress(StorageError):
                store.write(self._name, (store.read(self._name) or b"") + "".join(self._waiting).encode())
