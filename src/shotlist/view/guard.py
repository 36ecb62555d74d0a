"""Who may come in: this machine's own pages, or whoever has the token."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shotlist.view.answer import Json, wants_json

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(frozen=True)
class Locks:
    """``hosts`` are the names under which the viewer may be called, all if empty; ``token`` what has to be known.

    A page elsewhere can send a browser here under a name of its own that leads to this machine: names that nobody
    gave are refused. Where all names are allowed there must be a token.
    """

    hosts: frozenset[str] = frozenset(("localhost", "127.0.0.1", "[::1]"))
    token: str | None = None

    @staticmethod
    def for_host(host: str, token: str | None) -> "Locks":
        """Open on this machine's own address, a token anywhere else; made here where none is given."""
        if host in ("localhost", "127.0.0.1", "::1"):
            return Locks(token=token or None)
        return Locks(frozenset(), token or secrets.token_urlsafe(18))

    @property
    def cookie(self) -> str:
        """The cookie's name, another one for each token: browsers don't tell the viewers on one machine apart."""
        return f"shotlist_{hashlib.blake2b((self.token or '').encode(), digest_size=4).hexdigest()}"


class Guard:
    """Middleware that turns away what other sites send, asks for the token, and sets the headers of every answer."""

    def __init__(self, app: ASGIApp, locks: Locks) -> None:
        self.app = app
        self.locks = locks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store" if self.locks.token else "no-cache")
            await send(message)

        request = Request(scope)
        refusal = self._refusal(request)
        if refusal is not None:
            await _refused(request, *refusal)(scope, receive, with_headers)
        elif self._brings_token(request.query_params):
            await self._let_in(request)(scope, receive, with_headers)
        else:
            await self.app(scope, receive, with_headers)

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        headers = request.headers
        if self.locks.hosts and _hostname(headers.get("host", "")) not in self.locks.hosts:
            return 421, "this viewer is not called by that name; open the address that it printed"
        if request.method not in ("GET", "HEAD") and not _is_ours(headers):
            return 403, "changes are taken from the viewer's own pages only"
        if not self._known(request):
            return 401, "a token is needed: open the address that the viewer printed when it started"
        return None

    def _known(self, request: Request) -> bool:
        if self.locks.token is None:
            return True
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        told = (request.query_params.get("token", ""), request.cookies.get(self.locks.cookie, ""), bearer)
        return any(hmac.compare_digest(t.encode(), self.locks.token.encode()) for t in told)

    def _brings_token(self, query: QueryParams) -> bool:
        return self.locks.token is not None and "token" in query

    def _let_in(self, request: Request) -> RedirectResponse:
        """The token goes into a cookie, so that it is in no link that people copy."""
        rest = [(k, v) for k, v in request.query_params.multi_items() if k != "token"]
        path = "/" + request.url.path.lstrip("/")  # two of them would lead to another machine
        answer = RedirectResponse(path + (f"?{urlencode(rest)}" if rest else ""), 303)
        assert self.locks.token is not None
        # "strict" would forget it on the way here from a link in a mail; changes ask for more than a cookie anyway.
        answer.set_cookie(self.locks.cookie, self.locks.token, httponly=True, samesite="lax", path="/")
        return answer


def _refused(request: Request, status: int, sentence: str) -> Response:
    if wants_json(request):
        return Json({"error": sentence, "status": status}, status)
    return PlainTextResponse(sentence + "\n", status)


def _hostname(host: str) -> str:
    return (host.rsplit(":", 1)[0] if host.rpartition(":")[2].isdigit() else host).lower()


def _is_ours(headers: Headers) -> bool:
    """A page of another site can't send JSON here without asking, nor hide where it comes from."""
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return False
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")
