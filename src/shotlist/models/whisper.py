"""Speech recognition by Whisper (Radford et al. 2022, arXiv 2212.04356) through faster-whisper and CTranslate2."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from shotlist.errors import ModelError
from shotlist.models.contracts import RATE, Samples, Utterance
from shotlist.models.names import ModelName, settings_of
from shotlist.models.voice import package
from shotlist.records import Word
from shotlist.timing import SECOND

PACKAGE = "faster_whisper"
_FILES = ("config.json", "model.bin", "tokenizer.json")
_SURE = 0.5
"""Where a chunk tells its language with less than this, it is taken to be that of the chunk before."""


@dataclass(frozen=True)
class WhisperSettings:
    """What may follow the model's name: ``whisper:large-v3?compute_type=int8&batch=16``."""

    compute_type: str = "default"
    """Numbers of the network: ``float16``, ``int8``, ``int8_float16`` … ; ``default`` is as it was stored."""
    beam: int = 5
    """Guesses that are followed at a time."""
    batch: int = 1
    """Chunks at a time: 1 tries a doubtful chunk again in other ways, more is several times as fast on a GPU."""
    folder: str | None = None
    """Where weights from the hub are kept."""
    local_only: bool = False
    """Whether weights may not be fetched."""


class WhisperRecogniser:
    """See Recogniser. Ninety-nine languages, times of words."""

    def __init__(self, folder: Path, settings: WhisperSettings, device: str, threads: int) -> None:
        library, (kind, index) = package(PACKAGE), _device(device)
        self._settings = settings
        try:
            self._model: Any = library.WhisperModel(
                str(folder),
                device=kind,
                device_index=index,
                compute_type=settings.compute_type,
                cpu_threads=threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"{folder / 'model.bin'} can't be loaded on {device}: {_said(error)}") from error
        except Exception as error:  # the tokenizer's library raises plain Exceptions
            raise ModelError(f"{folder / 'tokenizer.json'} can't be read: {_said(error)}") from error
        self._batched = library.BatchedInferencePipeline(self._model) if settings.batch > 1 else None

    @staticmethod
    def load(model: ModelName, device: str = "auto", threads: int = 1) -> "WhisperRecogniser":
        """The model of this process, from a folder or by a name on the hub; raises ModelError where that fails."""
        return _loaded(model.name, settings_of(model, WhisperSettings), device, threads)

    def transcribe(self, chunks: Iterable[Samples], language: str | None = None) -> Iterator[Sequence[Utterance]]:
        """See Recogniser."""
        source, before = iter(chunks), language
        while group := list(islice(source, max(1, self._settings.batch))):
            before = language or self._language(group[0], before)
            yield from self._several(group, before) if self._batched else [self._one(group[0], before)]

    def _language(self, samples: Samples, before: str | None) -> str:
        found, sure, _ = self._model.detect_language(samples)
        return before if before and sure < _SURE else str(found)

    def _one(self, samples: Samples, language: str) -> Sequence[Utterance]:
        # Text of the chunk before would carry its mistakes on.
        segments, info = self._model.transcribe(
            samples,
            language=language,
            beam_size=self._settings.beam,
            word_timestamps=True,
            condition_on_previous_text=False,
        )
        length = len(samples) * SECOND // RATE
        return [u for segment in segments if (u := _utterance(segment, 0, length, info.language))]

    def _several(self, group: Sequence[Samples], language: str) -> list[list[Utterance]]:
        """All chunks behind each other, and each answer with its chunk."""
        edges = np.cumsum([0, *(len(samples) for samples in group)])
        assert self._batched is not None
        segments, info = self._batched.transcribe(
            np.concatenate(group),
            language=language,
            beam_size=self._settings.beam,
            batch_size=len(group),
            word_timestamps=True,
            without_timestamps=False,
            clip_timestamps=[{"start": a / RATE, "end": b / RATE} for a, b in pairwise(edges)],
        )
        found: list[list[Utterance]] = [[] for _ in group]
        for segment in segments:
            # Times of words may lie outside the chunk; ``seek`` (in hundredths of a second) is where it begins.
            k = max(0, int(np.searchsorted(edges, (segment.seek + 1) * RATE // 100, "right")) - 1)
            start, end = (int(edge) * SECOND // RATE for edge in edges[k : k + 2])
            if utterance := _utterance(segment, start, end - start, info.language):
                found[k].append(utterance)
        return found


def _utterance(segment: Any, offset_us: int, length_us: int, language: str) -> Utterance | None:
    """A segment with its times counted from the chunk's start and kept inside it; None where nothing is said."""

    def time(value: float) -> int:
        return min(max(round(value * SECOND) - offset_us, 0), length_us)

    text, start, end = segment.text.strip(), time(segment.start), time(segment.end)
    if not text or end <= start:
        return None
    words = tuple(Word(time(w.start), time(w.end), w.word.strip(), float(w.probability)) for w in segment.words or ())
    return Utterance(start, end, text, language, words)


@lru_cache(maxsize=1)
def _loaded(name: str, settings: WhisperSettings, device: str, threads: int) -> WhisperRecogniser:
    return WhisperRecogniser(_folder(name, settings), settings, device, threads)


def _folder(name: str, settings: WhisperSettings) -> Path:
    """The folder of a model with all its files; raises ModelError that names what is missing."""
    folder = Path(name).expanduser()
    if not folder.is_dir():
        if not name or name.startswith((".", "/", "~")):
            raise ModelError(f"whisper:{name}: there is no such folder; write whisper:large-v3 or whisper:FOLDER")
        folder = _fetched(name, settings)
    missing = [file for file in _FILES if not (folder / file).is_file()]
    if "model.bin" in missing and any(folder.glob("*.safetensors")):
        raise ModelError(
            f"{folder} holds a Transformers model; turn it into one for faster-whisper with: ct2-transformers-converter"
            f" --model {folder} --output_dir NEW --copy_files tokenizer.json preprocessor_config.json"
        )
    if missing:
        raise ModelError(f"the Whisper model in {folder} is incomplete: there is no {' and no '.join(missing)}")
    for file in sorted(folder.glob("*.json")):
        _check_json(file)
    return folder


def _check_json(file: Path) -> None:
    """Raise ModelError for a damaged file; the library below would not say which it is."""
    try:
        json.loads(file.read_bytes())
    except ValueError as error:
        raise ModelError(f"{file} can't be read: {_said(error)}; download it again") from error


def _fetched(name: str, settings: WhisperSettings) -> Path:
    download = package(f"{PACKAGE}.utils").download_model
    try:
        return Path(download(name, cache_dir=settings.folder, local_files_only=settings.local_only))
    except ValueError as error:
        raise ModelError(f"whisper:{name}: {_said(error)}, a folder or a name on the hub") from error
    except Exception as error:  # the hub's own errors, and those of the network below it
        raise ModelError(
            f"the weights of whisper:{name} can't be fetched ({_said(error)}); give their folder"
        ) from error


def _device(device: str) -> tuple[str, int]:
    kind, _, index = device.partition(":")
    return kind, int(index) if index.isdigit() else 0


def _said(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:300] or type(error).__name__
