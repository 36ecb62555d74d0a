"""Each video over time: a film strip, the clips, light, movement, loudness, and lanes of spans."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import isfinite
from typing import Any

from shotlist.query import quote
from shotlist.report.lanes import add_spans
from shotlist.report.stills import Album
from shotlist.report.tables import Tables, listed
from shotlist.report.wording import duration, shorten, video_name

MAX_VIDEOS = 200
MAX_CLIPS = 6_000
MAX_FRAMES = 6_000_000
"""Videos are drawn as long as these hold; the first is always drawn."""
MAX_VIDEO_CLIPS = 1_500
POINTS = 240
POINTS_PER_SECOND = 5
"""Greatest length of a lane of sound, light or movement, and how fine it is for shorter videos."""
_GAP = 6
"""Missing points that are bridged: slow videos have fewer frames than a lane has points."""
PICTURES = 420
"""Pictures in all film strips together."""

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

TEXT_KINDS = ("title card", "slide", "credits", "banner", "subtitle", "logo", "scene")
"""Kinds of text on screen that have a colour."""

Video = dict[str, Any]


def timelines(tables: Tables, album: Album) -> list[Video]:
    """The first videos by address, for the page's script; the album is asked for pictures."""
    videos = list(_within_limits(_videos(tables)))
    drawn = [v for v in videos if v["length"] > 0]
    ids = [v["id"] for v in drawn]
    for video in drawn:
        video |= {"clips": [], "cuts": [], "light": "", "movement": "", "sound": "", "film": []}
    by_id = {v["id"]: v for v in drawn}
    _add_clips(tables, ids, by_id)
    _add_cuts(tables, ids, by_id)
    add_spans(tables, ids, by_id)
    _add_lanes(tables, ids, by_id)
    most = max(2, min(36, PICTURES // max(1, len(drawn))))
    for video in drawn:
        video["film"] = list(_film(album, video, min(most, 2 + 2 * video["length"] // 1_000_000)))
    return videos


def resolve(videos: Sequence[Video], album: Album) -> list[Video]:
    """Exchange wishes for the places of their stills, once the album is fetched."""
    for video in videos:
        film = [[start, end, album.places[wish]] for start, end, wish in video.get("film", ())]
        video["film"] = [piece for piece in film if piece[2] is not None]
        video.pop("id")
        video.pop("frames")
    return list(videos)


def text_kinds(videos: Sequence[Video]) -> list[str]:
    """Kinds of text on screen that are drawn, in the order of the legend."""
    drawn = {kind for video in videos for _, _, _, kind in video.get("text", ())}
    return [kind for kind in TEXT_KINDS if kind in drawn]


def _videos(tables: Tables) -> Iterator[Video]:
    rows = tables.records(
        f"""SELECT v.*, n, kept FROM report.videos AS v
            LEFT JOIN (SELECT video_id, count(*) AS n, count(*) FILTER (status = 'kept') AS kept
                       FROM basis GROUP BY 1) USING (video_id)
            ORDER BY uri, video_id LIMIT {MAX_VIDEOS}"""
    )
    for row in rows:
        file = video_name(row["uri"], None, row["video_id"])
        yield {
            "id": row["video_id"],
            "name": video_name(row["uri"], row["title"], row["video_id"]),
            "status": row["status"] or "ok",
            "reason": shorten((row["reason"] or "").removeprefix(f"{file}: "), 300),
            "facts": _facts(row),
            "frames": row["frames"] or 0,
            "start": row["start_us"] or 0,
            "length": row["duration_us"] or 0,
            "shape": row["width"] / row["height"] if row["width"] and row["height"] else 16 / 9,
            "number": row["n"] or 0,
            "kept": row["kept"] or 0,
        }


def _facts(row: dict[str, Any]) -> list[str]:
    size = f"{row['width']} \u00d7 {row['height']}" if row["width"] and row["height"] else ""
    rate = f"{row['fps']:.5g} fps" if row["fps"] else ""
    length = duration(row["duration_us"] / 1e6) if row["duration_us"] else ""
    return [fact for fact in (length, size, rate, row["codec"]) if fact]


def _within_limits(videos: Iterator[Video]) -> Iterator[Video]:
    clips = frames = 0
    for k, video in enumerate(videos):
        clips += video["number"]
        frames += video["frames"]
        if k and (clips > MAX_CLIPS or frames > MAX_FRAMES):
            return
        yield video


def _add_clips(tables: Tables, ids: Sequence[str], videos: dict[str, Video]) -> None:
    rows = tables.rows(
        f"""SELECT b.video_id, b.start_us, b.end_us, b.status, b.mark, b.rule, d.value, c.text
            FROM (SELECT * FROM basis WHERE video_id IN {listed(ids)}
                  QUALIFY row_number() OVER (PARTITION BY video_id ORDER BY start_us) <= {MAX_VIDEO_CLIPS}
                 ) AS b
            LEFT JOIN (SELECT clip_id, any_value(value) AS value FROM report.decisions GROUP BY 1) AS d
                   ON d.clip_id = b.clip_id
            LEFT JOIN (SELECT clip_id, any_value(text) AS text FROM report.caption GROUP BY 1) AS c
                   ON c.clip_id = b.clip_id
            ORDER BY b.video_id, b.start_us"""
    )
    for video_id, start, end, status, mark, rule, value, text in rows:
        video = videos[video_id]
        why = f"{rule}: {value}" if rule and value else rule or ""
        span = [_ms(start - video["start"]), _ms(end - video["start"])]
        video["clips"].append([*span, status, mark or "", shorten(why, 160), shorten(text, 220)])


def _add_cuts(tables: Tables, ids: Sequence[str], videos: dict[str, Video]) -> None:
    """Boundaries as ``[start, end, kind]``; a transition lasts from one clean end to the next clean start."""
    rows = tables.rows(
        f"""SELECT video_id, opening, start_us, clean_start_us, before FROM (
                SELECT *, lag(clean_end_us) OVER (PARTITION BY video_id ORDER BY start_us) AS before
                FROM report.shots WHERE video_id IN {listed(ids)}
                QUALIFY row_number() OVER (PARTITION BY video_id ORDER BY start_us) <= {MAX_VIDEO_CLIPS})
            WHERE opening <> 'start' ORDER BY video_id, start_us"""
    )
    for video_id, kind, start, clean, before in rows:
        video = videos[video_id]
        first = start if kind == "cut" or before is None else min(before, start)
        last = start if kind == "cut" or clean is None else max(clean, start)
        video["cuts"].append([_ms(first - video["start"]), _ms(last - video["start"]), kind])


def _add_lanes(tables: Tables, ids: Sequence[str], videos: dict[str, Video]) -> None:
    if not ids:
        return
    points = {i: max(6, min(POINTS, POINTS_PER_SECOND * videos[i]["length"] // 1_000_000)) for i in ids}
    listing = ", ".join(f"({quote(i)}, {videos[i]['start']}, {videos[i]['length']}, {points[i]})" for i in ids)
    spans = f"(VALUES {listing}) AS s(video_id, start_at, lasting, points)"
    slot = "greatest(0, least(points - 1, ((moment - start_at) * points // lasting)::INTEGER))"
    seen = tables.rows(
        f"""SELECT video_id, {slot} AS slot, avg(brightness), avg(sqrt(dx * dx + dy * dy) + local_motion)
            FROM (SELECT *, time_us AS moment FROM report.signals WHERE video_id IN {listed(ids)})
            JOIN {spans} USING (video_id) GROUP BY ALL"""
    )
    heard = tables.rows(
        f"""SELECT video_id, {slot} AS slot, max(loud) FROM (
                SELECT video_id, unnest(momentary) AS loud,
                       start_us + step_us * unnest(range(len(momentary))) AS moment
                FROM report.sound WHERE video_id IN {listed(ids)})
            JOIN {spans} USING (video_id) GROUP BY ALL"""
    )
    # A root spreads slow movement, which is most of it, over the height of the lane.
    lanes = {
        "light": {(v, s): light for v, s, light, _ in seen},
        "movement": {(v, s): (m / 1.5) ** 0.5 for v, s, _, m in seen if m is not None},
        "sound": {(v, s): (loud + 60) / 60 for v, s, loud in heard},
    }
    for lane, values in lanes.items():
        for video_id in {v for v, _ in values}:
            videos[video_id][lane] = _packed([values.get((video_id, k)) for k in range(points[video_id])])


def _packed(values: Sequence[float | None]) -> str:
    """One character per point, ``.`` where nothing was measured: a tenth of the size of numbers."""
    signs, last = [], -_GAP - 1
    for k, value in enumerate(values):
        if value is None or not isfinite(value):
            signs.append(".")
            continue
        if 1 < k - last <= _GAP:
            signs[last + 1 :] = [signs[last]] * (k - last - 1)
        signs.append(_DIGITS[round(63 * max(0.0, min(1.0, value)))])
        last = k
    return "".join(signs)


def _film(album: Album, video: Video, pictures: int) -> Iterator[tuple[int, int, int]]:
    """Pieces ``(start, end, wish)`` of the film strip: one per shot, several of a long one, or even ones."""
    length = max(1, _ms(video["length"]))
    inner = sorted({min(length, max(0, (a + b) // 2)) for a, b, _ in video["cuts"]} - {0, length})
    borders = [0, *inner, length]
    if len(borders) - 1 > pictures:
        borders = [length * k // pictures for k in range(pictures + 1)]
    spans = list(pairwise(borders))
    spare = pictures - len(spans)
    for start, end in spans:
        # Twelve pictures of 16:9 fill a row of the page; upright ones need more.
        parts = 1 + min(spare, max(0, round((end - start) / length * 12 * 1.78 / max(0.3, video["shape"])) - 1))
        spare -= parts - 1
        for k in range(parts):
            left, right = start + (end - start) * k // parts, start + (end - start) * (k + 1) // parts
            yield left, right, album.ask(video["id"], video["start"] + (left + right) * 500)


def _ms(us: int) -> int:
    return round(us / 1000)
