"""Captions in numbers: how long, how varied, what they cost, and how far teachers agree."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any

from shotlist.annotate.words import normalised
from shotlist.captions.grammar import verbs_and_nouns
from shotlist.captions.shingles import WORDS
from shotlist.query import identifier

if TYPE_CHECKING:
    import duckdb

SAMPLE = 100_000
"""Words are counted in about so many captions at most: the same clips for every table, so that they compare."""
_TAGGED = 1_000
"""Verbs and nouns are counted in about so many captions: a tagger takes a millisecond for each."""
_PAIRS = 400
"""Clips on which two tables are compared."""
_MOST, _MOST_PAIRS = 10, 45
"""Tables that are looked at, and pairs of them."""


@dataclass(frozen=True)
class CaptionStatistics:
    """One table of captions. ``words`` are the mean and the 5th, 50th and 95th percentile of their lengths.

    ``vocabulary`` counts different words in ``counted`` captions, ``ing`` those of them that end in -ing, a rough sign
    of how varied the verbs are (it takes in nouns such as building). ``verbs`` and ``nouns`` are the different ones in
    ``tagged`` captions, None in other languages than English and where the tagger is not installed. ``cut`` counts the
    captions that came to their longest length. Sums of tokens, ``cost`` and ``seconds`` are None where no row tells
    them, and so is ``cut``; answers that were kept from before cost nothing.
    """

    table: str
    model: str | None
    prompt: str | None
    captions: int
    failures: int
    words: tuple[float, float, float, float]
    counted: int
    vocabulary: int
    ing: int
    tagged: int
    verbs: int | None
    nouns: int | None
    cut: int | None
    tokens_in: int | None
    tokens_out: int | None
    cost: float | None
    seconds: float | None


@dataclass(frozen=True)
class Agreement:
    """How alike two tables' captions of the same ``clips`` are, in 0..1, in the mean.

    ``overlap`` is the share of all their different words that both say, ``rouge_l`` the F-measure of their longest
    common subsequence of words (Lin 2004).
    """

    a: str
    b: str
    clips: int
    overlap: float
    rouge_l: float


def caption_tables(columns: Mapping[str, Iterable[str]]) -> list[str]:
    """Tables of captions: the describer's, and all that name the model and prompt of their texts."""
    wanted = {"clip_id", "text", "model", "prompt_digest"}
    found = [table for table, names in sorted(columns.items()) if wanted <= set(names)]
    there = [*(["caption"] if "caption" in columns and "caption" not in found else []), *found]
    return there[:_MOST]


def statistics(connection: "duckdb.DuckDBPyConnection", table: str, columns: Iterable[str]) -> CaptionStatistics:
    """What there is to count in one table of captions; ``failures`` must be there as a view."""
    name, there = identifier(table), set(columns)
    wanted = ("model", "prompt", "finish", "tokens_in", "tokens_out", "cost", "seconds")
    model, prompt, finish, *counts = (column if column in there else "NULL" for column in wanted)
    captions, model, prompt, *sums = _row(
        connection,
        f"""SELECT count(text), any_value({model}), any_value({prompt}),
                   CASE WHEN count({finish}) > 0 THEN count(*) FILTER ({finish} = 'length') END,
                   {", ".join(f"sum({column})" for column in counts)} FROM {name}""",
    )
    sample = f"SELECT {WORDS} AS words FROM {name} WHERE text IS NOT NULL AND {_every(captions, SAMPLE)}"
    counted, mean, low, middle, high = _row(
        connection,
        f"""SELECT count(*), avg(len(words)), quantile_cont(len(words), 0.05), median(len(words)),
                   quantile_cont(len(words), 0.95) FROM ({sample})""",
    )
    vocabulary, ing = _row(
        connection,
        f"""SELECT count(*), count(*) FILTER (length(word) > 4 AND word LIKE '%ing')
            FROM (SELECT DISTINCT unnest(words) AS word FROM ({sample}))""",
    )
    (failures,) = _row(connection, "SELECT count(*) FROM failures WHERE step = ?", table)
    words = (mean or 0.0, low or 0.0, middle or 0.0, high or 0.0)
    varied = (counted, vocabulary, ing, *_varied(connection, name, captions))
    return CaptionStatistics(table, model, prompt, captions, failures, words, *varied, *sums)


def _varied(connection: "duckdb.DuckDBPyConnection", table: str, captions: int) -> tuple[int, int | None, int | None]:
    """In how many captions verbs and nouns were counted, and how many different ones there are."""
    told = (
        f"SELECT text::VARCHAR FROM {table} WHERE text IS NOT NULL AND {_every(captions, _TAGGED)} LIMIT {2 * _TAGGED}"
    )
    texts = [text for (text,) in connection.execute(told).fetchall()]
    return len(texts), *(verbs_and_nouns(texts) or (None, None))


def agreements(connection: "duckdb.DuckDBPyConnection", tables: Sequence[str]) -> list[Agreement]:
    """Each pair of tables, compared on clips that both describe; without pairs that have none in common."""
    found = []
    for a, b in islice(combinations(tables, 2), _MOST_PAIRS):
        left, right = identifier(a), identifier(b)
        (captions,) = _row(connection, f"SELECT count(text) FROM {left}")
        pairs = connection.execute(
            f"""SELECT a.text, b.text FROM {left} AS a JOIN {right} AS b USING (clip_id)
                WHERE a.text IS NOT NULL AND b.text IS NOT NULL AND {_every(captions, _PAIRS)}
                ORDER BY clip_id LIMIT {_PAIRS}"""
        ).fetchall()
        words = [(normalised(x), normalised(y)) for x, y in pairs]
        if words:
            overlap = sum(_overlap(x, y) for x, y in words) / len(words)
            found.append(Agreement(a, b, len(words), overlap, sum(rouge_l(x, y) for x, y in words) / len(words)))
    return found


def _every(captions: int, most: int) -> str:
    """A condition that about ``most`` clips fulfil, the same ones in every table of as many captions."""
    return f"hash(clip_id) % {max(1, captions // most)} = 0"


def _row(connection: "duckdb.DuckDBPyConnection", query: str, *values: object) -> tuple[Any, ...]:
    row = connection.execute(query, list(values)).fetchone()
    assert row is not None  # it counts
    return row


def _overlap(a: Sequence[str], b: Sequence[str]) -> float:
    either = set(a) | set(b)
    return len(set(a) & set(b)) / len(either) if either else 1.0


def rouge_l(a: Sequence[str], b: Sequence[str]) -> float:
    """F-measure (0..1) of the longest common subsequence of words; 1 for two empty texts."""
    if not a or not b:
        return float(not a and not b)
    return 2 * _common(a, b) / (len(a) + len(b))


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence, a row of its table in the bits of one number (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for k, word in enumerate(a):
        places[word] = places.get(word, 0) | 1 << k
    full = (1 << len(a)) - 1
    row = full
    for word in b:
        matches = row & places.get(word, 0)
        row = ((row + matches) | (row - matches)) & full
    return len(a) - row.bit_count()
