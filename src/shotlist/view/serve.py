"""Starts the viewer and says where it is."""

import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from shotlist.dataset import Dataset
from shotlist.errors import ShotlistError


def serve(
    out: str,
    host: str = "127.0.0.1",
    port: int = 8484,
    token: str | None = None,
    other: str | None = None,
    ready: Callable[[str], None] = lambda address: None,
    tell: Callable[[str], None] = lambda sentence: None,
) -> None:
    """Serve a dataset until Ctrl-C; ``ready`` is called with the address once the viewer can be reached.

    ``other`` is a second dataset to compare with. A ``port`` that is taken gives way to a free one near it.
    Raises ShotlistError where there is no dataset or the address can't be had.
    """
    try:
        import uvicorn

        from shotlist.view.app import create_app
        from shotlist.view.guard import Locks
        from shotlist.view.place import Viewer
    except ImportError as error:
        raise ShotlistError(f"the viewer needs the package {error.name}: pip install 'shotlist[view]'") from error
    with tempfile.TemporaryDirectory(prefix="shotlist-") as scratch, _listening(host, port) as listener:
        viewer = Viewer(Dataset(out), Path(scratch), tell)
        if other is not None:
            viewer.other = Viewer(Dataset(other), Path(scratch), tell)
        viewer.index  # noqa: B018  made before the address is told, so that the first page comes at once
        locks = Locks.for_host(host, token)
        ready(_address(host, listener.getsockname()[1], locks.token))
        config = uvicorn.Config(create_app(viewer, locks), log_level="warning", lifespan="off", server_header=False)
        uvicorn.Server(config).run([listener])


_TRIES = 20


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for number in range(port, port + _TRIES) if port else [0]:
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
    named = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(host, host)
    shown = f"[{named}]" if ":" in named else named
    return f"http://{shown}:{port}/" + (f"?token={token}" if token else "")
