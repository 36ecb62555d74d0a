"""To be written."""

from starlette.requests import Request

from shotlist.view.answer import Page
from shotlist.view.place import Viewer


def clip(viewer: Viewer, request: Request) -> Page:
    """To be written."""
    return Page("problem.html.j2", {"error": "to be written", "status": 200})
