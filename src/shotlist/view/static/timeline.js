// A video, or a part of it, over time: film strip, clips and lanes that can be clicked, zoomed and walked through.
import { clock, link, make } from "./base.js";
import { hands } from "./gestures.js";
import { LANES, facts, fates, inRows, palette, sized } from "./lanes.js";
import { leftOut, read } from "./lanes-data.js";

const SECOND = 1e6;
const NARROWEST = SECOND; // what is left of a video at the greatest zoom, in microseconds
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const POINTS = 4000;
const WIDE = 3; // pixels from which on a clip is a thing of its own

export class Timeline extends EventTarget {
  /**
   * ``node`` gets the timeline. ``video_id``; ``start_us`` and ``end_us`` of what can be seen at most; ``stills``
   * whether there are pictures, ``aspect`` their shape; ``clips`` whether clips are drawn; ``zoom`` whether one may zoom.
   * Sends ``seek`` ({us}), ``choose`` ({clip}), ``view`` ({from, to}) as CustomEvents.
   */
  constructor(node, settings) {
    super();
    Object.assign(this, { clips: false, zoom: false, stills: true, aspect: 16 / 9 }, settings);
    this.node = node;
    this.from = this.start_us;
    this.to = this.end_us;
    this.at = this.start_us;
    this.told = null;
    this.chosen = null;
    this.build();
    this.width = this.area.clientWidth; // asking the page again and again would have it laid out each time
    this.paint = palette(node);
    this.listen();
    this.draw();
    this.fetch();
  }

  build() {
    this.film = make("div", { class: "tl-film" });
    this.narrow = make("canvas", { "aria-hidden": "true" });
    this.strip = make("div", { class: "tl-clips", role: "group", "aria-label": "Clips; the arrow keys go from one to the next" }, this.narrow);
    this.ticks = make("div", { class: "tl-ticks", "aria-hidden": "true" });
    this.lanes = LANES.map((lane) => ({ lane, canvas: make("canvas", { role: "img", "aria-label": lane.label }) }));
    this.cursor = make("div", { class: "tl-cursor" });
    this.pointer = make("div", { class: "tl-pointer", hidden: true });
    this.slider = make("div", { class: "tl-slider", role: "slider", tabindex: 0, "aria-label": "Position", "aria-valuemin": 0 });
    this.message = make("p", { class: "tl-message", role: "status" });
    this.rows = make("div", { class: "tl-rows" });
    if (this.stills) this.rows.append(this.row("", this.film));
    if (this.clips) this.rows.append(this.row("clips", this.strip));
    for (const { lane, canvas } of this.lanes) this.rows.append(this.row(lane.label, canvas));
    this.rows.append(this.row("", this.ticks));
    this.area = make("div", { class: "tl-area" }, this.slider, this.cursor, this.pointer);
    this.tip = make("div", { class: "tl-tip", hidden: true });
    this.node.replaceChildren(this.rows, this.area, this.message, this.tip);
  }

  row(label, content) {
    return make("div", { class: "tl-row" }, make("span", { class: "tl-label" }, label), content);
  }

  // Time and place

  get aspectWidth() {
    return Math.max(40, Math.min(160, Math.round(54 * this.aspect)));
  }

  x(us) {
    return ((us - this.from) / (this.to - this.from)) * this.width;
  }

  us(clientX) {
    const box = this.area.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (clientX - box.left) / box.width));
    return Math.round(this.from + share * (this.to - this.from));
  }

  /** Show a span of the video; it is kept inside and no narrower than a second. */
  view(from, to) {
    const whole = this.end_us - this.start_us;
    const length = Math.max(Math.min(NARROWEST, whole), Math.min(whole, to - from));
    const begin = Math.max(this.start_us, Math.min(this.end_us - length, from + (to - from - length) / 2));
    if (begin === this.from && begin + length === this.to) return;
    [this.from, this.to] = [begin, begin + length];
    this.draw();
    this.fetch();
    this.send("view", { from: this.from, to: this.to });
  }

  /** ``factor`` below 1 shows less of the video in more detail; the place ``us`` stays where it is. */
  scale(factor, us = this.visible(this.at) ? this.at : (this.from + this.to) / 2) {
    if (this.zoom) this.view(us - (us - this.from) * factor, us + (this.to - us) * factor);
  }

  pan(share) {
    const by = (this.to - this.from) * share;
    const begin = Math.max(this.start_us, Math.min(this.end_us - (this.to - this.from), this.from + by));
    this.view(begin, begin + this.to - this.from);
  }

  visible(us) {
    return us >= this.from && us <= this.to;
  }

  /** The place that is played; ``follow`` turns the page when it leaves what is seen. */
  moveTo(us, follow = true) {
    this.at = us;
    if (follow && this.zoom && !this.visible(us) && us >= this.start_us && us < this.end_us) {
      const length = this.to - this.from;
      this.view(us - length * 0.05, us + length * 0.95);
    }
    this.place();
  }

  place() {
    const x = this.x(this.at);
    this.cursor.hidden = x < 0 || x > this.width;
    this.cursor.style.transform = `translateX(${x}px)`;
    const second = Math.floor((10 * this.at) / SECOND);
    if (second === this.said) return; // screen readers are not told of every picture
    this.said = second;
    const clip = this.clipAt(this.at);
    this.slider.setAttribute("aria-valuemax", Math.round((this.end_us - this.start_us) / SECOND));
    this.slider.setAttribute("aria-valuenow", Math.round((this.at - this.start_us) / SECOND));
    this.slider.setAttribute("aria-valuetext", clock(this.at / SECOND) + (clip ? `, ${told(clip)}` : ""));
  }

  clipAt(us) {
    return this.told?.spans.clips?.find((clip) => us >= clip.start_us && us < clip.end_us);
  }

  // What the server knows

  /** Ask for what is seen and a half more on both sides, unless that is here already and fine enough. */
  fetch() {
    const length = this.to - this.from;
    const have = this.told;
    const fine = have && (have.end_us - have.start_us) / have.points <= (1.6 * length) / this.width;
    const all = have && have.start_us <= this.from && have.end_us >= this.to;
    if (all && (fine || (have.end_us - have.start_us) / have.points < 5000)) return;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.ask(), have ? 120 : 0);
  }

  async ask() {
    const length = this.to - this.from;
    const margin = this.zoom ? length / 2 : 0;
    const start = Math.max(this.start_us, Math.round(this.from - margin));
    const end = Math.min(this.end_us, Math.round(this.to + margin));
    const points = Math.min(POINTS, Math.max(100, Math.round((this.width * (end - start)) / length)));
    this.asked?.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    try {
      const found = await read(this.video_id, start, end, points, signal);
      if (signal.aborted) return;
      this.told = found;
      this.message.textContent = [...(found.problems ?? []), ...leftOut(found)].join(" ");
      this.said = null;
      this.draw();
      this.send("told", this.told);
    } catch (error) {
      if (error.name !== "AbortError") this.message.textContent = error.message;
    }
    if (!signal.aborted) this.node.removeAttribute("aria-busy");
  }

  // Drawing

  draw() {
    cancelAnimationFrame(this.drawing);
    this.drawing = requestAnimationFrame(() => {
      if (this.stills) this.drawFilm();
      if (this.clips) this.drawClips();
      for (const each of this.lanes) this.drawLane(each);
      this.drawTicks();
      this.place();
    });
  }

  /** Pictures at even times that stay the same while one moves along, so that browsers have them already. */
  drawFilm() {
    const most = ((this.to - this.from) * this.aspectWidth) / this.width;
    const step = Math.round(2 ** (Math.ceil(4 * Math.log2(Math.max(most, 40_000))) / 4));
    const known = new Map([...this.film.children].map((img) => [img.dataset.place, img]));
    const shown = [];
    for (let k = Math.floor((this.from - this.start_us) / step); this.start_us + k * step < this.to; k++) {
      const [from, to] = [this.start_us + k * step, Math.min(this.end_us, this.start_us + (k + 1) * step)];
      const place = `${k}/${step}`;
      const middle = Math.round((from + to) / 2);
      const img = known.get(place) ?? make("img", { alt: "", src: link(`/stills/${encodeURIComponent(this.video_id)}/${Math.max(0, middle)}.jpg`, { width: 160 }), "data-place": place, decoding: "async", draggable: "false" });
      spot(img, this.x(from), this.x(to));
      shown.push(img);
    }
    this.film.replaceChildren(...shown);
  }

  drawClips() {
    const seen = (this.told?.spans.clips ?? []).filter((clip) => clip.end_us > this.from && clip.start_us < this.to);
    const held = document.activeElement;
    const active = this.strip.contains(held) ? (held.dataset.clip ?? "strip") : null;
    const wide = seen.filter((clip) => this.x(clip.end_us) - this.x(clip.start_us) >= WIDE);
    const ctx = sized(this.narrow, this.width, this.strip.clientHeight);
    if (wide.length < seen.length) {
      const narrow = seen.filter((clip) => this.x(clip.end_us) - this.x(clip.start_us) < WIDE);
      fates(narrow, { ctx, x: (us) => this.x(us), width: this.width, height: this.strip.clientHeight, colour: this.paint.colour });
    }
    this.strip.replaceChildren(this.narrow, ...wide.map((clip) => this.bar(clip)));
    this.rove();
    if (active) (this.strip.querySelector(`[data-clip="${CSS.escape(active)}"]`) ?? this.strip).focus({ preventScroll: true });
  }

  bar(clip) {
    const [from, to] = [this.x(clip.start_us), this.x(clip.end_us)];
    const why = clip.rule ?? (clip.status === "kept" ? "" : clip.mark ?? "");
    const bar = make("a", {
      class: `clip ${clip.status ?? "undecided"}`,
      href: link(`/clips/${encodeURIComponent(clip.clip_id)}`),
      "data-clip": clip.clip_id,
      "aria-label": `Clip ${told(clip)}`,
      "aria-current": clip.clip_id === this.chosen?.clip_id ? "true" : null,
      tabindex: -1,
      draggable: "false",
    });
    if (to - from > 34 && why) bar.append(why);
    return spot(bar, from, to);
  }

  /** One clip is in the order of tabs: the chosen one, else the first that is seen; where none is wide enough, all. */
  rove() {
    const bars = [...this.strip.querySelectorAll("a")];
    const one = bars.find((bar) => bar.dataset.clip === this.chosen?.clip_id) ?? bars[0];
    for (const bar of bars) bar.tabIndex = bar === one ? 0 : -1;
    if (one) this.strip.removeAttribute("tabindex");
    else this.strip.tabIndex = 0;
  }

  drawLane({ lane, canvas }) {
    const found = this.told ? facts(this.told, lane.name) : null;
    const empty = this.told !== null && (!found || (Array.isArray(found) && !found.length && !canvas.dataset.used));
    canvas.parentElement.hidden = empty || this.told === null;
    if (empty || this.told === null) return;
    canvas.dataset.used = "yes"; // a lane stays where it is while one moves along
    const rows = lane.rows ? Math.max(1, ...inRows(found, lane.rows).map((row) => row + 1)) : 1;
    const height = lane.height * rows;
    const ctx = sized(canvas, this.width, height);
    lane.paint({ lane, ctx, told: this.told, x: (us) => this.x(us), width: this.width, height, tall: lane.height, colour: this.paint.colour });
    if (Array.isArray(this.told.spans[lane.name])) canvas.setAttribute("aria-label", `${lane.label}: ${found.length} in what is shown`);
  }

  drawTicks() {
    const length = (this.to - this.from) / SECOND;
    const most = Math.max(2, this.width / 74);
    const step = (TICKS.find((seconds) => length / seconds <= most) ?? 14400) * SECOND;
    const marks = [];
    for (let at = Math.ceil(this.from / step) * step; at <= this.to; at += step) {
      const mark = make("span", {}, clock(at / SECOND, step < SECOND ? 1 : 0));
      mark.style.left = `${this.x(at)}px`;
      if (this.x(at) < this.width - 24) marks.push(mark);
    }
    this.ticks.replaceChildren(...marks);
  }

  // What people do

  listen() {
    new ResizeObserver(() => {
      this.width = this.area.clientWidth;
      this.draw();
      this.fetch();
    }).observe(this.area);
    const again = () => {
      this.paint.forget();
      this.draw();
    };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.slider.addEventListener("keydown", (event) => this.key(event));
    this.strip.addEventListener("keydown", (event) => this.walk(event));
    this.strip.addEventListener("focusin", (event) => this.choose(event.target.dataset.clip));
    this.strip.addEventListener("click", (event) => this.clicked(event));
    hands(this);
  }

  key(event) {
    const length = this.to - this.from;
    const step = Math.max(SECOND / 25, Math.min(5 * SECOND, length / 60));
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const seek = { ArrowLeft: this.at - step, ArrowRight: this.at + step, Home: this.start_us, End: this.end_us - 1 }[event.key];
    const pan = { PageUp: -0.9, PageDown: 0.9 }[event.key];
    const factor = { "+": 0.5, "=": 0.5, "-": 2 }[event.key];
    if (event.shiftKey && event.key.startsWith("Arrow")) this.pan(event.key === "ArrowLeft" ? -0.25 : 0.25);
    else if (seek !== undefined) this.seek(seek);
    else if (this.zoom && pan) this.pan(pan);
    else if (this.zoom && factor) this.scale(factor);
    else if (this.zoom && event.key === "0") this.view(this.start_us, this.end_us);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** From clip to clip with the arrow keys; Enter opens one, as it is a link. */
  walk(event) {
    const clips = this.told?.spans.clips ?? [];
    const held = event.target.dataset.clip ?? this.chosen?.clip_id;
    const now = clips.findIndex((clip) => clip.clip_id === held);
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: clips.length - 1 }[event.key];
    if (to === undefined || !clips[to]) return;
    event.preventDefault();
    event.stopPropagation();
    const { start_us, end_us, clip_id } = clips[to];
    this.choose(clip_id);
    this.bring(start_us, end_us);
    this.seek(start_us);
    this.drawClips();
    (this.strip.querySelector(`[data-clip="${CSS.escape(clip_id)}"]`) ?? this.strip).focus({ preventScroll: true });
  }

  /** Show a span, as wide as it needs to be told apart. */
  bring(start_us, end_us) {
    const wide = this.x(end_us) - this.x(start_us) >= WIDE;
    if (wide && start_us >= this.from && end_us <= this.to) return;
    const length = wide ? Math.max(this.to - this.from, 1.2 * (end_us - start_us)) : 30 * (end_us - start_us);
    this.view((start_us + end_us - length) / 2, (start_us + end_us + length) / 2);
  }

  clicked(event) {
    const bar = event.target.closest?.("a");
    if (!bar || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (event.detail) this.seek(this.us(event.clientX));
    else location.assign(bar.href); // Enter
  }

  choose(clip_id) {
    const clip = this.told?.spans.clips?.find((each) => each.clip_id === clip_id);
    if (!clip || clip.clip_id === this.chosen?.clip_id) return;
    this.chosen = clip;
    for (const bar of this.strip.querySelectorAll("a")) {
      if (bar.dataset.clip === clip_id) bar.setAttribute("aria-current", "true");
      else bar.removeAttribute("aria-current");
    }
    this.rove();
    this.send("choose", { clip });
  }

  seek(us) {
    const place = Math.max(this.start_us, Math.min(this.end_us - 1, Math.round(us)));
    this.moveTo(place);
    this.send("seek", { us: place });
    const clip = this.clipAt(place);
    if (clip) this.choose(clip.clip_id);
  }

  point(event) {
    this.pointer.hidden = this.tip.hidden = event === null;
    if (event === null) return;
    const us = this.us(event.clientX);
    const box = this.node.getBoundingClientRect();
    this.pointer.style.transform = `translateX(${this.x(us)}px)`;
    this.tip.replaceChildren(...this.describe(us));
    const place = Math.max(0, Math.min(box.width - this.tip.offsetWidth, event.clientX - box.left - this.tip.offsetWidth / 2));
    this.tip.style.transform = `translate(${place}px, calc(-100% - 8px))`;
  }

  describe(us) {
    const clip = this.clips && this.clipAt(us);
    const lines = [make("p", {}, make("b", {}, clock(us / SECOND)), clip ? ` · ${clip.status ?? "undecided"}${clip.rule ? `: ${clip.rule}` : ""}` : "")];
    for (const name of ["speech", "subtitles", "text"]) {
      const found = (this.told?.spans[name] ?? []).filter((span) => us >= span.start_us && us < span.end_us && span.text);
      if (found.length) lines.push(make("p", { class: "tl-said" }, [...new Set(found.map((span) => span.text))].slice(0, 3).join(" · ").slice(0, 240)));
    }
    return lines;
  }

  send(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** A clip in words, for screen readers. */
export function told(clip) {
  const span = `${clock(clip.start_us / SECOND)} to ${clock(clip.end_us / SECOND)}`;
  return `${span}, ${clip.status ?? "undecided"}${clip.rule ? `, by the rule ${clip.rule}` : ""}${clip.mark ? `, ${clip.mark}` : ""}`;
}

function spot(node, from, to) {
  node.style.left = `${from}px`;
  node.style.width = `${Math.max(0, to - from)}px`;
  return node;
}
