"""Two texts compared word by word."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

_MOST = 2000
"""Words of each text that are compared."""
# Scripts without spaces are compared by their characters.
_CHARACTERS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f"
_WORD = re.compile(rf"[{_CHARACTERS}]|(?:(?![{_CHARACTERS}])\w)+(?:['\u2019-](?:(?![{_CHARACTERS}])\w)+)*")

Piece = tuple[str, bool]
"""A stretch of a text, and whether the other text does not have it there."""


def compared(text: str, other: str) -> tuple[list[Piece], float]:
    """``text`` in pieces that together are the whole of it, and the share (0..1) of words that both have in order.

    Case and punctuation do not count. A piece that differs begins and ends with a word.
    """
    own, others = list(_WORD.finditer(text))[:_MOST], list(_WORD.finditer(other))[:_MOST]
    matcher = SequenceMatcher(None, [_key(m) for m in own], [_key(m) for m in others], autojunk=False)
    blocks = matcher.get_matching_blocks()
    same = sum(block.size for block in blocks)
    spans = []
    at = 0
    for block in blocks:
        if block.a > at:
            spans.append((own[at].start(), own[block.a - 1].end()))
        at = block.a + block.size
    return list(_pieces(text, spans)), 2 * same / (len(own) + len(others)) if own or others else 1.0


def marked(text: str, spans: list[tuple[int, int]]) -> list[Piece]:
    """A text in pieces of which those in ``spans`` (start, end), which may overlap, are marked."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return list(_pieces(text, joined))


def counted(text: str) -> int:
    """How many words a text has."""
    return sum(1 for _ in _WORD.finditer(text))


def _pieces(text: str, spans: list[tuple[int, int]]) -> Iterator[Piece]:
    at = 0
    for start, end in spans:
        if start > at:
            yield text[at:start], False
        yield text[start:end], True
        at = end
    if at < len(text) or not text:
        yield text[at:], False


def _key(match: "re.Match[str]") -> str:
    return match[0].casefold().replace("\u2019", "'")
