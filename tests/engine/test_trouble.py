"""Steps that crash, hang or raise: each costs what it must and no more."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shotlist import Dataset, ShotlistError, build
from shotlist.builder import Options
from shotlist.sample.film import render

Twisted = Callable[..., str]
QUIET = Options(workers=2, report=False)


def failures(out: Path) -> list[tuple[str, str, str, str | None]]:
    """(film, step, kind, clip) of what failed."""
    rows = Dataset(out).sql("SELECT uri, step, kind, clip_id FROM failures ORDER BY ALL").fetchall()
    return [(Path(uri).stem, step, kind, clip) for uri, step, kind, clip in rows]


def measured(out: Path) -> dict[str, int]:
    """How many clips of each film have a value of the measure ``odd``."""
    rows = Dataset(out).sql(
        """SELECT uri, count(score) FROM clips JOIN videos USING (video_id) LEFT JOIN odd USING (clip_id)
           GROUP BY uri"""
    )
    return {Path(uri).stem: count for uri, count in rows.fetchall()}


@pytest.mark.parametrize(
    ("death", "told"),
    [
        ("os._exit(3)", "exit code 3"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("ctypes.string_at(0)", "SIGSEGV"),
    ],
)
def test_a_crash_costs_one_video(tiny_films: Path, tmp_path: Path, twisted: Twisted, death: str, told: str) -> None:
    out = tmp_path / "out"
    summary = build([tiny_films], out, twisted(f"if name == 'coast': {death}"), options=QUIET)
    assert failures(out) == [("coast", "odd", "crashed", None)]
    assert told in summary.failures[0]["message"]
    assert "coast.mp4: odd took its process down" in summary.failures[0]["message"]
    assert measured(out) == {"hills": 2, "coast": 0, "sand": 2}
    assert (summary.videos_ok, summary.videos_failed) == (2, 1)
    assert (summary.clips_kept, summary.clips_failed) == (4, 2)
    assert summary.adds_up


def test_a_worker_killed_once_from_outside_loses_nothing(tiny_films: Path, tmp_path: Path, twisted: Twisted) -> None:
    recipe = twisted("mark = marks / name", "if not mark.exists(): mark.touch(); os.kill(os.getpid(), 9)")
    summary = build([tiny_films], tmp_path / "out", recipe, options=QUIET)
    assert failures(tmp_path / "out") == []
    assert measured(tmp_path / "out") == {"hills": 2, "coast": 2, "sand": 2}
    assert summary.videos_ok == 3


def test_a_step_that_hangs_is_ended_by_the_time_limit(tiny_films: Path, tmp_path: Path, twisted: Twisted) -> None:
    out = tmp_path / "out"
    recipe = twisted("if name == 'coast': time.sleep(1000)")
    summary = build([tiny_films], out, recipe, options=Options(2, stall_seconds=2, report=False))
    assert failures(out) == [("coast", "odd", "time limit", None)]
    assert summary.failures[0]["message"] == "coast.mp4: odd showed no progress for 2 s"
    assert measured(out) == {"hills": 2, "coast": 0, "sand": 2}
    assert summary.adds_up


def test_a_busy_neighbour_does_not_hide_one_that_hangs(tmp_path: Path, twisted: Twisted) -> None:
    for name in ("slow", "stuck"):
        render(
            tmp_path / "films",
            name,
            size=(64, 64),
            fps=10,
            shots=["canvas"] * 20,
            seconds=0.5,
            seed=len(name),
        )
    options = Options(2, stall_seconds=2, report=False)
    for film in ("slow", "stuck"):  # in shards of their own, so that both are finished at the same time
        build([tmp_path / "films" / f"{film}.mp4"], tmp_path / "out", twisted(), options=options)
    recipe = twisted("time.sleep(1000 if name == 'stuck' else 0.3)")
    summary = build([], tmp_path / "out", recipe, options=options)
    assert failures(tmp_path / "out") == [("stuck", "odd", "time limit", None)]
    assert summary.adds_up


def test_one_clip_that_fails_leaves_the_others_alone(tiny_films: Path, tmp_path: Path, twisted: Twisted) -> None:
    out = tmp_path / "out"
    recipe = twisted("if name == 'coast' and clip.start_us == 0: raise ValueError('no such colour')")
    summary = build([tiny_films], out, recipe, options=QUIET)
    ((film, step, kind, clip),) = failures(out)
    assert (film, step, kind) == ("coast", "odd", "error")
    message = summary.failures[0]["message"]
    assert message.startswith("coast.mp4: odd failed with ValueError: no such colour (twisted.py, line ")
    assert (summary.clips_kept, summary.clips_dropped, summary.clips_failed) == (5, 0, 1)
    assert summary.videos_ok == 3
    rows = Dataset(out).sql("SELECT clip_id, value FROM everything WHERE status = 'failed'").fetchall()
    assert rows == [(clip, message)]


def test_a_step_that_always_raises_fails_every_clip_and_ends(
    tiny_films: Path, tmp_path: Path, twisted: Twisted
) -> None:
    summary = build([tiny_films], tmp_path / "out", twisted("raise OSError('gone')"), options=QUIET)
    assert (summary.clips, summary.clips_failed) == (6, 6)
    assert summary.adds_up


def test_a_row_of_the_wrong_kind_is_a_failure_of_its_clip(tiny_films: Path, tmp_path: Path, twisted: Twisted) -> None:
    out = tmp_path / "out"
    summary = build([tiny_films], out, twisted("if name == 'sand': return 'loud'"), options=QUIET)
    assert [f[:3] for f in failures(out)] == [("sand", "odd", "error")] * 2
    assert measured(out) == {"hills": 2, "coast": 2, "sand": 0}
    assert summary.clips_failed == 2


def test_a_film_step_that_raises_makes_its_video_a_failed_one(tiny_films: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "own.py"
    recipe.write_text(
        """
from dataclasses import dataclass
from shotlist.engine.recipe import Recipe
from shotlist.recipes.default import recipe as usual
from shotlist.shots.shots import Shots

@dataclass(frozen=True)
class Fussy(Shots):
    def rows(self, film):
        if film.source.uri.endswith("coast.mp4"):
            raise RuntimeError("too wet")
        return super().rows(film)

    @property
    def name(self):
        return "shots"

    def schema(self):
        return Shots().schema()

recipe = Recipe(tuple(Fussy() if s.name == "shots" else s for s in usual.steps))
"""
    )
    summary = build([tiny_films], tmp_path / "out", str(recipe), options=QUIET)
    assert summary.failures[0]["message"].startswith("coast.mp4: shots failed with RuntimeError: too wet (own.py")
    assert (summary.videos, summary.videos_ok, summary.videos_failed) == (3, 2, 1)
    assert summary.clips == 4
    assert summary.adds_up


def test_failures_stand_in_the_metadata_of_the_part(tiny_films: Path, tmp_path: Path, twisted: Twisted) -> None:
    out = tmp_path / "out"
    build([tiny_films], out, twisted("if name == 'coast': raise ValueError('wet')"), options=QUIET)
    dataset = Dataset(out)
    (part,) = dataset.parts("odd").values()
    receipt = dataset.receipt(part)
    assert len(receipt.failures) == 2
    assert receipt.failures[0].message.startswith("coast.mp4: odd failed with ValueError: wet (twisted.py, line ")
    assert (receipt.videos_in, receipt.rows_out) == (3, 6)


RISKY = """
import os, time
from dataclasses import dataclass
from shotlist.engine.recipe import Recipe
from shotlist.recipes.default import recipe as usual
from shotlist.scan.scan import Scan

@dataclass(frozen=True)
class Risky(Scan):
    def read(self, path, source, segment):
        if source.uri.endswith("coast.mp4") and segment.index == segment.count - 1:
            {death}
        yield from super().read(path, source, segment)

recipe = Recipe((Risky(segment_seconds={segment}), *usual.steps[1:]))
"""


@pytest.mark.parametrize("segment", [120, 0.5])
@pytest.mark.parametrize(
    ("death", "kind"),
    [("os._exit(1)", "crashed"), ("time.sleep(1000)", "time limit"), ("1 / 0", "error")],
)
def test_a_video_that_can_not_be_read_costs_only_itself(
    tiny_films: Path, tmp_path: Path, death: str, kind: str, segment: float
) -> None:
    recipe, out = tmp_path / "risky.py", tmp_path / "out"
    recipe.write_text(RISKY.format(death=death, segment=segment))
    summary = build([tiny_films], out, str(recipe), options=Options(2, stall_seconds=2, report=False))
    assert failures(out) == [("coast", "scan", kind, None)]
    assert (summary.videos_ok, summary.videos_failed, summary.clips) == (2, 1, 4)
    assert summary.adds_up
    read = Dataset(out).sql("SELECT count(DISTINCT video_id) FROM subtitles").fetchall()
    assert read == [(3,)]  # the other steps still had their turn


def test_workers_that_can_not_start_end_the_build(tiny_films: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "far.py"
    recipe.write_text(
        """
import os, sys
from dataclasses import dataclass
from shotlist.engine.recipe import Recipe
from shotlist.scan.scan import Scan

def unpack():
    raise RuntimeError("not here")

@dataclass(frozen=True)
class Far(Scan):
    def __reduce__(self):
        return unpack, ()

recipe = Recipe((Far(),))
"""
    )
    with pytest.raises(ShotlistError, match=r"die before they begin .*RuntimeError: not here"):
        build([tiny_films], tmp_path / "out", str(recipe), options=QUIET)
