"""The work on a video under any executor: staging, lending, what becomes of odd answers."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest

from shotlist import Dataset
from shotlist.engine.lend import lent
from shotlist.engine.plan import ShardPlan, plan
from shotlist.engine.recipe import load
from shotlist.engine.tasks import At, FinishShard, Job, OpenVideo, failure_of
from shotlist.engine.work import ShardWorker
from shotlist.errors import MediaError, StorageError
from shotlist.members import Members
from shotlist.records import Source
from shotlist.scan.scan import Scan


@pytest.fixture
def prepared(tiny_films: Path, tmp_path: Path) -> tuple[ShardWorker, ShardPlan, list[Source]]:
    """A worker, the plan of the only shard, and its videos, of which nothing was read yet."""
    dataset = Dataset.create(tmp_path / "data")
    members = Members(dataset)
    members.take_in(members.look_up([str(tiny_films)]))
    recipe = load("default")
    worker = ShardWorker(Job(dataset.address, recipe), lambda at: None)
    (shard,) = plan(dataset, recipe).shards
    return worker, shard, members.of(shard.shard)


def failures(dataset: Dataset) -> set[tuple[str, str, str]]:
    rows = dataset.sql("SELECT uri, step, kind FROM failures").fetchall()
    return {(Path(uri).stem, step, kind) for uri, step, kind in rows}


def test_a_video_of_which_nothing_was_read_is_a_failure(
    prepared: tuple[ShardWorker, ShardPlan, list[Source]],
) -> None:
    worker, shard, sources = prepared
    for source in sources[:2]:
        worker.do(OpenVideo(shard, source))
    worker.do(FinishShard(shard, sources))
    lost = Path(sources[2].uri).stem
    assert failures(worker.dataset) == {(lost, "scan", "lost"), (lost, "subtitles", "lost")}
    assert worker.dataset.sql("SELECT count(*) FROM videos").fetchall() == [(3,)]


def test_what_is_staged_is_not_read_again(prepared: tuple[ShardWorker, ShardPlan, list[Source]]) -> None:
    worker, shard, sources = prepared
    worker.do(OpenVideo(shard, sources[0]))
    heard: list[At] = []
    again = ShardWorker(Job(worker.dataset.address, worker.recipe), heard.append)
    again.do(OpenVideo(shard, sources[0]))
    assert [at.footage_us for at in heard] == [0, 0]


def test_a_segment_that_another_process_has_put_in_place_meanwhile_is_as_good(
    prepared: tuple[ShardWorker, ShardPlan, list[Source]],
) -> None:
    worker, shard, sources = prepared
    step = worker.recipe.media_steps()[0]
    place = worker.staging.place(shard, step, sources[0].video_id, step.segments(Path(sources[0].uri))[0])
    with worker.staging.write(place, {}) as late:
        with worker.staging.write(place, {}) as early:
            early.note({"by": "the first"})
        late.note({"by": "the second"})
    assert worker.staging.notes(shard, step, sources[0].video_id) == [{"by": "the first"}]
    assert [path.name for path in worker.staging.folder.iterdir()] == [shard.shard]


def test_a_staged_file_that_is_spoilt_costs_only_its_video(
    prepared: tuple[ShardWorker, ShardPlan, list[Source]],
) -> None:
    worker, shard, sources = prepared
    for source in sources:
        worker.do(OpenVideo(shard, source))
    place = worker.staging.place(
        shard, worker.recipe.media_steps()[0], sources[1].video_id, Scan().segments(Path(sources[1].uri))[0]
    )
    (place / "signals.arrow").write_bytes(b"nothing")
    worker.do(FinishShard(shard, sources))
    assert {f[:2] for f in failures(worker.dataset)} == {(Path(sources[1].uri).stem, "scan")}
    status = worker.dataset.sql("SELECT status, count(*) FROM videos GROUP BY ALL ORDER BY ALL").fetchall()
    assert status == [("failed", 1), ("ok", 2)]
    assert worker.dataset.sql("SELECT count(DISTINCT video_id) FROM signals").fetchall() == [(2,)]


def test_segments_cut_by_other_settings_are_not_mixed(
    prepared: tuple[ShardWorker, ShardPlan, list[Source]], built: Path, contents: Callable[[Path], object]
) -> None:
    worker, shard, sources = prepared
    for source in sources:
        worker.do(OpenVideo(shard, source))
    cut = worker.recipe.with_settings(["scan.segment_seconds=0.5"])
    other = ShardWorker(Job(worker.dataset.address, cut), lambda at: None)
    found = [other.do(OpenVideo(shard, source)) for source in sources]
    assert any(done.segments for done in found)
    worker.do(FinishShard(shard, sources))
    assert failures(worker.dataset) == set()


def test_a_finished_shard_leaves_nothing_staged(prepared: tuple[ShardWorker, ShardPlan, list[Source]]) -> None:
    worker, shard, sources = prepared
    for source in sources:
        worker.do(OpenVideo(shard, source))
    worker.do(FinishShard(shard, sources))
    assert list(worker.staging.folder.iterdir()) == []


# Lending


@pytest.fixture
def store(tiny_films: Path) -> Iterator[Source]:
    """A film in a remote store."""
    files = fsspec.filesystem("memory")
    content = (tiny_films / "coast.mp4").read_bytes()
    files.pipe_file("/films/coast.mp4", content)
    yield Source("0123", "memory://films/coast.mp4", len(content), "")
    files.rm("/", recursive=True)
    files.store.clear()
    files.pseudo_dirs[:] = [""]


def test_a_remote_film_is_fetched_once_per_shard(store: Source, tmp_path: Path) -> None:
    with lent(store, tmp_path, lambda: None) as first:
        stamp = first.stat().st_mtime_ns
        assert first.name == "0123.mp4"
    with lent(store, tmp_path, lambda: None) as second:
        assert (second, second.stat().st_mtime_ns) == (first, stamp)


def test_a_local_film_is_used_where_it_is(tiny_films: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    shutil.copy(tiny_films / "coast.mp4", film)
    members = Members(Dataset.create(tmp_path / "data"))
    (source,) = members.look_up([str(film)]).added
    with lent(source, tmp_path / "media", lambda: None) as path:
        assert path == film
    film.touch()  # another time, but the same content
    with lent(source, tmp_path / "media", lambda: None) as path:
        assert path == film
    film.write_bytes(b"something else")
    with pytest.raises(MediaError, match="another content"), lent(source, tmp_path, lambda: None):
        pass
    film.unlink()
    with pytest.raises(MediaError, match="not there any more") as missing, lent(source, tmp_path, lambda: None):
        pass
    assert missing.value.may_pass


# Sentences


def test_failures_name_the_users_file_not_our_copy(store: Source) -> None:
    told = failure_of(MediaError("unreadable", "0123.mp4: not a video"), store, "scan")
    assert told.message == "coast.mp4: not a video"


def test_failures_of_steps_say_which_and_how(store: Source) -> None:
    assert failure_of(KeyError("x"), store, "odd").message == "coast.mp4: odd failed with KeyError: 'x'"
    assert failure_of(ValueError(), store, "odd").message == "coast.mp4: odd failed with ValueError"
    assert len(failure_of(ValueError("x" * 10_000), store, "odd").message) < 1000
    assert failure_of(MemoryError(), store, "odd").may_pass
    assert not failure_of(ValueError(), replace(store, size=0), "odd").may_pass


def test_trouble_of_the_disk_is_no_failure_of_a_video(store: Source) -> None:
    with pytest.raises(StorageError):
        failure_of(StorageError("/out: can't write there: No space left on device"), store, "scan")
