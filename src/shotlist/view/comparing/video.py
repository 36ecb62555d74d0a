"""One video in two datasets: where they differ, and what both say about the same footage."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from shotlist.timing import SECOND
from shotlist.view.comparing.agreement import BOTH, ONLY_A
from shotlist.view.comparing.store import Comparison
from shotlist.view.facts.diff import compared, counted
from shotlist.view.index.database import Index
from shotlist.view.media.films import Films

Row = dict[str, Any]

_MOST = 5000
"""Clips of one video that are shown of each dataset."""
_REASONS = 3
_SAME_MOMENT = SECOND // 100
_CLIP = "clip_id, start_us, end_us, seconds, status, rule, value, mark, shown"


def clips_of(index: Index, video_id: str) -> list[Row]:
    """The video's clips in order of time."""
    return index.rows(
        f"SELECT {_CLIP} FROM clips WHERE video_id = ? ORDER BY start_us, end_us LIMIT {_MOST}", [video_id]
    )


def cuts_of(comparison: Comparison, rank: int) -> list[Row]:
    """Cuts {time_us, who}; who is "a", "b" or "both"."""
    rows = comparison.rows("SELECT time_us, who FROM cuts WHERE rank = ? ORDER BY time_us", [rank])
    return [row | {"who": name_of(row["who"])} for row in rows]


def name_of(who: int) -> str:
    """Who has it, in a word."""
    return "both" if who == BOTH else "a" if who == ONLY_A else "b"


def places(comparison: Comparison, rank: int, clips: Sequence[Sequence[Row]], cuts: Sequence[Row]) -> list[Row]:
    """Where the datasets differ, in order of time: a ``cut`` that one has, or a stretch that only one has ``kept``.

    A stretch comes with its clips of the dataset that has them, and with those of the other in which it was not kept.
    """
    within = comparison.told["cuts"]["within_us"]
    stretches = comparison.rows(
        "SELECT start_us, end_us, who FROM stretches WHERE rank = ? AND who <> ? AND end_us - start_us > ?",
        [rank, BOTH, within],
    )
    found = [{"kind": "cut", "who": cut["who"], "start_us": cut["time_us"]} for cut in cuts if cut["who"] != "both"]
    for row in stretches:
        inside = [
            [c for c in side if c["start_us"] < row["end_us"] and c["end_us"] > row["start_us"]] for side in clips
        ]
        told = {k: [_reason(c) for c in side[:_REASONS]] for k, side in zip("ab", inside, strict=True)}
        found.append({"kind": "kept", **row, "who": name_of(row["who"]), "clips": told})
    return sorted(found, key=lambda place: (place["start_us"], place["kind"]))


def _inside(clips: Sequence[Row], span: Row) -> list[Row]:
    return [c for c in clips if c["start_us"] < span["end_us"] and c["end_us"] > span["start_us"]]


def _reason(clip: Row) -> Row:
    return {name: clip[name] for name in ("clip_id", "start_us", "end_us", "status", "rule", "value", "mark")}


def with_stills(films: Films, video_id: str, found: Sequence[Row]) -> list[Row]:
    """Cuts with the times of the stored stills just before and after them."""
    with films.film(video_id) as film:
        times = [still.time_us for still in film.stills]
    return [place | (_around(times, place["start_us"]) if place["kind"] == "cut" else {}) for place in found]


def _around(times: Sequence[int], cut_us: int) -> dict[str, int | None]:
    at = bisect_left(times, cut_us - _SAME_MOMENT)
    return {"before_us": times[at - 1] if at else None, "after_us": times[at] if at < len(times) else None}


def pairs(a: Sequence[Row], b: Sequence[Row], differing: bool) -> list[tuple[Row | None, Row | None]]:
    """Clips of both that show mostly the same footage, and those without such a partner, in order of time.

    ``differing`` leaves out pairs that say the same, and clips without any caption.
    """
    links = {(i, j) for i, j in enumerate(_partners(a, b)) if j is not None}
    links |= {(i, j) for j, i in enumerate(_partners(b, a)) if i is not None}
    met_a, met_b = {i for i, _ in links}, {j for _, j in links}
    found: list[tuple[Row | None, Row | None]] = [(a[i], b[j]) for i, j in sorted(links)]
    found += [(clip, None) for i, clip in enumerate(a) if i not in met_a]
    found += [(None, clip) for j, clip in enumerate(b) if j not in met_b]
    if differing:
        found = [pair for pair in found if _say_other(*pair)]
    return sorted(found, key=lambda pair: min(clip["start_us"] for clip in pair if clip))


def _partners(own: Sequence[Row], others: Sequence[Row]) -> Iterator[int | None]:
    """For each clip the one that overlaps it most, if that is half of the shorter one at least."""
    first = 0
    for clip in own:
        while first < len(others) and others[first]["end_us"] <= clip["start_us"]:
            first += 1
        best, most = None, 0
        for j in range(first, len(others)):
            if others[j]["start_us"] >= clip["end_us"]:
                break
            common = min(clip["end_us"], others[j]["end_us"]) - max(clip["start_us"], others[j]["start_us"])
            shorter = min(c["end_us"] - c["start_us"] for c in (clip, others[j]))
            if common > most and 2 * common >= shorter:
                best, most = j, common
        yield best


def _say_other(a: Row | None, b: Row | None) -> bool:
    texts = [clip["shown"] if clip else None for clip in (a, b)]
    return any(texts) and (texts[0] != texts[1])


def side_by_side(a: Row | None, b: Row | None) -> Row:
    """Two clips with their captions in pieces ``[text, differs]``, and the share of words that both have."""
    texts = [clip["shown"] if clip else None for clip in (a, b)]
    told: Row = {"a": _said(a, texts[1]), "b": _said(b, texts[0]), "shared": None}
    if texts[0] and texts[1]:
        told["shared"] = compared(texts[0], texts[1])[1]
    return told


def _said(clip: Row | None, other: str | None) -> Row | None:
    if clip is None:
        return None
    text = clip["shown"]
    pieces = compared(text, other)[0] if text and other else [(text, False)] if text else []
    return _reason(clip) | {"seconds": clip["seconds"], "pieces": pieces, "words": counted(text) if text else 0}
