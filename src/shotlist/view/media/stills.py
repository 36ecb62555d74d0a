"""The stored still nearest to a time, scaled down if asked."""

import io

from PIL import Image
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from shotlist.view.media.album import Span
from shotlist.view.media.films import Films

WIDTHS = (96, 160, 240, 320, 480, 640, 960)
"""Widths in pixels that are made; another is rounded up to the next."""
_QUALITY = 80
_DIGITS = 16
"""Of the longest time: three centuries in microseconds."""
_FOR_GOOD = "private, max-age=31536000, immutable"
_NONE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9"><rect width="16" height="9" fill="#808080" '
    'fill-opacity=".25"/><path d="M7 3.2 9.6 4.5 7 5.8z" fill="#808080" fill-opacity=".6"/></svg>'
)


def answer(films: Films, video_id: str, request: Request) -> Response:
    """The picture as JPEG; an empty one with status 404 where the video has no stills."""
    if video_id not in films:
        return _nothing()
    part = films.part("frames", video_id)
    time_us, span = _time(request.path_params["time_us"]), _span(request.query_params)
    if time_us is None:
        return _nothing()
    found = films.album.nearest(part, video_id, time_us, span) if part is not None else None
    if part is None or found is None:
        return _nothing()
    (time_us, jpeg), width = found, _width(request.query_params.get("width", ""))
    headers = {"cache-control": _FOR_GOOD, "etag": f'"{part.fingerprint}-{time_us}-{width}"'}
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = jpeg if width is None else _scaled(jpeg, width)
    return _nothing() if content is None else Response(content, media_type="image/jpeg", headers=headers)


def _nothing() -> Response:
    return Response(_NONE, 404, media_type="image/svg+xml", headers={"cache-control": "no-cache"})


def _span(query: QueryParams) -> Span | None:
    """Where the still should lie: the one nearest to the beginning of a clip may show what was before it."""
    start, end = query.get("start_us", ""), query.get("end_us", "")
    first, last = _time(start), _time(end)
    return None if first is None or last is None else (first, last)


def _time(asked: str) -> int | None:
    """Microseconds; None for what is no time of any video."""
    return int(asked) if asked.isdecimal() and len(asked) <= _DIGITS else None


def _width(asked: str) -> int | None:
    if not asked.isdecimal():
        return None
    return next((w for w in WIDTHS if w >= int(asked[:9])), None)


def _scaled(jpeg: bytes, width: int) -> bytes | None:
    """None for what is no picture."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as opened:
            if opened.width <= width:
                return jpeg
            height = max(1, round(opened.height * width / opened.width))
            opened.draft("RGB", (width, height))
            picture = opened.convert("RGB").resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    packed = io.BytesIO()
    picture.save(packed, "JPEG", quality=_QUALITY)
    return packed.getvalue()
