"""Checkpoints of Hugging Face models: where they lie, whether they are whole, and what they are named by."""

import hashlib
import json
import struct
from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path

from shotlist.errors import ModelError
from shotlist.models.checkpoints import package

_SMALL = ("*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken", "*.py")
_OTHERS = ("*/*.safetensors", "*/*.bin", "consolidated*")
"""The same weights once more, in other forms."""
_SAMPLE, _PLACES = 4096, 1024


def folder_of(name: str, revision: str | None = None) -> Path:
    """The folder of a checkpoint: ``name`` itself, or a model of the Hugging Face hub, downloaded if need be.

    Raises ModelError where it can't be had.
    """
    if (here := folder_on_disk(name)) is not None:
        return here
    for weights in ("*.safetensors", "pytorch_model*.bin"):
        found = _downloaded(name, revision, [*_SMALL, weights])
        if list(found.glob("*.safetensors")):
            break
    return found


def config_of(name: str, revision: str | None = None) -> Path:
    """The file that says what a checkpoint is; of a model of the hub nothing else is downloaded.

    Raises ModelError where there is none.
    """
    here = folder_on_disk(name)
    file = (here if here is not None else _downloaded(name, revision, ["config.json"])) / "config.json"
    if not file.is_file():
        check_files(file.parent)
        raise ModelError(f"hf:{name} holds no config.json, so it is no checkpoint of a Hugging Face model")
    return file


def folder_on_disk(name: str) -> Path | None:
    """The folder that a name means; None for a name on the hub."""
    if not name:
        raise ModelError("hf: names no model; write hf:ORG/NAME or hf:FOLDER")
    if name.startswith(("/", "./", "../", "~")) or Path(name).is_dir():
        return Path(name).expanduser()
    return None


def _downloaded(name: str, revision: str | None, wanted: list[str]) -> Path:
    download = package("huggingface_hub").snapshot_download
    try:
        return Path(download(name, revision=revision, allow_patterns=wanted, ignore_patterns=list(_OTHERS)))
    except Exception as error:  # the hub's client has many, and some are those of its own dependencies
        raise ModelError(f"hf:{name}: there is no folder {name}, and {why_not(error)}") from error


def why_not(error: Exception) -> str:
    """Why the Hugging Face Hub does not give a model, without the long words of its client."""
    errors = package("huggingface_hub.errors")
    if isinstance(error, errors.HFValidationError):
        return "the Hub's models are named ORG/NAME"
    if isinstance(error, errors.GatedRepoError):
        return "the Hub gives it to those only who have agreed to its terms there and are logged in (hf auth login)"
    if isinstance(error, errors.RepositoryNotFoundError):
        return "the Hub has no such model, or keeps it private (hf auth login)"
    if isinstance(error, errors.RevisionNotFoundError):
        return "the Hub's model has no such revision"
    if isinstance(error, ConnectionError | errors.LocalEntryNotFoundError):
        return "the Hub can't be reached"
    return f"the Hub does not give it ({' '.join(str(error).split())[:300]})"


def check_files(folder: Path) -> None:
    """Raise ModelError where a checkpoint's files are missing or cut short, as after a broken download."""
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such folder")
    if (folder / "adapter_config.json").is_file():
        raise ModelError(f"{folder}: holds an adapter (LoRA); merge it with its model, and name the folder of both")
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder}: holds no config.json, so it is no checkpoint of a Hugging Face model")
    files = sorted(folder.glob("*.safetensors"))
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        named = set(json.loads(index.read_text())["weight_map"].values())
        missing = sorted(named - {f.name for f in files})
        if missing:
            raise ModelError(f"{folder}: {len(missing)} of {len(named)} weight files are missing, e.g. {missing[0]}")
    if not files and not list(folder.glob("*.bin")):
        raise ModelError(f"{folder}: holds no weights (*.safetensors)")
    for file in files:
        _check_length(file)


def _check_length(file: Path) -> None:
    """A safetensors file says at its beginning how long it is."""
    size = file.stat().st_size
    try:
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            header = json.loads(opened.read(min(length, size)))
        end = 8 + length + max((t["data_offsets"][1] for k, t in header.items() if k != "__metadata__"), default=0)
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{file}: is no safetensors file; download it again") from error
    if size != end:
        raise ModelError(f"{file}: has {size:,} bytes where {end:,} are due; download it again")


def identity(folder: Path) -> str:
    """Names a checkpoint by its small files and samples of all its weights: 16 hex characters.

    Another training of the same model has files of the same names and sizes, and may have changed a few layers only.
    """
    found = hashlib.blake2b(digest_size=8)
    for file in sorted(folder.iterdir()):
        if file.suffix in (".json", ".jinja", ".txt", ".model", ".py"):
            found.update(file.name.encode() + file.read_bytes())
        elif file.suffix in (".safetensors", ".bin"):
            found.update(f"{file.name} {file.stat().st_size}".encode())
            for sample in _samples(file):
                found.update(sample)
    return found.hexdigest()


def _samples(file: Path) -> Iterator[bytes]:
    """Of each tensor in a safetensors file its first, middle and last bytes; of another file bytes at even places."""
    with file.open("rb") as opened:
        if file.suffix == ".safetensors":
            (length,) = struct.unpack("<Q", opened.read(8))
            header = json.loads(opened.read(length))
            spans = [[8 + length + o for o in t["data_offsets"]] for k, t in header.items() if k != "__metadata__"]
        else:
            edges = [k * file.stat().st_size // _PLACES for k in range(_PLACES + 1)]
            spans = [list(span) for span in pairwise(edges)]
        for start, end in sorted(spans):
            for place in dict.fromkeys((start, (start + end - _SAMPLE) // 2, end - _SAMPLE)):
                opened.seek(max(start, place))
                yield opened.read(min(_SAMPLE, end - start))


def check_fit(folder: Path, total: int, missing: Collection[str], unexpected: Collection[str]) -> None:
    """Raise ModelError where a model of ``total`` tensors did not find all of them among the weights."""
    if not missing:
        return
    sentence = (
        f"{folder}: the weights do not fit this architecture: {len(missing)} of {total} tensors missing, e.g."
        f" {min(missing)}"
    )
    if unexpected:
        sentence += f"; {len(unexpected)} are not used, e.g. {min(unexpected)}"
    raise ModelError(sentence)
