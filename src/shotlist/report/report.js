"use strict";
// Draws the report from the JSON beside it. All text is set as text, never as markup.

const data = JSON.parse(document.getElementById("data").textContent);

// Elements

function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "g", "rect", "line", "path", "circle", "text", "title"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const spot = (node, left, width) => {
  node.style.left = `${left}%`;
  if (width !== undefined) node.style.width = `${width}%`;
  return node;
};

// Pictures are decoded when they come near the window: there may be a thousand.

const address = (index) => `data:image/jpeg;base64,${data.stills[index]}`;

const near = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) load(entry.target);
}, { rootMargin: "800px" });

function load(image) {
  near.unobserve(image);
  if (image.dataset.still in data.stills) image.src = address(image.dataset.still);
}

function still(index, text) {
  const image = make("img", { class: "still", alt: text, decoding: "async" });
  if (index === null || index === undefined) return image;
  image.dataset.still = index;
  near.observe(image);
  return image;
}

document.querySelectorAll("img[data-still]").forEach((image) =>
  "eager" in image.dataset ? load(image) : near.observe(image));
addEventListener("beforeprint", () => document.querySelectorAll("img[data-still]:not([src])").forEach(load));

// Words

const grouped = (number) => number.toLocaleString("en-US");

function duration(seconds) {
  if (seconds < 0.1) return `${+seconds.toPrecision(1)} s`;
  if (seconds < 59.95) return `${+seconds.toFixed(1)} s`;
  const whole = Math.round(seconds), minutes = Math.round(seconds / 60), two = (n) => String(n).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (minutes < 6000) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  return `${grouped(Math.round(seconds / 3600))} h`;
}

function clock(ms, decimals = 1) {
  const tenths = Math.round(ms / 100), minutes = Math.floor(tenths / 600), rest = tenths % 600;
  const seconds = (decimals ? (rest / 10).toFixed(1) : String(Math.floor(rest / 10)));
  const padded = rest < 100 ? `0${seconds}` : seconds;
  if (minutes < 60) return `${minutes}:${padded}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${padded}`;
}

// Three digits that count, without zeros behind them.
function brief(value) {
  const size = Math.abs(value);
  if (size >= 1e6 || (size && size < 1e-4)) return value.toExponential(1).replace("e+", "e").replace("-", "−");
  const text = size >= 1000 ? grouped(Math.round(value)) : String(+value.toPrecision(3));
  return text.replace("-", "−");
}

function niceStep(rough, whole) {
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find((factor) => factor * unit >= rough);
  return whole ? Math.max(1, Math.round(step)) : step;
}

// Charts of numbers: a histogram, the share that remains, and a line to drag

const WIDTH = 400, HEIGHT = 150, TOP = 14, FLOOR = 128;

class Histogram {
  constructor(chart) {
    this.chart = chart;
    this.side = "above";
    [this.low, this.high] = chart.edges;
    const marked = chart.rules.length ? chart.rules[0][1] : -Infinity;
    this.at = Math.max(0, chart.at.findIndex((value) => value >= marked));
    this.node = make("article", { class: "chart" }, this.head(), this.picture(), this.readout(), this.rule(), sheet(chart));
    this.show();
  }

  x(value) {
    const share = (value - this.low) / (this.high - this.low);
    return WIDTH * Math.max(0, Math.min(1, share));
  }

  head() {
    const chart = this.chart, unmeasured = data.all - chart.measured;
    const about = [chart.unit, unmeasured ? `not measured in ${grouped(unmeasured)}` : ""].filter(Boolean).join(" · ");
    const sides = make("span", { class: "sides", role: "radiogroup", "aria-label": `side of the threshold of ${chart.label}` });
    for (const [side, sign, words] of [["above", "≥", "at least"], ["below", "≤", "at most"]]) {
      const input = make("input", { type: "radio", name: `side ${chart.label}`, "aria-label": words });
      input.checked = side === this.side;
      input.addEventListener("change", () => this.turn(side));
      sides.append(make("label", {}, input, sign));
    }
    return make("header", {}, title(chart), make("small", {}, about), sides);
  }

  picture() {
    const chart = this.chart, tallest = ceiling(chart.bins);
    const svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}` });
    const width = WIDTH / chart.bins.length, height = (count) => count && Math.max(1.5, (FLOOR - TOP) * Math.min(1, count / tallest));
    this.bars = chart.bins.map((count, k) => {
      const all = height(count), kept = count ? all * chart.binsKept[k] / count : 0, inset = width > 4 ? 0.5 : 0;
      const box = { x: k * width + inset, width: Math.max(0.5, width - 2 * inset) };
      const span = [this.low + (this.high - this.low) * k / chart.bins.length, this.low + (this.high - this.low) * (k + 1) / chart.bins.length];
      const bar = make("g", {},
        make("title", {}, `${brief(span[0])} to ${brief(span[1])}: ${grouped(count)} clips, ${grouped(chart.binsKept[k])} kept`),
        make("rect", { ...box, class: "bin", y: FLOOR - all, height: Math.max(0, all - kept) }),
        make("rect", { ...box, class: "bin kept", y: FLOOR - kept, height: kept }));
      if (count > tallest) bar.append(...broken(box, count));
      svg.append(bar);
      return { bar, middle: (span[0] + span[1]) / 2 };
    });
    this.curve = make("path", { class: "yield" });
    svg.append(make("line", { class: "axis", x1: 0, x2: WIDTH, y1: FLOOR, y2: FLOOR }), this.curve, ...this.marks(), ...this.ticks());
    this.handle = make("g", { class: "handle", role: "slider", tabindex: 0, "aria-label": `threshold of ${chart.label}` },
      make("line", { y1: 4, y2: FLOOR }), make("circle", { cy: FLOOR, r: 6 }));
    svg.append(this.handle);
    this.listen(svg);
    return make("figure", { "aria-label": `Histogram of ${chart.label} over ${grouped(chart.measured)} clips` }, svg);
  }

  ticks() {
    const [least, most] = this.chart.range, step = niceStep((this.high - this.low) / 4, this.chart.decimals === 0);
    const label = (value, x, anchor, text) => make("text", { x, y: HEIGHT - 4, "text-anchor": anchor }, text ?? brief(value));
    const ticks = [];
    if (least < this.low) ticks.push(label(0, 0, "start", `≤ ${brief(this.low)}`));
    for (let k = Math.ceil(this.low / step); k * step <= this.high; k++) {
      const x = this.x(k * step), crowded = (least < this.low && x < 80) || (most > this.high && x > WIDTH - 80);
      if (!crowded) ticks.push(label(k * step, x, x < 12 ? "start" : x > WIDTH - 12 ? "end" : "middle"));
    }
    if (most > this.high) ticks.push(label(0, WIDTH, "end", `≥ ${brief(this.high)}`));
    return ticks;
  }

  marks() {
    return this.chart.rules.slice(0, 3).flatMap(([rule, value], k) => {
      const x = this.x(value), end = x > WIDTH * 0.7;
      return [
        make("line", { class: "rule-mark", x1: x, x2: x, y1: TOP, y2: FLOOR }),
        make("text", { class: "rule-name", x: x + (end ? -5 : 5), y: TOP + 8 + 12 * k, "text-anchor": end ? "end" : "start" }, rule),
      ];
    });
  }

  listen(svg) {
    const follow = (event) => {
      const box = svg.getBoundingClientRect();
      const value = this.low + (this.high - this.low) * (event.clientX - box.left) / box.width;
      this.at = nearest(this.chart.at, value);
      this.show();
    };
    svg.addEventListener("pointerdown", (event) => {
      svg.setPointerCapture(event.pointerId);
      follow(event);
      this.handle.focus({ preventScroll: true });
    });
    svg.addEventListener("mousedown", (event) => event.preventDefault()); // else the focus goes to the page
    svg.addEventListener("pointermove", (event) => svg.hasPointerCapture(event.pointerId) && follow(event));
    this.handle.addEventListener("keydown", (event) => {
      const last = this.chart.at.length - 1;
      const to = { ArrowLeft: this.at - 1, ArrowDown: this.at - 1, ArrowRight: this.at + 1, ArrowUp: this.at + 1,
        PageDown: this.at - 10, PageUp: this.at + 10, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.at = Math.max(0, Math.min(last, to));
      this.show();
    });
  }

  readout() {
    this.output = make("output", { class: "readout" });
    return this.output;
  }

  rule() {
    this.code = make("code");
    const button = make("button", { type: "button" }, "Copy");
    button.addEventListener("click", () => copy(this.code, button));
    return make("div", { class: "copy" }, this.code, button);
  }

  turn(side) {
    const last = this.chart.at.length - 1;
    if (this.at === (side === "below" ? 0 : last)) this.at = last - this.at;
    this.side = side;
    this.show();
  }

  show() {
    const chart = this.chart, value = chart.at[this.at], above = this.side === "above";
    const sign = above ? "≥" : "≤", text = String(value);
    const [clips, seconds] = chart[this.side].map((series) => series[this.at]);
    const x = this.x(value);
    this.handle.setAttribute("transform", `translate(${x} 0)`);
    for (const { bar, middle } of this.bars) bar.classList.toggle("off", above ? middle < value : middle > value);
    this.drawCurve();
    const part = data.kept[1] ? Math.round(100 * seconds / data.kept[1]) : 0;
    this.output.replaceChildren(make("span", {}, make("b", {}, `${sign} ${text.replace("-", "−")}`), ` leaves ${grouped(clips)} of ${grouped(data.kept[0])} clips`),
      " ", make("span", {}, `${duration(seconds)}, ${part} %`));
    const condition = `${chart.condition} ${above ? ">=" : "<="} ${text}`;
    this.code.replaceChildren(`--set rules.${name(chart)}=`, make("wbr"), `"${condition.replace(/[\\"$`]/g, "\\$&")}"`);
    for (const [key, set] of [["min", chart.at[0]], ["max", chart.at.at(-1)], ["now", value], ["text", this.output.textContent]]) {
      this.handle.setAttribute(`aria-value${key}`, set);
    }
  }

  drawCurve() {
    if (this.drawn === this.side) return;
    this.drawn = this.side;
    const series = this.chart[this.side][1], whole = data.kept[1] || 1;
    this.curve.setAttribute("d", series.map((seconds, k) =>
      `${k ? "L" : "M"}${this.x(this.chart.at[k]).toFixed(1)} ${(FLOOR - (FLOOR - TOP) * seconds / whole).toFixed(1)}`).join(""));
  }
}

// One bin that towers above the rest is cut off and says its number, or nothing else could be seen.
function ceiling(bins) {
  const [first, second] = [...bins].sort((a, b) => b - a);
  return second && first > 2.5 * second ? 1.6 * second : first;
}

function broken({ x, width }, count) {
  const end = x > WIDTH / 2;
  return [
    make("path", { class: "break", d: `M${x - 1} ${TOP + 12}l${width + 2} -5v4l${-width - 2} 5z` }),
    make("text", { x: end ? x - 4 : x + width + 4, y: TOP + 9, "text-anchor": end ? "end" : "start" }, grouped(count)),
  ];
}

const title = (chart) => make("h3", {}, make("span", {}, `${chart.table}.`), chart.name);

// A rule is named like its column, with the table before it where two columns have the same name.
function name(chart) {
  const alone = data.charts.filter((other) => other.name === chart.name).length === 1;
  return (alone ? chart.name : `${chart.table}_${chart.name}`).replace(/\W/g, "_");
}

function nearest(sorted, value) {
  let best = 0;
  for (let k = 1; k < sorted.length; k++) if (Math.abs(sorted[k] - value) < Math.abs(sorted[best] - value)) best = k;
  return best;
}

async function copy(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code); // no clipboard here: leave it selected
    button.textContent = "Press Ctrl+C";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 1600);
}

// Contact sheets

function sheet(chart) {
  const columns = chart.sheet
    ? chart.sheet.map(([from, to, picks]) => [`${brief(from)} to ${brief(to)}`, picks])
    : chart.bars.map(([value, , , , picks]) => [value ?? "no value", picks.map((clip) => [clip, null])]);
  const details = make("details", {}, make("summary", {}, chart.sheet ? "Contact sheet, from low to high" : "Contact sheet"));
  details.addEventListener("toggle", () => {
    details.parentNode.classList.toggle("open", details.open);
    if (details.childElementCount > 1) return;
    details.append(make("div", { class: "sheet", tabindex: 0, role: "group", "aria-label": `Clips by ${chart.label}` },
      ...columns.map(([label, picks]) => make("div", {}, make("p", {}, label), ...picks.map((pick) => sheetClip(chart, pick))))));
  });
  return details;
}

function sheetClip(chart, [clip, value]) {
  const [index, status, where, caption] = data.clips[clip];
  const figure = make("figure", { title: `${where}\n${caption}`, class: status === "kept" ? null : "out" }, still(index, caption || where));
  figure.append(make("figcaption", {}, value === null ? "" : brief(value)));
  return figure;
}

// Bars of names

function bars(chart) {
  const most = Math.max(...chart.bars.map(([, clips]) => clips));
  const rows = chart.bars.map(([value, clips, kept]) => {
    const bar = make("span", { class: "bar" }, make("i", { class: "left" }), make("i", { class: "lost" }));
    bar.firstChild.style.width = `${100 * kept / most}%`;
    bar.lastChild.style.width = `${100 * (clips - kept) / most}%`;
    for (const piece of [...bar.children]) if (parseFloat(piece.style.width) === 0) piece.remove();
    return make("div", { role: "listitem", title: `${grouped(clips)} clips, ${grouped(kept)} kept` }, make("span", value === null ? { class: "void" } : {}, value ?? "no value"), bar, make("span", {}, grouped(clips)));
  });
  const [values, clips] = chart.others;
  const more = values ? [make("p", {}, make("small", {}, `and ${grouped(values)} more values in ${grouped(clips)} clips`))] : [];
  return make("article", { class: "chart" },
    make("header", {}, title(chart), make("small", {}, "clips by value")),
    make("div", { class: "bars", role: "list", "aria-label": `Clips by ${chart.label}` }, ...rows), ...more, sheet(chart));
}

// Timelines

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const level = (lane, share) => DIGITS.indexOf(lane[Math.min(lane.length - 1, Math.floor(share * lane.length))]) / 63;

class Timeline {
  constructor(video) {
    this.video = video;
    this.length = video.length / 1000;
    this.chosen = -1;
    const head = this.head();
    this.node = make("article", { class: "video" }, head);
    if (!(this.length > 0)) {
      this.node.classList.add("quiet");
      return;
    }
    this.cursor = make("div", { class: "cursor" });
    this.cursor.hidden = true;
    this.lanes = make("div", { role: "slider", tabindex: 0, "aria-label": `Clips of ${video.name}`, "aria-valuemin": 1, "aria-valuemax": Math.max(1, video.clips.length), "aria-valuenow": 1, "aria-valuetext": `${video.kept} of ${video.number} clips kept` },
      this.film(), this.strip(), this.plot(["movement", "light"]), this.plot(["sound"]), this.cues(), this.ticks(), this.cursor);
    this.lanes.style.width = `${Math.min(4200, video.clips.length * 14)}px`;
    this.listen();
    this.node.append(make("div", { class: "lanes" }, this.lanes));
  }

  percent(ms) {
    return 100 * Math.max(0, Math.min(1, ms / this.length));
  }

  head() {
    const video = this.video, badge = video.status === "ok" ? [] : [make("span", { class: `badge ${video.status}` }, video.status)];
    const kept = video.number ? `${grouped(video.kept)} of ${grouped(video.number)} clips kept` : "";
    const cut = video.clips && video.clips.length < video.number ? `, the first ${grouped(video.clips.length)} drawn` : "";
    return make("header", {}, make("h3", {}, video.name), ...badge,
      make("p", {}, [...video.facts, video.reason].filter(Boolean).join(" · ")), make("p", {}, kept + cut));
  }

  film() {
    return make("div", { class: "film" }, ...this.video.film.map(([start, end, index]) =>
      spot(still(index, ""), this.percent(start), this.percent(end) - this.percent(start))));
  }

  strip() {
    this.clips = this.video.clips.map(([start, end, status, mark]) => {
      const width = this.percent(end) - this.percent(start);
      return spot(make("div", { class: `clip ${status}` }, status === "kept" || width < 5 ? "" : mark), this.percent(start), width);
    });
    const cuts = this.video.cuts.filter(([start, end]) => end > start).map(([start, end, kind]) =>
      spot(make("div", { class: kind === "fade" ? "fade" : "dissolve" }), this.percent(start), this.percent(end) - this.percent(start)));
    return make("div", { class: "strip" }, ...cuts, ...this.clips);
  }

  plot(lanes) {
    const there = lanes.filter((lane) => this.video[lane]);
    if (!there.length) return "";
    return make("svg", { class: "plot", viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" },
      ...there.map((lane) => make("path", { class: lane, d: outline(this.video[lane], lane !== "light") })));
  }

  cues() {
    if (!this.video.cues.length) return "";
    return make("div", { class: "cues" }, ...this.video.cues.map(([start, end]) =>
      spot(make("i"), this.percent(start), this.percent(end) - this.percent(start))));
  }

  ticks() {
    const wanted = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
    const step = 1000 * (wanted.find((seconds) => this.length / 1000 / seconds <= 10) ?? 14400);
    const row = make("div", { class: "ticks", "aria-hidden": "true" });
    for (let at = 0; at < this.length * 0.985; at += step) row.append(spot(make("span", {}, clock(at, 0)), this.percent(at)));
    return row;
  }

  listen() {
    const point = (event) => {
      const box = this.lanes.getBoundingClientRect();
      this.point(this.length * (event.clientX - box.left) / box.width, event.clientX);
    };
    this.lanes.addEventListener("pointermove", point);
    this.lanes.addEventListener("pointerdown", point);
    this.lanes.addEventListener("pointerleave", () => this.leave());
    this.lanes.addEventListener("blur", () => this.leave());
    this.lanes.addEventListener("keydown", (event) => {
      const last = this.video.clips.length - 1;
      const to = { ArrowLeft: this.chosen - 1, ArrowRight: this.chosen + 1, Home: 0, End: last, Escape: -1 }[event.key];
      if (to === undefined || last < 0) return;
      event.preventDefault();
      if (to < 0 && event.key === "Escape") return this.leave();
      this.walk(Math.max(0, Math.min(last, to)));
    });
  }

  walk(to) {
    const [start, end, status, , , caption] = this.video.clips[to];
    const box = this.lanes.getBoundingClientRect();
    this.point((start + end) / 2, box.left + box.width * (start + end) / 2 / this.length);
    this.lanes.setAttribute("aria-valuenow", to + 1);
    this.lanes.setAttribute("aria-valuetext", `Clip ${to + 1}, ${clock(start)} to ${clock(end)}, ${status}. ${caption}`);
  }

  point(ms, x) {
    const chosen = this.video.clips.findIndex(([start, end]) => ms >= start && ms < end);
    this.clips[this.chosen]?.classList.remove("here");
    this.clips[chosen]?.classList.add("here");
    this.chosen = chosen;
    this.cursor.hidden = false;
    spot(this.cursor, this.percent(ms));
    tip(this.describe(ms), x, this.lanes.getBoundingClientRect());
  }

  leave() {
    this.cursor.hidden = true;
    this.clips[this.chosen]?.classList.remove("here");
    document.getElementById("tip").hidden = true;
  }

  describe(ms) {
    const video = this.video, share = ms / this.length, lines = [];
    const piece = video.film.find(([start, end]) => ms >= start && ms < end);
    if (piece) lines.push(make("img", { class: "still", alt: "", src: address(piece[2]) }));
    const clip = video.clips[this.chosen], cut = video.cuts.find(([start, end]) => ms >= start && ms < end);
    if (clip) {
      const [start, end, status, mark, why, caption] = clip;
      lines.push(make("div", {}, make("b", {}, `${clock(start)}–${clock(end)}`), ` · ${duration((end - start) / 1000)} · `, make("span", { class: status }, status), mark ? ` · ${mark}` : ""));
      if (why) lines.push(make("div", { class: "dropped" }, why));
      lines.push(make("div", {}, caption));
    } else {
      lines.push(make("div", {}, make("b", {}, clock(ms)), cut ? ` · ${cut[2]}` : " · in no clip"));
    }
    const cue = video.cues.find(([start, end]) => ms >= start && ms < end);
    if (cue) lines.push(make("div", {}, make("q", {}, cue[2])));
    const loud = video.sound ? level(video.sound, share) : -1;
    if (loud > 0) lines.push(make("small", {}, `${brief(Math.round(60 * loud - 60))} LUFS`));
    return lines;
  }
}

function outline(lane, filled) {
  let path = "", open = false;
  [...lane].forEach((digit, k) => {
    const value = DIGITS.indexOf(digit), x = (100 * (k + 0.5) / lane.length).toFixed(2), y = (98 - 94 * value / 63).toFixed(1);
    if (value < 0) {
      if (open && filled) path += `V100`;
      open = false;
    } else {
      path += open ? `L${x} ${y}` : filled ? `M${x} 100L${x} ${y}` : `M${x} ${y}`;
      open = true;
    }
  });
  return open && filled ? `${path}V100` : path;
}

function tip(lines, x, box) {
  const node = document.getElementById("tip");
  node.replaceChildren(...lines);
  node.hidden = false;
  const { width, height } = node.getBoundingClientRect();
  node.style.left = `${Math.max(12, Math.min(innerWidth - width - 12, x - width / 2))}px`;
  const above = box.top - height - 10;
  node.style.top = `${above > 50 ? above : Math.min(innerHeight - height - 8, box.bottom + 8)}px`;
}

// Put everything in place

for (const chart of data.charts) {
  chart.node = chart.bars ? bars(chart) : new Histogram(chart).node;
  document.getElementById(chart.bars ? "kinds" : "charts").append(chart.node);
}
document.getElementById("videos")?.append(...data.videos.map((video) => new Timeline(video).node));

document.getElementById("find")?.addEventListener("input", (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  for (const { node, label } of data.charts) node.hidden = !label.toLowerCase().includes(wanted);
});

const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    for (const [id, link] of links) link.toggleAttribute("aria-current", id === entry.target.id);
  }
}, { rootMargin: "-20% 0px -75%" });
for (const id of links.keys()) seen.observe(document.getElementById(id));
