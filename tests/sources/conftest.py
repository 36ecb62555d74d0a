import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest

Films = Callable[..., list[Path]]


@pytest.fixture
def films(tmp_path: Path) -> Films:
    """Makes files of the given names below ``tmp_path``; each holds its own name."""

    def make(*names: str) -> list[Path]:
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(path.name)
        return paths

    return make


@dataclass
class Web:
    """A web server on this machine: what it serves, how well it behaves, and what it was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    parts: bool = True
    sizes: bool = True
    status: int = 200
    mimetype: str = "video/mp4"
    breaks_off: bool = False
    asked: list[str] = field(default_factory=list)
    url: str = ""


class ManyAtOnce(ThreadingHTTPServer):
    request_queue_size = 64


def _handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(with_body=False)

        def do_GET(self) -> None:
            self.answer(with_body=True)

        def answer(self, with_body: bool) -> None:
            web.asked.append(f"{self.command} {self.path}")
            content = web.files.get(self.path)
            status = web.status if content is not None else 404
            body = content or b""
            span = self.headers.get("Range") if web.parts and status == 200 else None
            if span:
                first, last = (int(n) for n in span.removeprefix("bytes=").split("-"))
                status, body = 206, body[first : last + 1]
            self.send_response(status)
            self.send_header("Content-Type", web.mimetype)
            self.send_header("Accept-Ranges", "bytes" if web.parts else "none")
            if web.sizes:
                self.send_header("ETag", f'"{len(content or b"")}"')
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if with_body:
                with suppress(ConnectionError):  # whoever asked may have read enough
                    self.wfile.write(body[: len(body) // 2] if web.breaks_off else body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def serving() -> Iterator[Web]:
    web = Web()
    server = ManyAtOnce(("127.0.0.1", 0), _handler(web))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    web.url = f"http://127.0.0.1:{server.server_port}"
    yield web
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def web() -> Iterator[Web]:
    pytest.importorskip("aiohttp")
    with serving() as served:
        yield served


Stored = Callable[[dict[str, bytes]], None]


@pytest.fixture
def stored() -> Iterator[Stored]:
    """Puts files into a store in memory, which behaves like S3; it is empty again afterwards."""
    store = fsspec.filesystem("memory")

    def put(files: dict[str, bytes]) -> None:
        for name, content in files.items():
            store.pipe_file(name, content)

    yield put
    store.rm("/", recursive=True)
    store.store.clear()
    store.pseudo_dirs[:] = [""]
