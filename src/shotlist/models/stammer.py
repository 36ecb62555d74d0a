"""Texts that say the same again and again, as broken models do."""

import re

_AGAIN = re.compile(r"(.{1,60}?)\1{3,}", re.DOTALL)
"""The shortest piece that is said four times or more in a row."""


def stammered(text: str) -> float:
    """Share (0..1) of a text's signs in pieces that are said four times or more in a row, in any language."""
    plain = " ".join(text.split())
    # A space at the end, so that the last word of a row is one like the others.
    said = sum(len(match[0]) for match in _AGAIN.finditer(f"{plain} "))
    return min(1.0, said / len(plain)) if plain else 0.0


def garbled(text: str) -> bool:
    """Whether a short answer is hardly a text: nearly all of it the same again and again, or bytes that are none.

    An answer that is cut off may end in half a letter.
    """
    whole = text.rstrip("\ufffd ")
    return stammered(text) > 0.5 or whole.count("\ufffd") > 0.05 * len(whole) or (not whole and bool(text.strip()))
