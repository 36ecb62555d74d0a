"""What a dataset holds, in counts that add up."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shotlist.dataset import Dataset
from shotlist.members import Arrived
from shotlist.models.ledger import total
from shotlist.query import ask

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Summary:
    """Counts after a build.

    A name that the user gave was added, known, a duplicate or a problem. A video is ok, damaged (read in
    part) or failed (in any step), a clip kept, dropped or failed.
    """

    recipe: str = ""
    """How the recipe would be named on the command line."""
    files_named: int = 0
    videos_added: int = 0
    videos_known: int = 0
    duplicates: int = 0
    problems: Sequence[str] = ()
    notes: Sequence[str] = ()
    videos: int = 0
    videos_ok: int = 0
    videos_damaged: int = 0
    videos_failed: int = 0
    footage_seconds: float = 0.0
    clips: int = 0
    clips_kept: int = 0
    clips_dropped: int = 0
    clips_failed: int = 0
    kept_seconds: float = 0.0
    dropped_by_rule: Mapping[str, int] = field(default_factory=dict)
    failures: Sequence[Mapping[str, Any]] = ()
    """What failed, at most ``MOST_FAILURES`` of them; all are in the view ``failures``."""
    failed_steps: Sequence[Mapping[str, Any]] = ()
    """Of each ``step`` and ``kind``: on how many ``clips`` and whole ``videos`` it failed, and a ``message``."""
    asked: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Of each model the ``requests``, ``tokens_in``, ``tokens_out`` and ``cost`` of this build; ``cached`` is how many
    answers were kept from before."""
    spent: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """The same of all builds so far."""
    caption: str | None = None
    """The column of ``everything`` with the clips' captions."""
    stopped: str = ""
    """Which limit ended the build before its time, and how far it had come; nothing was judged then."""
    elapsed_seconds: float = 0.0
    nothing_to_do: bool = False

    @property
    def adds_up(self) -> bool:
        """Every name, every video and every clip ended in exactly one way."""
        named = self.videos_added + self.videos_known + self.duplicates + len(self.problems)
        videos = self.videos_ok + self.videos_damaged + self.videos_failed
        clips = self.clips_kept + self.clips_dropped + self.clips_failed
        return (named, videos, clips) == (self.files_named, self.videos, self.clips)


MOST_FAILURES = 1000


def arrival(arrived: Arrived) -> dict[str, Any]:
    """The fields of a summary that speak of what was named in this run."""
    return {
        "files_named": arrived.named,
        "videos_added": len(arrived.added),
        "videos_known": arrived.known,
        "duplicates": arrived.duplicates,
        "problems": [f"{p.address}: {p.message}" for p in arrived.problems],
        "notes": [f"{p.address}: {p.message}" for p in arrived.notes],
    }


_VIDEOS = """
    SELECT count(*) AS videos,
           count(*) FILTER (status = 'ok' AND broken IS NULL) AS videos_ok,
           count(*) FILTER (status = 'damaged' AND broken IS NULL) AS videos_damaged,
           count(*) FILTER (status = 'failed' OR broken IS NOT NULL) AS videos_failed,
           coalesce(sum(duration_us), 0) / 1e6 AS footage_seconds
    FROM sources LEFT JOIN videos USING (video_id)
    LEFT JOIN (SELECT DISTINCT video_id AS broken FROM failures WHERE clip_id IS NULL) ON broken = video_id
"""
_CLIPS = """
    SELECT count(*) AS clips, count(*) AS clips_kept, coalesce(sum(seconds), 0) AS kept_seconds FROM clips
"""
_JUDGED = """
    SELECT (SELECT count(*) FROM clips) AS clips,
           count(*) FILTER (status = 'kept') AS clips_kept,
           count(*) FILTER (status = 'dropped') AS clips_dropped,
           count(*) FILTER (status = 'failed') AS clips_failed,
           coalesce(sum(seconds) FILTER (status = 'kept'), 0) AS kept_seconds
    FROM decisions
"""
_BY_RULE = "SELECT rule, count(*) FROM decisions WHERE status = 'dropped' GROUP BY rule ORDER BY 2 DESC, 1"
_FAILED_STEPS = """
    SELECT step, kind, count(DISTINCT clip_id) AS clips,
           count(DISTINCT video_id) FILTER (clip_id IS NULL) AS videos,
           arg_min(message, (uri, clip_id)) AS message, bool_or(may_pass) AS may_pass
    FROM failures GROUP BY ALL ORDER BY clips DESC, videos DESC, step, kind
"""
_FAILURES = f"SELECT * EXCLUDE shard FROM failures ORDER BY uri, clip_id, step LIMIT {MOST_FAILURES}"


def summarise(dataset: Dataset, shards: Collection[str] | None = None) -> Summary:
    """Count what the tables say; with ``shards`` only of those, of which nothing was judged yet."""
    counts: dict[str, Any] = {}
    wanted = ["sources", "videos", "clips"] + ["decisions"] * (shards is None)
    with dataset.connection(wanted, shards) as connection:
        tables = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
        if "videos" in tables:
            counts |= _rows(connection, _VIDEOS)[0]
        if "clips" in tables:
            counts |= _rows(connection, _JUDGED if "decisions" in tables else _CLIPS)[0]
        if "decisions" in tables:
            counts["dropped_by_rule"] = dict(ask(connection, _BY_RULE).fetchall())
        failures = _rows(connection, _FAILURES) if "failures" in tables else []
        steps = _rows(connection, _FAILED_STEPS) if "failures" in tables else []
    for name in ("footage_seconds", "kept_seconds"):
        counts[name] = round(float(counts.get(name, 0)), 3)
    return Summary(**counts, failures=failures, failed_steps=steps, spent=total(dataset))


def clips_in(dataset: Dataset, shards: Collection[str]) -> int:
    """How many clips there are in some shards; none in those that are not cut yet."""
    cut = set(shards) & dataset.parts("clips").keys()
    if not cut:
        return 0
    with dataset.connection(["clips"], cut) as connection:
        return int(_rows(connection, "SELECT count(*) AS clips FROM clips")[0]["clips"])


def _rows(connection: "duckdb.DuckDBPyConnection", query: str) -> list[dict[str, Any]]:
    found = ask(connection, query)
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
