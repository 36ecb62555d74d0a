"""An S3 server with faults: moto's own application, slowed down or failing now and then.

Arguments: ``slow=SECONDS`` for every answer, ``fail=N`` for an error 500 in every N-th, ``away=FILE`` to be away
while there is such a file, ``keys`` to let nobody in but whom the two keys printed after the port belong to.
"""

import itertools
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

FAULTS = dict(argument.partition("=")[::2] for argument in sys.argv[1:])
if "keys" in FAULTS:
    os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"  # as many as it takes to make a user with keys and rights

from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def faulty(application: Application) -> Application:
    """Every request on its way; those of the test's own set-up come before the first ``HEAD``."""
    slow, every = float(FAULTS.get("slow", 0)), int(FAULTS.get("fail", 0))
    number = itertools.count(1)

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        time.sleep(slow)
        if every and environ["REQUEST_METHOD"] != "POST" and next(number) % every == 0:
            start("500 Internal Server Error", [("Content-Type", "application/xml")])
            return [b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"]
        return application(environ, start)

    return answer


def away() -> bool:
    """Whether the server is not there for now."""
    return "away" in FAULTS and Path(FAULTS["away"]).exists()


class Handler(WSGIRequestHandler):
    """Hangs up on those who are connected when the server goes."""

    def parse_request(self) -> bool:
        self.close_connection = away()
        return not self.close_connection and super().parse_request()


def main() -> None:
    """Serve until killed; prints the port first."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    application = faulty(DomainDispatcherApplication(create_backend_app))
    print(port, flush=True)
    while True:
        server = make_server("127.0.0.1", port, application, threaded=True, request_handler=Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        wait_until(away)
        server.shutdown()
        server.server_close()
        wait_until(lambda: not away())


def wait_until(moment: Callable[[], bool]) -> None:
    """Return when it has come."""
    while not moment():
        time.sleep(0.05)


main()
