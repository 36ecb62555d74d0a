"""Talks to any OpenAI-compatible server: vLLM, SGLang, llama.cpp, or a hosted one.

Calls go out side by side on one event loop per process; answers come back in the order of the calls. Whatever may
pass is tried again with growing waits, and what does not pass ends as a MediaError in the place of its answer.
"""

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import httpx

from shotlist.errors import MediaError, ModelError
from shotlist.models.calls import Call, File, Json, Limits, Reply, said
from shotlist.models.names import ModelName, settings_of
from shotlist.models.session import KEY, Session

__all__ = ["KEY", "Call", "File", "Json", "Limits", "Reply", "Server", "ServerSettings", "said"]


@dataclass(frozen=True)
class ServerSettings:
    """What a model's string may say about its server: ``openai:NAME@URL?key=MY_KEY&in_flight=16``."""

    key: str = KEY
    """The environment variable that holds the API key."""
    in_flight: int = 64
    """How many calls run side by side."""
    attempts: int = 6
    """How often a call is made before it counts as failed."""
    seconds: float = 600
    """The longest time of one attempt."""
    revision: str = ""
    """Any word that tells models of one name apart, at different servers or one after the other at the same."""

    def __post_init__(self) -> None:
        if min(self.in_flight, self.attempts) < 1 or not self.seconds > 0:
            raise ValueError("in_flight and attempts are 1 or more, and seconds more than 0")

    def limits(self) -> Limits:
        """The same as limits."""
        silence = min(self.seconds, Limits.silence_seconds)
        return Limits(self.in_flight, self.attempts, silence_seconds=silence, total_seconds=self.seconds)


class Server:
    """An OpenAI-compatible server at an address such as ``http://127.0.0.1:8000/v1``.

    ``key`` names the environment variable that holds the API key; the key itself is never stored or shown.
    Raises ModelError for an address that can't be one. Threads may share a server.
    """

    def __init__(self, url: str, key: str = KEY, limits: Limits | None = None) -> None:
        self.url = _checked(url)
        self.limits = limits or Limits()
        self._key = key
        self._session: Session | None = None
        self._making = threading.Lock()

    @classmethod
    def of(cls, model: ModelName, settings: ServerSettings | None = None) -> "Server":
        """The server in a model's string, with the string's settings unless others are given."""
        chosen = settings or settings_of(model, ServerSettings)
        return cls(model.url or "", chosen.key, chosen.limits())

    def ask(self, calls: Iterable[Call]) -> Iterator[Reply | MediaError]:
        """Answers in the order of the calls, read from ``calls`` a few hundred ahead of the answer in hand.

        A call that fails gives a MediaError in its place. Raises ModelError where no call could succeed: the key
        is refused, the model unknown, the server away, or its patience longer than ``longest_wait``.
        """
        session = self._open()
        waiting: deque[Future[Reply | MediaError]] = deque()
        try:
            for call in calls:
                waiting.append(session.start(call))
                # Further ahead than what is in flight, so that one slow answer does not starve the server.
                while waiting and (waiting[0].done() or len(waiting) >= 4 * self.limits.in_flight):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def models(self) -> list[str] | None:
        """Names of the server's models; None where it does not tell."""
        return self._open().models()

    def _open(self) -> "Session":
        with self._making:
            if self._session is None or self._session.pid != os.getpid():  # a forked worker has no event loop
                self._session = Session(self.url, self._key, self.limits)
            return self._session

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        with self._making:
            if self._session is not None and self._session.pid == os.getpid():
                self._session.close()
            self._session = None

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _checked(url: str) -> str:
    try:
        parts = httpx.URL(url)
        usable = parts.scheme in ("http", "https") and parts.host
    except (httpx.InvalidURL, ValueError):
        usable = False
    if not usable:
        raise ModelError(f"{url!r} is no server's address; write one like http://127.0.0.1:8000/v1")
    if parts.userinfo:
        raise ModelError("a server's address must not hold a password: put the key into an environment variable")
    return url.rstrip("/")
