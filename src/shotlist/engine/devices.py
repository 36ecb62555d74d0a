"""The GPUs of this machine, and who has which share of them."""

import os
from pathlib import Path

_VISIBLE = "CUDA_VISIBLE_DEVICES"


def visible(gpus: tuple[str, ...]) -> dict[str, str]:
    """The environment in which a process sees only these GPUs."""
    return {_VISIBLE: ",".join(gpus)}


def found() -> list[str]:
    """The GPUs that this process may use, by the names that CUDA understands. Imports no framework."""
    named = os.environ.get(_VISIBLE)
    if named is not None:
        return [name for name in named.split(",") if name.strip() not in ("", "-1")]
    return [str(k) for k, _ in enumerate(sorted(Path("/dev").glob("nvidia[0-9]*")))]


class Devices:
    """Lends out GPUs: whole ones, or a share of one."""

    def __init__(self, names: list[str]) -> None:
        self._free = dict.fromkeys(names, 1.0)

    def take(self, gpus: float) -> tuple[str, ...] | None:
        """Names of devices with room for so many; None while there are none."""
        share, count = (gpus, 1) if gpus < 1 else (1.0, round(gpus))
        fitting = [name for name, free in self._free.items() if free >= share - 1e-6][:count]
        if len(fitting) < count:
            return None
        for name in fitting:
            self._free[name] -= share
        return tuple(fitting)

    def give_back(self, taken: tuple[str, ...], gpus: float) -> None:
        """Return what ``take`` gave."""
        for name in taken:
            self._free[name] += min(gpus, 1.0)
