"""Exact time: the only place where a time is rounded.

A time is an ``int`` of microseconds on the source's own clock (presentation timestamp times time base), a
span is half-open, ``[start, end)``. A video may start at any time, also before zero.
"""

from fractions import Fraction

SECOND = 1_000_000


def to_us(pts: int, time_base: Fraction) -> int:
    """Turn a timestamp in units of ``time_base`` seconds into microseconds, rounded once, halves to even."""
    scaled, base = pts * time_base.numerator * SECOND, time_base.denominator
    whole, rest = divmod(scaled, base)  # integers: this runs once per frame, and Fraction is slow
    return whole + (2 * rest > base or (2 * rest == base and whole % 2 == 1))


def seconds(us: int) -> float:
    """Microseconds as seconds, for showing and for settings, never for comparing times."""
    return us / SECOND


def us(value: float) -> int:
    """A setting in seconds as microseconds."""
    return round(value * SECOND)


def clock(time_us: int, decimals: int = 1) -> str:
    """A time for people to read: ``0:07.5``, ``12:03.0``, ``1:02:03.4``; ``decimals`` from 0 to 6."""
    unit = 10 ** (6 - decimals)
    ticks = round(abs(time_us) / unit)
    whole, fraction = divmod(ticks, 10**decimals)
    minutes, secs = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"
    tail = f".{fraction:0{decimals}d}" if decimals else ""
    return f"{'-' if time_us < 0 else ''}{text}{tail}"


def lasting(value: float) -> str:
    """A length in seconds for people to read: ``48 s``, ``3:20 min``, ``2:05 h``."""
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"


def overlap(a: tuple[int, int], b: tuple[int, int]) -> int:
    """How many microseconds two half-open spans share; 0 where they only touch or lie apart."""
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))
