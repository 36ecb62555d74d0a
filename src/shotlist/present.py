"""Prints results for people."""

import csv
import inspect
import json
import shlex
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from shotlist.engine.recipe import Recipe
from shotlist.engine.step import Step
from shotlist.errors import ShotlistError
from shotlist.models.ledger import LOST
from shotlist.query import asking
from shotlist.summary import Summary
from shotlist.timing import lasting

if TYPE_CHECKING:
    import duckdb

    from shotlist.forecast import Forecast
    from shotlist.members import Arrived

_MOST_FAILURES, _MOST_NOTES = 12, 5


def show_arrived(arrived: "Arrived", out: str) -> None:
    """What became of the videos that were named, and what to do next."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    counts = f"{len(arrived.added)} new, {arrived.known} known, {arrived.duplicates} with the content of another"
    lines = [("videos", counts), *(("failed", f"{p.address}: {p.message}") for p in arrived.problems)]
    lines.append(("next", f"shotlist build -o {shlex.quote(out)} --shards 1/4  (and 2/4 …, on any machine)"))
    for label, text in lines:
        console.print(f"  {label:8s} {shown(text)}")


def show_summary(summary: Summary, out: str, report: bool, share: bool = False) -> None:
    """Counts that add up, what failed, and where to look."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    s = summary
    took = "nothing to do" if s.nothing_to_do else f"in {lasting(s.elapsed_seconds)}"
    lines = [
        ("stopped", s.stopped.removeprefix("stopped ")),
        ("recipe", "" if s.recipe == "default" else s.recipe),
        ("videos", f"{s.videos} = {s.videos_ok} ok + {s.videos_damaged} damaged + {s.videos_failed} failed"),
        ("footage", f"{lasting(s.footage_seconds)}, {lasting(s.kept_seconds)} of it in kept clips"),
        ("clips", f"{s.clips} = {s.clips_kept} kept + {s.clips_dropped} dropped + {s.clips_failed} failed"),
        ("dropped", ", ".join(f"{n} by {rule}" for rule, n in s.dropped_by_rule.items())),
        *(("asked", told) for told in _bills(s)),
        *(("note", note) for note in s.notes[:_MOST_NOTES]),
        *_troubles(s),
        ("look at", f"{out.rstrip('/')}/report.html" if report else ""),
        ("ask", f'shotlist sql "{_question(s)}" -o {shlex.quote(out)}'),
    ]
    if share or s.stopped:
        text = "run the same line again" if s.stopped else "when every share is done"
        lines = [line for line in lines if line[0] in ("stopped", "videos", "asked", "failed")]
        lines += [("clips", f"{s.clips}, not judged yet"), ("next", f"{text}: shotlist build -o {shlex.quote(out)}")]
    if s.files_named:
        also = f" + {s.duplicates} with the content of another" if s.duplicates else ""
        wrong = f" + {len(s.problems)} not found or unusable" if s.problems else ""
        lines.insert(0, ("named", f"{s.files_named} = {s.videos_added} new + {s.videos_known} known{also}{wrong}"))
    console.print(shown(out), style="bold", end="")
    console.print(f"  {took}")
    for label, text in lines:
        if text:
            console.print(f"  {label:8s} ", style="red" if label == "failed" else None, end="")
            console.print(shown(text))


def _bills(s: Summary) -> Iterator[str]:
    """What each model was asked in this build, and in all, where those are more."""
    for model, whole in s.spent.items():
        now = s.asked.get(model)
        if now is None:
            yield f"{_asked(model)} in all builds: {_bill(whole)}"
        elif now == whole:
            yield f"{_asked(model)}: {_bill(now)}"
        else:
            yield f"{_asked(model)} in this build: {_bill(now)}; in all builds: {_bill(whole)}"


def _asked(model: str) -> str:
    return "workers that were ended before their answers came" if model == LOST else model


def _bill(bill: Mapping[str, float]) -> str:
    parts = [f"{bill['requests']:,.0f} request{'s' * (bill['requests'] != 1)}"]
    if kept := bill.get("cached"):
        parts[0] += f" ({kept:,.0f} answer{'s' * (kept != 1)} from the cache)"
    if bill["tokens_in"] or bill["tokens_out"]:
        parts.append(f"{bill['tokens_in']:,.0f} tokens in, {bill['tokens_out']:,.0f} out")
    if cut := bill.get("cut"):
        parts.append(f"{cut:,.0f} cut off at max_tokens")
    if bill["cost"]:
        parts.append(f"cost {bill['cost']:.4g}")
    return ", ".join(parts)


def _question(s: Summary) -> str:
    """Something to ask that has an answer in any dataset of this recipe, in few columns."""
    return f"SELECT {s.caption or 'clip_id, seconds'} FROM everything WHERE kept"


def _troubles(s: Summary) -> Iterator[tuple[str, str]]:
    """What was not found; what failed in clips, a line for each step and kind; what failed in whole videos."""
    groups = [_in_clips(group) for group in s.failed_steps if group["clips"]]
    videos = [_of_video(f) for f in s.failures if f["clip_id"] is None]
    lines = [*s.problems, *groups, *videos]
    for line in lines[:_MOST_FAILURES]:
        yield "failed", line
    count = len(s.problems) + len(groups) + sum(group["videos"] for group in s.failed_steps)
    if count > _MOST_FAILURES:
        yield "more", f'{count - _MOST_FAILURES} other failures: shotlist sql "FROM failures"'
    if any(group["may_pass"] for group in s.failed_steps):
        yield "again", "some of it may work another time: add --retry"


def _in_clips(group: Mapping[str, Any]) -> str:
    name, colon, text = str(group["message"]).partition(": ")
    clips = group["clips"]
    if clips == 1:
        return f"{group['step']} failed on 1 clip, {group['message']}"
    return f"{group['step']} failed on {clips:,} clips: {text if colon else name}"


def _of_video(failure: Mapping[str, Any]) -> str:
    step = failure["step"]
    return str(failure["message"]) if step == "scan" else f"{failure['message']} (step {step})"


def shown(text: str) -> str:
    """Text for a terminal: names of files may hold line breaks and control characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def show_forecast(found: "Forecast") -> None:
    """What a build would do."""
    for label, value in found.lines():
        print(f"{label:10s} {shown(value)}")


def show_rows(rows: "duckdb.DuckDBPyRelation", form: str) -> None:
    """The answer to a query as a table, CSV or JSON lines."""
    with asking():
        if form == "table":
            rows.show(max_width=shutil.get_terminal_size((200, 0)).columns)
            return
        writer = csv.writer(sys.stdout)
        if form == "csv":
            writer.writerow(rows.columns)
        for batch in rows.to_arrow_reader(2048):
            for row in batch.to_pylist():
                if form == "csv":
                    writer.writerow(row.values())
                else:
                    print(json.dumps(row, default=str, ensure_ascii=False))


def show_prompts(folder: Path | None) -> bool:
    """All prompts in short, those of a ``folder`` too; False where one of its files is none, which is told."""
    from shotlist.models import prompts

    bad = []
    for file in prompts.files(folder):
        try:
            found = prompts.load(file.stem, file.parent)
        except ShotlistError as error:
            bad.append(str(error))
        else:
            print(f"{found.id:28s} version {found.version}  {found.about}")
    for sentence in bad:
        print(f"shotlist: {shown(sentence)}", file=sys.stderr)
    return not bad


def show_steps(recipe: Recipe, name: str | None, dataset: str | None = None) -> None:
    """All steps in short, or one with its settings and columns; ``dataset`` is where they come from, if from one."""
    if name is None:
        print(f"recipe {recipe.name}: {recipe.about.splitlines()[0] if recipe.about else ''}\n")
        for step in recipe.steps:
            print(f"{step.name:14s} {_first_line(step)}")
        print(f"\nMore about one: shotlist steps NAME{f' -o {shlex.quote(dataset)}' if dataset else ''}")
        return
    try:
        step = recipe.step(name)
    except ShotlistError as error:
        if dataset is not None:
            raise
        raise ShotlistError(f"{error} A dataset's own steps, with its teachers: shotlist steps -o DATASET") from error
    _show_step(recipe, step)


def _show_step(recipe: Recipe, step: Step) -> None:
    from shotlist.reference import setting_docs

    print(f"{step.name}\n{textwrap.indent(inspect.cleandoc(step.__doc__ or ''), '  ')}\n")
    width = max(40, min(120, shutil.get_terminal_size((120, 0)).columns)) - 4
    docs = setting_docs(type(step))
    for f in fields(step):  # a line each for the name, however long, so that it can be copied
        print(f"--set {step.name}.{f.name}={shown(str(getattr(step, f.name)))}")
        print(textwrap.indent(textwrap.fill(docs.get(f.name, ""), width), "    "))
    columns = recipe.columns()
    for written in step.writes:
        names = [c for c in columns.get(written, {}) if c not in ("clip_id", "video_id")]
        print(f"\ntable {written}: {', '.join(names)}")


def _first_line(step: Step) -> str:
    return (step.__doc__ or "").strip().splitlines()[0]
