from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tiny_models

from servers.processes import running


@pytest.fixture(scope="session")
def faulty() -> Iterator[str]:
    """The address of a server whose answers go wrong as the model's name says."""
    with running("faulty.py") as url:
        yield url


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folders of tiny checkpoints by the name of their family, made once; for reading only."""
    torch = pytest.importorskip("torch")
    made: dict[str, Path] = {}

    def checkpoint(family: str) -> Path:
        if family not in made:
            if family == "smolvlm":
                pytest.importorskip("num2words")
            torch.manual_seed(1)
            made[family] = getattr(tiny_models, family)(tmp_path_factory.mktemp(family))
        return made[family]

    return checkpoint
