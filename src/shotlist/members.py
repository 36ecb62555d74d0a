"""Which videos a dataset has, and in which shard each of them is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from shotlist.dataset import Dataset
from shotlist.engine.rows import schema_of
from shotlist.engine.step import digest
from shotlist.parts import Part, Receipt
from shotlist.records import Source
from shotlist.sources.candidates import Problem
from shotlist.sources.find import find
from shotlist.sources.identity import identify
from shotlist.sources.names import is_link

SHARD_VIDEOS, SHARD_VIDEOS_MOST = 16, 256
"""Videos in a shard. Where very many arrive at once, shards are larger, so that there are fewer files."""
SHARDS_AT_ONCE = 256
"""So many new shards before they become larger."""
SHARD_BYTES = 4_000_000_000
"""A new shard is begun after so many bytes of video."""

_NOT_CONTENT = ("uri", "size", "stamp")
"""What may change of a source while it stays the same video that says the same."""


@dataclass(frozen=True)
class Arrived:
    """What became of the names that the user gave: each is added, known, a duplicate or a problem."""

    added: Sequence[Source] = ()
    known: int = 0
    duplicates: int = 0
    problems: Sequence[Problem] = ()
    notes: Sequence[Problem] = ()
    """Remarks on what was nevertheless taken in."""
    changed: Mapping[str, Mapping[str, Source]] = field(default_factory=dict)
    """Shard to video id to what is newly said about a known video."""

    @property
    def named(self) -> int:
        """How many files and faulty names there were."""
        return len(self.added) + self.known + self.duplicates + len(self.problems)


class Members:
    """The sources of each shard. Shards only grow in number: the videos of a shard never change."""

    def __init__(self, dataset: Dataset | None, share: tuple[int, int] = (1, 1)) -> None:
        self.dataset = dataset
        parts = dataset.parts("sources") if dataset is not None else {}
        first, every = share
        # By number, so that a share stays what it is when more videos arrive.
        self._parts = {shard: part for shard, part in parts.items() if int(shard) % every == first - 1}

    def __bool__(self) -> bool:
        return bool(self._parts)

    @property
    def shards(self) -> list[str]:
        """The names of all shards in order."""
        return list(self._parts)

    def of(self, shard: str) -> list[Source]:
        """The videos of one shard, read anew: there may be more shards than fit into memory."""
        assert self.dataset is not None
        return self.dataset.sources(self._parts[shard])

    def sizes(self, shard: str) -> list[int]:
        """The size of each video of a shard in bytes; -1 where it is not known."""
        return [int(n) for n in self._read(shard, ["size"])["size"].to_pylist()]

    def look_up(self, videos: Sequence[str]) -> Arrived:
        """Find and identify what the user named, and compare it with what is there. Writes nothing."""
        found = find(videos)
        known = dict(self._with_addresses({c.uri for c in found.sources}))
        here = {(s.uri, s.size, s.stamp): s.video_id for _, s in known.values()}
        identified = identify(found.sources, here)
        known |= dict(self._with_ids({s.video_id for s in identified.sources} - set(known)))
        changed: dict[str, dict[str, Source]] = {}
        for source in identified.sources:
            if source.video_id in known:
                shard, old = known[source.video_id]
                merged = _merged(old, source)
                if merged != old:
                    changed.setdefault(shard, {})[source.video_id] = merged
        added = [s for s in identified.sources if s.video_id not in known]
        problems = [*found.problems, *identified.problems]
        return Arrived(
            added=added,
            known=len(identified.sources) - len(added),
            duplicates=len(identified.duplicates),
            problems=[p for p in problems if p.kind != "note"],
            notes=[p for p in problems if p.kind == "note"],
            changed=changed,
        )

    def take_in(self, arrived: Arrived, shard_videos: int | None = None) -> None:
        """Put new videos into new shards, and note what is newly said about known ones.

        ``shard_videos`` is the most that a new shard gets; by default it depends on how many there are.
        """
        for shard in sorted(arrived.changed):
            said = arrived.changed[shard]
            self._write(shard, [said.get(s.video_id, s) for s in self.of(shard)])
        number = max((int(s) for s in self._parts), default=-1) + 1
        for k, group in enumerate(_groups(arrived.added, shard_videos)):
            self._write(f"{number + k:06d}", group)

    def _with_addresses(self, addresses: set[str]) -> Iterator[tuple[str, tuple[str, Source]]]:
        return self._where("uri", addresses)

    def _with_ids(self, ids: set[str]) -> Iterator[tuple[str, tuple[str, Source]]]:
        return self._where("video_id", ids)

    def _where(self, column: str, values: set[str]) -> Iterator[tuple[str, tuple[str, Source]]]:
        """Video id to (shard, source) of the sources that have one of the values."""
        wanted = pa.array(sorted(values), pa.string())
        for shard in self._parts if values else ():
            table = self._read(shard)
            for row in table.filter(pc.is_in(table[column], value_set=wanted)).to_pylist():
                yield row["video_id"], (shard, Source.of(row))

    def _read(self, shard: str, columns: list[str] | None = None) -> pa.Table:
        assert self.dataset is not None
        return self.dataset.read(self._parts[shard], columns)

    def _write(self, shard: str, sources: Sequence[Source]) -> None:
        assert self.dataset is not None
        rows = [asdict(s) for s in sources]
        # A moved file says nothing new, so nothing that was made of it has to be made again.
        told = [{k: v for k, v in row.items() if k not in _NOT_CONTENT} for row in rows]
        part = Part("sources", shard, digest(told))
        receipt = Receipt("sources", 1, {}, "video", videos_in=len(rows))
        schema = schema_of(Source)
        with self.dataset.write(part, schema, receipt, replaces=self._parts.get(shard)) as out:
            out.write(pa.Table.from_pylist(rows, schema))
        self._parts[shard] = part


def _groups(sources: Sequence[Source], shard_videos: int | None) -> Iterator[list[Source]]:
    most = shard_videos or min(SHARD_VIDEOS_MOST, max(SHARD_VIDEOS, -(-len(sources) // SHARDS_AT_ONCE)))
    group: list[Source] = []
    size = 0
    for source in sources:
        if group and (len(group) >= most or size + source.size > SHARD_BYTES):
            yield group
            group, size = [], 0
        group.append(source)
        size += max(0, source.size)
    if group:
        yield group


_FIELDS = tuple(f.name for f in fields(Source))


def _merged(old: Source, new: Source) -> Source:
    """What is newly said wins, what is not said again stays, and so does an address that is still right."""
    said = {name: value for name in _FIELDS if (value := getattr(new, name))}
    if old.uri != new.uri and _still_there(old):
        said |= {"uri": old.uri, "stamp": old.stamp, "size": old.size}
    return replace(old, **said)


def _still_there(source: Source) -> bool:
    if is_link(source.uri):
        return True
    try:
        status = Path(source.uri).stat()
    except OSError:
        return False
    return (status.st_size, str(status.st_mtime_ns)) == (source.size, source.stamp)
