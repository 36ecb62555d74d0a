"""What a server's refusal means: try again, give up this one call, or end the work."""

import json
import re
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NoReturn

import httpx

from shotlist.errors import MediaError, ModelError

_PASSING = frozenset((408, 409, 425, 429))
_LIMIT = 300
_ABOUT_KEY = re.compile(r"api[ _-]?key|authenti|authori[sz]|credential|permission|access token", re.I)
_ABOUT_CONTENT = re.compile(r"content[ _-]?(?:filter|policy|management)|moderat|flagged|safety|inspection", re.I)


@dataclass(frozen=True)
class Again:
    """A failure that may pass.

    ``wait`` is how many seconds the server asks for, ``away`` whether nobody was there, ``busy`` whether there were
    too many calls.
    """

    failure: MediaError
    wait: float | None = None
    away: bool = False
    busy: bool = False


@dataclass(frozen=True)
class Refusals:
    """Judges answers of the server at ``url``; ``key`` names the variable that holds ``secret``."""

    url: str
    key: str
    secret: str

    def judge(self, status: int, headers: Mapping[str, str], text: bytes) -> MediaError | Again:
        """What becomes of a call that was not answered with 200; raises ModelError where no call can succeed."""
        said = self._said(text)
        sentence = f"{self.url} answered {status} {_phrase(status)}" + (f": {said}" if said else "")
        of_content = bool(_ABOUT_CONTENT.search(f"{_code(text)} {said}"))
        if status == 401 or (status in (400, 403) and not of_content and _ABOUT_KEY.search(f"{_code(text)} {said}")):
            self._wrong_key(said)
        if status == 400 and (advice := _advice(text)):
            raise ModelError(f"{sentence.rstrip('.')}; {advice} to the model's string")
        if status == 402 or "insufficient_quota" in _code(text):
            raise ModelError(f"{sentence}; the account behind {self.key} pays for no more calls")
        if 300 <= status < 400:
            raise ModelError(f"{sentence}; use the address to which it points: {shown(headers.get('location', ''))}")
        if status in _PASSING or status >= 500:
            kind = "rate limit" if status == 429 else "server error"
            return Again(MediaError(kind, sentence, may_pass=True), wait_asked(headers), busy=status == 429)
        return MediaError("refused", sentence, may_pass=not of_content)  # once its cause is mended

    def unknown(self, path: str, model: str | None, models: list[str] | None, text: bytes) -> NoReturn:
        """Raise the ModelError of a call that found no such model or path."""
        said = self._said(text)
        told = f" ({said})" if said else ""
        if models is None or model is None or model in models:
            raise ModelError(f"{self.url}/{path} does not exist{told}; such an address usually ends in /v1")
        known = ", ".join(shown(m) for m in models[:20]) or "none"
        raise ModelError(f"{self.url} has no model {model}; it has: {known}{told}")

    def _wrong_key(self, said: str) -> NoReturn:
        if not self.secret:
            raise ModelError(f"{self.url} asks for a key: put it into the environment variable {self.key}")
        raise ModelError(f"{self.url} refuses the key in {self.key}" + (f": {said}" if said else ""))

    def _said(self, text: bytes) -> str:
        """The server's own words in one line, without the key, which some servers repeat."""
        found = _error(text)
        words = found.get("message") if isinstance(found, dict) else found
        line = words if isinstance(words, str) else text.decode(errors="replace")
        if "<html" in line[:200].lower():
            return ""
        return shown(line.replace(self.secret, "…") if self.secret else line)


def broken(error: Exception, url: str, seconds: float) -> Again:
    """What a call means that got no answer; raises ModelError where the server's certificate is not trusted."""
    if isinstance(error, TimeoutError | httpx.ReadTimeout | httpx.WriteTimeout):
        return Again(MediaError("time limit", f"{url} did not answer in {seconds:.3g} s", may_pass=True))
    reason = shown(str(error)) or type(error).__name__
    if isinstance(error, httpx.ProxyError):
        return Again(
            MediaError("server away", f"the proxy on the way to {url} does not help ({reason})", True), away=True
        )
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        if "CERTIFICATE" in reason:
            raise ModelError(f"{url} can't be trusted: {reason}")
        sentence = f"nothing answers at {url} ({reason}); start the server, or check the address"
        return Again(MediaError("server away", sentence, may_pass=True), away=True)
    return Again(MediaError("connection lost", f"{url} broke off before its answer ({reason})", may_pass=True))


def wait_asked(headers: Mapping[str, str]) -> float | None:
    """Seconds that a Retry-After header asks for, given as a number or as a date; None without a usable one."""
    text = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _error(text: bytes) -> Any:
    """The part of an error answer that explains; vLLM, OpenAI, FastAPI and llama.cpp put it in different places."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return body
    return next((body[k] for k in ("error", "message", "detail") if k in body), None)


def _code(text: bytes) -> str:
    error = _error(text)
    return f"{error.get('code')} {error.get('type')}" if isinstance(error, dict) else ""


def names_no_model(status: int, text: bytes) -> bool:
    """Whether an answer says that the model or the path is unknown."""
    return status == 404 or (status in (400, 403) and "model_not_found" in _code(text))


def speaks_of(model: str, text: bytes) -> bool:
    """Whether an answer names the model."""
    return bool(model and re.search(rf"(?<![\w/-]){re.escape(model)}(?![\w/-])", text.decode(errors="replace")))


def failed_inside(content: Mapping[str, Any]) -> int | None:
    """The status of a failure that comes as an answer with status 200, as gateways send it; None for an answer."""
    error = content.get("error")
    if not error or "choices" in content or "text" in content:
        return None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500


def _advice(text: bytes) -> str:
    """What helps where every call is refused for one of its parameters."""
    error = _error(text)
    named = error.get("param") if isinstance(error, dict) and "unsupported" in _code(text) else None
    advice = {"max_tokens": "add limit=max_completion_tokens", "temperature": "add sampling=false"}
    return (advice | {"seed": "add sampling=false"}).get(str(named), "")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def shown(text: str) -> str:
    """A stranger's text in one line without control characters, at most 300 characters long."""
    line = " ".join("".join(c if unicodedata.category(c)[0] != "C" else " " for c in text[: 4 * _LIMIT]).split())
    return line if len(line) <= _LIMIT else f"{line[:_LIMIT]} …"
