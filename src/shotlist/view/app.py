"""The web application: addresses, what answers them, and how errors are told."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from shotlist.errors import ShotlistError
from shotlist.view.answer import NotAsked, NotThere, Page, answered, problem
from shotlist.view.guard import Guard, Locks
from shotlist.view.media import addresses
from shotlist.view.pages import clip, clips, compare, failures, overview, review, video
from shotlist.view.viewer import Viewer

Show = Callable[[Viewer, Request], Page | Response]
"""What answers an address: called in a thread of its own, it may wait for disks and databases."""

PAGES: tuple[tuple[str, Show], ...] = (
    ("/", overview.overview),
    ("/clips", clips.clips),
    ("/clips/{clip_id}", clip.clip),
    ("/videos", video.videos),
    ("/videos/{video_id}", video.video),
    ("/compare", compare.compare),
    ("/compare/{video_id}", compare.video),
    ("/failures", failures.failures),
    ("/review", review.samples),
    ("/review/{sample}", review.desk),
    ("/review/{sample}/decisions.csv", review.csv),
    ("/review/{sample}/frames/{clip_id}", review.frames),
    # Media: never pages, the same for all clients.
    ("/stills/{video_id}/{time_us}.jpg", addresses.still),
    ("/sources/{video_id}", addresses.source),
    ("/cuts/{clip_id}.mp4", addresses.cut),
    ("/lanes/{video_id}", addresses.lanes),
)
POSTS: tuple[tuple[str, Show], ...] = (
    ("/review", review.begin),
    ("/review/{sample}", review.decide),
)


_SLOW: dict[Show, int] = {addresses.cut: 6}
"""What waits for a long time, and how many of it may do so at once: of forty threads the others are left to pages."""
_MOST = 2 << 20
"""Bytes that may be sent with a change."""


def create_app(viewer: Viewer, locks: Locks) -> Starlette:
    """The application over one dataset; ``locks`` say who may come in."""
    routes = [Route(path, _endpoint(show), methods=["GET"]) for path, show in PAGES]
    routes += [Route(path, _endpoint(show), methods=["POST"]) for path, show in POSTS]
    static = Mount("/static/{version}", StaticFiles(directory=Path(__file__).parent / "static"))
    app = Starlette(
        routes=[*routes, static],
        middleware=[Middleware(Guard, locks=locks)],
        exception_handlers={ShotlistError: _told, HTTPException: _refused, Exception: _broken},
    )
    app.state.viewer = viewer
    return app


def _endpoint(show: Show) -> Callable[[Request], Awaitable[Response]]:
    room = asyncio.Semaphore(_SLOW[show]) if show in _SLOW else nullcontext()

    async def answer(request: Request) -> Response:
        try:
            if request.method == "POST":
                await _body(request)
            async with room:
                if show in _SLOW and await request.is_disconnected():  # a preview that was only passed over
                    return Response(status_code=503)
                found = await run_in_threadpool(show, request.app.state.viewer, request)
            return await run_in_threadpool(answered, request, found) if isinstance(found, Page) else found
        except (ShotlistError, HTTPException):
            raise
        except Exception as error:  # further out, the answer would go past the guard, who sets its headers
            traceback.print_exception(error)
            return await _broken(request, error)

    return answer


async def _body(request: Request) -> None:
    """Read here what was sent, because the thread can't wait for it."""
    size = request.headers.get("content-length", "")
    if not size.isdecimal() or int(size) > _MOST:
        raise HTTPException(413, f"at most {_MOST:,} bytes are taken at a time")
    await request.body()


async def _told(request: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, NotThere) else 400 if isinstance(error, NotAsked) else 500
    return await run_in_threadpool(problem, request, str(error), status)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    sentence = "there is no such page" if error.status_code == 404 else error.detail
    return await run_in_threadpool(problem, request, sentence, error.status_code, error.headers)


async def _broken(request: Request, error: Exception) -> Response:
    sentence = f"the viewer failed at this page ({type(error).__name__}); what happened stands in the terminal"
    return await run_in_threadpool(problem, request, sentence, 500)
