"""Panda-70M's clips and its pool of eight teachers (Chen et al. 2024, sections 3.1 and 3.2). Needs no download.

Not here: what needs features of pictures (artificial cuts and stitching, still and repeated events), the trained
selector that picks one of the captions, and what follows it: names that become "person", and a filter of harmful
content. A scene stands for an event, and all captions are kept.
"""

from shotlist.annotate.subtitles import Subtitles
from shotlist.annotate.transcript import Transcript
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

_CONTEXT = "describe-video-with-context"

recipe = Recipe(
    (
        Scan(hsv=True),
        Subtitles(),
        # 3.1: PySceneDetect's ContentDetector with cutscene_threshold 25 and min_scene_len 15.
        ContentCuts(threshold=25.0, min_scene_frames=15),
        # 3.1: events of 2 to 60 s, of longer ones the first 60 s; then 10 % are cut off at both ends, which leaves
        # 1.6 to 48 s.
        Clips(min_seconds=1.6, max_seconds=60.0, keep_first=True, trim_share=0.1),
        Camera(),
        Motion(),
        Light(),
        Colour(),
        Loudness(),
        Transcript(),
        # 3.2: the eight that together have a good caption for most clips; the model of each is named beside it. The
        # paper does not tell which texts the chosen ones are shown: here the video teachers share out the four ways.
        Teacher(title="teacher_a", shown="V"),  # Video-LLaMA, pretraining weights
        Teacher(title="teacher_b", shown="V+M", prompt=_CONTEXT),  # Video-LLaMA, finetuned weights
        Teacher(title="teacher_c", shown="V+S", prompt=_CONTEXT),  # VideoChat
        Teacher(title="teacher_d", shown="V+S+M", prompt=_CONTEXT),  # VideoChat Text
        # 3.2: image teachers see a random frame of the middle 30 to 70 %.
        Teacher(title="teacher_e", view="image", prompt="describe-frame"),  # BLIP-2 opt2.7b
        Teacher(title="teacher_f", view="image", prompt="describe-frame"),  # BLIP-2 opt6.7b
        Teacher(title="teacher_g", view="image", prompt="describe-frame"),  # BLIP-2 flant5xl
        Teacher(title="teacher_h", view="image", shown="V+S+M", prompt=_CONTEXT),  # MiniGPT-4
        Rules({"long_enough": "clips.seconds >= 1.6"}),
    )
)
