"""Texts as words: made comparable, put together, and how far two texts agree."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018\u02bc`\u00b4", "'"))
_SIGNS = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Kana, Han, Thai, Lao, Burmese, Khmer: written without spaces, so each sign counts as a word."""
_SIGN = re.compile(f"([{_SIGNS}])")
_BETWEEN_SIGNS = re.compile(f"(?<=[{_SIGNS}]) (?=[{_SIGNS}])")


class _Kept(dict[int, str]):
    """Letters, numbers, marks and apostrophes as they are, a space for anything else; found out once for each sign."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        self[code] = kept = sign if unicodedata.category(sign)[0] in "LNM" or sign == "'" else " "
        return kept


_KEPT = _Kept()


def joined(words: Iterable[str]) -> str:
    """Words as a line of text, with spaces where the script has them."""
    return _BETWEEN_SIGNS.sub("", " ".join(word for word in words if word))


def normalised(text: str) -> list[str]:
    """A text as words to compare: small letters, no punctuation, one form of each letter; numbers stay as written."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES)
    words = (word.strip("'") for word in _SIGN.sub(r" \1 ", plain.translate(_KEPT)).split())
    return [word for word in words if word]


def word_error_rate(said: str, heard: str) -> float | None:
    """Words to insert, delete or replace per word of what was ``said``; None where that is empty. May exceed 1."""
    truth = normalised(said)
    return distance(truth, normalised(heard)) / len(truth) if truth else None


def agreement(said: str, heard: str) -> float | None:
    """1 - word error rate, at least 0; None where nothing was said."""
    rate = word_error_rate(said, heard)
    return None if rate is None else max(0.0, 1.0 - rate)


def distance(a: Sequence[str], b: Sequence[str]) -> int:
    """Levenshtein distance (1966) of two sequences, row by row of its table."""
    number: dict[str, int] = {}
    left, right = ([number.setdefault(word, len(number)) for word in words] for words in (a, b))
    other, places = np.array(right, np.int64), np.arange(len(right) + 1)
    row = places.copy()
    for word in left:
        best = np.minimum(row[1:] + 1, row[:-1] + (other != word))
        row = np.concatenate([[row[0] + 1], best])
        row = np.minimum.accumulate(row - places) + places  # insertions, all at once
    return int(row[-1])
