"""Which steps share a worker."""

from dataclasses import dataclass
from typing import ClassVar

from shotlist.engine.devices import Devices
from shotlist.engine.groups import groups
from shotlist.engine.recipe import Recipe
from shotlist.engine.step import FilmStep, Needs


@dataclass(frozen=True)
class Named(FilmStep):
    label: str = "a"
    after: tuple[str, ...] = ()
    gpus: float = 0
    memory: float = 1
    reads: ClassVar[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        return self.label

    @property
    def needs(self) -> Needs:
        return Needs(gpus=self.gpus, memory_gb=self.memory)

    def inputs(self) -> tuple[str, ...]:
        return self.after


def together(*steps: Named, gpus: bool = True) -> list[tuple[str, ...]]:
    return [group.steps for group in groups(Recipe(steps), gpus)]


def test_steps_without_a_gpu_run_together() -> None:
    assert together(Named("a"), Named("b", ("a",)), Named("c")) == [("a", "b", "c")]


def test_what_needs_no_gpu_goes_before_and_after_what_does() -> None:
    steps = Named("a"), Named("model", ("a",), gpus=1), Named("b"), Named("c", ("model",))
    assert together(*steps) == [("a", "b"), ("model",), ("c",)]


def test_small_models_share_a_gpu_and_large_ones_have_their_own() -> None:
    steps = Named("a", gpus=0.5), Named("b", gpus=0.5), Named("c", gpus=1), Named("d", gpus=2)
    assert together(*steps) == [("a", "b"), ("c",), ("d",)]
    assert [group.needs.gpus for group in groups(Recipe(steps))] == [1.0, 1, 2]


def test_without_gpus_all_run_on_the_cpu() -> None:
    assert together(Named("a"), Named("model", ("a",), gpus=1), gpus=False) == [("a", "model")]


def test_memory_adds_up_beyond_the_gigabyte_that_everyone_has() -> None:
    [group] = groups(Recipe((Named("a"), Named("b", memory=3), Named("c", memory=2))))
    assert group.needs.memory_gb == 4


def test_a_gpu_is_lent_whole_or_in_shares() -> None:
    devices = Devices(["0", "1"])
    half, other_half = devices.take(0.5), devices.take(0.5)
    assert half == other_half == ("0",)
    assert devices.take(2) is None
    assert devices.take(1) == ("1",)
    devices.give_back(("0",), 0.5)
    devices.give_back(("0",), 0.5)
    devices.give_back(("1",), 1)
    assert devices.take(2) == ("0", "1")
