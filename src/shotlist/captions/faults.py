"""What goes wrong with captions that models write: refusals, loops, and words of the prompt. English phrases."""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from shotlist.annotate.words import normalised
from shotlist.models.prompts import available

_NGRAM = 5
"""Words of a phrase that, said again, is a repetition: shorter ones come back in good prose."""
_RUN = 7
"""So many words in a row that a caption shares with a prompt are no chance."""

_FIRST = r"(?:^|[.!?:]\s+|\n\s*|\b(?:but|however|unfortunately),?\s+)"
_NOT = (
    r"(?:can(?:no|')t|can not|could(?:n't| not)|won't|will not|do(?:n't| not) have|(?: am|'m) (?:not able|unable)"
    r"|(?: am|'m) sorry)"
)
_DO = (
    r"(?:to )?(?:assist|help|describe|see|view|watch|open|play|provide|identify|process|access|analy[sz]e|determine"
    r"|comply|caption|fulfil|generate|create|continue|answer)"
)
_INPUT = r"(?:image|video|frame|picture|file)"
_REFUSALS = (
    rf"{_FIRST}I ?{_NOT}\b",
    rf"\bI ?{_NOT},? (?:but )?(?:I ?{_NOT} )?{_DO}\b",
    rf"{_FIRST}(?:I apologi[sz]e|(?:my )?apologies|sorry, (?:but )?I)\b",
    rf"{_FIRST}unable {_DO}\b",
    r"\bas an? (?:AI|artificial intelligence)(?:,| I\b| (?:language )?(?:model|assistant|system)\b)",
    r"\b(?:as|I am|I'm) (?:just |only )?an? (?:large )?(?:language|text-based) model\b",
    r"\bI (?:must|have to|need to) (?:decline|refuse)\b",
    rf"\bno {_INPUT}s? (?:was|were|has been|have been|is|are) (?:provided|attached|included|uploaded)\b",
    rf"\bplease (?:provide|upload|share|attach|send) (?:me )?(?:the|an?|your|more) (?:\w+ )?{_INPUT}",
    r"\b(?:against|violates?) (?:my|our|the) (?:\w+ )?(?:policy|policies|guidelines)\b",
)
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
_QUOTED = re.compile("“[^“”]*”|\"[^\"]*\"|«[^«»]*»|\u2018[^\u2018\u2019]*\u2019(?!\\w)|(?<!\\w)'[^'\n]*'(?!\\w)")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'"})


@cache
def _any(phrases: Sequence[str]) -> "re.Pattern[str]":
    return re.compile("|".join(phrases), re.IGNORECASE | re.MULTILINE)


def refuses(text: str) -> bool:
    """Whether the model speaks of what it can't or won't do; what is quoted was said by somebody else."""
    return _any(_REFUSALS).search(unquoted(text)) is not None


def leaked(text: str) -> tuple[str, ...]:
    """Words that belong to the prompt: of its frame (tags, key frames, strips), or a long run of its own words."""
    found = [match[0].strip() for match in _any(_LEAKS).finditer(unquoted(text))]
    words = normalised(text)
    runs = (" ".join(run) for run in _runs(words, _RUN))
    echo = next((run for run in runs if run in _own_words()), None)
    return tuple(dict.fromkeys(found if echo is None else [*found, echo]))


def unquoted(text: str) -> str:
    """A text without what it quotes, with straight apostrophes."""
    return _QUOTED.sub("“”", text).translate(_APOSTROPHES)


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
