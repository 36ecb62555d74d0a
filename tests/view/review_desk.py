"""What the tests of Review share: captions of several teachers, and a person at the desk."""

import itertools
import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from shotlist import Dataset
from shotlist.parts import Part, Receipt

_number = itertools.count()

HOSTILE = (
    '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>',
    '=HYPERLINK("http://example.org","click") & \'quotes\' </textarea></script>',
    "\u202eright to left \U0001f415 " + "verylongword" * 60,
)


def taught(out: Path, **teachers: str) -> list[str]:
    """Put tables of captions into a dataset, ``{}`` in a text stands for the clip's number; all clips."""
    dataset = Dataset(out)
    clips: list[str] = []
    for shard, part in dataset.parts("clips").items():
        rows = dataset.read(part, ["clip_id", "video_id"])
        clips += rows["clip_id"].to_pylist()
        for name, text in teachers.items():
            texts = [text.replace("{}", str(k)) for k in range(len(rows))]
            made = rows.append_column("text", pa.array(texts)).append_column("model", pa.array([name] * len(rows)))
            made = made.append_column("prompt_digest", pa.array(["p"] * len(rows)))
            with dataset.write(Part(name, shard, "f"), made.schema, Receipt(name, 1, {}, "clip")) as writer:
                writer.write(made)
    return clips


def ask(url: str, told: Any = None) -> Any:
    """The JSON at an address, or the answer to what is sent there; also of errors."""
    body = None if told is None else json.dumps(told).encode()
    headers = {"accept": "application/json", "content-type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def drawn(url: str, task: str, **more: Any) -> str:
    """The key of a new sample."""
    told = {
        "task": task,
        "name": f"{task} {next(_number)}",
        "by": "lead",
        "number": 5,
        "seed": 3,
        "query": "",
        "teachers": [],
    }
    made = ask(f"{url}/review", told | more)
    assert "key" in made, made
    return str(made["key"])


def lines(out: Path, sample: str) -> list[dict[str, Any]]:
    """All decisions on a sample as they are on the disk."""
    name = json.loads((out / "reviews" / "samples" / f"{sample}.json").read_text())["name"]
    files = sorted((out / "reviews").glob("*.jsonl"))
    found = [json.loads(line) for path in files for line in path.read_text().splitlines() if line.endswith("}")]
    return [line for line in found if line["sample"] == name]


class Desk:
    """A person at the desk, with nothing but a keyboard."""

    def __init__(self, page: Any, url: str, sample: str, who: str) -> None:
        self.page, self.address = page, f"{url}/review/{sample}?who={quote(who)}"

    def open(self, number: int = 1) -> "Desk":
        """Come to the desk, or come again, and find a clip of that number."""
        self.page.goto(self.address)
        return self.ready(number)

    def ready(self, number: int | None = None) -> "Desk":
        """Wait until a clip (of that number) is there to be decided."""
        here = f"[data-at='{number}']" if number else ""
        self.page.locator(f"#desk{here}:not(.busy)").wait_for()
        return self

    def finished(self) -> "Desk":
        """Wait until nothing is left."""
        self.page.locator("#desk[data-at=end]:not(.busy)").wait_for()
        return self

    def says(self, text: str) -> "Desk":
        """Wait until the page says something about the decision."""
        self.page.locator("#said", has_text=text).wait_for()
        return self

    @property
    def at(self) -> int:
        """The number of the clip that is shown."""
        return int(self.page.locator("#desk").get_attribute("data-at"))

    @property
    def captions(self) -> list[str]:
        """The captions to choose from, in their order."""
        return [text.strip() for text in self.page.locator(".choice:not(.small) > span").all_inner_texts()]

    def press(self, *keys: str) -> "Desk":
        """Press keys one after the other, and wait for what follows."""
        for key in keys:
            self.page.keyboard.press(key)
        return self.ready()

    def far(self, text: str) -> "Desk":
        """Wait until the page says that the person is so far."""
        self.page.locator("#far", has_text=re.compile(f"^{re.escape(text)}$")).wait_for()
        return self
