"""Shots as clips of 1 to 60 seconds, every built-in measure, ordinary footage kept. Needs no download."""

from shotlist.annotate.subtitles import Subtitles
from shotlist.annotate.transcript import Transcript
from shotlist.captions.describe import Caption
from shotlist.curate.rules import Rules
from shotlist.engine.recipe import Recipe
from shotlist.measure.borders import Borders
from shotlist.measure.camera import Camera
from shotlist.measure.colour import Colour
from shotlist.measure.light import Light
from shotlist.measure.motion import Motion
from shotlist.measure.sharpness import Sharpness
from shotlist.measure.sound import Loudness
from shotlist.scan.scan import Scan
from shotlist.shots.clips import Clips
from shotlist.shots.shots import Shots

recipe = Recipe(
    (
        Scan(),
        Subtitles(),
        Shots(),
        Clips(min_seconds=1.0, max_seconds=60.0),
        Camera(),
        Motion(),
        Light(),
        Colour(),
        Sharpness(),
        Borders(),
        Loudness(),
        Transcript(),
        Caption(),
        Rules(
            {
                "long_enough": "clips.seconds >= 1",
                "ordinary_footage": "clips.mark IS NULL OR clips.mark = 'short'",
                "not_too_dark": "light.brightness >= 0.03",
            }
        ),
    )
)
