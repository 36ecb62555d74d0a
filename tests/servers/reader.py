"""A server that reads numbers out of the pictures it is sent, and is not to be relied on: ``python reader.py``.

It answers in an order of its own, and every third question only when it is asked for the second time. A question
without pictures gets the numbers in its text. ``GET /log`` tells how many answers it gave.
"""

import base64
import contextlib
import json
import re
import sys
import time
import zlib
from collections import Counter
from http.server import BaseHTTPRequestHandler
from itertools import groupby
from typing import Any, ClassVar

from digits import number_in
from faulty import FaultyServer, completion


class Reader(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    attempts: ClassVar[Counter[int]] = Counter()
    answered = 0

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.answer(200, {"answered": Reader.answered})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["content-length"]))
        name = zlib.crc32(raw)
        Reader.attempts[name] += 1
        time.sleep(name % 8 * 0.02)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if name % 3 == 0 and Reader.attempts[name] == 1:
                self.fail(name)
            else:
                Reader.answered += 1
                self.answer(200, completion(read(json.loads(raw)["messages"][-1]["content"])))

    def fail(self, name: int) -> None:
        if name % 2:
            self.close_connection = True
        else:
            self.answer(503, {"error": {"message": "not now"}})

    def answer(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def read(content: Any) -> str:
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    numbers = [number_in(base64.b64decode(url.partition(",")[2])) for url in urls]
    if not urls:
        numbers = re.findall(r"\b\d{3}\b", " ".join(part["text"] for part in parts))
    return " ".join(number for number, _ in groupby(numbers)) or "nothing"


if __name__ == "__main__":
    server = FaultyServer(("127.0.0.1", 0), Reader)
    print(server.server_port, flush=True)
    sys.exit(server.serve_forever())
