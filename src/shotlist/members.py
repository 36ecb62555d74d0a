"""Which videos a dataset has, and in which shard each of them is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shotlist.dataset import Dataset, Part, Receipt
from shotlist.engine.rows import schema_of
from shotlist.engine.step import digest
from shotlist.records import Source
from shotlist.sources.candidates import Problem
from shotlist.sources.find import find
from shotlist.sources.identity import identify
from shotlist.sources.names import is_link

SHARD_VIDEOS = 16
SHARD_BYTES = 4_000_000_000
"""A new shard is begun after so many videos or so many bytes of them."""


@dataclass(frozen=True)
class Arrived:
    """What became of the names that the user gave."""

    named: int = 0
    added: int = 0
    known: int = 0
    duplicates: Sequence[tuple[str, str]] = ()
    """(address, address of the video with the same content)."""
    problems: Sequence[Problem] = field(default_factory=tuple)

    def counts(self) -> dict[str, Any]:
        """The fields of a summary that speak of this run."""
        return {
            "files_named": self.named,
            "videos_added": self.added,
            "duplicates": len(self.duplicates),
            "problems": [f"{p.address}: {p.message}" for p in self.problems if p.kind != "note"],
            "notes": [f"{p.address}: {p.message}" for p in self.problems if p.kind == "note"],
        }


class Members:
    """The sources of each shard. Shards only grow in number: the videos of a shard never change."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.shards: dict[str, list[Source]] = {}
        for shard, part in dataset.parts("sources").items():
            with dataset.local_part(part) as path:
                self.shards[shard] = [_source(row) for row in pq.read_table(path).to_pylist()]

    @property
    def sources(self) -> list[Source]:
        """All videos of the dataset."""
        return [s for members in self.shards.values() for s in members]

    def of(self, shard: str) -> Sequence[Source]:
        """The videos of one shard."""
        return self.shards[shard]

    def add(self, videos: Sequence[str]) -> Arrived:
        """Look up what the user named, put new videos into new shards, note what is newly said about known ones."""
        found = find(videos)
        here = {(s.uri, s.size, s.stamp): s.video_id for s in self.sources}
        identified = identify(found.sources, here)
        known = {s.video_id: (shard, k) for shard, m in self.shards.items() for k, s in enumerate(m)}
        new = [s for s in identified.sources if s.video_id not in known]
        self._update([s for s in identified.sources if s.video_id in known], known)
        self._append(new)
        return Arrived(
            named=len(found.sources),
            added=len(new),
            known=len(identified.sources) - len(new),
            duplicates=[(d.uri, d.kept) for d in identified.duplicates],
            problems=[p for p in [*found.problems, *identified.problems]],
        )

    def _update(self, sources: Sequence[Source], known: Mapping[str, tuple[str, int]]) -> None:
        changed: set[str] = set()
        for source in sources:
            shard, k = known[source.video_id]
            merged = _merged(self.shards[shard][k], source)
            if merged != self.shards[shard][k]:
                self.shards[shard][k] = merged
                changed.add(shard)
        for shard in sorted(changed):
            self._write(shard)

    def _append(self, sources: Sequence[Source]) -> None:
        number = max((int(s) for s in self.shards), default=-1) + 1
        group: list[Source] = []
        for source in sources:
            full = len(group) >= SHARD_VIDEOS or sum(s.size for s in group) + source.size > SHARD_BYTES
            if group and full:
                number, group = self._close(number, group)
            group.append(source)
        if group:
            self._close(number, group)

    def _close(self, number: int, group: list[Source]) -> tuple[int, list[Source]]:
        shard = f"{number:06d}"
        self.shards[shard] = group
        self._write(shard)
        return number + 1, []

    def _write(self, shard: str) -> None:
        rows = [asdict(s) for s in self.shards[shard]]
        schema = schema_of(Source)
        receipt = Receipt("sources", 1, {}, "video", videos_in=len(rows))
        with self.dataset.write(Part("sources", shard, digest(rows)), schema, receipt) as out:
            out.write(pa.Table.from_pylist(rows, schema))


def _source(row: dict[str, Any]) -> Source:
    values = {f.name: row.get(f.name) for f in fields(Source)}
    return Source(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def _merged(old: Source, new: Source) -> Source:
    """What is newly said wins, what is not said again stays; a file that is still where it was keeps its address."""
    said = {f.name: getattr(new, f.name) for f in fields(Source) if getattr(new, f.name)}
    if old.uri != new.uri and (is_link(old.uri) or Path(old.uri).exists()):
        said |= {"uri": old.uri, "stamp": old.stamp, "size": old.size}
    return replace(old, **said)
