"""What asking models will take, tried out on a short rendered film by the very steps that will ask."""

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shotlist.builder import Options, build
from shotlist.curate.shortlist import Shortlist
from shotlist.dataset import Dataset
from shotlist.engine.plan import ShardPlan
from shotlist.engine.recipe import Recipe
from shotlist.engine.step import Pass
from shotlist.errors import ShotlistError
from shotlist.models.budget import Prices, Spending
from shotlist.models.names import parse, settings_of
from shotlist.preflight import asking
from shotlist.query import identifier
from shotlist.summary import clips_in
from shotlist.timing import lasting

_SHOTS = ("sea", "city", "train")
"""Scenes of the film on which models are tried: a clip each."""
_CLIP_SECONDS = 6.0
"""Seconds of film for each clip, where no clips are known yet."""


@dataclass(frozen=True)
class Trial:
    """What a step got for ``tried`` clips. ``seconds`` is the time of all answers, one after the other.

    Tokens and ``cost`` are None where nobody counts them; ``problem`` says why nothing could be tried.
    """

    step: str
    model: str
    clips: int
    """Clips that the step will have to ask about, as far as that is known."""
    tried: int = 0
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None
    seconds: float = 0.0
    problem: str = ""

    def line(self) -> str:
        """The estimate, and what it comes from."""
        if self.problem:
            return f"{self.step}: not tried: {self.problem}"
        times = self.clips / self.tried
        tokens = f", {self.tokens_in * times:,.0f} tokens in" if self.tokens_in is not None else ""
        tokens += f", {self.tokens_out * times:,.0f} out" if self.tokens_out is not None else ""
        cost = f", cost about {self.cost * times:.3g}" if self.cost is not None else ""
        took = f"{lasting(self.seconds * times)} if answers come one by one"
        asked = f"asked about {self.tried} clip{'s' * (self.tried != 1)} of a sample film"
        return f"{self.step}: about {self.clips:,} clip{'s' * (self.clips != 1)}{tokens}{cost}, {took} ({asked})"


def trials(recipe: Recipe, clips: dict[str, int], prices: Prices | None, gpus: bool = True) -> list[Trial]:
    """Try every step that will ask a model; ``clips`` says about how many clips each will ask."""
    found: list[Trial] = []
    steps = [step for step in asking(recipe) if clips.get(step.name)]
    with tempfile.TemporaryDirectory(prefix="shotlist-") as folder:
        for step in steps:
            trial = Trial(step.name, str(step.settings()["model"]), clips[step.name])
            try:
                found.append(_tried(trial, recipe, Path(folder), prices, gpus))
            except ShotlistError as error:
                reason = str(error).removeprefix("the build had to stop: ").removeprefix(f"{step.name}: ")
                found.append(replace(trial, problem=reason))
    return found


def _tried(trial: Trial, recipe: Recipe, folder: Path, prices: Prices | None, gpus: bool) -> Trial:
    from shotlist.sample.film import render

    film = folder / "film"
    if not film.exists():
        render(film, size=(320, 180), fps=12, shots=list(_SHOTS), seconds=2.0)
    out, own = folder / trial.step, _up_to(recipe, trial.step)
    spending = Spending(math.inf, math.inf, prices)
    summary = build([film], out, own, options=Options(workers=1, report=False, gpus=gpus, spending=spending))
    query = f"SELECT {_SUMS} FROM {identifier(trial.step)} WHERE seconds IS NOT NULL"
    tried, tokens_in, tokens_out, seconds = Dataset(out).sql(query).fetchall()[0]
    if not tried:
        reason = next((str(f["message"]) for f in summary.failures), "it had nothing to say")
        raise ShotlistError(reason)
    price = _price(trial.model, prices)
    cost = price.of(tokens_in, tokens_out) if price and tokens_in is not None and tokens_out is not None else None
    return replace(trial, tried=tried, tokens_in=tokens_in, tokens_out=tokens_out, seconds=seconds or 0.0, cost=cost)


_SUMS = "count(*), sum(tokens_in)::BIGINT, sum(tokens_out)::BIGINT, sum(seconds)"


def _up_to(recipe: Recipe, name: str) -> Recipe:
    """Only what a step needs: itself, and the steps whose tables it reads, directly or not."""
    step = recipe.step(name)
    wanted, kept = {*step.inputs(), "scan"}, [step]
    for earlier in reversed(recipe.steps[: recipe.steps.index(step)]):
        # The rules may have no use for any clip of the sample.
        if wanted.intersection(earlier.writes) and not isinstance(earlier, Pass | Shortlist):
            kept.insert(0, earlier)
            wanted.update(earlier.inputs())
    return Recipe(tuple(kept), recipe.name)


def _price(model: str, prices: Prices | None) -> Prices | None:
    from shotlist.models.openai import ChatSettings

    name = parse(model)
    return (settings_of(name, ChatSettings).prices or prices) if name.kind == "openai" else None


def clips_ahead(
    recipe: Recipe, dataset: Dataset | None, stale: Sequence[ShardPlan], footage_seconds: float
) -> dict[str, int]:
    """About how many clips each such step will ask: those that are cut, and one for every few seconds to be read."""
    found, worth = {}, _worth(recipe, dataset)
    for step in asking(recipe):
        shards = {
            s.shard for s in stale if step.name in s.todo and not set(s.todo) & {m.name for m in recipe.media_steps()}
        }
        cut, seconds = _cut(dataset, shards)
        found[step.name] = round(worth * (cut + footage_seconds / seconds))
    return found


def _worth(recipe: Recipe, dataset: Dataset | None) -> float:
    """The share of the clips that is asked about, as far as it shows in what was kept before."""
    listed = any(isinstance(step, Shortlist) for step in recipe.steps)
    if not listed or dataset is None or not dataset.parts("decisions"):
        return 1.0
    return dataset.sql("SELECT avg((status <> 'dropped')::INT) FROM decisions").fetchall()[0][0] or 1.0


def _cut(dataset: Dataset | None, shards: set[str]) -> tuple[int, float]:
    """Clips of some shards, and the seconds of a clip in the mean of all."""
    if dataset is None or not dataset.parts("clips"):
        return 0, _CLIP_SECONDS
    mean = dataset.sql("SELECT avg(seconds) FROM clips").fetchall()[0][0]
    return clips_in(dataset, shards), mean or _CLIP_SECONDS
