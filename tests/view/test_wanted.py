from collections.abc import Iterator

import pytest
from index_rows import ask, clip, described, key, numbers, opened, put
from starlette.datastructures import QueryParams

from shotlist.view.answer import NotAsked
from shotlist.view.finding.wanted import Wanted, field_of
from shotlist.view.index.database import Index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Six clips of 1 to 6 seconds."""
    folder = tmp_path_factory.mktemp("wanted")
    dataset = described(
        folder,
        ["A dog", "A cat", "A dog and a cat", None, "Dogs!", "100%_of 'it'"],
        brightness=[0.1, 0.2, 0.3, 0.4, None, 0.6],
        flashes=[0, 0, 1, 1, 2, 9],
        dark=[True, False, None, True, False, False],
        size=["small", "large", "small", None, "!odd", "none"],
        names=[["red"], ["red", "blue"], [], None, ["blue"], ["green"]],
    )
    put(dataset, "page", [key(clip(k), number=k) for k in range(6)])  # a column that is called like the viewer's own
    made = opened(dataset, folder)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("light_brightness=0.2..0.4", [1, 2, 3]),
        ("light_brightness=0.3..", [2, 3, 5]),
        ("light_brightness=..0.2", [0, 1]),
        ("light_flashes=1", [2, 3]),
        ("light_flashes=0&light_flashes=2..", [0, 1, 4, 5]),
        ("light_flashes=!1", [0, 1, 4, 5]),
        ("light_brightness=none", [4]),
        ("light_brightness=!none", [0, 1, 2, 3, 5]),
        ("light_brightness=!0..0.25", [2, 3, 4, 5]),
        ("light_dark=true", [0, 3]),
        ("light_dark=false", [1, 4, 5]),
        ("light_dark=none", [2]),
        ("light_dark=!true", [1, 2, 4, 5]),
        ("light_size=small", [0, 2]),
        ("light_size=small&light_size=large", [0, 1, 2]),
        ("light_size=!small&light_size=!large", [3, 4, 5]),
        ("light_size==!odd", [4]),
        ("light_size=none", [3, 5]),
        ("light_names=red", [0, 1]),
        ("light_names=red&light_names=blue", [0, 1, 4]),
        ("light_names=none", [2, 3]),
        ("light_names=!red", [2, 3, 4, 5]),
        ("caption=dog", [0, 2, 4]),
        ("caption==A dog", [0]),
        ("caption=%25_of 'it'", [5]),
        ("light_size=small&light_flashes=1", [2]),
        ("c.page=4", [4]),
        ("seconds=5..&light_dark=false", [4, 5]),
        ("clip_id=a_0_1000", [0]),
        ("clip_id=a_0", []),
        ("seconds=", [0, 1, 2, 3, 4, 5]),
    ],
)
def test_a_filter_finds_what_it_says(index: Index, address: str, expected: list[int]) -> None:
    assert numbers(index, address) == expected


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("brightnes=1", "no column 'brightnes'; did you mean light_brightness?"),
        ("light.brightness=x", "no column 'light.brightness'; did you mean light_brightness?"),
        ("light_brightness=much", "light_brightness: 'much' is no number"),
        ("light_brightness=nan", "no number"),
        ("light_brightness=1e999..", "no number"),
        ("light_dark=perhaps", "neither true nor false"),
        ("sort=nothing", "no column 'nothing'"),
        ("page=0", "page: '0' is no number from 1"),
        ("size=201", "from 1 to 200"),
        ("size=-3", "from 1 to 200"),
    ],
)
def test_a_wrong_question_is_told_in_a_sentence(index: Index, address: str, said: str) -> None:
    with pytest.raises(NotAsked, match=said):
        Wanted.read(QueryParams(address), index)


def test_clips_are_sorted_by_any_column_with_empty_ones_last(index: Index) -> None:
    assert numbers(index, "sort=light_brightness") == [0, 1, 2, 3, 5, 4]
    assert numbers(index, "sort=-light_brightness") == [5, 3, 2, 1, 0, 4]
    assert numbers(index, "sort=-caption")[0] == 4


def test_pages_neither_overlap_nor_leave_anything_out(index: Index) -> None:
    for sort in ("light_flashes", "-light_dark", "random.7", ""):
        pages = [numbers(index, f"sort={sort}&size=2&page={page}") for page in (1, 2, 3, 4)]
        assert [len(page) for page in pages] == [2, 2, 2, 0]
        assert sorted(number for page in pages for number in page) == [0, 1, 2, 3, 4, 5]
    assert ask(index, "size=4").pages == 2


def test_a_random_order_is_the_same_for_the_same_seed_only(index: Index) -> None:
    orders = {tuple(numbers(index, f"sort=random.{seed}")) for seed in (1, 2, 3, 1, 2, 3)}
    assert len(orders) == 3


def test_a_link_holds_the_whole_question(index: Index) -> None:
    address = {"q": "dog", "light_size": ["small", "large"], "c.page": "..4", "sort": "-seconds", "size": 24}
    params = QueryParams([(k, v) for k, vs in address.items() for v in (vs if isinstance(vs, list) else [vs])])
    wanted = Wanted.read(params, index)
    assert wanted.query() == address
    assert wanted.query(page=3) == {**address, "page": 3}
    assert wanted.query(q=None, sort="seconds") == {k: v for k, v in address.items() if k != "q"} | {"sort": "seconds"}


def test_what_is_changed_leads_to_the_first_page(index: Index) -> None:
    wanted = Wanted.read(QueryParams("q=dog&page=2"), index)
    assert wanted.query() == {"q": "dog", "page": 2}
    assert wanted.query(sort="seconds") == {"q": "dog", "sort": "seconds"}


def test_each_chip_takes_one_limit_away(index: Index) -> None:
    wanted = Wanted.read(QueryParams("q=dog&light_size=small&light_size=large&seconds=2..&where=kept"), index)
    texts = [chip["text"] for chip in wanted.chips]
    assert texts == ["“dog”", "light_size: small", "light_size: large", "seconds: ≥ 2", "kept"]
    assert "q" not in wanted.chips[0]["query"]
    assert wanted.chips[1]["query"]["light_size"] == ["large"]
    assert "where" not in wanted.chips[4]["query"]


@pytest.mark.parametrize("word", ["facets", "part", "view", "page"])
def test_how_a_page_looks_is_no_filter_and_a_column_of_that_name_has_another(index: Index, word: str) -> None:
    assert Wanted.read(QueryParams({word: "2"}), index).is_everything
    assert field_of(word) == f"c.{word}"
    assert field_of("seconds") == "seconds"
