"""What is heard, read and seen in a span of a video, as JSON for drawing it.

start_us, end_us, points       the span, and into how many equal parts its series are divided
sound                          {kind, values}: largest amplitude of each part, 0..1. ``kind`` is "waveform" from the
                               stored sound, "peaks" from the tenths of a second that every dataset has; or null
loudness                       LUFS (momentary), or null
brightness, movement           means, or null: 0..1, and picture heights per second
spans                          lane to a list of {start_us, end_us, …}: voice, music, speech, subtitles, text,
                               people, shots, clips; of very many the longest, in order of time
left_out                       lane to how many spans are too short to be among them
problems                       sentences about tables that can't be read
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from starlette.datastructures import QueryParams
from starlette.responses import Response

from shotlist.engine.film import Film
from shotlist.errors import StorageError
from shotlist.timing import SECOND
from shotlist.view.answer import Json, NotAsked
from shotlist.view.media.films import Films

POINTS, POINTS_MOST = 600, 4000
SPANS_MOST = 2000
_WAVEFORM = 120 * SECOND
"""Of longer spans the stored sound is not decoded: tenths of a second are finer than a screen."""
_HOLDS = 2 * SECOND
"""So long a value stands where no other follows, as in slow recordings of a screen."""

_LARGEST = 10**15
"""Thirty years in microseconds."""

Array = npt.NDArray[Any]
Rows = list[dict[str, Any]]


def answer(films: Films, video_id: str, query: QueryParams) -> Response:
    """The lanes of a span, by default of the whole video; raises NotThere and NotAsked."""
    with films.film(video_id) as film:
        first, last = (0, 0) if not film.readable else (int(film.video["start_us"]), film.end_us)
        start, end = _number(query, "start_us", first), _number(query, "end_us", last)
        points = _number(query, "points", POINTS)
        if end < start:
            raise NotAsked("end_us is before start_us")
        return Json(Lanes(film, start, end, max(1, min(POINTS_MOST, points))).told())


def _number(query: QueryParams, name: str, default: int) -> int:
    try:
        found = int(query.get(name, default))
    except ValueError:
        raise NotAsked(f"{name} must be a whole number") from None
    if abs(found) > _LARGEST:
        raise NotAsked(f"{name} is out of all bounds")
    return found


@dataclass
class Lanes:
    """A span of a film, divided into so many points."""

    film: Film
    start_us: int
    end_us: int
    points: int
    left_out: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """All lanes; a table that can't be read costs no more than its own."""
        return {
            "start_us": self.start_us,
            "end_us": self.end_us,
            "points": self.points,
            "sound": self._tried(self._sound, None),
            "loudness": self._tried(self._loudness, None),
            **self._tried(self._signals, {"brightness": None, "movement": None}),
            "spans": {name: self._tried(partial(make, self), []) for name, make in _LANES.items()},
            "left_out": self.left_out,
            "problems": list(dict.fromkeys(self.problems)),
        }

    def _tried(self, make: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return make()
        except (StorageError, pa.ArrowException) as error:
            self.problems.append(str(error))
            return otherwise

    def _sound(self) -> dict[str, Any] | None:
        if self.end_us - self.start_us <= _WAVEFORM and self.film.audio is not None:
            samples = np.abs(self.film.audio.mono(self.start_us, self.end_us))
            times = self.start_us + np.arange(len(samples)) * SECOND // self.film.audio.rate
            return {"kind": "waveform", "values": self._parted(times, samples, np.maximum)}
        series = self.film.sound
        if series is None:
            return None
        times = series.start_us + np.arange(len(series.peak)) * series.step_us
        return {"kind": "peaks", "values": self._parted(times, 10 ** (series.peak / 20), np.maximum, series.step_us)}

    def _loudness(self) -> list[float | None] | None:
        series = self.film.sound
        if series is None:
            return None
        times = series.start_us + np.arange(len(series.momentary)) * series.step_us
        return self._parted(times, series.momentary, np.maximum, series.step_us, digits=1)

    def _signals(self) -> dict[str, Any]:
        columns = ["time_us", "brightness", "dx", "dy", "local_motion"]
        span = (self.start_us - _HOLDS, self.end_us)
        found = list(self.film.tables.batches("signals", self.film.video_id, columns, span))
        if not found:
            return {"brightness": None, "movement": None}
        rows = pa.Table.from_batches(found)
        times, light, dx, dy, local = (rows[name].to_numpy() for name in columns)
        moves = np.hypot(dx, dy) + local
        return {"brightness": self._parted(times, light, np.add), "movement": self._parted(times, moves, np.add)}

    def _parted(
        self, times: Array, values: Array, ufunc: np.ufunc, holds: int = _HOLDS, digits: int = 3
    ) -> list[float | None]:
        """The largest value of each part, or with ``np.add`` the mean; a part without any has the one before."""
        known = np.isfinite(values)
        times, values = times[known], np.asarray(values[known], np.float64)
        edges = np.linspace(self.start_us, self.end_us, self.points + 1).astype(np.int64)
        index = np.searchsorted(times, edges)
        first, count = index[:-1], np.diff(index)
        out = np.full(self.points, np.nan)
        some = count > 0
        if some.any():
            reduced = ufunc.reduceat(values[: index[-1]], first[some])
            out[some] = reduced / count[some] if ufunc is np.add else reduced
        before = first - 1
        held = ~some & (before >= 0)
        held[held] = edges[:-1][held] - times[before[held]] < holds
        out[held] = values[before[held]]
        return [round(v, digits) if v == v else None for v in out.tolist()]

    def rows(self, lane: str, table: str, *columns: str) -> Rows:
        """Rows of a table that overlap the span, in order of time."""
        wanted = ["start_us", "end_us", *columns]
        found = list(self.film.tables.batches(table, self.film.video_id, wanted))
        if not found:
            return []
        rows = pa.Table.from_batches(found)
        inside = pc.and_(pc.less(rows["start_us"], self.end_us), pc.greater(rows["end_us"], self.start_us))
        return self._longest(lane, rows.filter(inside).drop_columns("video_id"))

    def _longest(self, lane: str, rows: pa.Table) -> Rows:
        if rows.num_rows > SPANS_MOST:
            self.left_out[lane] = rows.num_rows - SPANS_MOST
            lengths = rows["end_us"].to_numpy() - rows["start_us"].to_numpy()
            rows = rows.take(np.argpartition(-lengths, SPANS_MOST)[:SPANS_MOST])
        ordered: Rows = rows.take(np.argsort(rows["start_us"].to_numpy(), kind="stable")).to_pylist()
        return ordered

    def music(self) -> Rows:
        """Stretches in which there is more likely music than not; the table has a row per second or so."""
        joined: Rows = []
        table = self.film.tables.table("sounds", self.film.video_id, ["start_us", "end_us", "music"])
        for row in table.filter(pc.greater_equal(table["music"], 0.5)).to_pylist() if table is not None else ():
            if joined and row["start_us"] <= joined[-1]["end_us"]:
                joined[-1]["end_us"] = row["end_us"]
            else:
                joined.append({"start_us": row["start_us"], "end_us": row["end_us"]})
        return [r for r in joined if r["start_us"] < self.end_us and r["end_us"] > self.start_us][:SPANS_MOST]

    def clips(self) -> Rows:
        """Clips with what was decided about them."""
        decided = self.film.tables.table("decisions", self.film.video_id, ["clip_id", "status", "rule"])
        known = {r["clip_id"]: r for r in decided.to_pylist()} if decided is not None else {}
        rows = self.rows("clips", "clips", "clip_id", "mark")
        return [row | {k: known.get(row["clip_id"], {}).get(k) for k in ("status", "rule")} for row in rows]


_LANES: dict[str, Callable[[Lanes], Rows]] = {
    "voice": lambda lanes: lanes.rows("voice", "voice"),
    "music": Lanes.music,
    "speech": lambda lanes: lanes.rows("speech", "speech", "text", "speaker"),
    "subtitles": lambda lanes: lanes.rows("subtitles", "subtitles", "text", "speaker", "kind", "track"),
    "text": lambda lanes: lanes.rows("text", "text", "text", "kind"),
    "people": lambda lanes: lanes.rows("people", "people", "track", "size"),
    "shots": lambda lanes: lanes.rows("shots", "shots", "opening"),
    "clips": Lanes.clips,
}
