"""Counts that add up: videos, shots, clips, and what each rule let through."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shotlist.report.tables import Tables


@dataclass(frozen=True)
class Group:
    """Clips of one kind and their footage."""

    clips: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class RuleYield:
    """What one rule did. ``dropped`` are the clips it was the first to refuse.

    ``refused`` counts every clip that it would drop if it were the only rule, ``alone`` those that no other
    rule would have dropped. ``left`` is what remains after it.
    """

    name: str
    condition: str
    dropped: Group
    refused: Group
    alone: Group
    left: Group


@dataclass(frozen=True)
class Totals:
    """The dataset in counts; ``videos`` and ``clips`` are by status and sum up to what there is."""

    videos: Mapping[str, int] = field(default_factory=dict)
    footage: float = 0.0
    openings: Mapping[str, int] = field(default_factory=dict)
    clips: Mapping[str, Group] = field(default_factory=dict)
    rules: tuple[RuleYield, ...] = ()
    named: Mapping[str, int] = field(default_factory=dict)
    """``named``, ``duplicates`` and ``problems`` of the build, where they lead to exactly these videos."""

    @property
    def video_count(self) -> int:
        """All videos."""
        return sum(self.videos.values())

    @property
    def shot_count(self) -> int:
        """All shots."""
        return sum(self.openings.values())

    @property
    def all_clips(self) -> Group:
        """All clips, whatever became of them."""
        groups = self.clips.values()
        return Group(sum(g.clips for g in groups), sum(g.seconds for g in groups))

    def of(self, status: str) -> Group:
        """Clips of one status."""
        return self.clips.get(status, Group())


def totals(tables: Tables, recipe: Any, summary: Any) -> Totals:
    """Count. ``recipe`` and ``summary`` are the dataset's JSON files, or None."""
    videos = dict(tables.rows("SELECT coalesce(status, 'ok'), count(*) FROM report.videos GROUP BY 1"))
    openings = tables.rows("SELECT coalesce(opening, 'cut'), count(*) FROM report.shots GROUP BY 1 ORDER BY 2 DESC")
    footage = tables.one("SELECT coalesce(sum(duration_us), 0) / 1e6 FROM report.videos")[0]
    clips = {
        status: Group(number, seconds)
        for status, number, seconds in tables.rows("SELECT status, count(*), sum(seconds) FROM basis GROUP BY 1")
    }
    found = Totals(videos, float(footage), dict(openings), clips)
    return Totals(videos, float(footage), dict(openings), clips, _yields(tables, recipe, found), _named(summary, found))


def _named(summary: Any, found: Totals) -> dict[str, int]:
    """A later build that adds to a dataset names other files than all of its videos: then nothing is said."""
    if not isinstance(summary, dict) or not isinstance(summary.get("files_named"), int):
        return {}
    named, duplicates = summary["files_named"], int(summary.get("duplicates") or 0)
    return {"named": named, "duplicates": duplicates} if named == found.video_count + duplicates else {}


def rule_conditions(recipe: Any) -> dict[str, str]:
    """The rules of a stored recipe, in their order."""
    steps = recipe.get("steps") if isinstance(recipe, dict) else None
    for step in steps if isinstance(steps, list) else ():
        settings = step.get("settings") if isinstance(step, dict) and step.get("name") == "rules" else None
        keep = settings.get("keep") if isinstance(settings, dict) else None
        if isinstance(keep, dict):
            return {str(k): str(v) for k, v in keep.items()}
    return {}


def thresholds_of(conditions: Mapping[str, str], column: str) -> list[tuple[str, float]]:
    """Rules that compare ``column`` (``table.column``) with a plain number, and the numbers."""
    pattern = re.compile(rf"(?<![\w.]){re.escape(column)}\s*(?:<=|>=|<|>|BETWEEN)\s*(-?\d+(?:\.\d+)?)", re.I)
    return [(rule, float(n)) for rule, condition in conditions.items() for n in pattern.findall(condition)]


def _yields(tables: Tables, recipe: Any, found: Totals) -> tuple[RuleYield, ...]:
    first = _groups(tables, "SELECT rule, count(*), sum(seconds) FROM basis WHERE status = 'dropped' GROUP BY 1")
    refusals = """(SELECT unnest(failed_rules) AS rule, len(failed_rules) AS n, seconds
                   FROM basis WHERE status = 'dropped')"""
    refused = _groups(tables, f"SELECT rule, count(*), sum(seconds) FROM {refusals} GROUP BY 1")
    alone = _groups(tables, f"SELECT rule, count(*), sum(seconds) FROM {refusals} WHERE n = 1 GROUP BY 1")
    conditions = rule_conditions(recipe)
    left, yields = found.all_clips, []
    failed = found.of("failed")
    left = Group(left.clips - failed.clips, left.seconds - failed.seconds)
    for rule in dict.fromkeys([*conditions, *first]):
        dropped = first.get(rule, Group())
        left = Group(left.clips - dropped.clips, max(0.0, left.seconds - dropped.seconds))
        yields.append(
            RuleYield(
                rule,
                conditions.get(rule, ""),
                dropped,
                refused.get(rule, dropped),
                alone.get(rule, Group()),
                left,
            )
        )
    return tuple(yields)


def _groups(tables: Tables, query: str) -> dict[str, Group]:
    return {str(rule): Group(number, seconds or 0.0) for rule, number, seconds in tables.rows(query)}
