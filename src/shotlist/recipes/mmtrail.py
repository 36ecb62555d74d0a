"""MMTrail's multimodal captions, channel by channel and merged (Chi et al. 2024). Needs the extra ocr.

Not here: imaging quality (MUSIQ) and aesthetics, of each of which the paper keeps the best 85 %.
"""

from shotlist.annotate.audio import Audio
from shotlist.annotate.music import Music
from shotlist.annotate.sounds import Heard, Sounds
from shotlist.annotate.speech import Speech
from shotlist.annotate.subtitles import Subtitles
from shotlist.annotate.text import Text
from shotlist.annotate.transcript import Transcript
from shotlist.annotate.voice import Voice
from shotlist.annotate.written import Written
from shotlist.captions.channels import Background, Objects
from shotlist.captions.frames import FrameCaptions
from shotlist.captions.merge_text import Merge, Polish
from shotlist.captions.teacher import Teacher
from shotlist.curate.rules import Rules
from shotlist.engine.recipe import Recipe
from shotlist.measure.camera import Camera
from shotlist.measure.colour import Colour
from shotlist.measure.light import Light
from shotlist.measure.motion import Motion
from shotlist.measure.sound import Loudness
from shotlist.scan.scan import Scan
from shotlist.shots.clips import Clips
from shotlist.shots.content import ContentCuts

recipe = Recipe(
    (
        # Motion is told by the codec's motion vectors, the text's area by pictures.
        Scan(hsv=True),
        Subtitles(),
        Audio(),
        # PySceneDetect's ContentDetector with threshold 30.
        ContentCuts(threshold=30.0, min_scene_frames=15),
        Clips(min_seconds=4.0, max_seconds=0.0),
        Camera(),
        Motion(),
        Light(),
        Colour(),
        Loudness(),
        Voice(),
        Speech(model="off"),  # a good recogniser needs weights: --set speech.model=whisper:large-v3
        Transcript(),
        Sounds(),
        Heard(),
        Music(window_seconds=10.0),  # windows of 10 s, with and without vocals (Demucs, LP-MusicCaps)
        Text(),
        Written(),
        # Frames: first, middle and last (CoCa).
        FrameCaptions(places=(0.0, 0.5, 1.0)),
        # Video: a strip of frames, asked for what changes between them; place and five objects by questions
        # (LLaVA-NeXT at temperature 0.2, at most 512 tokens). The number of frames is not published.
        Teacher(title="strip", prompt="strip", frames=4, temperature=0.2, max_tokens=512),
        Background(frames=4, temperature=0.2),
        Objects(frames=4, temperature=0.2, most=5),
        # Language model (LLaMA-2-13B-chat): take words such as frame and strip out, then merge.
        Polish(of="strip"),
        Merge(video="polish"),
        Rules(
            {
                # The 2M subset: more than 4 s long, motion (of_score) of 0.45 to 50. Only codecs up to H.264 tell their
                # vectors: clips of others have no score, and this rule drops them.
                "long_enough": "clips.seconds > 4",
                "moving": "motion.score BETWEEN 0.45 AND 50",
            }
        ),
    )
)
