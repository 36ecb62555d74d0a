"""To be written."""

from starlette.requests import Request

from shotlist.view.answer import Page
from shotlist.view.place import Viewer


def samples(viewer: Viewer, request: Request) -> Page:
    """To be written."""
    return Page("problem.html.j2", {"error": "to be written", "status": 200})


def desk(viewer: Viewer, request: Request) -> Page:
    """To be written."""
    return Page("problem.html.j2", {"error": "to be written", "status": 200})


def csv(viewer: Viewer, request: Request) -> Page:
    """To be written."""
    return Page("problem.html.j2", {"error": "to be written", "status": 200})


def begin(viewer: Viewer, request: Request) -> Page:
    """To be written."""
    return Page("problem.html.j2", {"error": "to be written", "status": 200})


def decide(viewer: Viewer, request: Request) -> Page:
    """To be written."""
    return Page("problem.html.j2", {"error": "to be written", "status": 200})
