"""Black bars are told from dark scenes."""

import numpy as np
import pytest

from films import even, scan, texture, whole, write
from shotlist.engine.film import Clip, StillInfo
from shotlist.measure.borders import Borders


def still(bars=(0.0, 0.0, 0.0, 0.0), sure=True, lit=True, at: float = 0.0) -> StillInfo:
    surely = tuple(sure and share > 0 for share in bars)
    return StillInfo(round(at * 1e6), 0, 100.0, bars, surely, lit, (), ())


def borders(*stills: StillInfo, **settings):
    return Borders(**settings).measure(whole(even(2.0, tables={"frames": stills})))


@pytest.mark.parametrize(
    ("bars", "kind", "aspect"),
    [
        ((0.0, 0.0, 0.0, 0.0), "none", 16 / 9),
        ((0.125, 0.125, 0.0, 0.0), "letterbox", 16 / 9 / 0.75),
        ((0.0, 0.0, 0.125, 0.125), "pillarbox", 4 / 3),
        ((0.1, 0.1, 0.1, 0.1), "windowbox", 16 / 9),
        ((0.125, 0.0, 0.0, 0.0), "none", 16 / 9),
        ((0.01, 0.01, 0.0, 0.0), "none", 16 / 9),
    ],
)
def test_kinds(bars, kind, aspect):
    found = borders(still(bars))
    assert found.kind == kind
    assert found.aspect == pytest.approx(aspect)
    if kind != "none":
        assert (found.top, found.bottom, found.left, found.right) == bars


def test_what_any_still_shows_is_no_bar():
    letterbox = (0.12, 0.12, 0.0, 0.0)
    assert borders(still(letterbox), still(at=0.5)).kind == "none"
    assert borders(still((0.2, 0.2, 0.0, 0.0)), still(letterbox, at=0.5)).top == 0.12


def test_dark_edges_alone_are_no_bars():
    assert borders(still((0.2, 0.2, 0.0, 0.0), sure=False)).kind == "none"


def test_a_dark_clip_has_the_bars_of_its_film():
    dark = still((0.3, 0.25, 0.0, 0.0), sure=False)
    bright = still((0.12, 0.12, 0.0, 0.0), at=1.5)
    film = even(2.0, tables={"frames": [dark, bright]})
    found = Borders().measure(Clip(film, 0, 1_000_000, 0, 25))
    assert (found.kind, found.top, found.bottom) == ("letterbox", 0.12, 0.12)


def test_a_bright_clip_without_bars_ignores_those_of_its_film():
    film = even(2.0, tables={"frames": [still(), still((0.12, 0.12, 0.0, 0.0), at=1.5)]})
    assert Borders().measure(Clip(film, 0, 1_000_000, 0, 25)).kind == "none"


def test_black_stills_say_nothing():
    assert borders(still(lit=False)) is None
    assert borders() is None
    letterbox = (0.12, 0.12, 0.0, 0.0)
    assert borders(still(lit=False), still(letterbox, at=0.5)).kind == "letterbox"


def test_the_smallest_bar_can_be_set():
    assert borders(still((0.03, 0.03, 0.0, 0.0)), least=0.05).kind == "none"


def framed(top: int = 0, left: int = 0, dim: int = 1) -> np.ndarray:
    picture = texture(1, (320, 180)) // 2 // dim + 90 // dim
    picture[:top] = picture[180 - top :] = 0
    picture[:, :left] = picture[:, 320 - left :] = 0
    return picture


@pytest.mark.parametrize(
    ("top", "left", "kind"), [(22, 0, "letterbox"), (0, 40, "pillarbox"), (18, 32, "windowbox"), (0, 0, "none")]
)
def test_bars_of_a_film(tmp_path, top, left, kind):
    found = Borders().measure(whole(scan(write(tmp_path / "film.mp4", [framed(top, left)] * 5))))
    assert found.kind == kind
    inside = (320 - 2 * left) / (180 - 2 * top)
    assert found.aspect == pytest.approx(inside, rel=0.03)


def test_a_real_film_with_side_bars(shared_media):
    found = Borders().measure(whole(scan(shared_media / "chaplin_policeman.mp4")))
    assert found.kind == "pillarbox"
    assert found.aspect == pytest.approx(4 / 3, abs=0.05)
