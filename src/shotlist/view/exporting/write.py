"""Writes an export: films and stills first, then tables and the page that shows them."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import QueryParams

from shotlist.errors import ShotlistError
from shotlist.view.exporting.clips import Row, Teller, columns_of, facets_of, private_of, rows_of, sorts_of, stem
from shotlist.view.exporting.folder import Folder
from shotlist.view.exporting.page import Shared, assets, page, readme
from shotlist.view.exporting.pictures import FACES, Pictures
from shotlist.view.exporting.tables import tables
from shotlist.view.finding.found import found, ids
from shotlist.view.finding.wanted import Wanted
from shotlist.view.reviewing.sampling import asked
from shotlist.view.viewer import Viewer

USUAL = "kept=true"
"""What is exported unless something is asked for."""
_SPREAD = "random.1"
"""The order then, where there are more clips than are exported: a sample of all of them."""

Watch = Callable[[int, int, str], None]
"""Told how many of how many clips are done, and the name of the last one's video."""


@dataclass(frozen=True)
class Exported:
    """``clips`` of ``fitting`` that fit the query; ``missing`` are (clip's name, why it has no film)."""

    folder: str
    clips: int
    fitting: int
    missing: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()


def write(viewer: Viewer, address: str, query: str | None, most: int, blur: bool, watch: Watch) -> Exported:
    """Write the clips of a query, at most so many, into a folder; see Folder.opened.

    ``query`` is what stands behind the question mark of the page Clips, or the whole link. Raises ShotlistError.
    """
    if blur and FACES not in viewer.films.parts:
        raise ShotlistError(
            f"{viewer.dataset.address} does not say where faces are: build it with a recipe that looks for people, "
            "such as -r multimodal, or export without --blur-faces"
        )
    wanted = _wanted(viewer, query)
    fitting = found(viewer.index, wanted).total
    if not fitting:
        raise ShotlistError(_nothing(viewer, query))
    if query is None and fitting > most:
        wanted = _read(viewer, f"{USUAL}&sort={_SPREAD}")
    rows = rows_of(viewer.index, ids(viewer.index, wanted, most))
    folder = Folder.opened(address, blur)
    facts = {"dataset": viewer.name, "query": wanted.query(), "clips": len(rows), "fitting": fitting, "blurred": blur}
    folder.mark(**facts, whole=False)
    names = {
        row["clip_id"]: (f"films/{stem(row['clip_id'])}.mp4", f"stills/{stem(row['clip_id'])}.jpg") for row in rows
    }
    reasons = _pictured(viewer, folder, rows, names, watch, blur)
    missing, problems = _told(viewer, folder, rows, names, reasons, facts, wanted)
    folder.tidy({name for both in names.values() for name in both})
    folder.mark(**facts, whole=True, made=datetime.now(UTC).isoformat(timespec="seconds"))
    return Exported(str(folder.path), len(rows), fitting, tuple(missing), tuple(problems))


def _nothing(viewer: Viewer, query: str | None) -> str:
    """What to say where there is nothing to export."""
    if not viewer.index.clips:
        return f"{viewer.dataset.address} has no clips: there is nothing to export"
    if query is None:
        return "no clip was kept; say which ones to export, such as --query status=dropped"
    return "no clip fits; take something out of --query"


def _wanted(viewer: Viewer, query: str | None) -> Wanted:
    if query is None:
        return _read(viewer, USUAL)
    text = urlsplit(query).query if "?" in query else query
    return _read(viewer, text if "=" in text or not text else f"q={text}")


def _read(viewer: Viewer, query: str) -> Wanted:
    return Wanted.read(QueryParams(asked(parse_qsl(query))), viewer.index)


def _pictured(
    viewer: Viewer, folder: Folder, rows: Sequence[Row], names: dict[str, tuple[str, str]], watch: Watch, blur: bool
) -> dict[str, str]:
    """Make the films and stills, two at a time; the reasons why some films are missing, by clip."""
    unlooked = {r["video_id"] for r in viewer.index.rows("SELECT video_id FROM failures WHERE step = ?", [FACES])}
    pictures = Pictures(viewer.films, folder, blur, frozenset(unlooked) if blur else frozenset())
    reasons: dict[str, str] = {}

    def make(row: Row) -> Row:
        film, still = names[row["clip_id"]]
        reason = pictures.film(row, film)
        if reason is not None:
            reasons[row["clip_id"]] = reason
        pictures.still(row, still)
        return row

    with ThreadPoolExecutor(2, thread_name_prefix="export") as pool:
        left: set[Future[Row]] = {pool.submit(make, row) for row in rows}
        try:
            watch(0, len(rows), "")
            while left:
                done, left = wait(left, return_when=FIRST_COMPLETED)
                for one in done:
                    watch(len(rows) - len(left), len(rows), one.result()["title"])
        except BaseException:
            pictures.stopped.set()
            pool.shutdown(cancel_futures=True)
            raise
    return reasons


def _told(
    viewer: Viewer,
    folder: Folder,
    rows: Sequence[Row],
    names: dict[str, tuple[str, str]],
    reasons: dict[str, str],
    facts: dict[str, Any],
    wanted: Wanted,
) -> tuple[list[tuple[str, str]], list[str]]:
    """Write the tables and the page."""
    private = private_of(viewer)
    teller = Teller(viewer, private)
    columns = columns_of(viewer.index)
    told = []
    for row in rows:
        film, still = names[row["clip_id"]]
        reason = reasons.get(row["clip_id"])
        files = {
            "film": film if folder.has(film) and not reason else None,
            "still": still if folder.has(still) else None,
        }
        reason = private.text(reason) if reason else None
        values = {c.name: private.value(c.name, row[c.name]) for c in columns}
        told.append(teller.told(row) | files | {"missing": reason, "values": values})
    shared = Shared(
        dataset=viewer.name,
        recipe=_recipe_name(viewer.dataset.read_json("recipe.json")),
        asked=[private.text(chip["text"]) for chip in wanted.chips],
        facts=facts,
        columns=columns,
        facets=facets_of(columns, rows),
        sorts=sorts_of(columns, rows),
    )
    for name, text in tables(columns=list(viewer.index.columns), rows=rows, told=told, clean=private.value).items():
        folder.write(name, text)
    for name, content in assets(shared, told).items():
        folder.write(name, content)
    folder.write("README.md", readme(shared, told, viewer.index.columns))
    folder.write("index.html", page(shared, told))
    return [(f"{t['name']} {t['clip_id']}", t["missing"]) for t in told if t["missing"]], teller.problems


def _recipe_name(recipe: Any) -> str | None:
    name = recipe.get("origin") or recipe.get("name") if isinstance(recipe, dict) else None
    return str(name).rpartition("/")[2] if name else None
