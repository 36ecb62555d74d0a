"""Answers that take a while, kept for the questions that follow: the next page, the facets, another order."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

MOST = 4_000_000
"""Rows of all answers that are kept."""
_ANSWERS = 200
_IN_USE = 5.0
"""Seconds for which who asked for an answer may still be reading it."""


@dataclass
class _Answer:
    table: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    rows: int = -1
    asked: float = 0.0


class Kept:
    """Tables in memory by what they answer; the longest unused go first."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, most: int = MOST) -> None:
        self.most = most
        self.in_use = _IN_USE
        self._connection = connection
        self._answers: OrderedDict[str, _Answer] = OrderedDict()
        self._lock = threading.Lock()
        self._named = 0

    def table(self, question: str, make: Callable[[], pa.Table]) -> str:
        """The SQL name of the table that answers; of several who ask the same at once, one makes it."""
        with self._lock:
            answer = self._answers.get(question)
            if answer is None:
                self._named += 1
                answer = self._answers[question] = _Answer(f"asked.answer_{self._named}")
            self._answers.move_to_end(question)
            answer.asked = time.monotonic()
        try:
            with answer.lock:
                if answer.rows < 0:
                    answer.rows = self._write(answer.table, make())
        finally:
            answer.asked = time.monotonic()
            self._forget()
        return answer.table

    def clear(self) -> None:
        """Forget everything that will not be asked again; tables in use go with the connection."""
        with self._lock:
            self._answers.clear()

    def _write(self, name: str, rows: pa.Table) -> int:
        with self._connection.cursor() as cursor:
            cursor.register("made_now", rows)
            cursor.execute(f"CREATE OR REPLACE TABLE {name} AS FROM made_now")
            cursor.unregister("made_now")
        return int(rows.num_rows)

    def _forget(self) -> None:
        with self._lock, self._connection.cursor() as cursor:
            there = sum(max(0, a.rows) for a in self._answers.values())
            for question in list(self._answers):
                answer = self._answers[question]
                enough = there <= self.most and len(self._answers) <= _ANSWERS
                if enough or len(self._answers) <= 2 or time.monotonic() - answer.asked < self.in_use:
                    return
                del self._answers[question]
                there -= max(0, answer.rows)
                cursor.execute(f"DROP TABLE IF EXISTS {answer.table}")
