"""Talks to any OpenAI-compatible server: vLLM, SGLang, llama.cpp, or a hosted one.

Calls go out side by side on one event loop per process; answers come back in the order of the calls. Whatever may
pass is tried again with growing waits, and what does not pass ends as a MediaError in the place of its answer.
"""

import asyncio
import json
import os
import random
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx

from shotlist.errors import MediaError, ModelError
from shotlist.models.names import ModelName, settings_of
from shotlist.models.refusals import Again, Refusals, broken, names_no_model

Json: TypeAlias = dict[str, Any]
KEY = "OPENAI_API_KEY"


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
        self._session: _Session | None = None
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

    def _open(self) -> "_Session":
        with self._making:
            if self._session is None or self._session.pid != os.getpid():  # a forked worker has no event loop
                self._session = _Session(self.url, self._key, self.limits)
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
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise ModelError("a server's address must not hold a password: put the key into an environment variable")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ModelError(f"{url!r} is no server's address; write one like http://127.0.0.1:8000/v1")
    return url.rstrip("/")


class _Session:
    """Connections to a server, on this process's event loop."""

    def __init__(self, url: str, key: str, limits: Limits) -> None:
        self.pid = os.getpid()
        self._url, self._limits = url, limits
        self._loop = _event_loop()
        self._turns = asyncio.Semaphore(limits.in_flight)
        self._not_before = 0.0
        self._heard = 0
        secret = os.environ.get(key, "").strip()
        self._refusals = Refusals(url, key, secret)
        self._headers = {"authorization": f"Bearer {secret}"} if secret else {}
        self._trusted = httpx.create_ssl_context()
        self._idle: list[httpx.AsyncClient] = []

    def start(self, call: Call) -> Future[Reply | MediaError]:
        return asyncio.run_coroutine_threadsafe(self._answer(call), self._loop)

    def close(self) -> None:
        if self._loop.is_running():
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)

    async def _close(self) -> None:
        for client in self._idle:
            await client.aclose()
        self._idle.clear()

    async def _answer(self, call: Call) -> Reply | MediaError:
        heard_before, attempt = self._heard, 1
        outcome = await self._turn(call, attempt)
        while isinstance(outcome, Again) and attempt < self._limits.attempts:
            await asyncio.sleep(self._wait(attempt, outcome))
            attempt += 1
            outcome = await self._turn(call, attempt)
        if not isinstance(outcome, Again):
            return outcome
        if outcome.away and self._heard == heard_before:
            raise ModelError(str(outcome.failure))
        return outcome.failure

    async def _turn(self, call: Call, attempt: int) -> Reply | MediaError | Again:
        async with self._turns:
            await self._allowed()
            return await self._attempt(call, attempt)

    async def _allowed(self) -> None:
        """Wait until the server takes calls again, and then not all at the same moment."""
        while (rest := self._not_before - time.monotonic()) > 0:
            await asyncio.sleep(rest + random.uniform(0, min(rest, 1)))

    def _wait(self, attempt: int, outcome: Again) -> float:
        if outcome.wait is None:
            longest = min(self._limits.first_wait * 2 ** (attempt - 1), self._limits.longest_wait)
            return random.uniform(longest / 2, longest)
        if outcome.wait > self._limits.longest_wait:
            raise ModelError(f"{outcome.failure}, and asks for {outcome.wait:.0f} s of patience; run again then")
        self._not_before = max(self._not_before, time.monotonic() + outcome.wait)
        return random.uniform(0, self._limits.first_wait)

    async def _attempt(self, call: Call, number: int) -> Reply | MediaError | Again:
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._limits.total_seconds):
                status, headers, text = await self._exchange("POST", call.path, **call.content())
        except (httpx.HTTPError, TimeoutError) as error:
            return broken(error, self._url, time.monotonic() - began)
        self._heard += 1
        if text is None:
            size = f"{self._limits.answer_bytes / 1e6:.3g} MB"
            return MediaError("bad answer", f"the answer of {self._url} is larger than {size} and was not read")
        if names_no_model(status, text):
            self._refusals.unknown(call.path, call.fields().get("model"), await self._models())
        if status != 200:
            return self._refusals.judge(status, headers, text)
        content = _parsed(text)
        if content is None:
            return MediaError("bad answer", f"{self._url} gave an answer that is no JSON object", may_pass=True)
        return Reply(content, time.monotonic() - began, number)

    async def _exchange(self, method: str, path: str, **content: Any) -> tuple[int, httpx.Headers, bytes | None]:
        """Status, headers and body; None for a body that is longer than allowed."""
        async with self._connection() as client, client.stream(method, f"{self._url}/{path}", **content) as response:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > self._limits.answer_bytes:
                    return response.status_code, response.headers, None
            return response.status_code, response.headers, bytes(body)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client for one call at a time: one for all would look through all connections at each call."""
        client = self._idle.pop() if self._idle else self._new_client()
        try:
            yield client
        finally:
            self._idle.append(client)

    def _new_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            headers=self._headers,
            timeout=httpx.Timeout(self._limits.silence_seconds, connect=self._limits.connect_seconds),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            verify=self._trusted,
        )

    async def _models(self) -> list[str] | None:
        """Names of the server's models; None where it does not tell."""
        with suppress(httpx.HTTPError, TimeoutError, ValueError, KeyError, TypeError):
            async with asyncio.timeout(self._limits.connect_seconds):
                _, _, text = await self._exchange("GET", "models")
            return [str(m["id"]) for m in json.loads(text or b"")["data"]]
        return None


def said(reply: Reply, url: str) -> str | MediaError:
    """The text of a chat completion; a MediaError where there is none."""
    try:
        text = reply.content["choices"][0]["message"]["content"]
    except (LookupError, TypeError):
        return MediaError("bad answer", f"{url} gave an answer without choices", may_pass=True)
    if not isinstance(text, str) or not text.strip():
        return MediaError("empty answer", f"{url} gave an answer without text", may_pass=True)
    return text.strip()


def _parsed(text: bytes) -> Json | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


_loops: dict[int, asyncio.AbstractEventLoop] = {}
_starting = threading.Lock()


def _event_loop() -> asyncio.AbstractEventLoop:
    """The process's event loop, in a thread of its own that ends with the process."""
    with _starting:
        if os.getpid() not in _loops:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="model servers", daemon=True).start()
            _loops[os.getpid()] = loop
        return _loops[os.getpid()]
