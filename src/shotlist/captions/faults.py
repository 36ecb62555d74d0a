"""What goes wrong with captions that models write: refusals, loops, and words of the prompt, which are English."""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from shotlist.annotate.words import normalised
from shotlist.captions.quotes import QUOTED, bare
from shotlist.captions.refusals import refusal_in
from shotlist.media.languages import language_of
from shotlist.models.prompts import available

_ENOUGH = 5
"""Words from which the language of a text can be told."""
_NGRAM = 5
"""Words of a phrase that, said again, is a repetition: shorter ones come back in good prose."""
_RUN = 7
"""So many words in a row that a caption shares with a prompt are no chance."""

_NTH = r"(?:first|second|third|fourth|last|final|middle|next|previous|earlier|later)"
_GIVEN = r"(?:images?|frames?|stills?|texts?|notes?|captions?|metadata|context|evidence|subtitles|tags|observers?)"
_LEAKS = (
    r"</?[a-z][a-z-]*>|<\|[^|>]*\|>|\[/?INST\]",
    r"^\s*> ",
    r"\bkey[ -]?frames?\b",
    r"\b(?:frame|image|picture|photo|film)[- ]strips?\b|\bstrips? of (?:\w+ )?(?:frames|images|pictures|stills)\b",
    r"\b(?:this|the) strip (?:shows|depicts|displays|begins|starts|ends|contains)\b|\bin (?:this|the) strip\b",
    rf"\b(?:{_NTH}|these|both|all|each) frames?\b|\bframes? \d|\b(?:across|of|in) the frames\b",
    rf"\b(?:provided|given) {_GIVEN}\b|\b(?:according to|based on) the (?:\w+ )?{_GIVEN}\b",
    r"\b(?:stated|mentioned|noted|described|given) in the (?:notes?|metadata|prompt|captions?|subtitles|context)\b",
    r"\bbetween (?:the )?tags\b|\bthe (?:prompt|instructions?) (?:says?|asks?|states?)\b",
    r"^\s*(?:sure|certainly|of course)[,!:]|^\s*here(?: is|'s| are) (?:the|an?|your) [^.]{0,60}:",
    r"^\s*(?:\*\*)?(?:\w+ )?(?:caption|description|answer|output|summary|response)(?:\*\*)?\s*:",
)
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'"})


_LEAK = re.compile("|".join(_LEAKS), re.IGNORECASE | re.MULTILINE)


def refuses(text: str) -> bool:
    """Whether the model speaks of what it can't or won't do; what is quoted was said by somebody else."""
    return refusal_in(unquoted(text))


def leaked(text: str) -> tuple[str, ...]:
    """Words that belong to the prompt: of its frame (tags, key frames, strips), or a long run of its own words."""
    found = [match[0].strip() for match in _LEAK.finditer(unquoted(text))]
    words = normalised(text)
    runs = (" ".join(run) for run in _runs(words, _RUN))
    echo = next((run for run in runs if run in _own_words()), None)
    return tuple(dict.fromkeys(found if echo is None else [*found, echo]))


def unquoted(text: str) -> str:
    """A text without what it quotes, with straight apostrophes."""
    return QUOTED.sub("“”", bare(text)).translate(_APOSTROPHES)


def written_in(text: str) -> str | None:
    """The language of a text without what it quotes; None where that is not clear."""
    plain = unquoted(text)
    return language_of(plain) if len(normalised(plain)) >= _ENOUGH else None


def repetition(words: Sequence[str]) -> float:
    """Share (0..1) of a text's words in phrases of five that it has said before."""
    seen: set[tuple[str, ...]] = set()
    again = 0
    covered = 0  # words before this place count already
    for k, run in enumerate(_runs(words, _NGRAM)):
        if run in seen:
            again += k + _NGRAM - max(covered, k)
            covered = k + _NGRAM
        seen.add(run)
    return again / len(words) if words else 0.0


def _runs(words: Sequence[str], n: int) -> Iterable[tuple[str, ...]]:
    return zip(*(words[k:] for k in range(n)), strict=False)


@cache
def _own_words() -> frozenset[str]:
    """Every run of words in the prompts that come along."""
    texts = (text for prompt in available() for text in (prompt.system, prompt.user))
    pieces = (piece for text in texts for piece in re.split(r"{[{%].*?[%}]}", text))
    return frozenset(" ".join(run) for piece in pieces for run in _runs(normalised(piece), _RUN))
