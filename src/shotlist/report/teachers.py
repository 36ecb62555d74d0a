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
class Teachers:
    """``rows`` are tables of captions, ``pairs`` of them with how alike they are.

    ``counted`` is in how many captions words were counted, 0 for all of them; ``costs`` whether anything was paid.
    """

    rows: list[Line]
    pairs: list[tuple[str, str, str, str, str]]
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
    return Teachers([_line(t) for t in told], [_pair(p) for p in pairs], counted, costs)


def _line(t: CaptionStatistics) -> Line:
    mean, low, middle, high = t.words
    tokens = " + ".join(count(n) for n in (t.tokens_in, t.tokens_out) if n is not None)
    return Line(
        table=t.table,
        about=shorten(", ".join(part for part in (t.model, t.prompt) if part), 120),
        captions=count(t.captions),
        failures=count(t.failures),
        words=f"{mean:.1f}",
        spread=f"{low:.0f} / {middle:.0f} / {high:.0f}",
        vocabulary=f"{count(t.vocabulary)}, {count(t.ing)} in -ing",
        tokens=tokens,
        cost=f"{t.cost:.4g}" if t.cost else "",
        seconds=duration(t.seconds / t.captions) if t.seconds and t.captions else "",
    )


def _pair(p: Agreement) -> tuple[str, str, str, str, str]:
    return p.a, p.b, count(p.clips), f"{p.overlap:.2f}", f"{p.rouge_l:.2f}"
