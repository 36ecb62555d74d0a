"""Where the index lies, when it is made anew, and what happens when the disk or a part is broken."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from index_rows import SECOND, ask, clip, described, facet, key, nothing_said, opened, put, video

from shotlist.dataset import Dataset
from shotlist.errors import ShotlistError
from shotlist.parts import Part
from shotlist.view.index.database import Index
from shotlist.view.index.making.files import is_sound


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Path]:
    """A cache folder of the test's own."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path / "home")
    yield tmp_path / "home"
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Two shards of two clips each with captions, brightness and decisions."""
    made = Dataset.create(tmp_path / "set")
    for shard, name in (("000000", "a"), ("000001", "b")):
        clips = [clip(k, name) for k in range(2)]
        put(made, "videos", [video(name, f"Film {name}")], shard)
        put(made, "clips", clips, shard)
        put(made, "caption", [key(c, text=f"A dog of {name}") for c in clips], shard)
        put(made, "light", [key(c, brightness=0.5, dark=True) for c in clips], shard)
    _decide(made, "f", "kept")
    return made


def _decide(dataset: Dataset, fingerprint: str, status: str) -> None:
    rows = [
        key(clip(k, n), status=status, rule=None, value=None, failed_rules=["x"][:0]) for n in "ab" for k in range(2)
    ]
    for part in dataset.parts("decisions").values():
        dataset.remove(part)
    put(dataset, "decisions", rows, "all", fingerprint=fingerprint)


def _files(home: Path) -> dict[str, float]:
    return {path.name: path.stat().st_mtime for path in sorted(home.rglob("*.duckdb"))}


def _cut_short(dataset: Dataset, table: str, shard: str) -> Path:
    path = _path(dataset, table, shard)
    path.write_bytes(path.read_bytes()[:-20])
    return path


def _path(dataset: Dataset, table: str, shard: str) -> Path:
    assert dataset.local is not None
    return dataset.local / Part(table, shard, "f").path


def test_an_index_is_made_once_and_used_again(dataset: Dataset, home: Path, tmp_path: Path) -> None:
    said: list[str] = []
    Index.open(dataset, tmp_path / "cache", said.append)
    made = _files(home)
    assert len(made) == 2
    assert said == [f"{dataset.address}: making the index, once for these tables"]
    again = Index.open(Dataset(dataset.address), tmp_path / "cache", said.append)
    assert len(said) == 1
    assert _files(home) == made
    assert ask(again, "q=dog").total == 4
    assert not (tmp_path / "cache").exists()


def test_an_index_that_no_longer_fits_is_told_and_made_anew(dataset: Dataset, home: Path, tmp_path: Path) -> None:
    index = opened(dataset, tmp_path)
    assert not index.outdated()
    _decide(dataset, "g", "dropped")
    assert not index.outdated()  # it looks every few seconds only
    time.sleep(5.1)
    assert index.outdated()
    words = [name for name in _files(home) if name.startswith("words")]
    newer = opened(dataset, tmp_path)
    assert ask(newer, "q=dog&status=dropped").total == 4
    assert [name for name in _files(home) if name.startswith("words")] == words  # texts are the same
    assert ask(index, "status=kept").total == 4  # who still reads the older one reads on


def test_old_indexes_are_removed(dataset: Dataset, home: Path, tmp_path: Path) -> None:
    opened(dataset, tmp_path)
    long_ago = time.time() - 7200
    for path in home.rglob("*.duckdb"):
        os.utime(path, (long_ago, long_ago))
    folder = next(home.rglob("*.duckdb")).parent
    for name, age in (("making-old", 7200.0), ("making-new", 0.0)):
        (folder / name).mkdir()
        (folder / name / "index.duckdb").write_bytes(b"half")
        for path in (folder / name / "index.duckdb", folder / name):
            os.utime(path, (time.time() - age, time.time() - age))
    _decide(dataset, "g", "dropped")
    opened(dataset, tmp_path)
    assert len(_files(home)) == 3  # the half that another viewer is making is left alone
    assert not (folder / "making-old").exists()
    assert (folder / "making-new").exists()


def test_datasets_and_their_copies_have_indexes_of_their_own(dataset: Dataset, home: Path, tmp_path: Path) -> None:
    import shutil

    first = opened(dataset, tmp_path)
    other = Dataset(shutil.copytree(dataset.address, tmp_path / "copy"))
    _decide(other, "g", "dropped")
    second = opened(other, tmp_path)
    assert len({path.parent for path in home.rglob("*.duckdb")}) == 2
    assert (ask(first, "status=kept").total, ask(second, "status=kept").total) == (4, 0)


def test_one_process_may_open_the_same_index_twice(dataset: Dataset, tmp_path: Path) -> None:
    first, second = opened(dataset, tmp_path), opened(dataset, tmp_path)
    assert ask(first, "q=dog").total == ask(second, "q=dog").total == 4
    first.close()
    assert ask(second, "q=dog&sort=random.1").total == 4


@pytest.mark.parametrize("damage", ["cut", "rubbish", "empty", "gone"])
@pytest.mark.parametrize("which", ["tables", "words"])
def test_a_damaged_index_is_made_anew(dataset: Dataset, home: Path, tmp_path: Path, which: str, damage: str) -> None:
    opened(dataset, tmp_path)
    [path] = home.rglob(f"{which}-*.duckdb")
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"cut": content[: len(content) // 2], "rubbish": b"x" * 50_000, "empty": b""}[damage])
    assert ask(opened(dataset, tmp_path), "q=dog").total == 4


def test_damage_that_is_found_while_reading_is_told_and_mended(dataset: Dataset, home: Path, tmp_path: Path) -> None:
    opened(dataset, tmp_path)
    [path] = home.rglob("tables-*.duckdb")
    content = bytearray(path.read_bytes())
    content[12_288 + 9 :: 4096] = b"\xaa" * len(content[12_288 + 9 :: 4096])
    path.write_bytes(bytes(content))
    try:
        index = opened(dataset, tmp_path)
        assert ask(index, "q=dog").total == 4
    except ShotlistError as error:
        assert "made anew" in str(error)
        assert index.outdated()
        assert ask(opened(dataset, tmp_path), "q=dog").total == 4


def test_a_part_that_was_cut_short_leaves_out_its_rows_and_is_told(
    dataset: Dataset, home: Path, tmp_path: Path
) -> None:
    _cut_short(dataset, "light", "000001")
    index = opened(dataset, tmp_path)
    [problem] = index.problems
    assert problem.startswith("tables/light/000001.f.parquet can't be read")
    assert "delete that file" in problem
    assert ask(index, "").total == 4
    assert ask(index, "light_brightness=0.5").total == 2
    assert ask(index, "light_brightness=none").total == 2


@pytest.mark.parametrize("table", ["light", "caption", "clips", "videos", "decisions"])
def test_any_table_may_be_broken_altogether(dataset: Dataset, tmp_path: Path, table: str) -> None:
    paths = [_cut_short(dataset, table, shard) for shard in dataset.parts(table)]
    index = opened(dataset, tmp_path)
    assert len(index.problems) == len(paths)
    assert ask(index, "").total == (0 if table == "clips" else 4)
    assert facet_names(index) or table == "clips"


def facet_names(index: Index) -> list[str]:
    return [name for name in index.columns if index.columns[name].telling]


def test_a_part_whose_inside_is_broken_is_left_out_too(dataset: Dataset, tmp_path: Path) -> None:
    path = _path(dataset, "caption", "000000")
    content = bytearray(path.read_bytes())
    content[4:60] = b"\xff" * 56
    path.write_bytes(bytes(content))
    index = opened(dataset, tmp_path)
    assert len(index.problems) == 1
    assert ask(index, "q=dog").total == 2


def test_a_mended_part_is_read_by_the_next_viewer(dataset: Dataset, home: Path, tmp_path: Path) -> None:
    path = _path(dataset, "light", "000001")
    content = path.read_bytes()
    _cut_short(dataset, "light", "000001")
    assert opened(dataset, tmp_path).problems
    path.write_bytes(content)  # the same name: the listing says nothing of it
    index = opened(dataset, tmp_path)
    assert index.problems == []
    assert sum(facet(index, "", "light_brightness")["all"]) == 4


def test_a_folder_that_can_not_be_written_gives_way_to_another(dataset: Dataset, home: Path, tmp_path: Path) -> None:
    home.write_text("a file where the folder should be")
    said: list[str] = []
    index = Index.open(dataset, tmp_path / "cache", said.append)
    assert ask(index, "q=dog").total == 4
    assert any("the index can't be written to" in sentence and "Not a directory" in sentence for sentence in said)


def test_where_nothing_can_be_written_a_sentence_says_so(dataset: Dataset, home: Path, tmp_path: Path) -> None:
    home.write_text("a file")
    (tmp_path / "cache").write_text("another")
    with pytest.raises(
        ShotlistError, match=r"can't be written to .* Not a directory; make room there, or name another"
    ):
        Index.open(dataset, tmp_path / "cache", nothing_said)


_OPEN = """
import resource, signal, sys
from pathlib import Path
from shotlist.dataset import Dataset
from shotlist.errors import ShotlistError
from shotlist.view.index.database import Index
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
most = int(sys.argv[3])
if most:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
try:
    index = Index.open(Dataset(sys.argv[1]), Path(sys.argv[2]), lambda said: print(said, flush=True))
    print("clips", index.rows("SELECT count(*) AS n FROM clips")[0]["n"])
except ShotlistError as error:
    print("error", error)
"""


def _other_process(dataset: Dataset, tmp_path: Path, most: int = 0) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", _OPEN, dataset.address, str(tmp_path / "cache"), str(most)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_full_disk_is_told_in_a_sentence(dataset: Dataset, home: Path, tmp_path: Path) -> None:
    said, _ = _other_process(dataset, tmp_path, most=30_000).communicate(timeout=60)
    last = said.strip().splitlines()[-1]
    assert last.startswith("error ")
    assert "the index can't be written to" in last
    assert "Traceback" not in said
    assert _files(home) == {}


def test_two_viewers_at_once_do_not_disturb_each_other(dataset: Dataset, home: Path, tmp_path: Path) -> None:
    viewers = [_other_process(dataset, tmp_path) for _ in range(3)]
    for viewer in viewers:
        said, _ = viewer.communicate(timeout=60)
        assert said.strip().splitlines()[-1] == "clips 4"
    assert len(_files(home)) == 2
    assert not list(home.rglob("making-*"))


def test_a_kill_leaves_nothing_that_is_taken_for_an_index(tmp_path: Path, home: Path) -> None:
    dataset = described(tmp_path, [f"word{k} " * 20 for k in range(20_000)])
    viewer = _other_process(dataset, tmp_path)
    assert viewer.stdout is not None
    assert "making the index" in viewer.stdout.readline()
    time.sleep(0.1)
    viewer.send_signal(signal.SIGKILL)
    viewer.communicate(timeout=60)
    assert all(is_sound(path) for path in home.rglob("*-*.duckdb"))
    assert ask(opened(dataset, tmp_path), "q=word7").total > 0


def test_memory_stays_flat_while_an_index_is_made(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    dataset = described(tmp_path, [f"clip {k} with some words of its own" for k in range(30_000)])
    index = opened(dataset, tmp_path)
    assert ask(index, "").total == 30_000
    assert ask(index, "").rows[-1]["start_us"] == 47 * 10 * SECOND
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000
