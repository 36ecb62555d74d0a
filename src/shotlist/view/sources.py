"""The video files themselves: those that the dataset's tables name, and no others."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from shotlist.sources.names import base_name
from shotlist.view.answer import NotThere
from shotlist.view.films import Films


def answer(films: Films, video_id: str, request: Request) -> Response:
    """The file, or the part of it that was asked for."""
    source = films.source(video_id)
    path = Path(source.uri)
    if not path.is_file():
        raise NotThere(f"{base_name(source.uri)}: the file is gone; put it back at {source.uri}, or build again")
    return FileResponse(path, stat_result=path.stat())
