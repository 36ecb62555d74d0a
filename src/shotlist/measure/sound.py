"""How loud a clip is."""

from dataclasses import dataclass
from typing import ClassVar

from shotlist.engine.film import Clip
from shotlist.engine.step import Measure
from shotlist.media.sound import integrated


@dataclass(frozen=True)
class LoudnessRow:
    """``lufs``: gated loudness after BS.1770. ``peak``: dB of full scale. ``silence``: share of the time below the
    silence limit.
    """

    lufs: float
    peak: float
    silence: float


@dataclass(frozen=True)
class Loudness(Measure):
    """Loudness of the clip's sound from the stored series."""

    silent_below: float = -50.0
    """Momentary loudness in LUFS that counts as silence."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "sound", "clips")

    def measure(self, clip: Clip) -> LoudnessRow | None:
        """None for videos without sound and where the sound has ended."""
        sound = clip.sound
        if sound is None or not len(sound.momentary):
            return None
        return LoudnessRow(
            lufs=integrated(sound.momentary),
            peak=float(sound.peak.max()),
            silence=float((sound.momentary < self.silent_below).mean()),
        )
