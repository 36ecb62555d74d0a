"""InternVid's clips with captions of two scales (Wang et al. 2024, section 3). Needs no download.

Not here: the filter of unsafe content (3.1), scores of aesthetics and of video against text, and the subsets DIV and
FLT that are drawn by them.
"""

from shotlist.captions.frames import FrameCaptions
from shotlist.captions.two_scales import Summary
from shotlist.curate.rules import Rules
from shotlist.engine.recipe import Recipe
from shotlist.measure.motion import Motion
from shotlist.scan.scan import Scan
from shotlist.shots.clips import Clips
from shotlist.shots.content import ContentCuts

recipe = Recipe(
    (
        Scan(hsv=True),
        # 3.1: PySceneDetect with threshold 27; the shortest scene is its default.
        ContentCuts(threshold=27.0, min_scene_frames=15),
        # 3.1: clips last from 2 s to more than 30 s; none is cut up.
        Clips(min_seconds=2.0, max_seconds=0.0),
        Motion(),
        # 3.2, coarse: the middle frame (BLIP-2).
        FrameCaptions(title="coarse", places=(0.5,)),
        # 3.2, fine: a caption or tags (Tag2Text; here the prompt "tags") for each frame at 1 per second, summed up by a
        # language model (T5-summary, Vicuna) together with the middle frame's.
        FrameCaptions(title="frame_captions", per_second=1.0),
        Summary(title="fine", frames="frame_captions", middle="coarse"),
        Rules(
            {
                # 3.1: videos of 10 s to 30 min and at least 360p.
                "video_length": "videos.duration_us BETWEEN 10e6 AND 1800e6",
                "video_size": "least(videos.width, videos.height) >= 360",
                "long_enough": "clips.seconds >= 2",
                # 3.1: no still clips and no extremely dynamic ones. The paper gives no bounds: these are ours. Strobes,
                # fast scrolling and a new picture in every frame lie above the second, no shot of our films does.
                "not_still": "motion.still < 0.9",
                "not_too_dynamic": "motion.change < 2.0",
            }
        ),
    )
)
