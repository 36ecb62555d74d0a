from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_media() -> Path:
    """Real films and broken files beside the checkout; without them the test is skipped."""
    folder = Path(__file__).parents[3] / "shared" / "media"
    if not folder.is_dir():
        pytest.skip("needs ../shared/media")
    return folder
