"""One string names a model: ``builtin``, ``hf:ORG/NAME`` (or a folder), ``openai:NAME@URL``, or a library's name.

Settings follow a question mark, as in a web address: ``hf:ORG/NAME?dtype=bfloat16&batch=8``.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, get_type_hints
from urllib.parse import parse_qsl, urlencode

from shotlist.errors import ModelError

T = TypeVar("T")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_HOW = {"key", "in_flight", "attempts", "seconds", "price_in", "price_out", "limit"}  # of served models
_HOW |= {"batch", "device", "device_map", "check"}  # of local ones
"""Settings that say how a model is asked, and change nothing in what it answers."""
_SERVED = re.compile(r"(?P<name>.+)@(?P<url>https?://[^@]+)")


@dataclass(frozen=True)
class ModelName:
    """``kind`` is what stands before the colon; ``name`` the model, ``url`` where a server answers."""

    kind: str
    name: str = ""
    url: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


def parse(text: str) -> ModelName:
    """Take a model's string apart; raises ModelError for one that can't be right."""
    kind, _, rest = text.strip().partition(":")
    if not kind:
        raise ModelError(f"{text!r} names no model; write builtin, hf:ORG/NAME or openai:NAME@URL")
    rest, _, query = rest.partition("?")
    settings = dict(parse_qsl(query, keep_blank_values=True))
    if kind != "openai":
        return ModelName(kind, rest, settings=settings)
    served = _SERVED.fullmatch(rest)
    if served is None:
        shown = re.sub(r"//[^/]*@", "//…@", text)  # a password has no business here, and none in a message
        raise ModelError(f"{shown!r}: write openai:NAME@URL, for example openai:my-model@http://127.0.0.1:8000/v1")
    if "key" in settings and not _VARIABLE.fullmatch(settings["key"]):
        advice = "put the key into one, and never into a model's string, which is stored"
        raise ModelError(f"openai:{served['name']}: key= is the name of an environment variable in capitals; {advice}")
    return ModelName(kind, served["name"], served["url"].rstrip("/"), settings)


def known_as(text: str) -> str:
    """A model's string without what may change while the model stays the same: where it is served, how it is asked.

    Two models of one name are told apart by the setting ``revision``.
    """
    if not text.strip().startswith(("hf:", "openai:")):
        return text
    model = parse(text)
    counting = sorted((name, value) for name, value in model.settings.items() if name not in _HOW)
    return f"{model.kind}:{model.name}" + (f"?{urlencode(counting)}" if counting else "")


def answers_prompts(text: str) -> bool:
    """Whether a model of this name is asked in words, with pictures or without (see ``chat``)."""
    return parse(text).kind in ("hf", "openai", "fake")


def settings_of(model: ModelName, kind: type[T]) -> T:
    """The model's settings as a dataclass; raises ModelError for an unknown name or a value that does not fit."""
    from pydantic import TypeAdapter, ValidationError

    hints, known = get_type_hints(kind), [f.name for f in fields(kind)]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, text in model.settings.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            raise ModelError(
                f"{model.kind}:{model.name}?{name}: no such setting; "
                + (f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}")
            )
        adapter = TypeAdapter(hints[name])
        try:
            values[name] = adapter.validate_json(text) if text[:1] in ("{", "[") else adapter.validate_strings(text)
        except ValidationError as error:
            raise ModelError(f"{model.kind}:{model.name}?{name}={text}: {error.errors()[0]['msg']}") from error
    try:
        return kind(**values)
    except ValueError as error:
        raise ModelError(f"{model.name}: {error}") from error
