"""A real server that does whatever is wrong with servers: ``python faulty.py`` prints its port and runs until killed.

The model's name is a script of steps, one per attempt of a call, the last one repeated: ``500,500,ok``. Calls are told
apart by their last message or their form's ``prompt``. ``GET /log`` tells what was asked, with times.
"""

import contextlib
import email.utils
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

MODELS = {"data": [{"id": "ok"}, {"id": "other"}]}
NOTHING: Mapping[str, str] = {}


def completion(text: str | None, model: str = "ok") -> dict[str, Any]:
    """A chat completion in the shape that servers give."""
    return {
        "id": "chatcmpl-1",
        "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
    }


class Faulty(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    asked: ClassVar[list[dict[str, Any]]] = []
    attempts: ClassVar[Counter[str]] = Counter()
    due: ClassVar[dict[str, float]] = {}
    lock = threading.Lock()

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.answer(200, MODELS if self.path.endswith("/models") else {"asked": self.asked})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["content-length"]))
        body = self.form(raw) if "multipart" in self.headers["content-type"] else json.loads(raw)
        question = body["messages"][-1]["content"] if "messages" in body else body.get("prompt", "")
        note = {"time": time.time(), "body": body, "headers": dict(self.headers), "path": self.path}
        with self.lock:
            self.asked.append(note)
            name = f"{body['model']} {json.dumps(question)[:200]}"
            turn = self.attempts[name]
            self.attempts[name] += 1
        steps = body["model"].split(",")
        what, _, value = steps[min(turn, len(steps) - 1)].partition("=")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if not self.path.startswith(("/v1/chat/completions", "/v1/audio/")):
                self.refuse(404, "")
            elif what.isdigit():
                self.refuse(int(what), value)
            else:
                getattr(self, f"give_{what}")(value, question)

    def form(self, raw: bytes) -> dict[str, Any]:
        """Fields of a form; of a file its name and size."""
        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        fields = {}
        for part in BytesParser().parsebytes(head + raw).get_payload():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            fields[name] = content.decode() if part.get_filename() is None else f"{part.get_filename()} {len(content)}"
        return fields

    def give_ok(self, value: str, question: Any) -> None:
        self.answer(200, completion(f"echo: {question}"))

    def give_later(self, value: str, question: Any) -> None:
        time.sleep(float(value))
        self.give_ok(value, question)

    def give_hang(self, value: str, question: Any) -> None:
        time.sleep(float(value))
        self.close_connection = True

    def give_cut(self, value: str, question: Any) -> None:
        self.close_connection = True

    def give_half(self, value: str, question: Any) -> None:
        self.start(200, 10_000)
        self.wfile.write(b'{"choices": [')
        self.close_connection = True

    def give_drip(self, value: str, question: Any) -> None:
        self.start(200, 10_000)
        for _ in range(10_000):
            self.wfile.write(b" ")
            time.sleep(0.05)

    def give_large(self, value: str, question: Any) -> None:
        self.answer(200, completion("x" * int(value)))

    def give_rate(self, value: str, question: Any) -> None:
        """So many answers a second and model; whoever comes too early is turned away."""
        with self.lock:
            due = self.due.get(value, 0.0)
            if accepted := time.monotonic() >= due:
                self.due[value] = time.monotonic() + 1 / float(value)
        if accepted:
            self.give_ok(value, question)
        else:
            self.refuse(429, "slow_down")

    def give_inside(self, value: str, question: Any) -> None:
        self.answer(200, {"error": {"message": "no luck", "code": int(value)}})

    def give_nonsense(self, value: str, question: Any) -> None:
        self.raw(200, b"<html>it works</html>")

    def give_list(self, value: str, question: Any) -> None:
        self.answer(200, [1, 2])

    def give_empty(self, value: str, question: Any) -> None:
        self.raw(200, b"")

    def give_nochoices(self, value: str, question: Any) -> None:
        self.answer(200, {"choices": []})

    def give_null(self, value: str, question: Any) -> None:
        self.answer(200, completion(None))

    def give_pinned(self, value: str, question: Any) -> None:
        """As ``transformers serve`` with a model of its own."""
        self.answer(400, {"detail": "Server is pinned to 'ok'; requested 'pinned'."})

    def refuse(self, status: int, value: str) -> None:
        """``429=2`` asks for two seconds, ``429=@2`` for a date, ``301=http…`` points there; else an error's code."""
        headers = {}
        if value.startswith("@"):
            headers["Retry-After"] = email.utils.formatdate(time.time() + float(value[1:]) + 1, usegmt=True)
        elif value.replace(".", "").isdigit():
            headers["Retry-After"] = value
        elif value.startswith("http"):
            headers["Location"] = value
        message = f"no luck with {self.headers.get('authorization', 'no key')}\x1b[31m"
        self.answer(status, {"error": {"message": message, "code": value or None}}, headers)

    def answer(self, status: int, body: Any, headers: Mapping[str, str] = NOTHING) -> None:
        self.raw(status, json.dumps(body).encode(), headers)

    def raw(self, status: int, content: bytes, headers: Mapping[str, str] = NOTHING) -> None:
        self.start(status, len(content), headers)
        self.wfile.write(content)

    def start(self, status: int, length: int, headers: Mapping[str, str] = NOTHING) -> None:
        self.send_response(status)
        usual = {"Content-Type": "application/json", "Content-Length": str(length)}
        for name, value in {**usual, **headers}.items():
            self.send_header(name, value)
        self.end_headers()


class FaultyServer(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    server = FaultyServer(("127.0.0.1", 0), Faulty)
    print(server.server_port, flush=True)
    sys.exit(server.serve_forever())
