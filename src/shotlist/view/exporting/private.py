"""Takes out of texts what tells of the maker's machine: folders, addresses of servers, buckets."""

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

_SERVER = re.compile(r"@\w+://\S*")
_PATH = re.compile(r"(?<![\w./])(?:\w+:)?/(?:[^/\s:]+/)+")
"""The folders of an absolute path, as they stand in a model's name: ``hf:/home/ann/models/``."""


class Private:
    """``text`` and ``value`` leave file names only of whatever lies in one of the ``folders``."""

    def __init__(self, folders: Iterable[str]) -> None:
        known = {str(Path.cwd()), *(f.rstrip("/") for f in folders)}
        with suppress(RuntimeError):  # nobody's home is known
            known.add(str(Path.home()))
        self._folders = sorted((f for f in known if len(f) > 1), key=len, reverse=True)

    def text(self, text: str) -> str:
        """The same without those folders."""
        for folder in self._folders:
            if folder in text:
                text = text.replace(f"{folder}/", "").replace(folder, PurePosixPath(folder).name)
        return text

    def value(self, column: str, value: Any) -> Any:
        """A cell of a table: a file's address becomes its name, a model's loses its server."""
        if isinstance(value, (list, tuple)):
            return [self.value(column, one) for one in value]
        if not isinstance(value, str):
            return value
        if column == "uri" or column.endswith("_uri"):
            return file_name(value)
        if column == "model" or column.endswith("_model"):
            return model_name(value)
        return self.text(value)


def file_name(uri: str) -> str:
    """The last part of a path or address."""
    path = unquote(urlsplit(uri).path) if "://" in uri else uri
    return PurePosixPath(path).name


def model_name(model: str) -> str:
    """``openai:gpt@http://10.0.0.7/v1`` as ``openai:gpt``, ``hf:/models/x`` as ``hf:x``."""
    bare = _SERVER.sub("", model)
    return _PATH.sub(lambda found: "hf:" if found[0].startswith("hf:") else "", bare)


def public_link(url: str | None) -> str | None:
    """An address that leads to a page for everybody, else None."""
    return url if url and urlsplit(url).scheme in ("http", "https") and not _local(url) else None


def _local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or "." not in host or host.startswith(("127.", "10.", "192.168."))
