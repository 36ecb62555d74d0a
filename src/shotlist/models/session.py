"""Connections to one server from one process: calls side by side, with waits, limits and second attempts."""

import asyncio
import ipaddress
import json
import os
import random
import re
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx

from shotlist.errors import MediaError, ModelError
from shotlist.models.calls import Call, Json, Limits, Reply
from shotlist.models.pace import Pace
from shotlist.models.refusals import Again, Refusals, broken, failed_inside, names_no_model, speaks_of

KEY = "OPENAI_API_KEY"
"""The environment variable with the key, which need not be there unless a server asks for it."""
_LEAST_IN_A_ROW = 20
"""So many calls in a row that fail for good (or all in flight, if those are more) end the work.

So do as many refusals for one reason where nothing was answered yet.
"""


class Session:
    """Connections to a server, on this process's event loop."""

    def __init__(self, url: str, key: str, limits: Limits) -> None:
        self.pid = os.getpid()
        self._url, self._limits = url, limits
        self._loop = _event_loop()
        self._pace = Pace(limits.in_flight)
        self._heard = self._answered = self._in_a_row = 0
        self._refused: Counter[str] = Counter()
        self._closed = False
        secret = _secret(key)
        self._refusals = Refusals(url, key, secret)
        self._headers = {"authorization": f"Bearer {secret}"} if secret else {}
        self._trusted = httpx.create_ssl_context()
        self._idle: list[httpx.AsyncClient] = []

    def start(self, call: Call) -> Future[Reply | MediaError]:
        """Make a call; the future raises ModelError where no call could succeed."""
        return asyncio.run_coroutine_threadsafe(self._answer(call), self._loop)

    def models(self) -> list[str] | None:
        """Names of the server's models; None where it does not tell."""
        return asyncio.run_coroutine_threadsafe(self._models(), self._loop).result()

    def close(self) -> None:
        """Close the connections that no call uses."""
        if self._loop.is_running():
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)

    async def _close(self) -> None:
        self._closed = True
        while self._idle:
            await self._idle.pop().aclose()

    async def _answer(self, call: Call) -> Reply | MediaError:
        heard_before, attempt = self._heard, 1
        while True:
            answered_before = self._answered
            outcome = await self._turn(call, attempt)
            if not isinstance(outcome, Again):
                if isinstance(outcome, MediaError) and outcome.may_pass:
                    self._note_refusal(str(outcome))
                return outcome
            # A server that is busy with other calls will come to this one: waiting for that is no attempt.
            waiting = outcome.busy and self._answered > answered_before
            if not waiting and attempt >= self._limits.attempts:
                break
            await asyncio.sleep(self._wait(attempt, outcome))
            attempt += not waiting
        self._give_up(outcome, self._heard == heard_before)
        return outcome.failure

    def _give_up(self, outcome: Again, heard_nothing: bool) -> None:
        """Raise ModelError where the next calls would fare no better."""
        if outcome.away and heard_nothing:
            raise ModelError(str(outcome.failure))
        self._in_a_row += 1
        if self._in_a_row >= max(_LEAST_IN_A_ROW, self._limits.in_flight):
            raise ModelError(f"{outcome.failure}, as {self._in_a_row} calls in a row; run again to go on")

    def _note_refusal(self, sentence: str) -> None:
        """Raise ModelError where the first calls were all refused for the same reason."""
        reason = re.sub(r"\d+", "0", sentence)
        self._refused[reason] += 1
        first = self._refused.total()
        if not self._answered and first == self._refused[reason] >= max(_LEAST_IN_A_ROW, self._limits.in_flight):
            told = f"{sentence.rstrip('.')}, and so to each of the first {first} calls"
            raise ModelError(f"{told}; mend the cause and run again")

    async def _turn(self, call: Call, attempt: int) -> Reply | MediaError | Again:
        async with self._pace.turn() as began:
            outcome = await self._attempt(call, attempt)
            if isinstance(outcome, Again) and outcome.busy:
                self._pace.turned_away(began)
            elif isinstance(outcome, Reply):
                self._pace.answered()
                self._answered += 1
                self._in_a_row = 0
            return outcome

    def _wait(self, attempt: int, outcome: Again) -> float:
        if outcome.wait is None:
            longest = min(self._limits.first_wait * 2 ** (attempt - 1), self._limits.longest_wait)
            return random.uniform(longest / 2, longest)
        if outcome.wait > self._limits.longest_wait:
            raise ModelError(f"{outcome.failure}, and asks for {outcome.wait:.0f} s of patience; run again then")
        self._pace.pause(outcome.wait)
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
        if status >= 400:
            await self._check_model(call, status, text)
        if status != 200:
            return self._refusals.judge(status, headers, text)
        content = _parsed(text)
        if content is None:
            return Again(MediaError("bad answer", f"{self._url} gave an answer that is no JSON object", may_pass=True))
        if inside := failed_inside(content):
            return self._refusals.judge(inside, headers, text)
        return Reply(content, time.monotonic() - began, number)

    async def _check_model(self, call: Call, status: int, text: bytes) -> None:
        """Raise ModelError where a call was refused because the server does not know its model, or its path."""
        model = str(call.fields().get("model") or "")
        if names_no_model(status, text):
            self._refusals.unknown(call.path, model or None, await self._models(), text)
        if status in (400, 403, 422) and not self._answered and speaks_of(model, text):
            models = await self._models()
            if models is not None and model not in models:
                self._refusals.unknown(call.path, model, models, text)

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
        whole = False
        try:
            yield client
            whole = True
        finally:
            if whole and not self._closed:
                self._idle.append(client)
            else:  # a call that was broken off may keep the client's only connection for ever
                await client.aclose()

    def _new_client(self) -> httpx.AsyncClient:
        try:
            return httpx.AsyncClient(
                headers=self._headers,
                timeout=httpx.Timeout(self._limits.silence_seconds, connect=self._limits.connect_seconds),
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
                verify=self._trusted,
                trust_env=not _here(self._url),
            )
        except (ImportError, ValueError) as error:
            reason = str(error).split(". ")[0]
            raise ModelError(
                f"{self._url} can't be reached by the proxy that the environment names: {reason}"
            ) from error

    async def _models(self) -> list[str] | None:
        """Names of the server's models; None where it does not tell."""
        with suppress(httpx.HTTPError, TimeoutError, ValueError, KeyError, TypeError):
            async with asyncio.timeout(self._limits.connect_seconds):
                _, _, text = await self._exchange("GET", "models")
            return [str(m["id"]) for m in json.loads(text or b"")["data"]]
        return None


def _here(url: str) -> bool:
    """Whether a server is on this very machine, where no proxy would find it."""
    host = httpx.URL(url).host
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _secret(key: str) -> str:
    found = os.environ.get(key, "").strip()
    if not found and key != KEY:
        raise ModelError(f"the environment variable {key} is not set; put the server's key into it")
    if not found.isascii() or not found.isprintable():
        raise ModelError(f"what stands in {key} is no key: it holds characters that can't be sent")
    return found


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
