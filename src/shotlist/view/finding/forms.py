"""What forms send beside a query, and what of an address they can't show."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse

_PASSING = ("page", "facets", "part", "format", "token")
"""Parameters that another query does not take over."""


def tidied(request: Request) -> RedirectResponse | None:
    """Where to go instead: a form without scripts sends its empty fields too, and they are no part of a link."""
    pairs = request.query_params.multi_items()
    told = [(name, value) for name, value in pairs if value]
    if len(told) == len(pairs) or request.query_params.get("format"):
        return None
    return RedirectResponse(request.url.path + (f"?{urlencode(told)}" if told else ""), 303)


def pairs(params: QueryParams) -> list[tuple[str, str]]:
    """The query as names and values, without what passes."""
    return [(name, value) for name, value in params.multi_items() if value and name not in _PASSING]


def unshown(params: QueryParams, groups: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> list[tuple[str, str]]:
    """What stands in the address and in no ``fields`` nor facets of a form: it travels in hidden fields."""
    left = set(_shown(groups))
    found = []
    for name, value in pairs(params):
        if name not in fields and (name, value) not in left:
            found.append((name, value))
        left.discard((name, value))
    return found


def _shown(groups: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for facet in (f for group in groups for f in group["facets"] or ()):
        if facet["kind"] == "number":
            yield facet["field"], facet["asked"]
        else:
            yield from ((facet["field"], value["asked"]) for value in facet["values"])
