"""Prints results for people."""

import csv
import json
import shlex
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shotlist.engine.recipe import Recipe
from shotlist.engine.step import Step
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
        ("recipe", "" if s.recipe == "default" else s.recipe),
        ("videos", f"{s.videos} = {s.videos_ok} ok + {s.videos_damaged} damaged + {s.videos_failed} failed"),
        ("footage", f"{lasting(s.footage_seconds)}, {lasting(s.kept_seconds)} of it in kept clips"),
        ("clips", f"{s.clips} = {s.clips_kept} kept + {s.clips_dropped} dropped + {s.clips_failed} failed"),
        ("dropped", ", ".join(f"{n} by {rule}" for rule, n in s.dropped_by_rule.items())),
        *(("asked", _bill(model, bill)) for model, bill in s.spent.items()),
        *(("note", note) for note in s.notes[:_MOST_NOTES]),
        *_troubles(s),
        ("look at", f"{out.rstrip('/')}/report.html" if report else ""),
        ("ask", f'shotlist sql "{_question(s.recipe)}" -o {shlex.quote(out)}'),
    ]
    if share:
        text = f"when every share is done: shotlist build -o {shlex.quote(out)}"
        lines = [line for line in lines if line[0] in ("videos", "failed")]
        lines += [("clips", f"{s.clips}, not judged yet"), ("next", text)]
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


def _bill(model: str, bill: Mapping[str, float]) -> str:
    tokens = f"{bill['tokens_in']:,.0f} tokens in, {bill['tokens_out']:,.0f} out"
    cost = f", cost {bill['cost']:.4g}" if bill["cost"] else ""
    return f"{model}: {bill['requests']:,.0f} requests, {tokens}{cost}"


def _question(recipe: str) -> str:
    """Something to ask that has an answer in any dataset of this recipe."""
    described = recipe.split()[:1] in (["default"], ["multimodal"])
    return "SELECT caption FROM everything WHERE kept" if described else "FROM everything WHERE kept"


def _troubles(s: Summary) -> Iterator[tuple[str, str]]:
    lines = [*s.problems, *(f["message"] for f in s.failures)]
    for line in lines[:_MOST_FAILURES]:
        yield "failed", line
    if len(lines) > _MOST_FAILURES:
        yield "more", f'{len(lines) - _MOST_FAILURES} other failures: shotlist sql "FROM failures"'
    if any(f["may_pass"] for f in s.failures):
        yield "again", "some of it may work another time: add --retry"


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


def show_steps(recipe: Recipe, name: str | None) -> None:
    """All steps in short, or one with its settings and columns."""
    if name is None:
        print(f"recipe {recipe.name}: {recipe.about.splitlines()[0] if recipe.about else ''}\n")
        for step in recipe.steps:
            print(f"{step.name:14s} {_first_line(step)}")
        print("\nMore about one: shotlist steps NAME")
        return
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
