"""Models that think aloud before they answer put it between ``<think>`` and ``</think>``."""

from shotlist.errors import MediaError


def spoken(text: str) -> str | MediaError:
    """An answer without the thoughts before it; a MediaError where it is all thoughts."""
    thoughts, end, answer = text.rpartition("</think>")
    if not end and not text.lstrip().startswith("<think>"):
        return text.strip()
    if not end or not answer.strip():
        return MediaError("empty answer", "the model thought until max_tokens and gave no answer; allow it more")
    del thoughts
    return answer.strip()
