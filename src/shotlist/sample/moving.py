"""The scenes of the sample film that move by themselves: the sea, and a train on a bridge."""

import numpy as np
from PIL import Image, ImageDraw

from shotlist.sample.camera import DETAIL, Draw, Stage
from shotlist.sample.paint import (
    Array,
    Size,
    distance,
    gradient,
    lay,
    mirrored,
    noise,
    picture,
    rgb,
    ridge,
    skyline,
    smooth,
)


def sea(stage: Stage) -> Draw:
    """Six waves, each a sine; their phases are laid out once, so that a frame costs a few sums."""
    width, height = stage.size
    horizon, sun = int(0.52 * height), (0.62 * width, 0.30 * height)
    sky = _sunset((width, height), horizon, sun, stage.rng)
    waves = _waves((width, height - horizon), height, stage.rng)
    water = gradient((width, height - horizon), (0, "#f0a070"), (0.12, "#a0657f"), (0.45, "#3d4478"), (1, "#0f2148"))
    down = np.linspace(0, 1, height - horizon, dtype=np.float32)[:, None]
    path = np.exp(-(((np.arange(width) - sun[0]) / (width * (0.05 + 0.11 * down))) ** 2)).astype(np.float32)
    boat = _boat(int(0.16 * height))

    def draw(time: float) -> Image.Image:
        swell = np.zeros_like(path)
        for rise, fall, pace in waves:
            swell += rise * np.float32(np.cos(pace * time)) + fall * np.float32(np.sin(pace * time))
        paint = np.concatenate([sky, water])
        _set_sun(paint[:horizon], sun[0], sun[1] + 0.02 * height * time, 0.075 * height)
        paint[horizon:] += (swell * (10 + 16 * down))[..., None] * rgb("#ffd0b0") / 255
        paint[horizon:] += (
            (path * (26 + 300 * np.clip(swell - 0.08 - 0.12 * down, 0, 1)))[..., None] * rgb("#ffd890") / 255
        )
        image = picture(paint)
        bob = float(0.008 * height * np.sin(1.7 * time))
        image.paste(boat, (int(0.22 * width), int(horizon - 0.115 * height)), shifted(boat, boat.size, 0, bob))
        return image

    return draw


def _sunset(size: Size, horizon: int, sun: tuple[float, float], rng: np.random.Generator) -> Array:
    paint = gradient((size[0], horizon), (0, "#2a2a66"), (0.35, "#7b4a86"), (0.7, "#e8795f"), (1, "#ffbe6f"))
    far = distance((size[0], horizon), sun[0], sun[1] + 0.06 * size[1])
    paint += (95 * np.exp(-far / (0.24 * size[1])))[..., None] * rgb("#ffd080") / 255
    cloud = noise((size[0], horizon), (0.8 * size[1], 0.055 * size[1]), rng, 6)
    shade = smooth(0.15, 1.1, cloud)
    lit = smooth(0.2, 0.9, np.roll(cloud, -max(1, size[1] // 90), axis=0))[..., None]
    lay(paint, 0.75 * shade, rgb("#5a3a70") + lit * (rgb("#ff9a78") - rgb("#5a3a70")))
    return paint


def _set_sun(sky: Array, x: float, y: float, radius: float) -> None:
    far = distance((sky.shape[1], sky.shape[0]), x, y)
    lay(sky, np.clip(radius - far, 0, 1), rgb("#fff0b8"))


def _waves(size: Size, unit: float, rng: np.random.Generator) -> list[tuple[Array, Array, float]]:
    """For each wave sine and cosine of its phase at each pixel, times its height there, and its pace."""
    near = np.linspace(0, 1, size[1], dtype=np.float32)[:, None] + np.float32(0.03)
    z = 1 / near
    x = (np.arange(size[0], dtype=np.float32) - size[0] / 2) / np.float32(unit) * z
    waves = []
    for k in range(6):
        turn, length = rng.normal() * 0.5, 6.0 * 1.65**k
        phase = length * (np.cos(turn) * z * 1.6 + np.sin(turn) * x) + 6.28 * rng.random()
        # Waves that are finer than the pixels of their row would flicker; they are smoothed away.
        steep = length * 1.6 * z**2 / size[1]
        tall = np.exp(-((steep / 2.4) ** 2)) * 0.85**k * 0.5
        waves.append((np.float32(tall * np.sin(phase)), np.float32(tall * np.cos(phase)), 1.1 * 1.28**k))
    return [(np.asarray(rise), np.asarray(fall), pace) for rise, fall, pace in waves]


def _boat(side: int) -> Image.Image:
    image = Image.new("RGBA", (4 * side, 4 * side))
    draw, s = ImageDraw.Draw(image), 4 * side
    draw.polygon([(0.10 * s, 0.78 * s), (0.90 * s, 0.78 * s), (0.76 * s, 0.92 * s), (0.22 * s, 0.92 * s)], "#1c1430")
    draw.polygon([(0.50 * s, 0.06 * s), (0.50 * s, 0.74 * s), (0.86 * s, 0.74 * s)], "#3a2748")
    draw.polygon([(0.47 * s, 0.14 * s), (0.47 * s, 0.74 * s), (0.18 * s, 0.74 * s)], "#52365a")
    return image.resize((side, side), Image.Resampling.LANCZOS)


def shifted(sprite: Image.Image, size: Size, x: float, y: float) -> Image.Image:
    """A sprite on an empty picture, `x` and `y` pixels from its corner; fractions count."""
    return sprite.transform(size, Image.Transform.AFFINE, (1, 0, -x, 0, 1, -y), Image.Resampling.BICUBIC)


def railway(stage: Stage) -> Draw:
    """A steam train on a long bridge, seen from across the water."""
    (width, height), speed = stage.size, 0.25
    line, tall = int(0.60 * height), 0.085 * height
    still = _lake(stage.size, line, stage.rng)
    train = _train(tall)
    mirror = train.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    mirror.putalpha(mirror.getchannel("A").point(lambda value: value * 0.45))
    puffs = _puffs(height)
    deck = int(line - 0.055 * height)

    def draw(time: float) -> Image.Image:
        image = still.copy()
        for k in range(int(time % 0.08 * 50), len(puffs), 4):
            head = width * (0.10 + speed * (time - 0.02 * k))
            _puff(image, puffs[k], (head - 0.42 * tall, deck - 1.15 * tall), 0.02 * k)
        left = width * (0.10 + speed * time) - train.width
        for sprite, top in ((train, deck - train.height), (mirror, 2 * line - deck)):
            shown = shifted(sprite, (width, train.height), left, 0)
            image.paste(shown, (0, top), shown)
        return image

    return draw


def _puffs(height: int) -> list[Image.Image]:
    """Masks of a puff of steam as it ages, one every 0.02 seconds: it grows and thins out."""
    soft = 255 * np.exp(-((distance((64, 64), 31.5, 31.5) / 17) ** 2)) - 7
    puff, masks = Image.fromarray(soft.clip(0, 255).astype(np.uint8)), []
    for age in np.arange(0, 4.2, 0.02):
        side = max(2, round(height * (0.05 + 0.065 * age)))
        thin = 0.85 * np.exp(-age / 1.3)
        masks.append(puff.resize((side, side)).point([round(value * thin) for value in range(256)]))
    return masks


def _puff(image: Image.Image, mask: Image.Image, chimney: tuple[float, float], age: float) -> None:
    rise = image.height * (0.07 * (1 - np.exp(-1.3 * age)) + 0.018 * age)
    corner = (round(chimney[0] - mask.width / 2), round(chimney[1] - rise - mask.height / 2))
    image.paste("#fff4ec", corner, mask)


def _lake(size: Size, line: int, rng: np.random.Generator) -> Image.Image:
    width, height = (int(side * DETAIL) for side in size)
    unit, shore = float(height), int(line * DETAIL)
    paint = gradient(
        (width, height),
        (0, "#1f4a6b"),
        (0.25, "#4f8a9b"),
        (0.45, "#e8c9a0"),
        (0.6, "#f7b98a"),
        (1, "#f7b98a"),
    )
    cloud = smooth(0.1, 1.2, noise((width, height), (unit, 0.06 * unit), rng))
    lay(paint, 0.6 * cloud, rgb("#fff0e0"))
    for k, colour in enumerate(("#8fa5a8", "#5f828c", "#3c626f")):
        crest = unit * (0.43 + 0.045 * k) - 0.05 * unit * skyline(width, (0.7 - 0.15 * k) * unit, rng)
        ridge(paint, crest, unit, colour, rng)
    image = picture(paint)
    draw = ImageDraw.Draw(image)
    deck = shore - 0.055 * unit
    draw.rectangle((0, deck, width, deck + 0.02 * unit), "#2b2f3a")
    for x in np.arange(0, width, 0.11 * unit):
        draw.rectangle((x, deck, x + 0.016 * unit, shore), "#2b2f3a")
        draw.arc(
            (x, deck + 0.012 * unit, x + 0.126 * unit, shore + 0.05 * unit),
            180,
            360,
            "#2b2f3a",
            int(0.012 * unit),
        )
    return mirrored(image, shore, "#1d4a60", 0.35, rng).resize(size, Image.Resampling.LANCZOS)


def _train(tall: float) -> Image.Image:
    """An engine, its tender and five carriages with lit windows, heading right; `tall` in pixels."""
    s, cars = 4 * tall, 5
    image = Image.new("RGBA", (int(s * (5.0 + 4.0 * cars)), int(1.25 * s)))
    draw, end, rail = ImageDraw.Draw(image), image.width, image.height
    draw.rectangle((end - 2.5 * s, rail - 0.80 * s, end - 0.15 * s, rail - 0.28 * s), "#20242f")  # boiler
    draw.rectangle((end - 3.2 * s, rail - 1.05 * s, end - 2.4 * s, rail - 0.2 * s), "#20242f")  # cab
    draw.rectangle((end - 3.05 * s, rail - 0.92 * s, end - 2.65 * s, rail - 0.62 * s), "#ffce7a")
    draw.rectangle((end - 0.55 * s, rail - 1.10 * s, end - 0.30 * s, rail - 0.7 * s), "#20242f")  # chimney
    draw.ellipse((end - 1.6 * s, rail - 0.98 * s, end - 1.15 * s, rail - 0.6 * s), "#20242f")  # dome
    draw.polygon([(end - 0.3 * s, rail - 0.3 * s), (end, rail), (end - 0.5 * s, rail)], "#7a2230")
    draw.ellipse((end - 0.25 * s, rail - 0.66 * s, end - 0.07 * s, rail - 0.46 * s), "#fff3c4")  # lamp
    draw.rectangle((end - 4.7 * s, rail - 0.7 * s, end - 3.3 * s, rail - 0.2 * s), "#2b303d")  # tender
    for x in (0.75, 1.35, 1.95, 2.8, 3.6, 4.4):
        draw.ellipse((end - (x + 0.24) * s, rail - 0.46 * s, end - (x - 0.24) * s, rail), "#8a2535")
    for k in range(cars):
        _carriage(draw, end - (4.9 + 4.0 * k) * s, rail, s)
    return image.resize((image.width // 4, image.height // 4), Image.Resampling.LANCZOS)


def _carriage(draw: ImageDraw.ImageDraw, right: float, rail: float, s: float) -> None:
    draw.rounded_rectangle((right - 3.85 * s, rail - 0.98 * s, right, rail - 0.2 * s), 0.12 * s, "#7a2230")
    draw.rectangle((right - 3.85 * s, rail - 0.42 * s, right, rail - 0.36 * s), "#e0b060")
    draw.rectangle((right - 3.75 * s, rail - 1.02 * s, right - 0.1 * s, rail - 0.93 * s), "#3a2a30")
    for i in range(7):
        x = right - (0.2 + 0.52 * i) * s
        draw.rectangle((x - 0.36 * s, rail - 0.82 * s, x, rail - 0.5 * s), "#ffdf95")
    for x in (0.6, 1.1, 2.8, 3.3):
        draw.ellipse((right - (x + 0.16) * s, rail - 0.3 * s, right - (x - 0.16) * s, rail), "#15171f")
    draw.rectangle((right, rail - 0.35 * s, right + 0.2 * s, rail - 0.3 * s), "#15171f")
