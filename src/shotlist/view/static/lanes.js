// Lanes of a timeline: how each kind of fact about a video is painted over time.

/** Lanes from top to bottom: where their facts are, what stands beside them, how they are painted. */
export const LANES = [
  { name: "shots", label: "shots", height: 14, paint: shots },
  { name: "movement", label: "movement, light", height: 38, paint: movement },
  { name: "sound", label: "sound", height: 40, paint: wave },
  { name: "voice", label: "voice", height: 10, paint: bars },
  { name: "music", label: "music", height: 10, paint: bars },
  { name: "speech", label: "speech", height: 19, paint: written },
  { name: "subtitles", label: "subtitles", height: 19, paint: written },
  { name: "text", label: "text", height: 17, rows: 3, paint: written },
  { name: "people", label: "people", height: 9, rows: 4, paint: bars },
];

/** The facts of a lane in what the server told; null where there are none. */
export function facts(told, name) {
  const found = name === "movement" ? told.movement ?? told.brightness : name === "sound" ? told.sound : told.spans[name];
  return found && (!Array.isArray(found) || found.some((value) => value !== null)) ? found : null;
}

/** In which row of at most ``most`` each span is drawn, so that those of the same time stand below each other. */
export function inRows(spans, most) {
  const ends = Array(most).fill(-Infinity);
  return spans.map(({ start_us, end_us }) => {
    let row = ends.findIndex((end) => end <= start_us);
    if (row < 0) row = ends.indexOf(Math.min(...ends));
    ends[row] = Math.max(ends[row], end_us);
    return row;
  });
}

/** The colour of a kind of text on screen. */
export const kindColour = (kind) => `--kind-${(kind ?? "scene").replace(/\W+/g, "-")}`;

/** Spans that can be seen, one for all those that would lie on the same pixel: calls ``paint(from, to, span, row)``. */
function each({ lane, told, x, width }, paint) {
  const spans = told.spans[lane.name];
  const rows = lane.rows ? inRows(spans, lane.rows) : null;
  const last = Array(lane.rows ?? 1).fill(-Infinity);
  spans.forEach((span, k) => {
    const [from, to] = [x(span.start_us), x(span.end_us)];
    const row = rows ? rows[k] : 0;
    if (to < 0 || from > width || (to - from < 1 && to < last[row])) return;
    last[row] = Math.ceil(Math.max(to, from + 1));
    paint(from, to, span, row, k);
  });
}

function shots(drawing) {
  const { height, ctx, colour } = drawing;
  each(drawing, (from, to, shot, row, k) => {
    ctx.fillStyle = colour(k % 2 ? "--rest" : "--line");
    ctx.fillRect(from, 3, Math.max(1, to - from), height - 6);
    if (to - from < 3) return;
    ctx.fillStyle = colour("--soft");
    if (shot.opening === "dissolve") triangle(ctx, from, height);
    else if (shot.opening === "fade") ctx.fillRect(from - 3, 1, 6, height - 2);
    else if (shot.opening === "cut") ctx.fillRect(from - 0.75, 1, 1.5, height - 2);
  });
}

function triangle(ctx, x, height) {
  ctx.beginPath();
  ctx.moveTo(x - 5, height - 2);
  ctx.lineTo(x + 5, height - 2);
  ctx.lineTo(x + 5, 2);
  ctx.fill();
}

function series(told, values, x, paint) {
  const step = (told.end_us - told.start_us) / values.length;
  values.forEach((value, k) => value !== null && paint(x(told.start_us + step * k), x(told.start_us + step * (k + 1)), value));
}

function movement({ told, x, height, ctx, colour }) {
  ctx.fillStyle = colour("--movement");
  ctx.globalAlpha = 0.45;
  // A root spreads slow movement, which is most of it, over the height of the lane.
  if (told.movement) series(told, told.movement, x, (from, to, value) => bar(ctx, from, to, height, Math.min(1, Math.sqrt(value / 1.5)) * (height - 2)));
  ctx.globalAlpha = 1;
  if (!told.brightness) return;
  ctx.strokeStyle = colour("--light");
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  series(told, told.brightness, x, (from, to, value) => ctx.lineTo((from + to) / 2, 1.5 + (height - 3) * (1 - value)));
  ctx.stroke();
}

function bar(ctx, from, to, base, tall) {
  ctx.fillRect(from, base - tall, Math.max(0.5, to - from) + 0.3, tall);
}

function wave({ told, x, height, ctx, colour }) {
  const { values } = told.sound;
  ctx.fillStyle = colour("--sound");
  ctx.globalAlpha = 0.75;
  series(told, values, x, (from, to, value) => {
    // Voices lie far below the greatest amplitude: a root makes them seen.
    const tall = Math.max(0.5, Math.min(1, Math.sqrt(Math.abs(value))) * (height / 2 - 1));
    ctx.fillRect(from, height / 2 - tall, Math.max(0.5, to - from) + 0.2, 2 * tall);
  });
  ctx.globalAlpha = 1;
}

function block(ctx, from, to, top, height) {
  if (to - from < 4) {
    ctx.fillRect(from, top, Math.max(1.5, to - from), height);
    return;
  }
  ctx.beginPath();
  ctx.roundRect(from, top, to - from, height, 2);
  ctx.fill();
}

function bars(drawing) {
  const { lane, ctx, colour, tall } = drawing;
  ctx.fillStyle = colour(`--${lane.name}`);
  each(drawing, (from, to, span, row) => block(ctx, from, to, row * tall + 2, tall - 4));
}

function written(drawing) {
  const { lane, width, ctx, colour, tall } = drawing;
  const own = lane.name === "text";
  ctx.font = "11px system-ui, sans-serif";
  ctx.textBaseline = "middle";
  each(drawing, (from, to, span, row) => {
    const top = row * tall + 1;
    ctx.fillStyle = colour(own ? kindColour(span.kind) : "--rest");
    block(ctx, from, to - 1, top, tall - 2);
    inside(ctx, span.text, Math.max(0, from), Math.min(width, to) - 1, top + tall / 2 - 0.5, colour(own ? "--on" : "--ink"));
  });
}

/** Clips that are too narrow to be told apart: in every column of pixels, how much of the time became what. */
export function fates(clips, { x, width, height, ctx, colour }) {
  const names = ["kept", "undecided", "dropped", "failed"];
  const columns = Object.fromEntries(names.map((name) => [name, new Float32Array(Math.ceil(width) + 1)]));
  for (const { start_us, end_us, status } of clips) {
    const [from, to] = [Math.max(0, x(start_us)), Math.min(width, x(end_us))];
    const column = columns[status] ?? columns.undecided;
    for (let k = Math.floor(from); k < to; k++) column[k] += Math.min(to, k + 1) - Math.max(from, k);
  }
  for (let k = 0; k < width; k++) {
    let base = height;
    for (const name of names) {
      const share = Math.min(1, columns[name][k]) * height;
      ctx.fillStyle = colour(name === "undecided" ? "--rest" : `--${name}`);
      if (share > 0) ctx.fillRect(k, base - share, 1, share);
      base -= share;
    }
  }
}

/** A text as far as it has room; none where not even a few letters have. */
function inside(ctx, text, from, to, middle, colour) {
  const room = to - from - 10;
  if (!text || room < 24) return;
  let shown = text.replace(/\s+/g, " ");
  if (ctx.measureText(shown).width > room) {
    const letters = Math.max(1, Math.floor((shown.length * room) / ctx.measureText(shown).width) - 1);
    shown = `${shown.slice(0, letters).trimEnd()}…`;
  }
  ctx.fillStyle = colour;
  ctx.fillText(shown, from + 5, middle);
}

/** The page's colours by their names; looking one up is slow, and done once until ``forget`` is called. */
export function palette(node) {
  let style = getComputedStyle(node);
  let known = {};
  const forget = () => {
    style = getComputedStyle(node);
    known = {};
  };
  return { forget, colour: (name) => (known[name] ??= style.getPropertyValue(name).trim() || style.color) };
}

/** A canvas of so many pixels of the page, sharp on every screen. */
export function sized(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
  const ctx = canvas.getContext("2d");
  ctx.scale(ratio, ratio);
  return ctx;
}
