"""Makes what the text search asks: for each term where it stands, and how much that counts.

A posting's weight is the part of BM25 that does not depend on the question (Robertson and Zaragoza, "The Probabilistic
Relevance Framework: BM25 and Beyond", 2009, section 3.2), times the field's weight, as a number up to 255. It stands
at the first place of a term in a text; further places weigh nothing, so that a sum counts each text once.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shotlist.query import identifier
from shotlist.view.index.columns import Column
from shotlist.view.index.making.progress import by_tenths
from shotlist.view.index.terms import ENGLISH, FIELDS, WEIGHTS, folded, known, terms_of, words_in

PLACES = 18
"""Bits for a word's place in its text; two more are its field's, those above the clip's number."""
SCALE = 56.0
"""What a posting of weight 1 is stored as."""
_K1, _B = 1.2, 0.75
_BATCH = 20_000
_SAMPLE = 20_000

Numbers = npt.NDArray[np.int64]
Texts = Mapping[str, str]
"""A field to the SQL of its text."""


def texts_of(columns: Mapping[str, Column]) -> dict[str, str]:
    """What can be searched, as SQL over ``clips``; a field that the dataset lacks is absent."""
    found = {"caption": "shown", "title": "title"}
    spoken = [identifier(c.name) for c in columns.values() if c.table == "transcript" and _is_text(c, "text", "lyrics")]
    written = [identifier(c.name) for c in columns.values() if c.table == "written" and _is_text(c, "text")]
    if spoken:
        found["speech"] = f"concat_ws(' ', {', '.join(spoken)})" if len(spoken) > 1 else spoken[0]
    if written:
        found["text"] = written[0]
    return {name: found[name] for name in FIELDS if name in found}


def _is_text(column: Column, *names: str) -> bool:
    return column.kind in ("text", "category") and column.label.partition(".")[2] in names


def make_postings(
    clips: duckdb.DuckDBPyConnection,
    writer: duckdb.DuckDBPyConnection,
    columns: Mapping[str, Column],
    tell: Callable[[str], None],
) -> None:
    """Fill ``postings``, ``words``, ``terms`` and ``languages`` of the writer's database from the table ``clips``."""
    writer.execute("CREATE TABLE postings (term UINTEGER, place UBIGINT, weight UTINYINT)")
    texts = texts_of(columns)
    language = '"transcript_language"' if "transcript_language" in columns else "NULL"
    total = clips.execute("SELECT count(*) FROM clips").fetchall()[0][0]
    lexicon = _Lexicon()
    lengths = _lengths(clips, texts)
    starts = range(0, total, _BATCH)
    progress = by_tenths(tell, "words", total, _BATCH)
    # While one batch is sorted, DuckDB finds the words of the next.
    for start, rows in zip(starts, _ahead(lambda k: _read(clips, texts, language, k), starts), strict=True):
        tables = [_postings(tokens, lexicon, lengths) for tokens in _tokens(rows)]
        for made in tables:
            writer.register("made", made)
            writer.execute("INSERT INTO postings SELECT * FROM made")
            writer.unregister("made")
        progress(min(total, start + _BATCH))
    lexicon.write(writer)


def _ahead(read: Callable[[int], pa.Table], starts: Iterable[int]) -> Iterator[pa.Table]:
    """What is read for each start, one ahead of who asks."""
    with ThreadPoolExecutor(1) as pool:
        waiting: deque[Future[pa.Table]] = deque()
        for start in starts:
            waiting.append(pool.submit(read, start))
            if len(waiting) > 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@dataclass
class _Lexicon:
    """Numbers of terms, and of the words that lead to them."""

    terms: dict[str, int] = field(default_factory=dict)
    words: dict[str, dict[str, int]] = field(default_factory=dict)

    def numbers(self, words: list[str], language: str) -> Numbers:
        """The term's number of each word."""
        there = self.words.setdefault(language, {})
        new = [word for word in words if word not in there]
        for word, term in zip(new, terms_of(new, language), strict=True):
            there[word] = self.terms.setdefault(term, len(self.terms))
        return np.array([there[word] for word in words], np.int64)

    def write(self, writer: duckdb.DuckDBPyConnection) -> None:
        """The tables ``terms``, ``words`` (without accents, for beginnings of words) and ``languages``."""
        stems = {"stem": pa.array(self.terms, pa.string()), "term": pa.array(self.terms.values(), pa.uint32())}
        writer.register("made", pa.table(stems))
        writer.execute(
            """CREATE TABLE terms AS
               SELECT stem, term, clips FROM made JOIN (
                   SELECT term, count(*) AS clips FROM postings WHERE weight > 0 GROUP BY 1) USING (term)
               ORDER BY stem"""
        )
        pairs = sorted({(folded(word), term) for there in self.words.values() for word, term in there.items()})
        words = {
            "word": pa.array([w for w, _ in pairs], pa.string()),
            "term": pa.array([t for _, t in pairs], pa.uint32()),
        }
        writer.register("made", pa.table(words))
        writer.execute("CREATE TABLE words AS FROM made")
        writer.unregister("made")
        writer.execute("CREATE TABLE languages (language VARCHAR)")
        writer.executemany("INSERT INTO languages VALUES (?)", [[name] for name in self.words or [ENGLISH]])


@dataclass(frozen=True)
class _Tokens:
    """Words of texts in one language: for each text the clip's number and its field, and its list of words."""

    language: str
    numbers: Numbers
    fields: Numbers
    words: pa.ListArray


def _read(clips: duckdb.DuckDBPyConnection, texts: Texts, language: str, start: int) -> pa.Table:
    """The words of a batch, in the order in which the rows lie."""
    selects = [
        f"SELECT number, {FIELDS.index(name)} AS field, {language if name == 'speech' else 'NULL'} AS language, "
        f"{words_in(text)} AS words FROM clips "
        f"WHERE rowid >= {start} AND rowid < {start + _BATCH} AND {text} IS NOT NULL"
        for name, text in texts.items()
    ]
    return clips.sql(" UNION ALL ".join(selects)).to_arrow_table().combine_chunks()


def _tokens(rows: pa.Table) -> Iterator[_Tokens]:
    """A batch's texts by language."""
    codes = rows["language"].combine_chunks().dictionary_encode()
    languages = np.array([known(code) for code in codes.dictionary.to_pylist()] + [ENGLISH], object)
    missing = len(languages) - 1
    of_rows = languages[np.array([missing if c is None else c for c in codes.indices.to_pylist()], np.intp)]
    for name in dict.fromkeys(of_rows.tolist()):
        some = rows.filter(pa.array(of_rows == name)).combine_chunks()
        numbers, fields = (some[c].to_numpy().astype(np.int64) for c in ("number", "field"))
        yield _Tokens(name, numbers, fields, some["words"].combine_chunks())


def _postings(tokens: _Tokens, lexicon: _Lexicon, lengths: npt.NDArray[np.float64]) -> pa.Table:
    """Rows of ``postings``, by term and place."""
    sizes = np.diff(tokens.words.offsets.to_numpy()).astype(np.int64)
    at = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    codes = tokens.words.flatten().dictionary_encode()
    term = lexicon.numbers(codes.dictionary.to_pylist(), tokens.language)[codes.indices.to_numpy()]
    texts, of_rows = np.unique(tokens.numbers << 2 | tokens.fields, return_inverse=True)
    bits = len(texts).bit_length()
    fits = at < 1 << PLACES
    # One sort of numbers that hold term, text and place is much faster than a sort by three columns.
    key = np.sort((term << bits | np.repeat(of_rows, sizes))[fits] << PLACES | at[fits])
    run = key >> PLACES  # the same for one term in one text
    first = np.flatnonzero(np.diff(run, prepend=-1))
    times = np.diff(np.append(first, len(run)))
    text = run & ((1 << bits) - 1)
    words = np.bincount(of_rows, sizes, len(texts))[text[first]]
    field = texts[text[first]] & 3
    norm = _K1 * (1 - _B + _B * words / lengths[field])
    weight = np.zeros(len(key), np.uint8)
    weight[first] = np.clip(SCALE * np.array(WEIGHTS)[field] * times * (_K1 + 1) / (times + norm), 1, 255).round()
    place = texts[text] << PLACES | (key & ((1 << PLACES) - 1))
    return pa.table({"term": (run >> bits).astype(np.uint32), "place": place.astype(np.uint64), "weight": weight})


def _lengths(clips: duckdb.DuckDBPyConnection, texts: Texts) -> npt.NDArray[np.float64]:
    """Words in a text of each field on average, from a sample."""
    found: dict[str, Any] = {}
    for name, text in texts.items():
        query = f"SELECT avg(len({words_in(text)})) FROM (FROM clips WHERE {text} IS NOT NULL LIMIT {_SAMPLE})"
        found[name] = clips.execute(query).fetchall()[0][0]
    return np.array([found.get(name) or 1.0 for name in FIELDS])
