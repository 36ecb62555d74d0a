"""The still pictures of the sample film, painted larger than the frame for a camera to move over."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from shotlist.sample.paint import (
    Array,
    Size,
    below,
    distance,
    gradient,
    lay,
    mirrored,
    moon,
    noise,
    picture,
    rgb,
    ridge,
    skyline,
    smooth,
    stars,
)


def mountains(size: Size, unit: float, rng: np.random.Generator) -> Image.Image:
    """Ridges behind ridges at dusk, under stars and a moon."""
    width, height = size
    stops = (
        (0, "#131a45"),
        (0.28, "#3b3577"),
        (0.48, "#9a5a90"),
        (0.62, "#ec8f78"),
        (0.72, "#ffc98a"),
        (1, "#ffd9a0"),
    )
    paint = gradient(size, *stops)
    stars(paint, int(width / unit * 260), int(0.5 * height), rng)
    moon(paint, 0.63 * width, 0.2 * unit, 0.055 * unit, rng)
    veil = smooth(0.2, 1.3, noise(size, (1.2 * unit, 0.09 * unit), rng))
    lay(
        paint,
        0.35 * veil * smooth(0.1, 0.5, gradient(size, (0, "#000"), (0.6, "#fff"))[..., 0] / 255),
        rgb("#ffb3a0"),
    )
    layers = ("#c98fa6", "#93699b", "#664f8a", "#40386f", "#262451", "#11122f")
    for k, colour in enumerate(layers):
        crest = (0.50 + 0.085 * k) * unit - (0.10 - 0.008 * k) * unit * skyline(width, (0.75 - 0.07 * k) * unit, rng)
        ridge(paint, crest, unit, colour, rng)
    image = picture(paint)
    _pines(ImageDraw.Draw(image), crest, unit, rng)
    return image


def _pines(draw: ImageDraw.ImageDraw, crest: Array, unit: float, rng: np.random.Generator) -> None:
    for x in rng.integers(0, crest.size, int(crest.size / unit * 42)):
        tall = unit * (0.035 + 0.05 * rng.random())
        foot = float(crest[x]) + 0.01 * unit
        for k in range(5):
            top, half = foot - tall * (1 - 0.17 * k), tall * (0.07 + 0.035 * k)
            draw.polygon([(x, top), (x - half, top + 0.3 * tall), (x + half, top + 0.3 * tall)], "#0b0c22")


def meadow(size: Size, unit: float, rng: np.random.Generator) -> Image.Image:
    """A field of flowers, a tree, hills and clouds."""
    width, height = size
    horizon = int(0.52 * height)
    paint = gradient(size, (0, "#2f78c8"), (0.3, "#79b4e6"), (0.52, "#dcecf2"), (1, "#dcecf2"))
    _clouds(paint[:horizon], unit, rng)
    for k, colour in enumerate(("#8fb3c4", "#6f9f9a", "#5c9160")):
        crest = horizon - unit * ((0.07 - 0.025 * k) + 0.03 * skyline(width, 0.8 * unit, rng, 5))
        wood = noise(size, (0.06 * unit, 0.03 * unit), rng, 4)
        lay(paint, below(height, crest), rgb(colour) * (1 + 0.12 * wood[..., None]))
    field = gradient((width, height - horizon), (0, "#8fbf55"), (0.3, "#5fa03a"), (1, "#2b6420"))
    field *= 1 + 0.14 * noise((width, height - horizon), (0.5 * unit, 0.05 * unit), rng)[..., None]
    paint[horizon:] = field
    image = picture(paint)
    draw = ImageDraw.Draw(image)
    _tree(draw, 0.56 * width, horizon + 0.012 * unit, 0.17 * unit, rng)
    _flowers(draw, size, horizon, unit, rng)
    return image


def _clouds(sky: Array, unit: float, rng: np.random.Generator) -> None:
    size = (sky.shape[1], sky.shape[0])
    puff = noise(size, (0.55 * unit, 0.22 * unit), rng, 6)
    shade = smooth(-0.5, 0.9, np.roll(puff, int(0.025 * unit), axis=0) - puff * 0.4)
    tone = rgb("#ffffff") + shade[..., None] * (rgb("#b9c4d6") - rgb("#ffffff"))
    lay(sky, 0.95 * smooth(0.05, 0.75, puff), tone)


def _tree(draw: ImageDraw.ImageDraw, x: float, foot: float, tall: float, rng: np.random.Generator) -> None:
    draw.polygon([(x - 0.05 * tall, foot), (x + 0.05 * tall, foot), (x, foot - 0.7 * tall)], "#3f2d20")
    for k, colour in enumerate(("#1f4a24", "#2f6a2c", "#4c8a38")):
        for _ in range(60):
            angle, far = rng.random() * 2 * np.pi, np.sqrt(rng.random()) * 0.34 * tall
            u, v = (
                x + far * np.cos(angle) - 0.03 * k * tall,
                foot - 0.66 * tall + 0.85 * far * np.sin(angle) - 0.05 * k * tall,
            )
            leaf = tall * 0.07
            draw.ellipse((u - leaf, v - leaf, u + leaf, v + leaf), colour)


def _flowers(draw: ImageDraw.ImageDraw, size: Size, horizon: int, unit: float, rng: np.random.Generator) -> None:
    """Blades and flowers from far to near; what is near is larger, lower and sparser."""
    petals = ("#e8384f", "#ff6b5e", "#f7c531", "#ffffff", "#b768d8", "#ff9ec4")
    greens = ("#2f6e1f", "#3f8a2b", "#5aa637", "#78bb48", "#245718")
    near = np.sort(rng.random(7000) ** 1.7)
    for k, depth in enumerate(near):
        x, y = rng.random() * size[0], horizon + (0.01 + 0.99 * depth) * (size[1] * 1.06 - horizon)
        tall = unit * (0.006 + 0.085 * depth)
        lean = tall * (rng.random() - 0.5) * 0.7
        draw.line((x, y, x + lean, y - tall), greens[k % 5], max(1, int(0.05 * tall)))
        if k % 2 == 0:
            _flower(draw, x + lean, y - tall, tall * 0.21 + 0.6, petals[int(rng.integers(0, 6))])


def _flower(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: str) -> None:
    if radius < 2.5:
        draw.ellipse((x - radius, y - 0.7 * radius, x + radius, y + 0.7 * radius), colour)
        return
    for k in range(5):
        u, v = x + 0.75 * radius * np.cos(k * 1.2566), y + 0.55 * radius * np.sin(k * 1.2566)
        draw.ellipse((u - 0.6 * radius, v - 0.5 * radius, u + 0.6 * radius, v + 0.5 * radius), colour)
    core = 0.4 * radius
    draw.ellipse((x - core, y - 0.8 * core, x + core, y + 0.8 * core), "#6b3a12" if colour == "#f7c531" else "#ffd84a")


_KANDINSKY = (
    "d7263d", "f46036", "2e294e", "1b998b", "c5d86d", "f6bd60",
    "e6e1c5", "23395b", "8d5a97", "ef8354", "406e8e", "f7ede2",
)  # fmt: skip


def canvas(size: Size, unit: float, rng: np.random.Generator) -> Image.Image:
    """Squares with circles in circles, after Kandinsky's study of colours of 1913."""
    palette = [f"#{colour}" for colour in _KANDINSKY]
    image = Image.new("RGB", size, "#e6e1c5")
    draw = ImageDraw.Draw(image)
    side = 0.27 * unit
    for row in range(int(size[1] / side) + 1):
        for column in range(int(size[0] / side) + 1):
            x, y = column * side, row * side
            colours = [palette[k] for k in rng.permutation(len(palette))[:5]]
            draw.rectangle((x, y, x + side, y + side), colours[0])
            for k, radius in enumerate((0.47, 0.36, 0.24, 0.12)):
                u, v = x + side / 2 + rng.normal() * 0.012 * unit, y + side / 2 + rng.normal() * 0.012 * unit
                far = side * (radius + 0.02 * rng.normal())
                draw.ellipse((u - far, v - far, u + far, v + far), colours[k + 1])
    paint = np.asarray(image.filter(ImageFilter.GaussianBlur(0.7)), np.float32).copy()
    # Brush strokes run both ways; the weave of the canvas shows through.
    paint *= 1 + 0.07 * noise(size, (0.25 * unit, 0.01 * unit), rng, 3)[..., None]
    paint *= 1 + 0.07 * noise(size, (0.012 * unit, 0.2 * unit), rng, 3)[..., None]
    return picture(paint)


def dunes(size: Size, unit: float, rng: np.random.Generator) -> Image.Image:
    """A desert under a low sun."""
    width, height = size
    paint = gradient(size, (0, "#2d6ea8"), (0.25, "#7fb2cc"), (0.45, "#f3d7a8"), (1, "#f3d7a8"))
    paint += (
        (np.exp(-distance(size, 0.2 * width, 0.2 * height) / (0.28 * unit)) * 110)[..., None] * rgb("#fff2cf") / 255
    )
    lay(paint, 0.4 * smooth(0.1, 1.2, noise(size, (1.5 * unit, 0.07 * unit), rng)), rgb("#fff6e6"))
    # A grid of ground points: rows at growing distance, columns along the rays of the picture's columns.
    depth = np.geomspace(0.45, 40.0, 900, dtype=np.float32)[:, None]
    ray = ((np.arange(width, dtype=np.float32) - width / 2) / unit)[None]
    relief, tone = _sand(ray * depth, depth, rng)
    rows = 0.43 * unit + unit * (0.80 - relief) / depth
    seen = _first_seen(rows, height)
    ground = seen < len(rows)
    colours = np.take_along_axis(tone, np.minimum(seen, len(rows) - 1)[..., None], axis=0)
    paint[ground] = colours[ground]
    return picture(paint)


def _sand(x: Array, z: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Height and colour of the desert at points in frame heights; the sun stands at the left."""
    wander = 0.9 * np.sin(0.55 * z + 0.3 * x) + 0.5 * np.sin(0.9 * x - 0.4 * z + 1) + 0.25 * np.sin(2.1 * z + 1.3 * x)
    turn = (0.42 * x + 0.28 * z + 0.35 * wander) % 1.0
    # A dune climbs slowly with the wind and falls steeply behind its crest.
    dune = np.where(turn < 0.7, turn / 0.7, (1 - turn) / 0.3)
    dune = dune * dune * (3 - 2 * dune)
    swell = 0.5 + 0.5 * np.sin(0.31 * z - 0.23 * x + 2)
    lit = np.where(turn < 0.7, 0.62 + 0.38 * dune, 0.10 + 0.2 * (1 - dune))
    ripple = np.sin(95 * (0.5 * z + 0.16 * np.sin(3 * x + z)) + 22 * x) / (1 + 0.30 * z**2)
    grain = rng.standard_normal(np.broadcast_shapes(x.shape, z.shape)).astype(np.float32) / (1 + z)
    light = np.clip(lit + 0.09 * ripple + 0.05 * grain, 0, 1)[..., None]
    tone = rgb("#6b3326") + light * (rgb("#ffc778") - rgb("#6b3326"))
    haze = np.clip(z / 40, 0, 1)[..., None] ** 0.8
    relief = np.asarray(0.30 * dune * (0.4 + swell), np.float32)
    return relief, np.asarray(tone + 0.75 * haze * (rgb("#f3d7a8") - tone), np.float32)


def _first_seen(rows: Array, height: int) -> NDArray[np.int64]:
    """For each pixel the index of the nearest ground row that covers it, or the number of rows."""
    top = np.ceil(np.minimum.accumulate(rows, axis=0)).clip(0, height).astype(np.int64)
    width = rows.shape[1]
    count = np.bincount((top * width + np.arange(width)).ravel(), minlength=(height + 1) * width)
    below = count.reshape(height + 1, width)[::-1].cumsum(0)[::-1]
    return np.asarray(below[1:], np.int64)


def city(size: Size, unit: float, rng: np.random.Generator) -> Image.Image:
    """Towers at night above a river."""
    width, height = size
    river = int(height - 0.26 * unit)
    paint = gradient(
        size,
        (0, "#060b26"),
        (0.3, "#1a1f58"),
        (0.55, "#50307a"),
        (0.75, "#c05a78"),
        (0.85, "#f0956f"),
        (1, "#f0956f"),
    )
    stars(paint, int(width / unit * 420), int(0.7 * height), rng)
    moon(paint, 0.70 * width, 0.22 * unit, 0.045 * unit, rng)
    image = picture(paint)
    draw = ImageDraw.Draw(image)
    for k, (wall, tall) in enumerate((("#4a3272", 1.0), ("#2a2154", 0.85), ("#12122f", 0.58))):
        _street(draw, width, river, unit * tall, unit * (0.10 + 0.02 * k), wall, rng)
    return mirrored(image, river, "#0b1030", 0.45, rng)


def _street(
    draw: ImageDraw.ImageDraw,
    width: int,
    foot: int,
    tall: float,
    wide: float,
    wall: str,
    rng: np.random.Generator,
) -> None:
    x = -wide * rng.random()
    while x < width:
        across, up = wide * (0.7 + 0.9 * rng.random()), tall * (0.25 + 1.05 * rng.random() ** 1.6)
        draw.rectangle((x, foot - up, x + across, foot), wall)
        if up > 0.8 * tall:
            draw.line((x + across / 2, foot - up, x + across / 2, foot - up - 0.12 * tall), wall, 2)
            tip = foot - up - 0.12 * tall
            draw.ellipse((x + across / 2 - 2, tip - 2, x + across / 2 + 2, tip + 2), "#ff4040")
        _windows(draw, (x, foot - up, x + across, foot), wide / 9, rng)
        x += across * (0.92 + 0.2 * rng.random())


def _windows(
    draw: ImageDraw.ImageDraw, wall: tuple[float, float, float, float], pitch: float, rng: np.random.Generator
) -> None:
    left, top, right, foot = wall
    lights = ("#ffd27a", "#ffe9b0", "#ffb35c", "#9fd0ff")
    main, busy = int(rng.integers(0, 4)), 0.25 + 0.4 * rng.random()
    for y in np.arange(top + pitch, foot - pitch, 1.5 * pitch):
        for x in np.arange(left + 0.6 * pitch, right - pitch, pitch):
            if rng.random() < busy:
                light = lights[main if rng.random() < 0.8 else int(rng.integers(0, 4))]
                draw.rectangle((x, y, x + 0.5 * pitch, y + 0.75 * pitch), light)


def birches(size: Size, unit: float, rng: np.random.Generator) -> Image.Image:
    """A birch forest in fog and snow, in grey."""
    width, height = size
    paint = gradient(size, (0, "#d8d8d8"), (0.6, "#eeeeee"), (1, "#ffffff"))
    for k in range(5):
        near = k / 4
        snow = height * (0.70 + 0.055 * k) - 0.03 * unit * skyline(width, unit, rng, 4)
        drift = 1 - 0.05 * noise(size, (0.8 * unit, 0.05 * unit), rng, 5)
        lay(paint, below(height, snow), rgb("#ffffff") * (0.84 + 0.03 * k) * drift[..., None])
        for _ in range(int(width / unit * (17 - 3.4 * k))):
            _trunk(paint, rng.random() * width, snow, unit * (0.012 + 0.055 * near**1.4), near, rng)
    return picture(paint)


def _trunk(paint: Array, x: float, snow: Array, wide: float, near: float, rng: np.random.Generator) -> None:
    """A birch: round, pale, with dark marks; the farther, the more it drowns in fog."""
    reach = int(wide) + 3
    left, right = max(0, int(x) - reach), min(paint.shape[1], int(x) + reach)
    foot = min(paint.shape[0], int(snow[min(snow.size - 1, int(x))] + 2 + 4 * wide * near * rng.random()))
    if right - left < 2 or foot < 8:
        return
    part = paint[:foot, left:right]
    size = (right - left, part.shape[0])
    middle = x + wide * 0.6 * skyline(foot, 40 * wide, rng, 2) * (0.3 + 0.7 * near)
    across = (np.arange(left, right, dtype=np.float32) - middle[:, None]) / (wide / 2)
    bark = smooth(0.55, 0.85, noise(size, (2.4 * wide, 0.35 * wide + 1), rng, 3))
    tone = (1 - 0.72 * bark) * np.clip(0.88 - 0.42 * across - 0.30 * across**2, 0.08, 1) * 255
    fog = 0.80 * (1 - near) ** 1.2
    tone = tone * (1 - fog) + 222 * fog
    lay(part, np.clip((1 - np.abs(across)) * wide / 2, 0, 1), tone[..., None])
