"""Connections to one server from one process: calls side by side, with waits, limits and second attempts."""

import asyncio
import json
import os
import random
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx

from shotlist.errors import MediaError, ModelError
from shotlist.models.calls import Call, Json, Limits, Reply
from shotlist.models.refusals import Again, Refusals, broken, names_no_model

_SPREAD = 0.1
"""Seconds over which the calls in flight are spread when they start."""


class Session:
    """Connections to a server, on this process's event loop."""

    def __init__(self, url: str, key: str, limits: Limits) -> None:
        self.pid = os.getpid()
        self._url, self._limits = url, limits
        self._loop = _event_loop()
        self._turns = asyncio.Semaphore(limits.in_flight)
        self._not_before = 0.0
        self._last_start = 0.0
        self._heard = 0
        secret = _secret(key)
        self._refusals = Refusals(url, key, secret)
        self._headers = {"authorization": f"Bearer {secret}"} if secret else {}
        self._trusted = httpx.create_ssl_context()
        self._idle: list[httpx.AsyncClient] = []

    def start(self, call: Call) -> Future[Reply | MediaError]:
        """Make a call; the future raises ModelError where no call could succeed."""
        return asyncio.run_coroutine_threadsafe(self._answer(call), self._loop)

    def close(self) -> None:
        """Close the connections that no call uses."""
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
        """Wait until the server takes calls again, and a moment after the call before.

        Calls that start together end together, and would keep each other waiting again and again.
        """
        while (rest := self._not_before - time.monotonic()) > 0:
            await asyncio.sleep(rest + random.uniform(0, min(rest, 1)))
        start = max(time.monotonic(), self._last_start + _SPREAD / self._limits.in_flight)
        self._last_start = start
        await asyncio.sleep(start - time.monotonic())

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


def _secret(key: str) -> str:
    found = os.environ.get(key, "").strip()
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
