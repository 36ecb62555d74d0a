"""Where in a clip's texts the words stand that were searched for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shotlist.view.finding.search import Piece, pieces
from shotlist.view.index.database import Index
from shotlist.view.index.making.postings import texts_of
from shotlist.view.index.terms import FIELDS, PATTERN, folded, terms_of

_BEFORE, _AFTER = 6, 24
"""Words that are shown before the first hit and after it."""

Snippet = list[list[Any]]


@dataclass(frozen=True)
class _Sought:
    """What is looked for in one field: terms, and beginnings of words."""

    terms: frozenset[str]
    beginnings: tuple[str, ...]
    languages: Sequence[str]

    @staticmethod
    def of(asked: Sequence[Piece], field: str, languages: Sequence[str]) -> "_Sought":
        told = [p for p in asked if not p.no and p.field in ("", field)]
        words = [w for p in told for w in p.words]
        terms = {term for language in languages for term in terms_of(words, language)}
        return _Sought(frozenset(terms), tuple(folded(p.words[-1]) for p in told if p.begins), languages)

    def hits(self, words: Sequence[str]) -> list[str | None]:
        """For each word what it was found by, or None."""
        if not (self.terms or self.beginnings):
            return [None] * len(words)
        stems = [terms_of(words, language) for language in self.languages]
        return [self._hit(word, [s[k] for s in stems]) for k, word in enumerate(words)]

    def _hit(self, word: str, stems: Sequence[str]) -> str | None:
        found = next((stem for stem in stems if stem in self.terms), None)
        return found or next((b for b in self.beginnings if folded(word).startswith(b)), None)


def add_snippets(index: Index, q: str, rows: Sequence[dict[str, Any]]) -> None:
    """Give each row its ``snippet``, pieces ``[text, is a hit]`` in their order, and ``where``, the field it is of."""
    asked = pieces(index, q)
    texts = texts_of(index.columns)
    sought = {name: _Sought.of(asked, name, index.languages) for name in texts}
    for row, found in zip(rows, _texts(index, [row["number"] for row in rows], texts), strict=True):
        row["where"], row["snippet"] = _best(found, sought)


def _texts(index: Index, numbers: Sequence[int], texts: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each row's texts, and the words in them as the search has them."""
    cells = ", ".join(
        f"{{'text': {text}, 'words': regexp_extract_all({text}, '{PATTERN}')}} AS {name}"
        for name, text in texts.items()
    )
    return index.rows(
        f"""SELECT {cells} FROM clips JOIN (
                SELECT unnest($1::INTEGER[]) AS number, generate_subscripts($1::INTEGER[], 1) AS place
            ) AS page USING (number) ORDER BY page.place""",
        [list(numbers)],
    )


def _best(texts: Mapping[str, Any], sought: Mapping[str, _Sought]) -> tuple[str, Snippet]:
    """The field in which most of what was asked for stands."""
    best, most = ("caption", _cut(texts.get("caption") or {}, [])), 0
    for name in FIELDS:
        words = (texts.get(name) or {}).get("words") or []
        hits = sought[name].hits([w.lower() for w in words]) if words else []
        number = len({hit for hit in hits if hit is not None})
        if number > most:
            best, most = (name, _cut(texts[name], hits)), number
    return best


def _cut(found: Mapping[str, Any], hits: Sequence[str | None]) -> Snippet:
    """The words around the first hit, hits apart from what is between them."""
    text, words = found.get("text") or "", found.get("words") or []
    first = next((k for k, hit in enumerate(hits) if hit is not None), 0)
    start, end = max(0, first - _BEFORE), min(len(words), first + _AFTER)
    pieces: Snippet = []
    at = shown = 0
    for k, word in enumerate(words[:end]):
        at = text.index(word, at)
        if k == start:
            shown = 0 if start == 0 else at
            if start:
                pieces.append(["… ", False])
        if k >= start and k < len(hits) and hits[k] is not None:
            pieces += [[text[shown:at], False], [word, True]]
            shown = at + len(word)
        at += len(word)
    tail = text[shown:] if end == len(words) else text[shown:at] + " …"
    return [piece for piece in [*pieces, [tail, False]] if piece[0]]
