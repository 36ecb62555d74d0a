"""Prompts with pictures, footage and sound, put to an OpenAI-compatible server."""

import base64
import io
import math
import wave
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from shotlist.errors import MediaError, ModelError
from shotlist.models.budget import Prices
from shotlist.models.contracts import RATE, Answer, Footage, Heard, Part, Request, Samples, Still
from shotlist.models.http import Call, Json, Reply, Server, ServerSettings, said
from shotlist.models.names import ModelName, settings_of
from shotlist.models.thoughts import spoken

_FIRST = 100
"""So many answers without a text, before there was one with, are enough: each of them may have to be paid for."""


@dataclass(frozen=True)
class ChatSettings(ServerSettings):
    """What a model's string may say: ``openai:NAME@URL?video=true&price_in=0.2&price_out=0.8``."""

    video: bool = False
    """Sends footage as one video (``video_url``, as vLLM takes it) instead of stills with their times."""
    price_in: float | None = None
    """Price of a million tokens that are sent."""
    price_out: float | None = None
    """Price of a million tokens that come back."""
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """How the server calls the longest answer; some hosted models know only the second."""
    sampling: bool = True
    """Whether temperature and seed are sent; some hosted models refuse them."""
    system: bool = True
    """Whether instructions go as a message of their own; some models know none, and get them before the question."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """More fields for each call, as JSON: ``{"chat_template_kwargs":{"enable_thinking":false}}``."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for price in (self.price_in, self.price_out):
            if price is not None and not 0 <= price < math.inf:
                raise ValueError(f"a price of {price:g} is none")

    @property
    def prices(self) -> Prices | None:
        """What tokens cost; None where nothing is said about it."""
        if self.price_in is None and self.price_out is None:
            return None
        return Prices(self.price_in or 0.0, self.price_out or 0.0)

    @property
    def identity(self) -> str:
        """The settings on which an answer depends."""
        return repr((self.video, self.sampling, self.system, sorted(self.extra.items()), self.revision))


class OpenAIModel:
    """A served model; a Captioner and a Writer. Raises ModelError where the server can't work at all."""

    def __init__(self, name: ModelName) -> None:
        self.settings = settings_of(name, ChatSettings)
        self.name = name.name
        self.server = Server.of(name, self.settings)
        self.identity = f"openai:{name.name} {self.settings.identity}"  # wherever it is served
        self._said, self._silent = False, 0

    def caption(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """See Captioner. Raises ModelError where the first answers all hold no text."""
        for reply in self.server.ask(self._call(request) for request in requests):
            if isinstance(reply, MediaError):
                yield Answer(None, reply, self.name)
            else:
                answer = self._answer(reply)
                yield answer
                self._listen(answer)

    write = caption

    def _listen(self, answer: Answer) -> None:
        self._said |= answer.text is not None
        self._silent += answer.text is None
        if not self._said and self._silent >= _FIRST:
            told = f"{answer.failure}; so it was with each of the first {self._silent} answers"
            raise ModelError(f"{self.name}: {told}; mend the cause and run again")

    def _call(self, request: Request) -> Call:
        return Call("chat/completions", lambda: self._body(request))

    def _body(self, request: Request) -> Json:
        parts, system = request.parts, []
        if request.system and self.settings.system:
            system = [{"role": "system", "content": request.system}]
        elif request.system:
            parts = (request.system, *parts)
        body: Json = {
            "model": self.name,
            "messages": [*system, {"role": "user", "content": self._content(parts)}],
            self.settings.limit: request.max_tokens,
        }
        if self.settings.sampling:
            body |= {"temperature": request.temperature, "seed": request.seed}
        if request.json:
            body["response_format"] = {"type": "json_object"}
        return body | dict(self.settings.extra)

    def _content(self, parts: tuple[Part, ...]) -> str | list[Json]:
        """Text alone as plain text, which any server takes; else a list of parts."""
        if all(isinstance(part, str) for part in parts):
            return "\n\n".join(str(part) for part in parts)
        return [sent for part in parts for sent in self._sent(part)]

    def _sent(self, part: Part) -> Iterator[Json]:
        if isinstance(part, str):
            yield {"type": "text", "text": part}
        elif isinstance(part, Still):
            yield _picture(part)
        elif isinstance(part, Heard):
            sound = base64.b64encode(wav(part.samples)).decode()
            yield {"type": "input_audio", "input_audio": {"data": sound, "format": "wav"}}
        elif self.settings.video:
            yield {"type": "text", "text": times_told(part)}
            stills = ",".join(base64.b64encode(s.jpeg).decode() for s in part.stills)
            yield {"type": "video_url", "video_url": {"url": f"data:video/jpeg;base64,{stills}"}}
        else:
            for still in part.stills:
                yield {"type": "text", "text": f"{(still.time_us - part.start_us) / 1e6:.2f} s:"}
                yield _picture(still)

    def _answer(self, reply: Reply) -> Answer:
        usage = reply.content.get("usage")
        counts = usage if isinstance(usage, dict) else {}
        tokens = (_count(counts.get("prompt_tokens")), _count(counts.get("completion_tokens")))
        text = said(reply, self.server.url)
        if isinstance(text, str):
            text = spoken(text, self.server.url)
        if isinstance(text, MediaError):
            return Answer(None, text, self.name, *tokens, reply.seconds)
        return Answer(text, None, self.name, *tokens, reply.seconds, _finish(reply))


def _picture(still: Still) -> Json:
    return {
        "type": "image_url",
        "image_url": {"url": f"data:image/jpeg;base64,{base64.b64encode(still.jpeg).decode()}"},
    }


def times_told(footage: Footage) -> str:
    """The stills' times in words, for models that are shown footage as one video."""
    times = ", ".join(f"{(s.time_us - footage.start_us) / 1e6:.2f}" for s in footage.stills)
    return f"The frames of this video were taken at {times} s."


def wav(samples: Samples) -> bytes:
    """A WAV file, 16 bits, of sound at 16 kHz: (n,) or (channels, n) in [-1, 1]."""
    channels = np.atleast_2d(samples)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(len(channels))
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(channels.T, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**40 else None


def _finish(reply: Reply) -> str | None:
    """``stop`` or ``length``; None for what only this server says."""
    return _FINISHES.get(str(reply.content["choices"][0].get("finish_reason")).lower())


_FINISHES = dict.fromkeys(("stop", "eos", "eos_token", "end_turn", "stop_sequence"), "stop")
_FINISHES |= dict.fromkeys(("length", "max_tokens", "model_length"), "length")
