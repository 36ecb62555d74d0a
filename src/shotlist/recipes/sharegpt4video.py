"""ShareGPT4Video's dense captions by a sliding window over key frames (Chen et al. 2024). Needs no download.

Not here: the choice of videos by the likeness of one-sentence captions, whose threshold is not published.
"""

from shotlist.captions.differential import Differences
from shotlist.captions.fast import Fast
from shotlist.captions.keyframes import KeyFrames
from shotlist.captions.summary import SpanSummaries, WrittenUp
from shotlist.curate.rules import Rules
from shotlist.engine.recipe import Recipe
from shotlist.scan.scan import Scan
from shotlist.shots.shots import Shots
from shotlist.shots.whole import Whole

recipe = Recipe(
    (
        # The authors' script: frames whose longer side is at most 1,024 pixels.
        Scan(still_height=576),
        Shots(),
        # Videos of at most 2 minutes, with whatever cuts they have; longer ones are divided here.
        Whole(max_seconds=120.0, min_seconds=10.0),
        # Semantic key frames: a frame every 2 s, kept where its cosine to the last kept one is below 0.93; first and
        # last always. (CLIP ViT-L/14-336, class token: hf:openai/clip-vit-large-patch14-336?features=cls)
        KeyFrames(interval=2.0, threshold=0.93),
        # Differential captions: one look per key frame, beside the one before and what was said of it (GPT-4V).
        Differences(),
        # Summary: all differential captions with their times become one caption (GPT-4), 273 words in the mean.
        WrittenUp(title="caption", words=300),
        # Clip reuse: captions of pieces from the same differential captions.
        SpanSummaries(seconds=10.0),
        # The captioner's fast mode: one look at all key frames in one picture. The authors' is one tall column, however
        # high (fast.columns=1, fast.longest=18480); ours has the columns that show them largest on 2,048 by 2,048.
        Fast(words=300),
        Rules({"length": "clips.seconds BETWEEN 10 AND 120"}),  # the authors' script: 10 to 120 s
    )
)
