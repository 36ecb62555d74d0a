"""The index: one DuckDB file made from a dataset's tables, in which every page's question is answered quickly."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shotlist.dataset import Dataset


@dataclass(frozen=True)
class Column:
    """A column of clips: ``kind`` is number, category, flag or text; ``table`` is where it comes from."""

    name: str
    kind: str
    label: str
    unit: str = ""
    table: str = ""


class Index:
    """To be written: see the notes."""

    columns: Mapping[str, Column]

    @classmethod
    def open(cls, dataset: Dataset, cache: Path, tell: Callable[[str], None]) -> "Index":
        """Open the index of a dataset, or make it first."""
        return cls()

    def outdated(self) -> bool:
        """Whether the dataset has changed since."""
        return False

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """All rows of an answer, by the names of its columns."""
        return []

    def close(self) -> None:
        """Let go of the file."""
