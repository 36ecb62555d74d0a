"""Clips as a grid: searched, filtered, sorted, and given away as a table."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shotlist.view.answer import NotAsked, Page, wants_json
from shotlist.view.finding import reviewed
from shotlist.view.finding.cards import card_columns, cards
from shotlist.view.finding.forms import pairs, tidied, unshown
from shotlist.view.finding.found import found
from shotlist.view.finding.groups import grouped, groups, opened
from shotlist.view.finding.spreadsheet import csv_of
from shotlist.view.finding.wanted import Wanted
from shotlist.view.index.database import Index
from shotlist.view.viewer import Viewer

VIEWS = ("large", "small", "list")
_FEWEST = 3
_WAYS = 8
"""Filters that are tried without, where nothing is found."""


def clips(viewer: Viewer, request: Request) -> Page | Response:
    """``/clips``; ``format=csv`` is all that was found as a table, ``part=facets`` the groups in ``facets=`` alone."""
    index, params = viewer.index, request.query_params
    if (elsewhere := tidied(request)) is not None:
        return elsewhere
    try:
        wanted = Wanted.read(params, index)
        if params.get("format") == "csv":
            return csv_of(index, wanted, viewer.name)
        if params.get("part") == "facets":
            return Page("facets.html.j2", {"groups": _facets(index, wanted, params)})
        return _page(index, wanted, request)
    except NotAsked as error:
        if wants_json(request) or "part" in params or params.get("format") == "csv":
            raise
        return _refused(index, params, str(error))


def _page(index: Index, wanted: Wanted, request: Request) -> Page | Response:
    params = request.query_params
    about = [*wanted.filters, wanted.sort.removeprefix("-")]
    columns = {**reviewed.COLUMNS, **index.columns}
    some = found(index, wanted, card_columns(columns, about))
    if some.total and wanted.page > some.pages:
        query = wanted.query(page=some.pages)
        return RedirectResponse(f"{request.url.path}?{urlencode(query, doseq=True)}", 303)
    values = {
        "total": some.total,
        "seconds": some.seconds,
        "page": wanted.page,
        "pages": some.pages,
        "chips": wanted.chips,
        "clips": cards(columns, some.rows, about),
        "instead": list(_instead(index, wanted)) if not some.total else [],
        "groups": _facets(index, wanted, params),
    }
    return Page("clips.html.j2", _asked(index, params, values) | {"query": wanted.query(page=None)})


def _facets(index: Index, wanted: Wanted, params: QueryParams) -> list[dict[str, Any]]:
    """The groups that are asked for, else the first and those by whose columns the clips are filtered."""
    asked = params.getlist("facets")
    if not asked:
        known = groups(index)
        asked = [*opened(index, (), _FEWEST), *(g for g in known if wanted.filters.keys() & set(known[g]))]
    return grouped(index, wanted, asked)


def _asked(index: Index, params: QueryParams, values: dict[str, Any]) -> dict[str, Any]:
    """What the page tells of its address, beside what was found."""
    view = params.get("view", VIEWS[0])
    known = {**index.columns, **reviewed.there(index)}
    return {
        "error": None,
        **values,
        "view": view if view in VIEWS else VIEWS[0],
        "where": params.get("where", ""),
        "asked": pairs(params),
        "hidden": unshown(params, values["groups"], ("where",)),
        "sortable": [{"name": c.name, "label": c.label} for c in known.values() if c.kind != "list"],
    }


def _refused(index: Index, params: QueryParams, sentence: str) -> Page:
    """The page with the sentence that says what is wrong, and the question still in its fields."""
    closed = grouped(index, Wanted(), ())
    values = {"total": 0, "seconds": 0.0, "page": 1, "pages": 1, "chips": [], "clips": [], "instead": []}
    told = _asked(index, params, {**values, "groups": closed, "error": sentence})
    query: dict[str, Any] = {name: params.getlist(name) for name, _ in told["asked"] if name != "view"}
    query |= {name: params[name] for name in ("q", "sort", "where") if params.get(name)}
    return Page("clips.html.j2", told | {"query": query}, 400)


def _instead(index: Index, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """What each filter alone keeps away, the most rewarding first."""
    ways = []
    for chip in wanted.chips[:_WAYS]:
        less = Wanted.read(QueryParams(urlencode(chip["query"], doseq=True)), index)
        ways.append({**chip, "clips": found(index, replace(less, page=1, size=1)).total})
    yield from sorted((way for way in ways if way["clips"]), key=lambda way: -way["clips"])
