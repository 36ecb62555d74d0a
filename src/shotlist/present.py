"""Prints results for people."""

import csv
import json
import sys
import textwrap
from dataclasses import fields
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shotlist.engine.recipe import Recipe, nearest
from shotlist.engine.step import Step
from shotlist.errors import ShotlistError
from shotlist.progress import clock_of
from shotlist.summary import Summary

if TYPE_CHECKING:
    import duckdb

    from shotlist.forecast import Forecast

_MOST_FAILURES = 12


def show_summary(summary: Summary, out: str, report: bool) -> None:
    """Counts that add up, what failed, and where to look."""
    console = Console(highlight=False, soft_wrap=True)
    s = summary
    took = "nothing to do" if s.nothing_to_do else f"in {clock_of(s.elapsed_seconds)}"
    console.print(f"[bold]{escape(out)}[/bold]  {took}")
    found = f"   ({s.files_named} files named, {s.duplicates} with the content of another)" if s.duplicates else ""
    console.print(
        f"  videos   {s.videos} = {s.videos_ok} ok + {s.videos_damaged} damaged + {s.videos_failed} failed{found}"
    )
    console.print(f"  footage  {clock_of(s.footage_seconds)}, {clock_of(s.kept_seconds)} of it in kept clips")
    console.print(
        f"  clips    {s.clips} = {s.clips_kept} kept + {s.clips_dropped} dropped + {s.clips_failed} failed"
    )
    if s.dropped_by_rule:
        console.print("  dropped  " + ", ".join(f"{n} by {escape(rule)}" for rule, n in s.dropped_by_rule.items()))
    _show_failures(console, s)
    if report:
        console.print(f"  look at  {escape(out.rstrip('/'))}/report.html")
    console.print(f'  ask      shotlist sql "SELECT caption FROM everything WHERE kept" -o {escape(out)}')


def _show_failures(console: Console, s: Summary) -> None:
    for note in s.notes[:5]:
        console.print(f"  note     {escape(note)}")
    lines = [*s.problems, *(f"{f['message']}" for f in s.failures)]
    for line in lines[:_MOST_FAILURES]:
        console.print(f"  [red]failed[/red]   {escape(line)}")
    if len(lines) > _MOST_FAILURES:
        console.print(f"  … and {len(lines) - _MOST_FAILURES} more: shotlist sql \"FROM failures\"")
    if any(f["may_pass"] for f in s.failures):
        console.print("  some of it may work another time: add --retry")


def show_forecast(found: "Forecast") -> None:
    """What a build would do."""
    for label, value in found.lines():
        print(f"{label:10s} {value}")


def show_rows(rows: "duckdb.DuckDBPyRelation", form: str) -> None:
    """The answer to a query as a table, CSV or JSON lines."""
    if form == "table":
        print(rows)
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


def show_steps(recipe: Recipe, name: str | None) -> None:
    """All steps in short, or one with its settings and columns."""
    if name is None:
        print(f"recipe {recipe.name}: {recipe.about.splitlines()[0] if recipe.about else ''}\n")
        for step in recipe.steps:
            print(f"{step.name:14s} {_first_line(step)}")
        print("\nMore about one: shotlist steps NAME")
        return
    if name not in [s.name for s in recipe.steps]:
        raise ShotlistError(f"recipe {recipe.name} has no step {name!r}{nearest(name, [s.name for s in recipe.steps])}")
    _show_step(recipe, recipe.step(name))


def _show_step(recipe: Recipe, step: Step) -> None:
    from shotlist.reference import setting_docs

    print(f"{step.name}\n{textwrap.indent(textwrap.dedent(step.__doc__ or '').strip(), '  ')}\n")
    table = Table("setting", "value", "meaning", box=None, pad_edge=False)
    docs = setting_docs(type(step))
    for f in fields(step):
        table.add_row(f"--set {step.name}.{f.name}=", str(getattr(step, f.name)), escape(docs.get(f.name, "")))
    Console(highlight=False).print(table)
    columns = recipe.columns()
    for written in step.writes:
        names = [c for c in columns.get(written, {}) if c not in ("clip_id", "video_id")]
        print(f"\ntable {written}: {', '.join(names)}")


def _first_line(step: Step) -> str:
    return (step.__doc__ or "").strip().splitlines()[0]
