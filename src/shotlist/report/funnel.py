"""The way from the files that were named to the clips that were kept, as rows that add up."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shotlist.report.totals import Group, RuleYield, Totals
from shotlist.report.wording import count, duration, share


@dataclass(frozen=True)
class Stage:
    """One row. ``bar`` are pieces ``(class, percent)``; ``refused`` and ``alone`` speak of rules only."""

    kind: str
    label: str
    note: str = ""
    number: str = ""
    footage: str = ""
    bar: tuple[tuple[str, float], ...] = ()
    dropped: str = ""
    refused: str = ""
    alone: str = ""


def funnel(totals: Totals) -> list[Stage]:
    """Rows from top to bottom."""
    return [*_videos(totals), *_clips(totals)]


def _videos(totals: Totals) -> Iterator[Stage]:
    if totals.named:
        twice = totals.named["duplicates"]
        note = f"{count(twice)} with the same content as another" if twice else "each with content of its own"
        yield Stage("files", "Files named", note, count(totals.named["named"]))
    there = totals.video_count or 1
    yield Stage(
        "videos",
        "Videos",
        videos_note(totals),
        count(totals.video_count),
        duration(totals.footage),
        tuple((s, 100 * totals.videos.get(s, 0) / there) for s in ("ok", "damaged", "failed")),
    )
    yield Stage(
        "shots",
        "Shots",
        f"opened by {shots_note(totals)}" if totals.shot_count else "",
        count(totals.shot_count),
    )


def shots_note(totals: Totals) -> str:
    """``62 cuts + 20 fades + 17 dissolves + 20 starts``."""
    return _sum(count(n, kind) for kind, n in totals.openings.items())


def short_videos_note(totals: Totals) -> str:
    """``18 ok + 2 damaged + 6 failed``."""
    statuses = dict.fromkeys(["ok", "damaged", "failed", *totals.videos])
    return _sum(f"{count(totals.videos.get(s, 0))} {s}" for s in statuses)


def videos_note(totals: Totals) -> str:
    """``18 read in full + 2 damaged + 6 failed``."""
    named = {"ok": "read in full", "damaged": "damaged and read in part", "failed": "failed"}
    there = {**{s: totals.videos.get(s, 0) for s in named}, **totals.videos}
    return _sum(f"{count(n)} {named.get(s, s)}" for s, n in there.items())


def clips_note(totals: Totals) -> str:
    """``85 kept + 34 dropped + 0 failed``."""
    statuses = dict.fromkeys(["kept", "dropped", "failed", *totals.clips])
    return _sum(f"{count(totals.of(s).clips)} {s}" for s in statuses)


def _sum(terms: Iterable[str]) -> str:
    """Terms of a sum; a line may break between them, not inside."""
    return " + ".join(term.replace(" ", "\u00a0") for term in terms)


def _clips(totals: Totals) -> Iterator[Stage]:
    everything = totals.all_clips
    yield _stage(totals, "clips", "Clips", "shots without their transitions, within the limits of length", everything)
    failed = totals.of("failed")
    if failed.clips:
        left = Group(everything.clips - failed.clips, everything.seconds - failed.seconds)
        yield _stage(totals, "measured", "Measured", "clips that no step failed on", left, failed)
    for rule in totals.rules:
        yield _rule(totals, rule)
    kept = totals.of("kept")
    parts = share(kept.clips, everything.clips), share(kept.seconds, totals.footage)
    note = f"{parts[0]} of the clips, {parts[1]} of the footage"
    yield _stage(totals, "kept", "Kept", note if everything.clips else "", kept)


def _rule(totals: Totals, rule: RuleYield) -> Stage:
    row = _stage(totals, "rule", rule.name, rule.condition, rule.left, rule.dropped)
    return Stage(
        **{**row.__dict__, "refused": _group(rule.refused), "alone": _group(rule.alone)},
    )


def _stage(totals: Totals, kind: str, label: str, note: str, left: Group, dropped: Group | None = None) -> Stage:
    whole = max(totals.footage, totals.all_clips.seconds) or 1
    lost = dropped.seconds if dropped else 0.0
    return Stage(
        kind,
        label,
        note,
        count(left.clips),
        duration(left.seconds),
        (("left", 100 * left.seconds / whole), ("lost", 100 * lost / whole)),
        _group(dropped) if dropped else "",
    )


def _group(group: Group) -> str:
    return f"{count(group.clips)} · {duration(group.seconds)}" if group.clips else "0"
