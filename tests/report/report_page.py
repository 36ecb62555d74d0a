"""The written report, taken apart."""

import json
from html.parser import HTMLParser
from typing import Any

from shotlist.dataset import Dataset
from shotlist.report import write_report


class Page(HTMLParser):
    """The written report, taken apart as a browser would."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__()
        dataset.refresh()
        write_report(dataset)
        assert dataset.local is not None
        self.html = (dataset.local / "report.html").read_text(encoding="utf-8")
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.texts: list[str] = []
        self._inside = ""
        self.feed(self.html)
        self.data = json.loads(self.scripts[0])
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.texts.append(data)

    def chart(self, label: str) -> dict[str, Any]:
        return next(c for c in self.data["charts"] if c["label"] == label)
