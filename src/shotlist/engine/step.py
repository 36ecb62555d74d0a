"""The shapes that a unit of work can have. A step is a frozen dataclass: its fields are its settings.

A step keeps no time, counts nothing, retries nothing and writes no files: the engine does. It says what it
reads and writes by class variables, and one method carries its idea.
"""

import hashlib
import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import pyarrow as pa

from shotlist.engine.rows import row_type, schema_of
from shotlist.models.names import known_as
from shotlist.records import WHOLE, Segment, Source

if TYPE_CHECKING:
    from shotlist.engine.film import Clip, Film


@dataclass(frozen=True)
class Needs:
    """What one worker needs to run a step: processors, GPUs (a share is allowed), memory in GB.

    ``memory_gb`` is also what a worker may still hold when a task is done; one that holds more is replaced.
    """

    cpus: float = 1
    gpus: float = 0
    memory_gb: float = 1


@dataclass(frozen=True)
class Step:
    """Common to all steps: a name, a version and the tables it reads.

    Raise ``version`` when the same settings give other results; parts of older versions are then redone.
    """

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = ()
    """Tables that the step reads where the recipe makes them before it, and does without otherwise."""
    expects: ClassVar[Mapping[str, Any]] = {}
    """Settings that other steps of the recipe must have, such as ``{"scan.hsv": True}``."""

    @property
    def name(self) -> str:
        """The step's name in ``--set`` and its table's name: the class name in small letters."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(self).__name__).lower()

    @property
    def writes(self) -> tuple[str, ...]:
        """Names of the tables that only this step writes."""
        return (self.name,)

    @property
    def needs(self) -> Needs:
        """What a worker must have for this step with these settings."""
        return Needs()

    @property
    def packages(self) -> Mapping[str, str]:
        """Modules of optional packages that these settings need, with the command that installs each."""
        return {}

    def inputs(self) -> tuple[str, ...]:
        """Tables that this step reads: ``reads`` and ``uses`` unless the settings decide."""
        return (*self.reads, *self.uses)

    def settings(self) -> dict[str, Any]:
        """All settings as plain values, for receipts."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def fingerprint(self) -> str:
        """Names the step's class, version and settings: 16 hex characters.

        Settings made by ``how_only`` are left out, and of a ``model`` where it is served. A class from a user's own
        file is named by its source code, so that an edited measure is measured again.
        """
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.metadata.get("result", True)}
        if isinstance(model := values.get("model"), str):
            values["model"] = known_as(model)
        return digest([_class_identity(type(self)), self.version, values])


def how_only(default: Any) -> Any:
    """A setting that changes how the work is done but not what comes out."""
    return field(default=default, metadata={"result": False})


def _class_identity(cls: type) -> str:
    if cls.__module__.startswith(("shotlist_recipe_", "__main__")):
        try:
            return f"{cls.__qualname__} {inspect.getsource(cls)}"
        except (OSError, TypeError):
            return cls.__qualname__
    return f"{cls.__module__}.{cls.__qualname__}"


def digest(value: object) -> str:
    """A short name for a plain value: 16 hex characters of its JSON's blake2b."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


Batch: TypeAlias = pa.RecordBatch
Notes = dict[str, Any]


@dataclass(frozen=True)
class MediaStep(Step):
    """Reads the media file itself, once, on a local disk: ``videos`` → tables."""

    tables: ClassVar[dict[str, pa.Schema]] = {}

    @property
    def writes(self) -> tuple[str, ...]:
        """One or several tables that come out of the same reading."""
        return tuple(self.tables)

    def segments(self, path: Path) -> Sequence[Segment]:
        """Stretches that may be read in parallel; one by default. Raises MediaError for unusable files."""
        return (WHOLE,)

    def read(self, path: Path, source: Source, segment: Segment) -> Iterator[tuple[str, Batch] | Notes]:
        """Yield (table, batch) pairs, and dictionaries of notes that ``join`` gets. Raises MediaError."""
        raise NotImplementedError

    def check(self, notes: Sequence[Notes]) -> None:
        """Raise MediaError where the segments together are of no use; looked at before they are joined."""

    def join(
        self, source: Source, notes: Sequence[Notes], table: str, batches: Iterable[tuple[int, Batch]]
    ) -> Iterator[Batch]:
        """Put the segments of one video together; ``batches`` come with their segment's number, in order."""
        for _, batch in batches:
            yield batch

    def unusable(self, source: Source, reason: str) -> dict[str, Batch]:
        """Rows that stand for a video that could not be read, by table; none by default."""
        return {}


@dataclass(frozen=True)
class TableStep(Step):
    """Works from the stored tables of a shard, on the videos of which a picture could be read."""

    def inputs(self) -> tuple[str, ...]:
        """``reads`` and the table that tells which videos were read."""
        return tuple(dict.fromkeys(("videos", *self.reads, *self.uses)))

    def schema(self) -> pa.Schema:
        """The table's columns without the keys."""
        raise NotImplementedError

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns by which rows are found."""
        raise NotImplementedError

    def keyed_schema(self) -> pa.Schema:
        """The whole table's columns."""
        return pa.schema([pa.field(key, pa.string()) for key in self.key_columns] + list(self.schema()))


@dataclass(frozen=True)
class FilmStep(TableStep):
    """One video in, any number of rows out; the row is the dataclass that ``rows`` is annotated to give."""

    reads: ClassVar[tuple[str, ...]] = ("videos", "signals", "thumbs")

    def rows(self, film: "Film") -> Iterable[Any]:
        """The rows that belong to one video."""
        raise NotImplementedError

    def schema(self) -> pa.Schema:
        """See TableStep."""
        return schema_of(row_type(self.rows, element=True))

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The rows of the step ``clips`` are the clips."""
        return ("clip_id", "video_id") if self.name == "clips" else ("video_id",)


@dataclass(frozen=True)
class ClipStep(TableStep):
    """One clip in, one row out, keyed by ``clip_id``."""

    reads: ClassVar[tuple[str, ...]] = ("videos", "signals", "frames", "sound", "clips")

    def inputs(self) -> tuple[str, ...]:
        """See TableStep."""
        return tuple(dict.fromkeys(("videos", "clips", *self.reads, *self.uses)))

    def row(self, clip: "Clip") -> Any:
        """The row of one clip; None where nothing can be said about it."""
        raise NotImplementedError

    @property
    def key_columns(self) -> tuple[str, ...]:
        """See TableStep."""
        return ("clip_id", "video_id")


@dataclass(frozen=True)
class BatchStep(ClipStep):
    """A row for each clip from a model that is asked about many clips at once."""

    def answers(self, clips: Iterable["Clip"]) -> Iterator[Any]:
        """A row for each clip in their order; an exception in place of a row is that clip's failure.

        ``clips`` are all of a shard, read as they are taken: take some ahead, so that the model always has work.
        """
        raise NotImplementedError

    def schema(self) -> pa.Schema:
        """See ClipStep; derived from the annotation of ``answers``."""
        return schema_of(row_type(self.answers, element=True))


@dataclass(frozen=True)
class Measure(ClipStep):
    """Gives a clip a number, or a dataclass of several. A plain float becomes the column ``score``."""

    def measure(self, clip: "Clip") -> Any:
        """The number(s) of one clip; None where they can't be measured."""
        raise NotImplementedError

    def row(self, clip: "Clip") -> Any:
        """See ClipStep."""
        return self.measure(clip)

    def schema(self) -> pa.Schema:
        """See ClipStep; derived from the annotation of ``measure``."""
        return schema_of(row_type(self.measure))


@dataclass(frozen=True)
class Pass(Step):
    """Work over the whole set at once, such as rules, duplicates or sampling."""

    def schema(self) -> pa.Schema:
        """The table's columns, for passes that come after; none by default, and then none can read it."""
        return pa.schema([])

    def check(self, columns: Mapping[str, Mapping[str, pa.DataType]]) -> None:
        """Raise ShotlistError before any work where the pass needs a column that the recipe does not make."""

    def run(self, connection: Any) -> pa.RecordBatchReader:
        """The pass's rows, from a DuckDB connection in which every table read is a view, and ``failures``."""
        raise NotImplementedError
