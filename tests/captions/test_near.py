"""Captions that repeat others of the set."""

import random
import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from shotlist import Dataset, build
from shotlist.builder import Options
from shotlist.captions.near import NearDuplicates
from shotlist.engine.recipe import Recipe, load
from shotlist.errors import ShotlistError

Found = dict[int, tuple[int, float]]


def found(texts: list[str | None], **settings: object) -> Found:
    """Number of a caption: the one that it repeats, and how similar."""
    with duckdb.connect() as connection:
        clips = [f"clip{k:05d}" for k in range(len(texts))]
        rows = pa.table({"clip_id": clips, "video_id": ["v"] * len(texts), "text": pa.array(texts, pa.string())})
        connection.register("caption", rows)
        made = NearDuplicates(**settings).run(connection).read_all()
    rows = zip(*(made[c].to_pylist() for c in ("clip_id", "duplicate_of", "similarity")), strict=True)
    return {int(clip[4:]): (int(of[4:]), round(similar, 3)) for clip, of, similar in rows if of}


def sentence(rng: random.Random, words: int = 30) -> list[str]:
    return [f"word{rng.randrange(5000)}" for _ in range(words)]


def test_the_same_words_are_a_duplicate_however_they_are_written():
    texts = ["A dog runs on the beach.", "A cat sleeps.", "a dog runs, on the BEACH", "Something else entirely here."]
    assert found(texts) == {2: (0, 1.0)}
    assert found(texts, similarity=1) == {2: (0, 1.0)}


def test_a_changed_word_is_near_and_many_are_not():
    rng = random.Random(1)
    words = sentence(rng, 40)
    near = [*words[:20], "other", *words[21:]]
    far = [w if k % 4 else "other" for k, w in enumerate(words)]
    assert found([" ".join(words), " ".join(near), " ".join(far)]) == {1: (0, round(35 / 41, 3))}


def test_all_point_at_one_that_points_at_none():
    rng = random.Random(2)
    words = sentence(rng, 60)
    chain = [words]
    for k in range(6):  # each differs from the one before by a word, and after a while from the first by too many
        chain.append([*chain[-1][: 8 * k], f"new{k}", *chain[-1][8 * k + 1 :]])
    repeated = found([" ".join(w) for w in chain])
    assert repeated
    assert all(first not in repeated and first < k and similar >= 0.8 for k, (first, similar) in repeated.items())


def test_nearly_all_pairs_are_found_and_none_is_made_up():
    rng = random.Random(3)
    texts = [" ".join(sentence(rng)) for _ in range(300)]
    for k in range(100):
        words = texts[k].split()
        words[rng.randrange(len(words))] = "changed"
        texts.append(" ".join(words))
    shingles = [frozenset(zip(w, w[1:], w[2:], strict=False)) for w in (re.findall(r"\w+", t) for t in texts)]
    wanted = {
        300 + k
        for k in range(100)
        if len(shingles[k] & shingles[300 + k]) >= 0.8 * len(shingles[k] | shingles[300 + k])
    }
    got = found(texts)
    assert set(got) <= wanted
    assert len(got) >= 0.97 * len(wanted)
    assert all(of == k - 300 for k, (of, _) in got.items())


def test_short_texts_and_scripts_without_spaces_are_compared_too():
    assert found(["Dunes.", "dunes", "Sea.", None, " … ", ""]) == {1: (0, 1.0)}
    assert found(["一个男人在海滩上遛狗", "一个男人在海滩上遛狗。", "两只猫"]) == {1: (0, 1.0)}


def test_there_may_be_nothing_to_compare():
    assert found([]) == {}
    assert found([None]) == {}


@pytest.mark.parametrize("settings", [{"similarity": 0.0}, {"similarity": 1.5}, {"phrase": 0}])
def test_impossible_settings_are_told(settings: dict[str, float]):
    with pytest.raises(ShotlistError, match="similarity lies between 0 and 1"):
        NearDuplicates(**settings)


def test_rules_can_use_it(tiny_films: Path, tmp_path: Path):
    *steps, rules = load("default").steps
    recipe = Recipe((*steps, NearDuplicates(similarity=0.3), rules))
    summary = build(
        [tiny_films],
        tmp_path / "data",
        recipe,
        ["rules.new=near_duplicates.duplicate_of IS NULL"],
        Options(report=False),
    )
    repeated = Dataset(tmp_path / "data").sql("SELECT count(duplicate_of), count(*) FROM near_duplicates").fetchall()
    assert repeated[0][0] == summary.clips_dropped == summary.dropped_by_rule.get("new", 0) > 0
    assert repeated[0][1] == 6
