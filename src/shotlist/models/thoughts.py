"""What a model said: without its thoughts, which some put between ``<think>`` and ``</think>`` before their answer."""

import unicodedata

from shotlist.errors import MediaError

UNSAID = "the model came to max_tokens before it gave an answer, perhaps by thinking; allow it more"


def spoken(text: str, who: str = "the model") -> str | MediaError:
    """An answer without the thoughts before it, as text that can be stored; a MediaError where nothing is left."""
    _, end, answer = text.rpartition("</think>")
    if (end and not answer.strip()) or (not end and text.lstrip().startswith("<think>")):
        return MediaError("empty answer", UNSAID)
    plain = "".join(c for c in answer if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
    return plain or MediaError("empty answer", f"{who} gave an answer without text")
