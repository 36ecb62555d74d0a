"""The default recipe, and what is heard, said and written in each clip and who is there. Needs extras, no download."""

from shotlist.annotate.audio import Audio
from shotlist.annotate.landmarks import Landmarks
from shotlist.annotate.music import Music
from shotlist.annotate.people import People
from shotlist.annotate.presence import Presence
from shotlist.annotate.sounds import Heard, Sounds
from shotlist.annotate.speaking import Speaking
from shotlist.annotate.speech import Speech
from shotlist.annotate.subtitle_offset import SubtitleOffset
from shotlist.annotate.subtitles import Subtitles
from shotlist.annotate.text import Text
from shotlist.annotate.transcript import Transcript
from shotlist.annotate.voice import Voice
from shotlist.annotate.written import Written
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
        Audio(),
        Shots(),
        Clips(min_seconds=1.0, max_seconds=60.0),
        Camera(),
        Motion(),
        Light(),
        Colour(),
        Sharpness(),
        Borders(),
        Loudness(),
        Voice(model="silero"),
        SubtitleOffset(),
        Speech(model="off"),  # a good recogniser needs weights: --set speech.model=whisper:large-v3
        Speaking(),
        Transcript(),
        Sounds(),
        Heard(),
        Music(),
        Text(),
        Written(),
        Landmarks(),
        People(),
        Presence(),
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
