"""Where somebody speaks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from shotlist.engine.film import Film
from shotlist.engine.step import FilmStep
from shotlist.models.contracts import Stretch
from shotlist.models.voice import detector, packages, stretches

_BLOCK_SECONDS = 30.0


@dataclass(frozen=True)
class Voice(FilmStep):
    """Finds the stretches of a film's sound in which somebody speaks; films without sound have none."""

    model: str = "builtin"
    """``builtin`` needs nothing and is easily misled by music; ``silero`` is a trained network."""
    threshold: float = 0.5
    """How likely a voice must be, 0..1; lower finds more."""
    shortest: float = 0.25
    """Seconds; shorter stretches are left out."""
    pause: float = 0.3
    """Seconds; shorter silences belong to the speech around them."""
    margin: float = 0.1
    """Seconds that are added at both ends of a stretch."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "audio")

    @property
    def packages(self) -> Mapping[str, str]:
        """The extra ``speech`` for Silero."""
        return packages(self.model)

    def rows(self, film: Film) -> Iterable[Stretch]:
        """See FilmStep; raises ModelError for an unknown detector."""
        found, audio = detector(self.model), film.audio
        if audio is None:
            return
        curve = found.likely(samples for _, samples in audio.blocks(_BLOCK_SECONDS))
        for one in stretches(curve, found.step_us, self.threshold, self.shortest, self.pause, self.margin):
            yield Stretch(audio.start_us + one.start_us, min(audio.start_us + one.end_us, audio.end_us))
