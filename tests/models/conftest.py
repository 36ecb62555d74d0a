from collections.abc import Iterator

import pytest

from servers.processes import running


@pytest.fixture(scope="session")
def faulty() -> Iterator[str]:
    """The address of a server whose answers go wrong as the model's name says."""
    with running("faulty.py") as url:
        yield url
