"""Gathers what the page shows, in bounded size, and writes it."""

from collections import Counter
from pathlib import PurePosixPath
from typing import Any

from shotlist.dataset import Dataset
from shotlist.report.cards import facts, others
from shotlist.report.charts import charts
from shotlist.report.page import render
from shotlist.report.shown import Shown, gallery
from shotlist.report.stills import Album, Still
from shotlist.report.subtitles import subtitles
from shotlist.report.tables import Tables
from shotlist.report.teachers import teachers
from shotlist.report.timeline import resolve, text_kinds, timelines
from shotlist.report.totals import rule_conditions, totals
from shotlist.report.trouble import trouble

BUDGET = 5_600_000
"""Bytes of pictures; texts and numbers are bounded each on its own and stay below two millions together."""
GALLERY = 60
HEROES = 7


def write_report(dataset: Dataset) -> None:
    """Write ``report.html`` into the dataset: one file without outside parts, of at most some 8 MB."""
    dataset.write_text("report.html", render(gather(dataset)))


def gather(dataset: Dataset) -> dict[str, Any]:
    """Everything that the template and the script need."""
    recipe, summary = dataset.read_json("recipe.json"), dataset.read_json("summary.json")
    album = Album(BUDGET)
    with Tables(dataset) as tables:
        counted = totals(tables, recipe, summary)
        shown = Shown(tables, album)
        cards = gallery(tables, shown, GALLERY)
        drawn = charts(tables, shown, rule_conditions(recipe))
        shown.settle()
        videos = timelines(tables, album)
        album.fetch(tables, _width(len(album.places)))
        heroes = _heroes(tables, album, cards)
        ids = [card["clip_id"] for card in cards]
        known, said = facts(tables, ids), others(tables, ids)
        cards = [c | {"facts": known.get(c["clip_id"], ()), "others": said.get(c["clip_id"], ())} for c in cards]
        return {
            "name": PurePosixPath(dataset.store.root).name or dataset.address,
            "totals": counted,
            "heroes": heroes,
            "cards": [card | {"still": album.places[card["wish"]]} for card in cards],
            "charts": drawn,
            "judged": tables.judged,
            "videos": resolve(videos, album),
            "text_kinds": text_kinds(videos),
            "subtitles": subtitles(tables),
            "teachers": teachers(tables),
            "trouble": trouble(tables, summary),
            "recipe": recipe if isinstance(recipe, dict) else {},
            "clips": shown.describe(),
            "stills": album.stills,
        }


def _width(pictures: int) -> int:
    """Few pictures may be larger."""
    return 320 if pictures <= 130 else 240 if pictures <= 320 else 160


def _heroes(tables: Tables, album: Album, cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Colourful clips of sound videos that don't resemble each other, from many videos, enlarged."""
    stills = [(album.still(card["wish"]), card) for card in cards if card["whole"]]
    rated = [(still, card) for still, card in stills if still is not None]
    chosen: list[tuple[Still, dict[str, Any]]] = []
    while rated and len(chosen) < HEROES:
        used = Counter(card["video_id"] for _, card in chosen)
        best = max(rated, key=lambda pair: pair[0].interest * 0.7 ** used[pair[1]["video_id"]])
        chosen.append(best)
        rated = [pair for pair in rated if not pair[0].resembles(best[0])]
    for _, card in chosen:
        album.enlarge(tables, card["wish"], card["video_id"], (card["start_us"] + card["end_us"]) // 2, 560)
    return [card | {"still": album.places[card["wish"]]} for _, card in chosen]
