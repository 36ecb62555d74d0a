"""What a caption claims that can be looked up: numbers, names, quotations, colours, instruments. English words.

Closed lists and capitals tell them, no grammar: a name at the beginning of a sentence is only seen where another
capitalised word follows.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from shotlist.annotate.words import normalised
from shotlist.captions.lexicon import AMOUNTS, COLOURS, EVERYDAY, INSTRUMENTS, NUMBERS, OPENERS, SCALES, WHOLES
from shotlist.captions.quotes import QUOTED, bare

Kind = Literal["numbers", "names", "quotes", "colours", "instruments"]
KINDS: tuple[Kind, ...] = ("numbers", "names", "quotes", "colours", "instruments")
ANYWHERE: tuple[Kind, ...] = ("numbers", "quotes")
"""What can be told in other languages too: figures and quotations."""

_LISTS: Mapping[Kind, Mapping[str, frozenset[str]]] = {"colours": COLOURS, "instruments": INSTRUMENTS}
_FIGURE = re.compile(r"(?<![\w.,:])\d+(?:[.,:]\d+)*(?!\d)(?![dkDK]\b)")
_WORD = re.compile("(?<!\\w)[^\\W\\d_](?:[\\w'\u2019-]*\\w)?")
_GREY_FILM = re.compile(
    r"\bblack-and-white\b|\bin black and white\b|\bblack and white (?:clip|film|footage|video|movie)", re.I
)
"""Said of a film it names no colour in it."""
_PIECES = re.compile(r"\s/\s|…|\.\.\.")
_BEFORE = " \t\"'“”\u2018\u2019«»()[]–—*->"
_ENDS = ".!?:;\n…/|•"


@dataclass(frozen=True)
class Claim:
    """``word`` as it is written, and what has to be known for it to be true.

    ``numbers`` are the values of a figure with their decimals: of ``1.000`` there are two, as languages differ.
    """

    kind: Kind
    word: str
    numbers: tuple[tuple[float, int], ...] = ()
    keys: frozenset[str] = frozenset()


def claims(text: str, look_for: Iterable[Kind] = KINDS) -> Iterator[Claim]:
    """What a text claims, in the order of kinds; the same word may come several times."""
    wanted = set(look_for)
    text = bare(text)
    if "quotes" in wanted:
        for match in QUOTED.finditer(text):
            quote = next(group for group in match.groups() if group)
            yield from (Claim("quotes", piece.strip()) for piece in _PIECES.split(quote) if normalised(piece))
    plain = _GREY_FILM.sub(" ", QUOTED.sub(" “” ", text))  # what is quoted is looked up as a whole
    words = normalised(plain)
    if "numbers" in wanted:
        yield from _numbers(plain, words)
    if "names" in wanted:
        yield from _names(plain)
    for kind, known in _LISTS.items():
        if kind in wanted:
            found = ((word, known.get(word)) for word in words)
            yield from (Claim(kind, word, keys=keys) for word, keys in found if keys)


def _numbers(text: str, words: Sequence[str]) -> Iterator[Claim]:
    for match in _FIGURE.finditer(text):
        written = match[0]
        if ":" in written:
            yield Claim("numbers", written, keys=frozenset((written,)))
        else:
            yield Claim("numbers", written, _values(written))
    for said, value in _spelled(words):
        if said != "one":  # mostly no number
            yield Claim("numbers", said, ((value, 0),))


def _values(written: str) -> tuple[tuple[float, int], ...]:
    """What a figure may mean, each with its decimals: marks may part thousands from each other, or a fraction off."""
    found = []
    for thousands, point in (",.", ".,"):
        if re.fullmatch(rf"\d{{1,3}}(\{thousands}\d{{3}})+(\{point}\d+)?|\d+(\{point}\d+)?", written):
            whole, _, part = written.replace(thousands, "").partition(point)
            found.append((float(f"{whole}.{part or 0}"), len(part)))
    if not found:  # as versions and dates are
        whole, _, part = re.sub(r"[.,]", ".", written).partition(".")
        found.append((float(f"{whole}.{part.replace('.', '')}"), len(part)))
    return tuple(dict.fromkeys(found))


def _spelled(words: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Numbers in words, such as ``two hundred and five``, with their values."""
    run: list[str] = []
    for word in [*words, ""]:
        if word in NUMBERS or (run and word in SCALES) or (run and word == "and" and run[-1] in SCALES):
            run.append(word)
            continue
        if run and run[-1] == "and":
            run.pop()
        if run:
            yield " ".join(run), _sum(run)
        run = []


def _sum(words: Iterable[str]) -> float:
    total = part = 0
    for word in words:
        if word in SCALES:
            part = max(1, part) * SCALES[word]
            if part >= 1000:
                total, part = total + part, 0
        else:
            part += NUMBERS.get(word, 0)
    return total + part


def _names(text: str) -> Iterator[Claim]:
    found = list(_WORD.finditer(text))
    for k, match in enumerate(found):
        word = match[0].replace("\u2019", "'")
        own = word.removesuffix("'s").removesuffix("'")
        if not word[0].isupper() or word.casefold() in EVERYDAY or own.casefold() in EVERYDAY:
            continue
        before = text[: match.start()].rstrip(_BEFORE)
        if not before or before[-1] in _ENDS:
            after = found[k + 1] if k + 1 < len(found) else None
            follows = after is not None and text[match.end() : after.start()] == " " and after[0][0].isupper()
            if not follows or own.casefold() in OPENERS:
                continue
        yield Claim("names", own, keys=frozenset(normalised(own)))


class Evidence:
    """What is known of a clip: texts, and numbers that were measured."""

    def __init__(self, texts: Iterable[str], numbers: Iterable[float] = ()) -> None:
        self._numbers = [abs(float(n)) for n in numbers]
        self._words: set[str] = set()
        self._texts: list[str] = []
        for text in dict.fromkeys(texts):
            words = normalised(text)
            self._words.update(words)
            self._texts.append(f" {' '.join(words)} ")
            figures = [m[0] for m in _FIGURE.finditer(text)]
            self._words.update(figures)
            self._numbers += [value for f in figures if ":" not in f for value, _ in _values(f)]
            self._numbers += [value for _, value in _spelled(words)]
        self._numbers += [float(n) for word, n in AMOUNTS.items() if word in self._words]
        self._groups = {
            kind: frozenset().union(*(keys for word, keys in known.items() if word in self._words))
            for kind, known in _LISTS.items()
        }

    def holds(self, claim: Claim) -> bool:
        """Whether something known bears the claim out; measured numbers may be rounded as the claim is."""
        if claim.kind == "quotes":
            return any(f" {' '.join(normalised(claim.word))} " in text for text in self._texts)
        if claim.kind == "names":
            return claim.keys <= self._words
        if claim.kind == "numbers":
            if claim.keys:
                return claim.keys <= self._words
            near = [(value, 0.5 * 10.0**-decimals + 1e-9) for value, decimals in claim.numbers]
            return any(abs(number - value) <= rest for number in self._numbers for value, rest in near)
        known = self._groups[claim.kind]
        return bool(claim.keys & known) or any(known.intersection(WHOLES.get(key, ())) for key in claim.keys)
