"""Texts as sets of shingles on disk, so that a million of them can be compared in little memory.

A shingle is a run of words (Broder 1997); two texts are as similar as their sets: shared shingles / all shingles.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
_PAIRS_AT_ONCE = 20_000
_SIGNS = "|".join(rf"\p{{{s}}}" for s in ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar"))
WORDS = rf"regexp_extract_all(lower(nfc_normalize(text)), '{_SIGNS}|[\p{{L}}\p{{M}}\p{{N}}'']+')"
"""The words of the column ``text`` in SQL; scripts without spaces have signs for words."""


def shingles(words: Hashes, starts: Ints, n: int) -> tuple[Ints, npt.NDArray[np.uint32]]:
    """The distinct shingles of each text as (text, shingle) in their order.

    ``words`` are hashes of the words of all texts, ``starts`` where each begins, and the end of the last. A text of
    fewer than ``n`` words is one shingle.
    """
    lengths = np.diff(starts)
    text = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(words)) - starts[text]
    mixed = words.copy()
    for k in range(1, n):
        inside = place + k < lengths[text]
        following = np.where(inside, np.roll(words, -k), np.uint64(0))
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + following
    whole = (place + n <= lengths[text]) | (place == 0)
    keys = (text[whole].astype(np.uint64) << np.uint64(32)) | (_scattered(mixed[whole]) >> np.uint64(32))
    keys.sort()  # np.unique would make a hash table, many times slower
    keys = keys[np.flatnonzero(np.diff(keys, prepend=~keys[:1]))]
    return (keys >> np.uint64(32)).astype(np.int64), (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32)


def _scattered(values: Hashes) -> Hashes:
    """The last step of splitmix64 (Steele, Lea and Flood 2014), so that all bits depend on all."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


class Signer:
    """MinHash (Broder 1997): two texts agree in as many values of their signatures as their sets are similar.

    Signatures are cut into ``bands`` of ``rows`` values; texts that agree in a whole band are worth comparing. The
    sizes are chosen so that 99 of 100 pairs of the wanted similarity do.
    """

    def __init__(self, similarity: float) -> None:
        self.rows = max(1, round(np.log(1 / 3) / np.log(similarity)))
        self.bands = int(np.ceil(np.log(0.01) / np.log(1 - similarity**self.rows)))
        drawn = np.random.default_rng(7).integers(1, 2**63, (2, self.rows * self.bands), np.uint64)
        self._factors, self._offsets = drawn[0] | np.uint64(1), drawn[1]

    def sign(self, text: Ints, found: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        """Signatures (texts, rows * bands) of texts whose shingles stand in their order; none may be empty."""
        begins = np.flatnonzero(np.diff(text, prepend=-1))
        values = _scattered(found.astype(np.uint64))
        signed = np.empty((len(begins), len(self._factors)), np.uint32)
        for k, (factor, offset) in enumerate(zip(self._factors, self._offsets, strict=True)):
            hashed = ((values * factor + offset) >> np.uint64(32)).astype(np.uint32)
            signed[:, k] = np.minimum.reduceat(hashed, begins)
        return signed


class ShingleSets:
    """Sets and signatures in two files of a folder, read by number."""

    def __init__(self, folder: Path, signer: Signer) -> None:
        self._signer = signer
        self._places = (folder / "shingles", folder / "signatures")
        self._files = [place.open("wb") for place in self._places]
        self._sizes: list[npt.NDArray[np.int64]] = []
        self._sets: Any = None
        self._signatures: Any = None

    def add(self, text: Ints, found: npt.NDArray[np.uint32]) -> None:
        """Append texts; see ``shingles``."""
        if not len(text):
            return
        self._files[0].write(found.tobytes())
        self._files[1].write(self._signer.sign(text, found).tobytes())
        self._sizes.append(np.diff(np.append(np.flatnonzero(np.diff(text, prepend=-1)), len(text))))

    def close(self) -> None:
        """No more texts follow; now they can be compared."""
        for file in self._files:
            file.close()
        self.sizes: Ints = np.concatenate(self._sizes) if self._sizes else np.empty(0, np.int64)
        self._begins = np.cumsum(self.sizes) - self.sizes
        if len(self.sizes):
            self._sets = np.memmap(self._places[0], np.uint32, "r")
            shape = (len(self.sizes), self._signer.rows * self._signer.bands)
            self._signatures = np.memmap(self._places[1], np.uint32, "r", shape=shape)

    def buckets(self, earlier: int) -> Iterator[tuple[Ints, Ints]]:
        """For each band pairs (a, b), a before b, that agree in it: each text with the first few of its bucket."""
        rows = self._signer.rows
        for band in range(self._signer.bands if len(self.sizes) > 1 else 0):
            mixed = np.zeros(len(self.sizes), np.uint64)
            for k in range(rows):
                values = np.array(self._signatures[:, band * rows + k], np.uint64)
                mixed = _scattered(mixed * np.uint64(0x9E3779B97F4A7C15) + values)
            order = np.argsort(mixed, kind="stable")
            fresh = np.diff(mixed[order], prepend=~mixed[order[0]]) != 0
            first = np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))
            for k in range(earlier):
                other = np.flatnonzero(first + k < np.arange(len(order)))
                yield order[first[other] + k], order[other]

    def agreement(self, a: Ints, b: Ints) -> npt.NDArray[np.float64]:
        """What the signatures say about how similar pairs are; an estimate."""
        found = [(self._signatures[x] == self._signatures[y]).mean(axis=1) for x, y in _chunks(a, b)]
        return np.concatenate(found) if found else np.empty(0)

    def similarity(self, a: Ints, b: Ints) -> npt.NDArray[np.float64]:
        """How similar pairs are (Jaccard), exact but for hashes that happen to be the same."""
        found = [self._jaccard(x, y) for x, y in _chunks(a, b)]
        return np.concatenate(found) if found else np.empty(0)

    def _jaccard(self, a: Ints, b: Ints) -> npt.NDArray[np.float64]:
        both = np.sort(np.concatenate([self._keys(a), self._keys(b)]))
        shared = np.bincount((both[1:][both[1:] == both[:-1]] >> np.uint64(32)).astype(np.int64), minlength=len(a))
        return shared / (self.sizes[a] + self.sizes[b] - shared)

    def _keys(self, texts: Ints) -> Hashes:
        """The shingles of these texts, each with its text's place in the list in front."""
        sizes = self.sizes[texts]
        place = np.repeat(np.arange(len(texts)), sizes)
        inside = np.arange(len(place)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        found: Hashes = self._sets[np.repeat(self._begins[texts], sizes) + inside].astype(np.uint64)
        return (place.astype(np.uint64) << np.uint64(32)) | found


def _chunks(a: Ints, b: Ints) -> Iterator[tuple[Ints, Ints]]:
    for start in range(0, len(a), _PAIRS_AT_ONCE):
        yield a[start : start + _PAIRS_AT_ONCE], b[start : start + _PAIRS_AT_ONCE]
