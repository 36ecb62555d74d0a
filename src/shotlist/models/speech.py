"""Recognisers of speech by their names."""

from collections.abc import Mapping

from shotlist.errors import ModelError
from shotlist.models.contracts import Recogniser
from shotlist.models.names import parse
from shotlist.models.voice import INSTALL

_PACKAGES = {"builtin": "pocketsphinx", "whisper": "faster_whisper"}


def packages(name: str) -> Mapping[str, str]:
    """What has to be installed for a recogniser of this name."""
    package = _PACKAGES.get(parse(name).kind)
    return {package: INSTALL} if package else {}


def recogniser(name: str, device: str = "auto", threads: int = 1) -> Recogniser:
    """``builtin``, ``whisper:NAME-or-folder`` or ``openai:NAME@URL``; raises ModelError for what can't work."""
    model = parse(name)
    if model.kind == "builtin":
        from shotlist.models.sphinx import SphinxRecogniser

        return SphinxRecogniser.load()
    if model.kind == "whisper":
        from shotlist.models.whisper import WhisperRecogniser

        return WhisperRecogniser.load(model, device, threads)
    if model.kind == "openai":
        from shotlist.models.transcription import TranscriptionServer

        return TranscriptionServer(model)
    raise ModelError(f"{name!r} recognises no speech; write builtin, whisper:large-v3 or openai:NAME@URL, or off")
