"""What changes between moments of a film, told from what was measured: differential captions without a model."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from shotlist.captions.describe import Facts, look, shot
from shotlist.engine.film import Clip, Film
from shotlist.measure.borders import Borders
from shotlist.measure.camera import Camera
from shotlist.measure.colour import Colour
from shotlist.measure.light import Light
from shotlist.measure.motion import Motion
from shotlist.shots.clips import spanning
from shotlist.shots.marks import mark_of
from shotlist.timing import SECOND

_MEASURES = {"camera": Camera(), "motion": Motion(), "light": Light(), "colour": Colour(), "borders": Borders()}
NOTHING = "Nothing that is measured changes."
"""The note on a key frame that differs in nothing that is measured."""
_LEAST_US = 2 * SECOND
"""Over shorter spans movement is hardly measured, so they begin earlier where their shot does."""
_BRIGHTER = 0.08
"""Change of mean brightness (0..1) from which it is told."""
_MOVES = {
    "static": ("stands still", "comes to rest"),
    "pan left": ("pans to the left", "begins to pan to the left"),
    "pan right": ("pans to the right", "begins to pan to the right"),
    "tilt up": ("tilts up", "begins to tilt up"),
    "tilt down": ("tilts down", "begins to tilt down"),
    "zoom in": ("closes in", "begins to close in"),
    "zoom out": ("draws back", "begins to draw back"),
    "roll": ("turns about its axis", "begins to turn about its axis"),
    "shaky": ("is shaky", "becomes shaky"),
    "mixed": ("moves in several ways at once", "begins to move in several ways at once"),
}
_MARKS = {
    "black": "The picture is black.",
    "blank": "The picture is of a single colour.",
    "title card": "A title card is shown.",
    "credits": "Credits roll by.",
}
_OPENINGS = {"cut": "a cut", "dissolve": "a dissolve", "fade": "a fade"}


def described(clip: Clip, camera: bool = True) -> str:
    """What the measures say of any span; nothing of the camera where it holds several shots, or without ``camera``."""
    facts = measured(clip)
    if not camera or any(clip.start_us < start < clip.end_us for start, _ in _openings(clip.film)):
        facts["camera"] = {}
    return " ".join(sentence for sentence in (shot(clip, facts), look(clip, facts)) if sentence)


def measured(clip: Clip) -> Facts:
    """What the measures of the picture find in a span, by their names; empty where they find nothing."""
    found: Facts = defaultdict(dict)
    for name, measure in _MEASURES.items():
        row = measure.measure(clip)
        found[name] = vars(row) if row is not None else {}
    return found


def notes(clip: Clip, times: Sequence[int]) -> list[str]:
    """A note for each time, in order: how the clip begins, then what has changed since the note before."""
    opened = _openings(clip.film)
    starts = [start for start, _ in opened]
    spans = [_until_cut(clip, a, b, starts) for a, b in zip(times, [*times[1:], clip.end_us], strict=False)]
    states = [_State(span, measured(span)) for span in spans]
    told = [states[0].told()] if states else []
    for k in range(1, len(states)):
        between = opened[bisect_right(starts, times[k - 1]) : bisect_right(starts, times[k])]
        kinds = [kind for _, kind in between]
        told.append(states[k].after_cut(kinds, states[k - 1]) if kinds else states[k].change(states[k - 1]))
    return told


@dataclass(frozen=True)
class _State:
    """How it looks from one moment on, until the next or until a cut."""

    clip: Clip
    facts: Facts

    def told(self) -> str:
        if self.clip.mark in _MARKS:
            return _MARKS[self.clip.mark]
        return " ".join(filter(None, (self._moves(), self._looks()))) or "Nothing could be measured."

    def _moves(self) -> str:
        kind = self.facts["camera"].get("kind")
        return f"The camera {_MOVES[kind][0]}." if kind else ""

    def _looks(self) -> str:
        return look(self.clip, self.facts | {"borders": {}})  # bars stay, whatever changes

    def after_cut(self, kinds: Sequence[str], before: "_State") -> str:
        """The new shot; how it looks is left out where the last one looked the same."""
        first = _OPENINGS.get(kinds[-1], "a cut") if len(kinds) == 1 else f"{len(kinds)} changes of shot"
        light = self._light(before)
        same = self.clip.mark not in _MARKS and self._looks() == before._looks()
        told = (self._moves() if same else self.told()) or "the picture is much the same."
        return f"After {first}{f' to a {light} picture' if light else ''}, {told[0].lower()}{told[1:]}"

    def change(self, before: "_State") -> str:
        """In one shot; what stays the same is left out."""
        light, colours = self._light(before), self._colours(before)
        moves = self._camera(before)
        looks = [f"the picture has become {light}" if light else "", f"now it is mostly {colours}" if colours else ""]
        parts = [part for part in (moves, *looks, self._movement(before)) if part]
        text = ", ".join(parts)
        return f"{text[0].upper()}{text[1:]}." if text else NOTHING

    def _camera(self, before: "_State") -> str:
        kind, old = self.facts["camera"].get("kind"), before.facts["camera"].get("kind")
        return f"the camera {_MOVES[kind][1]}" if kind and old and kind != old else ""

    def _light(self, before: "_State") -> str:
        rise = self.facts["light"]["brightness"] - before.facts["light"]["brightness"]
        return "" if abs(rise) < _BRIGHTER else "brighter" if rise > 0 else "darker"

    def _colours(self, before: "_State") -> str:
        name, old = (state.facts["colour"].get("names") or ("",) for state in (self, before))
        mostly = name[0] and self.facts["colour"]["shares"][0] >= 0.5
        return str(name[0]) if mostly and name[0] != old[0] and not self.facts["colour"]["monochrome"] else ""

    def _movement(self, before: "_State") -> str:
        now, then = (state.facts["motion"].get("local") for state in (self, before))
        if now is None or then is None or max(now, then) < 0.01 or 0.5 < (now + 0.005) / (then + 0.005) < 2:
            return ""
        return f"there is {'more' if now > then else 'less'} movement than before"


def _openings(film: Film) -> list[tuple[int, str]]:
    """When each shot but the first begins, and how; nothing where shots are not known."""
    return [(row["start_us"], row["opening"]) for row in film.rows("shots")[1:]]


def _until_cut(clip: Clip, start_us: int, end_us: int, cuts: Sequence[int]) -> Clip:
    """The span from one moment to the next, without another shot."""
    after = bisect_right(cuts, start_us)
    first = max(clip.start_us, cuts[after - 1] if after else clip.start_us)
    end = min(max(end_us, start_us + 1), cuts[after] if after < len(cuts) else clip.end_us)
    return part(clip, max(first, min(start_us, end - _LEAST_US)), end)


def part(clip: Clip, start_us: int, end_us: int) -> Clip:
    """A part of a clip in whole frames."""
    film = clip.film
    span = spanning(film.signals["time_us"], film.end_us, start_us, end_us)
    return Clip(film, span.start_us, span.end_us, span.start_frame, span.end_frame, mark_of(film, span))
