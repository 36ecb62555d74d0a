"""Waiting for a page: Playwright's own way needs ``eval``, which the pages' policy forbids."""

import time
from typing import Any


def until(page: Any, condition: str, seconds: float = 20.0) -> None:
    """Wait until a JavaScript expression holds on the page."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, condition
        page.wait_for_timeout(30)
