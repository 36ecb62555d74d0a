"""What a page is: plain values that are shown as HTML, or given as JSON at the same address."""

import datetime
import decimal
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from shotlist.errors import ShotlistError
from shotlist.report.wording import count, duration, share, shorten
from shotlist.timing import clock

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Page:
    """A template's name, and the values that it shows, which are also the answer in JSON.

    ``values`` hold nothing but what JSON knows, times (as ISO text) and tuples. ``status`` is HTTP's.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


class NotThere(ShotlistError):
    """What was asked for is not in the dataset; the page says so with status 404."""


class NotAsked(ShotlistError):
    """The question itself is wrong, such as a filter on a column that is not there: status 400."""


def wants_json(request: Request) -> bool:
    """``?format=json``, or a client that asks for JSON and not for a page."""
    if "format" in request.query_params:
        return request.query_params["format"] == "json"
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def answered(request: Request, page: Page) -> Response:
    """The page as the client wants it."""
    if wants_json(request):
        return Json(dict(page.values), status_code=page.status)
    viewer = request.app.state.viewer
    root = request.scope.get("app_root_path", request.scope.get("root_path", ""))
    shared = {
        "viewer": viewer,
        "root": root,
        "link": lambda path, /, **query: _link(root, path, query),
        "here": request.url.path.removeprefix(root) or "/",
        "json_here": _json_here(request, root),
    }
    template = _environment(version=viewer.version).get_template(page.template)
    return HTMLResponse(template.render(shared | dict(page.values)), page.status)


def problem(request: Request, sentence: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """The one shape of errors: ``{"error": sentence, "status": status}``, or a page that says it."""
    page = Page("problem.html.j2", {"error": sentence, "status": status}, status)
    answer = answered(request, page)
    answer.headers.update(headers or {})
    return answer


class Json(JSONResponse):
    """JSON in which times are ISO texts and numbers that JSON does not know are null."""

    def render(self, content: Any) -> bytes:
        """The bytes of the answer."""
        return json.dumps(plain(content), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def plain(value: Any) -> Any:
    """A value as JSON knows it."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def _link(root: str, path: str, query: Mapping[str, Any]) -> str:
    """An address of the viewer; values of ``None`` are left out, lists repeat the name."""
    told = {k: v for k, v in query.items() if v is not None}
    return root + quote(path) + (f"?{urlencode(told, doseq=True)}" if told else "")


def _json_here(request: Request, root: str) -> str:
    query = [(k, v) for k, v in request.query_params.multi_items() if k not in ("format", "token")]
    return f"{root}{quote(request.url.path.removeprefix(root))}?{urlencode([*query, ('format', 'json')])}"


@cache
def _environment(version: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "count": count,
        "duration": duration,
        "share": share,
        "shorten": shorten,
        "clock": clock,
        "plain": plain,
    }
    made.filters |= filters
    made.globals["version"] = version
    return made
