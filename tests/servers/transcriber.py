"""A real transcription server: ``python transcriber.py`` prints its port and runs until killed.

It decodes what is uploaded and says how long it is, one word per second: the shape of the answer is the model's name.
"""

import json
import sys
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from shotlist.media import flac

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def heard(form: dict[str, Any]) -> dict[str, Any]:
    """The answer: words, segments or text alone."""
    seconds = flac.decode(form["file"]).shape[1] / 16_000
    words = [
        {"word": f" {NAMES[k % 10]}", "start": k + 0.1, "end": min(k + 0.6, seconds)} for k in range(int(seconds + 0.5))
    ]
    text = "".join(word["word"] for word in words)
    whole = {"text": text, "language": form.get("language", "german"), "duration": seconds}
    segment = {"id": 0, "start": 0.0, "end": seconds + 1, "text": text}
    return {
        "words": whole | {"words": words},
        "both": whole | {"segments": [segment], "words": words},
        "nested": whole | {"segments": [segment | {"words": [w | {"probability": 0.5} for w in words]}]},
        "text": {"text": text},
        "silence": {"text": "", "segments": [], "words": [], "language": "german"},
        "odd": {"text": text, "segments": [{"start": "soon"}]},
        "list": {"text": text, "words": ["one"]},
    }[form["model"]]


class Transcriber(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.answer(200, {"data": [{"id": "words"}, {"id": "both"}]})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["content-length"]))
        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        form: dict[str, Any] = {}
        for part in BytesParser().parsebytes(head + raw).get_payload():
            content = part.get_payload(decode=True)
            name = part.get_param("name", header="content-disposition")
            form[name] = content if part.get_filename() else content.decode()
        asked = form["response_format"] == "verbose_json" and form["timestamp_granularities[]"] == "word"
        if not asked or self.path != "/v1/audio/transcriptions":
            self.answer(400, {"error": {"message": "ask for verbose_json with words"}})
        elif form["model"] == "nobody":
            self.answer(404, {"error": {"message": "no such model", "code": "model_not_found"}})
        else:
            self.answer(200, heard(form))

    def answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Transcriber)
    print(server.server_port, flush=True)
    sys.exit(server.serve_forever())
