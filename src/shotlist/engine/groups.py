"""Which steps run together: all that need the same kind of worker, as early as their inputs allow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle

from shotlist.engine.plan import ShardPlan
from shotlist.engine.recipe import Recipe
from shotlist.engine.step import BatchStep, Needs, Pass, Step


@dataclass(frozen=True)
class Group:
    """Steps that one worker runs on a shard, one after another, and what that worker must have."""

    steps: tuple[str, ...]
    needs: Needs

    @property
    def label(self) -> str:
        """A short name for people, in ASCII: the first and the last step."""
        return " to ".join(dict.fromkeys((self.steps[0], self.steps[-1])))

    def share(self, shard: ShardPlan) -> ShardPlan | None:
        """What the group has to do on a shard; None where that is nothing."""
        own = shard.only(self.steps)
        return own if own.todo else None


def groups(recipe: Recipe, gpus: bool = True) -> list[Group]:
    """The groups in the order in which a shard goes through them.

    CPU steps fuse with each other, and so do GPU steps as long as together they ask for one GPU at most. Steps that
    take all clips of a shard at once run apart from those that go from film to film. Without ``gpus`` every step
    runs on the CPU.
    """
    left: list[Step] = [step for step in recipe.steps if not isinstance(step, Pass)]
    found: list[Group] = []
    for kind in cycle(_KINDS):
        if not left:
            return found
        ready, left = _ready(left, kind, gpus)
        found += _fused(ready, gpus)
    raise AssertionError


_KINDS = ((False, False), (False, True), (True, False), (True, True))
"""On a GPU or not, all clips at once or not."""


def _ready(steps: Sequence[Step], kind: tuple[bool, bool], gpus: bool) -> tuple[list[Step], list[Step]]:
    """Those of one kind that read nothing of those which must wait, and the ones that wait."""
    ready, waiting = [], []
    missing: set[str] = set()
    for step in steps:
        own = (_needs(step, gpus).gpus > 0, isinstance(step, BatchStep))
        if own == kind and not missing.intersection(step.inputs()):
            ready.append(step)
        else:
            waiting.append(step)
            missing.update(step.writes)
    return ready, waiting


def _fused(steps: Sequence[Step], gpus: bool) -> list[Group]:
    found: list[Group] = []
    for step in steps:
        needs = _needs(step, gpus)
        last = found[-1] if found else None
        if last is not None and last.needs.gpus + needs.gpus <= 1:
            found[-1] = Group((*last.steps, step.name), _together(last.needs, needs))
        else:
            found.append(Group((step.name,), needs))
    return found


def _needs(step: Step, gpus: bool) -> Needs:
    return step.needs if gpus else replace(step.needs, gpus=0)


def _together(a: Needs, b: Needs) -> Needs:
    # Models stay loaded beside each other; the gigabyte that every step may have is the worker's own.
    return Needs(max(a.cpus, b.cpus), a.gpus + b.gpus, max(1, a.memory_gb) + max(1, b.memory_gb) - 1)
