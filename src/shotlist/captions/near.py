"""Captions that say nearly the same: of each such group the first counts, the others are its duplicates."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shotlist.captions.check import split
from shotlist.captions.shingles import WORDS, Ints, ShingleSets, Signer, shingles
from shotlist.engine.step import Pass
from shotlist.errors import ShotlistError
from shotlist.query import identifier

if TYPE_CHECKING:
    import duckdb

Bools = npt.NDArray[np.bool_]
_AT_ONCE = 8192
"""Captions that are in memory at a time."""
_EARLIER = 4
"""With so many earlier texts of its bucket each is compared; the first are most likely to stay."""
_SLACK = 0.2
"""Pairs whose signatures differ by so much from what is wanted are not compared: three times the spread."""


@dataclass(frozen=True)
class NearDuplicates(Pass):
    """Finds captions of the whole set that repeat an earlier one, word for word or nearly so.

    A row for each clip with a caption: ``duplicate_of`` is the clip whose caption it repeats, which itself repeats
    none, and ``similarity`` how much of their three-word phrases they share; both are empty for what is new.
    Keep one of each: ``--set rules.new="near_duplicates.duplicate_of IS NULL"``.
    """

    title: str = "near_duplicates"
    """The step's and its table's name."""
    caption: str = "caption.text"
    """The table and column with the captions."""
    similarity: float = 0.8
    """Share (0..1) of shared phrases from which on a caption repeats another; 1 finds the same words only."""
    phrase: int = 3
    """Words of a phrase."""

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if not 0 < self.similarity <= 1 or self.phrase < 1:
            raise ShotlistError(f"{self.title}: similarity lies between 0 and 1, and a phrase has a word or more")

    @property
    def name(self) -> str:
        """The title."""
        return self.title

    def inputs(self) -> tuple[str, ...]:
        """The table with the captions."""
        return (split(self.caption)[0],)

    def schema(self) -> pa.Schema:
        """See Pass."""
        return _SCHEMA

    def run(self, connection: "duckdb.DuckDBPyConnection") -> pa.RecordBatchReader:
        """See Pass. The texts are read twice; in memory there are some hundred bytes of each."""
        table, column = split(self.caption)
        texts = (
            f"(SELECT clip_id, video_id, {identifier(column or 'text')}::VARCHAR AS text FROM {identifier(table)}"
            f" WHERE regexp_matches({identifier(column or 'text')}, '[\\p{{L}}\\p{{N}}]'))"
        )
        keys = connection.sql(f"SELECT clip_id, video_id, hash({WORDS}) AS said FROM {texts}").to_arrow_table()
        found = _same_words(keys["said"].to_numpy())
        first = np.flatnonzero(found.of < 0)
        if self.similarity < 1 and len(first) > 1:
            with tempfile.TemporaryDirectory(prefix="shotlist-") as folder:
                sets = self._sets(connection, texts, found.of < 0, Path(folder))
                near = _near(sets, self.similarity)
            _settle(sets, near, self.similarity)
            found = _joined(found, first, near)
        return _rows(keys, found)

    def _sets(self, connection: "duckdb.DuckDBPyConnection", texts: str, wanted: Bools, folder: Path) -> ShingleSets:
        """Shingles of the wanted captions, in their order."""
        sets = ShingleSets(folder, Signer(self.similarity))
        hashed, seen = f"SELECT [hash(w) FOR w IN {WORDS}] AS words FROM {texts}", 0
        for batch in connection.sql(hashed).to_arrow_reader(_AT_ONCE):
            column = batch["words"].filter(pa.array(wanted[seen : seen + len(batch)]))
            seen += len(batch)
            starts = np.concatenate([[0], np.cumsum(column.value_lengths().to_numpy())])
            sets.add(*shingles(column.flatten().to_numpy(), starts, self.phrase))
        sets.close()
        return sets


@dataclass
class _Found:
    """The number of the text that each repeats, -1 where it is new, and how similar it is (NaN)."""

    of: Ints
    similarity: npt.NDArray[np.float64]


def _same_words(said: npt.NDArray[np.uint64]) -> _Found:
    _, first, inverse = np.unique(said, return_index=True, return_inverse=True)
    of = first[inverse]
    of[first] = -1
    return _Found(of, np.where(of >= 0, 1.0, np.nan))


def _near(sets: ShingleSets, least: float) -> _Found:
    """One earlier text for each that has any in its buckets."""
    found = _Found(np.full(len(sets.sizes), -1), np.full(len(sets.sizes), np.nan))
    for a, b in sets.buckets(_EARLIER):
        left = found.of[b] < 0
        a, b = a[left], b[left]
        likely = sets.agreement(a, b) >= least - _SLACK
        a, b = a[likely], b[likely]
        how = sets.similarity(a, b)
        good = how >= least
        found.of[b[good]], found.similarity[b[good]] = a[good], how[good]
    return found


def _settle(sets: ShingleSets, found: _Found, least: float) -> None:
    """Let every text repeat one that repeats none: the first of its chain, where it is similar enough to that."""
    root = found.of.copy()
    while (further := (root >= 0) & (root[root] >= 0)).any():
        root[further] = root[root[further]]
    chained = np.flatnonzero(root != found.of)
    how = sets.similarity(root[chained], chained)
    for text, first, similar in zip(chained.tolist(), root[chained].tolist(), how.tolist(), strict=True):
        if similar >= least:
            found.of[text], found.similarity[text] = first, similar
        elif found.of[found.of[text]] >= 0:
            found.of[text], found.similarity[text] = -1, np.nan


def _joined(same: _Found, first: Ints, near: _Found) -> _Found:
    """What was found among the ``first`` of each wording, told of all."""
    of, similarity = same.of.copy(), same.similarity.copy()
    of[first] = np.where(near.of >= 0, first[near.of], -1)
    similarity[first] = near.similarity
    copies = np.flatnonzero(same.of >= 0)
    origin = same.of[copies]
    again = of[origin] >= 0
    of[copies] = np.where(again, of[origin], origin)
    similarity[copies] = np.where(again, similarity[origin], 1.0)
    return _Found(of, similarity)


def _rows(keys: pa.Table, found: _Found) -> pa.RecordBatchReader:
    clips = keys["clip_id"].combine_chunks()
    of = clips.take(pa.array(found.of, mask=found.of < 0))
    columns = [clips, keys["video_id"], of, pa.array(found.similarity, from_pandas=True)]
    return pa.table(columns, schema=_SCHEMA).to_reader(65_536)


_SCHEMA = pa.schema(
    [("clip_id", pa.string()), ("video_id", pa.string()), ("duplicate_of", pa.string()), ("similarity", pa.float64())]
)
