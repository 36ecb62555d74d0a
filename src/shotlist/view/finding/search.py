"""Ranked text search: what was typed, the terms that it means, and the clips in which they stand.

Ranking is BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009): postings hold
what depends on the text alone, the rarity of a term is weighed here. All words must be there, in whatever field.
"""

import math
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shotlist.query import quote
from shotlist.view.index.database import Index
from shotlist.view.index.making.postings import PLACES, SCALE
from shotlist.view.index.terms import FIELDS, folded, terms_of, words_in

_PIECE = re.compile(r'(?P<no>-)?(?:(?P<field>\w+):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))', re.UNICODE)
_SHORTEST = 2
"""Letters from which on the last word may be the beginning of one."""
_MOST_TERMS, _MOST_POSTINGS = 100, 2_000_000
"""Terms that the last word may become, and their postings in all; the most common come first."""
_BEGUN = 0.4
"""What a word counts that only begins as asked, against one that was asked for."""
_LEAST = 0.05
"""What a word counts at least that is nearly everywhere."""
_WORDS = 32
"""Words of a question; further ones are not looked for."""

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Piece:
    """A word, or several that stand side by side. ``begins``: the last word may go on; ``no``: it must not be there.

    ``field`` is where it must stand, empty for anywhere.
    """

    words: tuple[str, ...]
    field: str = ""
    no: bool = False
    begins: bool = False


def pieces(index: Index, q: str) -> list[Piece]:
    """What was typed, in pieces; a space at the end says that the last word is whole."""
    found: list[Piece] = []
    matches = list(_PIECE.finditer(q))
    texts = [m["word"] if m["phrase"] is None else m["phrase"] for m in matches]
    fields = [m["field"].lower() if m["field"] and m["field"].lower() in FIELDS else None for m in matches]
    # What only looks like a field, such as the beginning of an address, is a word like any other.
    said = [
        f"{m['field']} {t}" if m["field"] and f is None else t for m, t, f in zip(matches, texts, fields, strict=True)
    ]
    for match, words, name in zip(matches, _split(index, said), fields, strict=True):
        begins = match["phrase"] is None and match.end() == len(q) and not match["no"]
        found += _pieces(words, name or "", bool(match["no"]), begins)
    return list(dict.fromkeys(found))[:_WORDS]


def _pieces(words: Sequence[str], field: str, no: bool, begins: bool) -> Iterator[Piece]:
    """One piece: words that were typed without a space between them stand side by side, too."""
    if words:
        yield Piece(tuple(words[:_WORDS]), field, no, begins)


def _split(index: Index, texts: Sequence[str]) -> list[list[str]]:
    if not texts:
        return []
    rows = index.rows(f"SELECT {words_in('t')} AS words FROM (SELECT unnest(?::VARCHAR[]) AS t)", [list(texts)])
    return [row["words"] for row in rows]


def hits(index: Index, q: str) -> pa.Table:
    """Numbers of the clips that fit, with their ``score``."""
    asked = pieces(index, q)
    scores = np.zeros(index.clips)
    fits = np.ones(index.clips, bool)
    for piece in asked:
        if not fits.any():
            break
        found = _scores(index, piece)
        fits &= (found == 0) if piece.no else (found > 0)
        if not piece.no:
            scores += found
    if not asked:
        fits[:] = False
    numbers = np.flatnonzero(fits)
    return pa.table({"number": numbers.astype(np.int32), "score": scores[numbers].astype(np.float32)})


@dataclass(frozen=True)
class Meaning:
    """The terms of one word by their numbers, with what each counts; ``common`` is in how many texts they are."""

    weights: dict[int, float]
    common: int = 0


def meaning(index: Index, word: str, begins: bool = False) -> Meaning:
    """The terms that a word leads to in any of the index's languages."""
    stems = sorted({stem for language in index.languages for stem in terms_of([word], language)})
    listed = ", ".join(quote(stem.replace("\0", "")) for stem in stems)
    rows = index.rows(f"SELECT term, clips FROM words.terms WHERE stem IN ({listed})")
    asked = {row["term"]: row["clips"] for row in rows}
    begun = _begun(index, word, asked) if begins and len(word) >= _SHORTEST else {}
    common = min(index.clips, sum((asked or begun).values()))
    rarity = max(_LEAST, math.log(1 + (index.clips - common + 0.5) / (common + 0.5)))
    weights = dict.fromkeys(asked, rarity) | dict.fromkeys(begun, rarity * (_BEGUN if asked else 1.0))
    return Meaning(weights, common)


def _begun(index: Index, word: str, asked: Container[int]) -> dict[int, int]:
    """Terms of words that begin so, as many as are counted in time; the most common first."""
    start = folded(word)
    rows = index.rows(
        f"""SELECT term, any_value(clips) AS clips FROM words.words JOIN words.terms USING (term)
           WHERE word >= ? AND word < ? GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_MOST_TERMS}""",
        [start, start + "\U0010ffff"],
    )
    found: dict[int, int] = {}
    there = 0
    for row in rows:
        there += row["clips"]
        if row["term"] not in asked and (there <= _MOST_POSTINGS or not found):
            found[row["term"]] = row["clips"]
    return found


def _scores(index: Index, piece: Piece) -> Scores:
    meanings = [meaning(index, w, piece.begins and k == len(piece.words) - 1) for k, w in enumerate(piece.words)]
    if not all(m.weights for m in meanings):
        return np.zeros(index.clips)
    return _word(index, piece, meanings[0]) if len(meanings) == 1 else _phrase(index, piece, meanings)


def _word(index: Index, piece: Piece, meant: Meaning) -> Scores:
    place = f"(place >> {PLACES + 2})::INTEGER AS number"
    fits = f"weight > 0 {_standing(piece, 'place')}"
    if len(meant.weights) == 1:
        [(term, worth)] = meant.weights.items()
        query = f"SELECT {place}, weight * {worth!r}::FLOAT AS score FROM words.postings WHERE term = {term} AND {fits}"
    else:  # joined to a list, only rows that fit are read whole; compared with it, all of them would be
        listed = ", ".join(f"({term}::UINTEGER, {worth!r}::FLOAT)" for term, worth in meant.weights.items())
        query = f"""SELECT {place}, weight * worth AS score
                    FROM words.postings JOIN (VALUES {listed}) AS meant(term, worth) USING (term) WHERE {fits}"""
    return _summed(index, query)


def _phrase(index: Index, piece: Piece, meanings: Sequence[Meaning]) -> Scores:
    """A phrase counts as much as its words at their rarest do, for each time that it stands there, up to three."""
    # Beginning with the rarest word, the places in question are few from the start.
    order = sorted(range(len(meanings)), key=lambda k: meanings[k].common)
    first = order[0]
    joins = " ".join(
        f"JOIN words.postings AS p{k} ON p{k}.term IN ({_listed(meanings[k])}) "
        f"AND p{k}.place = p{first}.place {k - first:+d}"
        for k in order[1:]
    )
    worth = SCALE * sum(max(m.weights.values()) for m in meanings)
    return _summed(
        index,
        f"""SELECT (p{first}.place >> {PLACES + 2})::INTEGER AS number,
                   ({worth!r} * least(3, count(*)) / (least(3, count(*)) + 1.0))::FLOAT AS score
            FROM words.postings AS p{first} {joins}
            WHERE p{first}.term IN ({_listed(meanings[first])}) {_standing(piece, f"p{first}.place")} GROUP BY 1""",
    )


def _listed(meant: Meaning) -> str:
    return ", ".join(str(term) for term in meant.weights)


def _standing(piece: Piece, place: str) -> str:
    return f"AND ({place} >> {PLACES}) & 3 = {FIELDS.index(piece.field)}" if piece.field else ""


def _summed(index: Index, query: str) -> Scores:
    """Scores by the clips' numbers; an array with a place for each is faster than groups are."""
    with index.cursor() as cursor:
        rows = cursor.sql(query).to_arrow_table()
    return np.asarray(np.bincount(rows["number"], rows["score"], index.clips), np.float64)


def question(q: str) -> str:
    """What names a search among answers that are kept."""
    return f"q {quote(q)}"
