"""Starts the viewer and says where it is."""

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from shotlist.dataset import Dataset
from shotlist.errors import ShotlistError
from shotlist.store import Store
from shotlist.view.scratch import scratch

if TYPE_CHECKING:
    from starlette.applications import Starlette


def serve(
    out: str,
    host: str = "127.0.0.1",
    port: int = 8484,
    token: str | None = None,
    other: str | None = None,
    ready: Callable[[str], None] = lambda _: None,
    tell: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve a dataset until Ctrl-C or SIGTERM; ``ready`` is called with the address once it can be reached.

    ``other`` is a second dataset to compare with. A ``port`` that is taken gives way to a free one near it.
    Raises ShotlistError where there is no dataset or the address can't be had.
    """
    try:
        import uvicorn  # noqa: F401  told here where it is missing

        from shotlist.view.app import create_app
        from shotlist.view.guard import Locks
        from shotlist.view.viewer import Viewer
    except ImportError as error:
        raise ShotlistError(f"the viewer needs the package {error.name}: pip install 'shotlist[view]'") from error
    with scratch() as folder, _listening(host, port) as listener:
        viewer = Viewer(_opened(out), folder, tell)
        if other is not None:
            viewer.other = Viewer(_opened(other), folder, tell)
        viewer.index  # noqa: B018  made before the address is told, so that the first page comes at once
        locks = Locks.for_host(host, token)
        ready(_address(host, listener.getsockname()[1], locks.token))
        with suppress(KeyboardInterrupt):
            _run(create_app(viewer, locks), listener)
    _end()


def _opened(address: str) -> Dataset:
    dataset = Dataset(address)
    dataset.store = Store(address, patient=False)  # a build waits out a store that fails, but nobody waits for a page
    return dataset


_TRIES = 20
_PATIENCE, _LONGEST = 0.5, 1.0
"""Seconds in which answers may come to their end when the viewer is to end, and threads after them."""


def _run(app: "Starlette", listener: socket.socket) -> None:
    import asyncio

    import uvicorn

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            """Hang up on those who are still listening: a film in a browser may stand still for hours."""
            asyncio.get_running_loop().call_later(_PATIENCE, self.hang_up)
            await super().shutdown(sockets)

        def hang_up(self) -> None:
            logging.getLogger("uvicorn.error").disabled = True  # an answer that is cut short now is no error
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            self.force_exit = True

    if threading.current_thread() is threading.main_thread():  # else a SIGTERM would leave the scratch folder
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    config = uvicorn.Config(app, log_level="warning", lifespan="off", server_header=False)
    Server(config).run([listener])


def _end() -> None:
    """Python would wait for threads that still work for somebody who is gone; nothing they do must come to its end."""
    until = time.monotonic() + _LONGEST
    while time.monotonic() < until:
        if threading.active_count() == 1:
            return
        time.sleep(0.05)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for number in range(port, min(port + _TRIES, 65536)) if port else [0]:
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, number))
        except OSError as error:
            listener.close()
            reason = error
            continue
        listener.listen(128)
        return listener
    raise ShotlistError(f"{host}:{port} can't be had: {reason.strerror}; choose another with --host and --port")


def _address(host: str, port: int, token: str | None) -> str:
    named = socket.gethostname() if host in ("", "0.0.0.0", "::") else host
    shown = f"[{named}]" if ":" in named else named
    return f"http://{shown}:{port}/" + (f"?token={token}" if token else "")
