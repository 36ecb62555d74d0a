"""What a dataset holds, in counts that add up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shotlist.dataset import Dataset

if TYPE_CHECKING:
    from shotlist.members import Arrived


@dataclass(frozen=True)
class Summary:
    """Counts after a build. Videos are ok, damaged (read in part) or failed; clips kept, dropped or failed."""

    files_named: int = 0
    videos_added: int = 0
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
    elapsed_seconds: float = 0.0
    nothing_to_do: bool = False

    @property
    def adds_up(self) -> bool:
        """Every video and every clip ended in exactly one way."""
        videos = self.videos_ok + self.videos_damaged + self.videos_failed
        return videos == self.videos and self.clips_kept + self.clips_dropped + self.clips_failed == self.clips


def summarise(dataset: Dataset, arrived: "Arrived") -> Summary:
    """Count what the tables say."""
    tables = dataset.tables()
    videos = _one(
        dataset,
        """SELECT count(*), count(*) FILTER (status = 'ok'), count(*) FILTER (status = 'damaged'),
           count(*) FILTER (status = 'failed'), coalesce(sum(duration_us), 0) / 1e6 FROM videos""",
    )
    clips = _one(dataset, "SELECT count(*), coalesce(sum(seconds), 0) FROM clips")
    kept, dropped, failed, kept_seconds = clips[0], 0, 0, clips[1]
    by_rule: dict[str, int] = {}
    if "decisions" in tables:
        kept, dropped, failed, kept_seconds = _one(
            dataset,
            """SELECT count(*) FILTER (status = 'kept'), count(*) FILTER (status = 'dropped'),
               count(*) FILTER (status = 'failed'), coalesce(sum(seconds) FILTER (status = 'kept'), 0)
               FROM decisions JOIN clips USING (clip_id)""",
        )
        rows = dataset.sql(
            "SELECT rule, count(*) FROM decisions WHERE status = 'dropped' GROUP BY rule ORDER BY 2 DESC, 1"
        ).fetchall()
        by_rule = dict(rows)
    failures = dataset.sql("SELECT * FROM failures ORDER BY uri, clip_id, step LIMIT 1000")
    return Summary(
        **arrived.counts(),
        videos=videos[0],
        videos_ok=videos[1],
        videos_damaged=videos[2],
        videos_failed=videos[3],
        footage_seconds=round(videos[4], 3),
        clips=clips[0],
        clips_kept=kept,
        clips_dropped=dropped,
        clips_failed=failed,
        kept_seconds=round(kept_seconds, 3),
        dropped_by_rule=by_rule,
        failures=[dict(zip(failures.columns, row, strict=True)) for row in failures.fetchall()],
    )


def _one(dataset: Dataset, query: str) -> tuple[Any, ...]:
    return tuple(dataset.sql(query).fetchall()[0])
