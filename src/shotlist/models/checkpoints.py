"""Loads checkpoints of transformers, and says in one sentence what is wrong with one that can't be used."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from shotlist.errors import ModelError

INSTALL = "pip install 'shotlist[hf]'"
PACKAGES = {"torch": INSTALL, "transformers": INSTALL}


def load(name: str, processor: str, model: str, device: str, **options: Any) -> tuple[Any, Any]:
    """The processor and model of a hub name or folder, by transformers' classes of these names, ready on the device.

    Raises ModelError for missing packages, and for files that are absent, damaged, or of another kind of model.
    """
    torch, transformers = package("torch"), package("transformers")
    placed = device_of(torch, name, device)
    with _sentences(name, model), _quiet():
        found = getattr(transformers, processor).from_pretrained(name)
        loaded, told = getattr(transformers, model).from_pretrained(name, output_loading_info=True, **options)
    # Transformers fills up what is missing with random numbers, and the answers would look like answers.
    if missing := sorted(told["missing_keys"]):
        raise ModelError(
            f"{_weights(name)} lacks {len(missing)} weights that its config.json asks for ({missing[0]} …)"
        )
    return found, loaded.to(placed).eval()


def package(name: str) -> Any:
    """An optional package, imported when it is needed: that takes seconds. Raises ModelError without it."""
    try:
        return import_module(name)
    except ImportError as error:
        raise ModelError(f"models of transformers need more packages: {INSTALL} ({error})") from error


def device_of(torch: Any, name: str, device: str) -> str:
    """What ``auto`` means here. Raises ModelError for a device that is not there."""
    cuda = torch.cuda.is_available()
    if device.startswith("cuda") and not cuda:
        raise ModelError(f"{name} can't run on {device}: there is no such device here")
    return ("cuda" if cuda else "cpu") if device == "auto" else device


@contextmanager
def _sentences(name: str, kind: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # there is no common class for what can be wrong with a model's files
        folder = Path(name)
        if not folder.is_dir():
            raise ModelError(f"{name} is no folder here, and can't be had from the hub ({_first(error)})") from error
        if damaged := _damaged(folder):
            raise ModelError(f"{damaged} is damaged; copy the model's folder anew") from error
        raise ModelError(f"{name} can't be loaded as {kind} ({_first(error)})") from error


def _damaged(folder: Path) -> Path | None:
    """The first file of weights that can't be opened: the loader's own message does not name it."""
    safetensors = package("safetensors")
    for path in sorted(folder.glob("*.safetensors")):
        try:
            with safetensors.safe_open(str(path), "pt"):
                pass
        except Exception:
            return path
    return None


def _weights(name: str) -> str:
    found = sorted(Path(name).glob("*.safetensors")) if Path(name).is_dir() else []
    return str(found[0]) if len(found) == 1 else name


def _first(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without reports of loading; what matters in them becomes an error."""
    logger = logging.getLogger("transformers")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
