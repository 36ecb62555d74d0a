"""Whether subtitles lie where the voice is and say what was heard, and what was wrong with their files."""

from dataclasses import dataclass
from typing import Any

from shotlist.report.tables import Tables
from shotlist.report.wording import count, share, shorten, video_name

MAX_ROWS = 40
_IN_TIME = 0.1
"""Seconds by which nobody sees that subtitles are off."""


@dataclass(frozen=True)
class Track:
    """A line of the table. ``state`` is ``fits``, ``off`` or empty where it can't be told."""

    name: str
    about: str
    subtitles: str
    state: str
    verdict: str
    correlation: str
    heard: str


@dataclass(frozen=True)
class Subtitles:
    """Tracks, the doubtful ones first, at most ``MAX_ROWS`` of ``count``, and what they come to in a sentence.

    ``problems`` are sentences that begin with a file's name, at most ``MAX_ROWS`` of ``problem_count``.
    """

    rows: list[Track]
    count: int
    summary: str
    problems: list[str]
    problem_count: int

    @property
    def recognised(self) -> bool:
        """Whether what they say could be compared with what was heard."""
        return any(row.heard for row in self.rows)


def subtitles(tables: Tables) -> Subtitles | None:
    """None where nothing is known of subtitles."""
    tables.connection.execute(_COMPARED)
    rows_there, tracks, fit, off, heard = tables.one(
        """SELECT count(*), count(subtitles), count(*) FILTER (fits), count(*) FILTER (NOT fits), avg(heard)
           FROM compared"""
    )
    (wrong,) = tables.one("SELECT count(*) FROM report.subtitle_problems")
    if not rows_there and not wrong:
        return None
    rows = tables.records(
        f"""SELECT compared.*, uri, title FROM compared {_NAMED}
            ORDER BY fits IS NULL, fits, abs(offset_seconds) DESC, uri, video_id, track LIMIT {MAX_ROWS}"""
    )
    summary = _summary(tracks, fit, off, heard)
    return Subtitles([_track(row) for row in rows], rows_there, summary, _problems(tables), wrong)


def _problems(tables: Tables) -> list[str]:
    rows = tables.rows(
        f"""SELECT file, problem, uri, title, video_id FROM report.subtitle_problems {_NAMED}
            ORDER BY uri, video_id, file, problem LIMIT {MAX_ROWS}"""
    )
    return [shorten(f"{file or video_name(*video)}: {problem}", 300) for file, problem, *video in rows]


_NAMED = """LEFT JOIN (SELECT video_id, any_value(uri) AS uri, any_value(title) AS title FROM report.videos GROUP BY 1)
            USING (video_id)"""
# Of several tracks the transcript says the largest, so what was heard speaks for that one alone.
_COMPARED = """CREATE OR REPLACE TEMP TABLE compared AS
    SELECT coalesce(o.video_id, t.video_id) AS video_id, o.* EXCLUDE (video_id),
           if(subtitles IS NULL OR track = arg_max(track, subtitles) OVER (PARTITION BY o.video_id), t.heard, NULL)
               AS heard
    FROM report.subtitle_offset AS o FULL JOIN (
        SELECT video_id, sum(agreement * seconds) / sum(seconds) AS heard
        FROM (SELECT clip_id, agreement FROM report.transcript WHERE agreement IS NOT NULL) JOIN basis USING (clip_id)
        GROUP BY 1) AS t ON t.video_id = o.video_id"""


def _summary(tracks: int, fit: int, off: int, heard: float | None) -> str:
    parts = [
        f"{count(fit)} of {count(tracks, 'track')} {'lies' if fit == 1 else 'lie'} where somebody speaks"
        if fit
        else "",
        f"{count(off)} {'does' if off == 1 else 'do'} not fit the voice" if off else "",
        f"for {count(tracks - fit - off)} there is too little to compare" if tracks > fit + off else "",
        f"where speech was recognised, {share(heard, 1)} of the words agree" if heard is not None else "",
    ]
    text = "; ".join(part for part in parts if part)
    return f"{text[:1].upper()}{text[1:]}. Nothing is moved by what is found here." if text else ""


def _track(row: dict[str, Any]) -> Track:
    return Track(
        name=video_name(row["uri"], row["title"], row["video_id"]),
        about=", ".join(str(part) for part in (row["language"], row["origin"]) if part),
        subtitles=count(row["subtitles"]) if row["subtitles"] is not None else "",
        state={True: "fits", False: "off", None: ""}[row["fits"]],
        verdict=_verdict(row),
        correlation=f"{row['agreement']:.2f}" if row["agreement"] is not None else "",
        heard=share(row["heard"], 1) if row["heard"] is not None else "",
    )


def _verdict(row: dict[str, Any]) -> str:
    if row["subtitles"] is None:  # only recognised speech was compared with them
        return ""
    if row["fits"] is None:
        return "too little to compare"
    if not row["fits"]:
        return "does not fit"
    offset, drift = row["offset_seconds"] or 0.0, 100 * ((row["rate"] or 1.0) - 1)
    lag = "in time" if abs(offset) < _IN_TIME else f"{abs(offset):.1f} s {'late' if offset > 0 else 'early'}"
    return f"fits, {lag}, drifting by {drift:+.1f} %" if abs(drift) > 0.01 else f"fits, {lag}"
