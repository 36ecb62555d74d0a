"""One string names a model: ``builtin``, ``hf:ORG/NAME`` (or a folder), ``openai:NAME@URL``, or a library's name."""

from dataclasses import dataclass

from shotlist.errors import ModelError


@dataclass(frozen=True)
class ModelName:
    """``kind`` is what stands before the colon; ``name`` the model, ``url`` where a server answers."""

    kind: str
    name: str = ""
    url: str | None = None


def parse(text: str) -> ModelName:
    """Take a model's string apart; raises ModelError for one that can't be right."""
    kind, _, rest = text.strip().partition(":")
    if not kind:
        raise ModelError(f"{text!r} names no model; write builtin, hf:ORG/NAME or openai:NAME@URL")
    if kind != "openai":
        return ModelName(kind, rest)
    name, _, url = rest.rpartition("@")
    if not name or not url.startswith(("http://", "https://")):
        raise ModelError(f"{text!r}: write openai:NAME@URL, for example openai:my-model@http://127.0.0.1:8000/v1")
    return ModelName(kind, name, url.rstrip("/"))
