"""What all models of transformers and PyTorch need: the packages, and a device."""

from importlib import import_module
from typing import Any

from shotlist.errors import ModelError
from shotlist.models.names import parse

INSTALL = "pip install 'shotlist[hf]'"
PACKAGES = {"torch": INSTALL, "transformers": INSTALL}


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


def on_gpu(name: str) -> bool:
    """Whether a model's string asks for a GPU: ``hf:ORG/NAME?device=cuda``; ``auto`` takes what there is."""
    return parse(name).settings.get("device", "").startswith("cuda")
