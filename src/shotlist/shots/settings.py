"""The thresholds of the default shot-boundary detector."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CutSettings:
    """What counts as a boundary. Differences are in grey levels (0 to 255), times in seconds."""

    rise: float = 2.8
    """How many times the change at a cut exceeds the other changes around it."""
    around_s: float = 0.3
    """How far to either side those other changes are looked for."""
    flash_s: float = 0.25
    """A picture that is back within this time was interrupted by a flash, not by a cut."""
    returned: float = 0.35
    """Share of a change that is left when a picture counts as being back."""
    blend_error: float = 0.13
    """Share of the change over a gradual boundary that a blend of its ends may leave unexplained."""
    different: float = 15.0
    """Interval distance of two pictures that surely show different things; less has to blend better."""
    plain: float = 2.5
    """Contrast (standard deviation of luma) below which a picture is plain."""
    gap_s: float = 2.0
    """A plain stretch shorter than this between two fades belongs to one boundary; a longer one is a shot."""
    shortest_s: float = 0.12
    """Of boundaries closer than this only the clearest is kept."""
