"""What is asked of a server and what it answers."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from shotlist.errors import MediaError
from shotlist.models.refusals import shown
from shotlist.models.thoughts import UNSAID

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class File:
    """A file in a form: its name, content and media type."""

    name: str
    content: bytes
    kind: str = "application/octet-stream"


@dataclass(frozen=True)
class Call:
    """One question: where on the server (``chat/completions``), and a JSON body or a form with files.

    A body may be a function that makes it: it is called when the call's turn comes, so that pictures wait
    unencoded.
    """

    path: str
    body: Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict)

    def fields(self) -> Mapping[str, Any]:
        """The body or form, without files."""
        return self.form if self.body is None else self.body() if callable(self.body) else self.body

    def content(self) -> Json:
        """What httpx is given to send."""
        if self.body is None:
            files = {name: (f.name, f.content, f.kind) for name, f in self.files.items()}
            return {"data": dict(self.form), "files": files}
        return {"content": json.dumps(self.fields()).encode(), "headers": {"content-type": "application/json"}}


@dataclass(frozen=True)
class Reply:
    """What the server answered; ``seconds`` is the time of the attempt that succeeded."""

    content: Json
    seconds: float
    attempts: int = 1


@dataclass(frozen=True)
class Limits:
    """How much is asked at a time, and how long is waited.

    ``silence_seconds`` is the longest time without a byte, ``total_seconds`` that of one attempt, and a server
    that asks for more than ``longest_wait`` seconds of patience ends the work.
    """

    in_flight: int = 64
    attempts: int = 6
    connect_seconds: float = 10
    silence_seconds: float = 300
    total_seconds: float = 600
    first_wait: float = 0.5
    longest_wait: float = 120
    answer_bytes: int = 10_000_000


def said(reply: Reply, url: str) -> str | MediaError:
    """The text of a chat completion; a MediaError where there is none."""
    try:
        choice = reply.content["choices"][0]
        message, finish = choice["message"], choice.get("finish_reason")
        text, refusal = _joined(message.get("content")), message.get("refusal")
    except (LookupError, TypeError, AttributeError):
        return MediaError("bad answer", f"{url} gave an answer without choices", may_pass=True)
    if finish == "content_filter":
        return MediaError("refused", f"{url} holds its answer back (content_filter)")
    if text.strip():
        return text.strip()
    if isinstance(refusal, str) and refusal.strip():
        return MediaError("refused", f"the model behind {url} refuses: {shown(refusal)}")
    if finish == "length":
        return MediaError("empty answer", UNSAID)
    return MediaError("empty answer", f"{url} gave an answer without text", may_pass=True)


def _joined(content: object) -> str:
    """Text that comes whole, or in parts of which some may be thoughts."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else ""
    parts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
    return "".join(part for part in parts if isinstance(part, str))
