"""The captions that models wrote: how long, how varied, at what cost, and how far they agree."""

from dataclasses import dataclass

from shotlist.captions.statistics import Agreement, CaptionStatistics, agreements, caption_tables, statistics
from shotlist.report.tables import Tables
from shotlist.report.wording import count, duration, shorten


@dataclass(frozen=True)
class Line:
    """A line of the table, as texts."""

    table: str
    about: str
    captions: str
    failures: str
    words: str
    spread: str
    vocabulary: str
    tokens: str
    cost: str
    seconds: str


@dataclass(frozen=True)
class Cell:
    """How alike two tables are, as a number from 0 to 1, and what it says."""

    value: str
    about: str


@dataclass(frozen=True)
class Teachers:
    """``rows`` are tables of captions; ``matrix`` says of each two of ``names`` how alike they are, on ``most`` clips.

    Above its diagonal stand shared words, below it ROUGE-L; empty where nothing can be compared. ``counted`` is in how
    many captions words were counted, 0 for all of them; ``costs`` whether anything was paid.
    """

    rows: list[Line]
    names: list[str]
    matrix: list[list[Cell | None]]
    most: int
    counted: int
    costs: bool


def teachers(tables: Tables) -> Teachers | None:
    """None where no model wrote captions."""
    found = caption_tables(tables.columns)
    if found in ([], ["caption"]) or "failures" not in tables.columns:
        return None
    told = [statistics(tables.connection, table, tables.columns[table]) for table in found]
    pairs = agreements(tables.connection, [t.table for t in told if t.captions])
    counted = max((t.counted for t in told if t.counted < t.captions), default=0)
    costs = any(t.cost for t in told)
    names = [t.table for t in told if any(t.table in (p.a, p.b) for p in pairs)]
    most = max((p.clips for p in pairs), default=0)
    return Teachers([_line(t) for t in told], names, _matrix(names, pairs), most, counted, costs)


def _line(t: CaptionStatistics) -> Line:
    mean, low, middle, high = t.words
    tokens = " + ".join(count(n) for n in (t.tokens_in, t.tokens_out) if n is not None)
    return Line(
        table=t.table,
        about=shorten(", ".join(part for part in (t.model, t.prompt) if part), 120),
        captions=count(t.captions) + (f" ({count(t.cut)} cut off)" if t.cut else ""),
        failures=count(t.failures),
        words=f"{mean:.1f}",
        spread=f"{low:.0f} / {middle:.0f} / {high:.0f}",
        vocabulary=f"{count(t.vocabulary)}, {_kinds_of_words(t)}",
        tokens=tokens,
        cost=f"{t.cost:.4g}" if t.cost else "",
        seconds=duration(t.seconds / t.captions) if t.seconds and t.captions else "",
    )


def _kinds_of_words(t: CaptionStatistics) -> str:
    if t.verbs is None or t.nouns is None:
        return f"{count(t.ing)} in -ing"
    return f"{count(t.verbs, 'verb')}, {count(t.nouns, 'noun')}"


def _matrix(names: list[str], pairs: list[Agreement]) -> list[list[Cell | None]]:
    cells: list[list[Cell | None]] = [[None] * len(names) for _ in names]
    for p in pairs:
        a, b = sorted((names.index(p.a), names.index(p.b)))
        about = f"{p.a} and {p.b}, {count(p.clips, 'clip')}"
        cells[a][b] = Cell(f"{p.overlap:.2f}", f"shared words of {about}")
        cells[b][a] = Cell(f"{p.rouge_l:.2f}", f"ROUGE-L of {about}")
    return cells
