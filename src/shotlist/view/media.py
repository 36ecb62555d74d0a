"""What the pages show and play: stills, video files, clips cut on the fly, and what is heard and seen over time."""

from starlette.requests import Request
from starlette.responses import Response

from shotlist.view.films import Films
from shotlist.view.place import Viewer


def _films(viewer: Viewer, video_id: str) -> tuple[Viewer, Films]:
    """The dataset that has a video: the one that is shown, else the one that it is compared with."""
    both = [v for v in (viewer, viewer.other) if v is not None]
    chosen = next((v for v in both if video_id in v.films), viewer)
    return chosen, chosen.films


def still(viewer: Viewer, request: Request) -> Response:
    """``/stills/{video_id}/{time_us}.jpg?width=``: the stored still nearest to a time, or an empty picture (404)."""
    from shotlist.view.stills import answer

    video_id = request.path_params["video_id"]
    return answer(_films(viewer, video_id)[1], video_id, request)


def source(viewer: Viewer, request: Request) -> Response:
    """``/sources/{video_id}``: the video's file as it is, in parts if asked for."""
    from shotlist.view.sources import answer

    video_id = request.path_params["video_id"]
    return answer(_films(viewer, video_id)[1], video_id, request)


def cut(viewer: Viewer, request: Request) -> Response:
    """``/cuts/{clip_id}.mp4``: just the clip, as every browser plays it."""
    from shotlist.view.cuts import answer

    clip_id = request.path_params["clip_id"]
    chosen, films = _films(viewer, clip_id.rsplit("_", 2)[0])
    return answer(films, chosen.cache, clip_id)


def lanes(viewer: Viewer, request: Request) -> Response:
    """``/lanes/{video_id}?start_us=&end_us=&points=``: what is heard and seen in a span, for drawing it."""
    from shotlist.view.lanes import answer

    video_id = request.path_params["video_id"]
    return answer(_films(viewer, video_id)[1], video_id, request.query_params)
