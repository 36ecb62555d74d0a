"""Turns raw video into captioned, multimodal clip datasets."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlist.builder import Options as Options
    from shotlist.builder import build as build
    from shotlist.dataset import Dataset as Dataset
    from shotlist.engine.film import Clip as Clip
    from shotlist.engine.film import Film as Film
    from shotlist.engine.recipe import Recipe as Recipe
    from shotlist.engine.recipe import load as load_recipe  # noqa: F401  # exported under this name
    from shotlist.engine.step import Measure as Measure
    from shotlist.errors import ShotlistError as ShotlistError

__version__ = "0.1.0"

_HOMES = {
    "Clip": "shotlist.engine.film",
    "Dataset": "shotlist.dataset",
    "Film": "shotlist.engine.film",
    "Measure": "shotlist.engine.step",
    "Options": "shotlist.builder",
    "Recipe": "shotlist.engine.recipe",
    "ShotlistError": "shotlist.errors",
    "build": "shotlist.builder",
    "load_recipe": "shotlist.engine.recipe:load",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    # Names are imported when they are first used, so that "import shotlist" costs next to nothing.
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlist' has no attribute {name!r}")
    home, _, attribute = _HOMES[name].partition(":")
    return getattr(import_module(home), attribute or name)
