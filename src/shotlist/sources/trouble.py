"""What can go wrong on the way to a file, told in plain sentences."""

import errno
import socket
import ssl
from collections.abc import Iterator

from shotlist.errors import MediaError

Verdict = tuple[str, str, bool]

# In this order: the first that fits decides. (class, kind, sentence, whether it may pass)
_VERDICTS: tuple[tuple[type[BaseException], str, str, bool], ...] = (
    (FileNotFoundError, "not found", "There is no such file.", False),
    (NotADirectoryError, "not found", "There is no such file.", False),
    (IsADirectoryError, "not a file", "This is a folder, not a file.", False),
    (PermissionError, "not allowed", "Reading it isn't allowed.", False),
    (ssl.SSLCertVerificationError, "connection", "The server's certificate isn't trusted.", False),
    (TimeoutError, "timeout", "The server didn't answer in time.", True),
    (ConnectionRefusedError, "connection", "The server refused the connection.", True),
    (ConnectionError, "connection", "The connection broke off.", True),
)


class SourceError(MediaError):
    """A file that can't be had."""


def explained(error: BaseException) -> SourceError:
    """Turn what a file system raised into a ``SourceError``; the cause deepest down knows best."""
    if isinstance(error, SourceError):
        return error
    for cause in reversed(list(_causes(error))):
        verdict = _verdict(cause)
        if verdict:
            return SourceError(*verdict)
    return SourceError("unreadable", f"It can't be read: {type(error).__name__}: {error}".rstrip(":. ") + ".")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _verdict(error: BaseException) -> Verdict | None:
    status = _status(error)
    if status:
        return _by_status(status)
    if isinstance(error, socket.gaierror):
        return "unknown host", "The server's name can't be found.", error.errno == socket.EAI_AGAIN
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "disk full", "There is no room left on the disk for a copy of it.", True
    for kind_of_error, kind, sentence, may_pass in _VERDICTS:
        if isinstance(error, kind_of_error):
            return kind, sentence, may_pass
    return _by_library(error)


def _status(error: BaseException) -> int | None:
    """The HTTP status that an error carries, in the spellings of aiohttp, botocore, requests and Azure."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return _as_status(response.get("ResponseMetadata", {}).get("HTTPStatusCode"))
    found = [getattr(holder, name, None) for holder in (error, response) for name in ("status", "status_code")]
    return next(filter(None, map(_as_status, found)), None)


def _as_status(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 400 else None


def _by_library(error: BaseException) -> Verdict | None:
    """Judge by names: aiohttp and botocore are optional, and dear to import."""
    if isinstance(error, ImportError) or str(error).startswith("Protocol not known"):
        return "not supported", f"Links of this kind can't be read: {error}".rstrip(".") + ".", False
    if "Credentials" in type(error).__name__:
        return "not allowed", f"The store wants credentials: {error}".rstrip(".") + ".", False
    if "InvalidU" in type(error).__name__:
        return "not found", "This is not a valid link.", False
    if type(error).__module__.partition(".")[0] in ("aiohttp", "botocore"):
        return "connection", f"The connection broke off: {error}".rstrip(":. ") + ".", True
    return None


def _by_status(status: int) -> Verdict:
    if status in (404, 410):
        return "not found", f"The server has no such file ({status}).", False
    if status in (401, 403, 407, 451):
        return "not allowed", f"The server doesn't allow reading it ({status}).", False
    may_pass = status >= 500 or status in (408, 409, 425, 429)
    return "server", f"The server answered with error {status}.", may_pass
