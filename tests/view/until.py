"""Waiting for a page: Playwright's own way needs ``eval``, which the pages' policy forbids."""

import time
from collections.abc import Callable
from typing import Any


def until(page: Any, condition: str | Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait until a JavaScript expression holds on the page, or what is asked of it comes true.

    A page that is being left answers nothing: the one that follows is asked.
    """
    end = time.monotonic() + seconds
    while not _holds(page, condition):
        assert time.monotonic() < end, condition
        page.wait_for_timeout(30)


def _holds(page: Any, condition: str | Callable[[], Any]) -> bool:
    try:
        return bool(page.evaluate(condition) if isinstance(condition, str) else condition())
    except Exception as error:
        if "Execution context was destroyed" in str(error):
            return False
        raise
