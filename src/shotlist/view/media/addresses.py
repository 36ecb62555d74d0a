"""What the pages show and play: stills, video files, clips cut on the fly, and what is heard and seen over time."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from shotlist.view.answer import problem
from shotlist.view.media import cuts, sources, stills
from shotlist.view.media import lanes as spans
from shotlist.view.media.films import Films
from shotlist.view.viewer import Viewer


def still(viewer: Viewer, request: Request) -> Response:
    """``/stills/{video_id}/{time_us}.jpg?width=``: the stored still nearest to a time, or an empty picture (404).

    With ``start_us`` and ``end_us`` it is one from inside of that span, if there is any.
    """
    video_id = request.path_params["video_id"]
    return stills.answer(_films(viewer, video_id), video_id, request)


def source(viewer: Viewer, request: Request) -> Response:
    """``/sources/{video_id}``: the video's file as it is, in parts if asked for."""
    video_id = request.path_params["video_id"]
    return _told(request, lambda: sources.answer(_films(viewer, video_id), video_id, request))


def cut(viewer: Viewer, request: Request) -> Response:
    """``/cuts/{clip_id}.mp4``: just the clip, as every browser plays it.

    ``?start_us=&end_us=`` is another span near the clip; with them a video's id will do, too. ``rows`` limits the
    picture's height, ``whole=1`` waits until parts of the file can be asked for.
    """
    name = request.path_params["clip_id"]
    films = _films(viewer, name, name.rsplit("_", 2)[0])
    return _told(request, lambda: cuts.answer(films, viewer.cache, name, request))


def lanes(viewer: Viewer, request: Request) -> Response:
    """``/lanes/{video_id}?start_us=&end_us=&points=``: what is heard and seen in a span, for drawing it."""
    video_id = request.path_params["video_id"]
    return spans.answer(_films(viewer, video_id), video_id, request.query_params)


def _films(viewer: Viewer, *ids: str) -> Films:
    """Of the dataset that has such a video: the one that is shown, else the one that it is compared with."""
    both = [v.films for v in (viewer, viewer.other) if v is not None]
    return next((films for films in both if any(i in films for i in ids)), both[0])


def _told(request: Request, answer: Callable[[], Response]) -> Response:
    try:
        return answer()
    except sources.Unplayable as error:
        return problem(request, str(error), error.status)
